# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Database URLs as oslo.db writes them, and Nova's cell mapping templates. Pure: no I/O."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, Optional
from urllib.parse import parse_qsl, unquote, urlsplit

from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import (
    StackrollError,
)


@dataclass(frozen=True)
class DatabaseUrl:
    """A MySQL or MariaDB database: where it is and how to reach it."""

    host: str
    port: int
    user: str
    password: str
    database: str
    charset: str = "utf8mb4"
    ssl_ca: Optional[str] = None
    ssl_cert: Optional[str] = None
    ssl_key: Optional[str] = None
    ssl_verify: bool = True

    def __str__(self) -> str:
        """The database without its secrets, for messages."""
        return f"{self.database} on {self.host}:{self.port}"

    @classmethod
    def parse(cls, url: str) -> DatabaseUrl:
        """Read an SQLAlchemy URL such as ``mysql+pymysql://nova:…@db:3306/nova?charset=utf8``.

        Raises StackrollError for another database or an incomplete URL; the message never holds the URL,
        because it holds a password.
        """
        try:
            parts = urlsplit(url.strip())
            port = parts.port or 3306
        except ValueError:
            raise StackrollError("A database URL cannot be read.", remedy=_URL_REMEDY) from None
        if not parts.scheme.startswith(("mysql", "mariadb")):
            raise StackrollError(
                f"A database URL uses {parts.scheme or 'no scheme'!r}; only MySQL and MariaDB are supported.",
                remedy=_URL_REMEDY,
            )
        if not parts.hostname or not parts.path.strip("/"):
            raise StackrollError("A database URL lacks its host or database name.", remedy=_URL_REMEDY)
        query = dict(parse_qsl(parts.query))
        return cls(
            host=parts.hostname,
            port=port,
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            database=parts.path.lstrip("/"),
            charset=query.get("charset", "utf8mb4"),
            ssl_ca=query.get("ssl_ca"),
            ssl_cert=query.get("ssl_cert"),
            ssl_key=query.get("ssl_key"),
            ssl_verify=query.get("ssl_verify_cert", "true").lower() not in ("false", "0", "no"),
        )


_URL_REMEDY = "Check [api_database] connection, [database] connection and the cell mappings (nova-manage cell_v2 list_cells)."


def fill_template(mapping_url: str, base_url: str) -> str:
    """Fill a cell mapping's template from the service's own [database] connection.

    A template names the parts of the base URL: {scheme} {username} {password} {hostname} {port} {path} {query}
    {fragment} (nova doc admin/cells.rst, nova/objects/cell_mapping.py). The path has no leading slash.
    A mapping without braces is returned as it is.
    """
    if "{" not in mapping_url:
        return mapping_url
    parts = urlsplit(base_url)
    values: Dict[str, object] = {
        "scheme": parts.scheme,
        "username": parts.username or "",
        "password": parts.password or "",
        "hostname": parts.hostname or "",
        "port": parts.port or "",
        "path": parts.path.lstrip("/"),
        "query": parts.query,
        "fragment": parts.fragment,
    }
    try:
        return mapping_url.format(**values)
    except (KeyError, IndexError, ValueError):
        raise StackrollError(
            "A cell mapping's database connection template names a part that [database] connection lacks.",
            remedy=_URL_REMEDY,
        ) from None
