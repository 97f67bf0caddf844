# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Database URLs as oslo.db writes them, and Nova's cell mapping templates. Pure: no I/O."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from string import Formatter
from urllib.parse import parse_qsl, unquote, urlsplit

from ansible_collections.stackroll.nova.plugins.module_utils.database.tls import Tls
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError

# What SQLAlchemy reads, which is not what urlsplit reads: a password may hold a raw /, # or ?.
_URL = re.compile(
    r"(?P<scheme>[\w+]+)://"
    r"(?:(?P<user>[^:/@]*)(?::(?P<password>[^@]*))?@)?"
    r"(?:\[(?P<ipv6>[^\]/?]+)\]|(?P<host>[^/:?@]*))(?::(?P<port>[0-9]{0,5}))?"
    r"(?:/(?P<database>[^?@]*))?"
    r"(?:\?(?P<query>[^@]*))?"
)
_REMEDY = (
    "Check [api_database] connection, [database] connection and the cell mappings (nova-manage cell_v2 list_cells)."
)


@dataclass(frozen=True)
class DatabaseUrl:
    """A MySQL or MariaDB database: where it is and how to reach it."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    database: str
    charset: str = "utf8mb4"
    tls: Tls | None = None

    def __str__(self) -> str:
        """The database without its secrets, for messages."""
        return f"{self.database} on {self.host}:{self.port}"

    @classmethod
    def parse(cls, url: str) -> DatabaseUrl:
        """Read an SQLAlchemy URL such as ``mysql+pymysql://nova:…@db:3306/nova?charset=utf8``.

        Raises StackrollError for another database or an incomplete URL; the message never holds the URL,
        because it holds a password.
        """
        parts = _URL.fullmatch(url.strip())
        if parts is None:
            raise StackrollError(
                "A database URL cannot be read; an @ in its password must be written as %40.", remedy=_REMEDY
            )
        if not parts["scheme"].startswith(("mysql", "mariadb")):
            raise StackrollError(
                f"A database URL uses {parts['scheme']!r}; only MySQL and MariaDB are supported.", remedy=_REMEDY
            )
        host = parts["ipv6"] or parts["host"]
        database = unquote(parts["database"] or "")
        if not host or not database:
            raise StackrollError("A database URL lacks its host or database name.", remedy=_REMEDY)
        query = dict(parse_qsl(parts["query"] or ""))
        return cls(
            host=host,
            port=int(parts["port"] or 3306),
            user=unquote(parts["user"] or ""),
            password=unquote(parts["password"] or ""),
            database=database,
            charset=query.get("charset", "utf8mb4"),
            tls=Tls.from_query(query),
        )


def fill_template(mapping_url: str, base_url: str) -> str:
    """Fill a cell mapping's template from the service's own [database] connection.

    A template names the parts of the base URL: {scheme} {username} {password} {hostname} {port} {path} {query}
    {fragment} (nova doc admin/cells.rst, nova/objects/cell_mapping.py). The path has no leading slash.
    What cannot be filled is used as it is, as Nova does: a brace may be part of a password.
    """
    try:
        return mapping_url.format(**{name: value or "" for name, value in _parts(base_url).items()})
    except (LookupError, ValueError, AttributeError):
        return mapping_url


def template_gaps(mapping_url: str, base_url: str) -> list[str]:
    """The parts that a template asks for and the base URL does not have; nothing for a URL that is no template.

    A part that no URL has is missing as well: with it, nothing of the template is filled.
    """
    try:
        wanted = [name for _text, name, _format, _conversion in Formatter().parse(mapping_url) if name is not None]
        parts = _parts(base_url)
    except ValueError:
        return []
    if not set(wanted) & set(parts):
        return []
    optional = () if not base_url else ("query", "fragment", "path")
    return list(dict.fromkeys(name for name in wanted if name not in optional and not parts.get(name)))


def _parts(base_url: str) -> dict[str, str | int | None]:
    parts = urlsplit(base_url)
    return {
        "scheme": parts.scheme,
        "username": parts.username,
        "password": parts.password,
        "hostname": parts.hostname,
        "port": parts.port,
        "path": parts.path.lstrip("/"),
        "query": parts.query,
        "fragment": parts.fragment,
    }
