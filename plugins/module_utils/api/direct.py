# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Placement without its service: its own application, called in this process, on its own database.

For a Placement host and Placement's own interpreter. Whoever may run this there may write the database anyway, so it logs in nowhere.
"""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any, TypeVar
from urllib.parse import unquote_to_bytes, urlencode
from wsgiref.util import setup_testing_defaults

from ansible_collections.stackroll.nova.plugins.module_utils.api.answer import Answer, one_line
from ansible_collections.stackroll.nova.plugins.module_utils.api.session import RequestCounter
from ansible_collections.stackroll.nova.plugins.module_utils.host.secrets import hide, secrets_in
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError
from ansible_collections.stackroll.nova.plugins.module_utils.model.microversions import PLACEMENT_MICROVERSION

# By default POST /reshaper takes the role service, everything else either of them (placement.policies.base).
ROLES = ("admin", "service")
# placement.auth.NoAuthMiddleware takes a token for the name of the user.
NAME = "admin"

T = TypeVar("T")
U = TypeVar("U")
Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class DirectPlacement:
    """A way to Placement (placement.PlacementApi), for one thread and one database per process; the service's policy is in force."""

    def __init__(self, config_files: Sequence[str], *, may_write: bool = True, roles: Sequence[str] = ROLES) -> None:
        """Open Placement as these files configure it.

        As the service does at its start, this stores the standard traits and resource classes that the code knows and the database
        does not, unless nothing may be written. The schema stays as it is. Raises StackrollError.
        """
        self._application = _application(tuple(config_files), may_write)
        self._roles = ",".join(roles)
        self._counter = RequestCounter()

    def placement(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        body: Any = None,
        microversion: str = PLACEMENT_MICROVERSION,
    ) -> Any:
        """One request; returns the decoded answer. Raises ApiError."""
        headers = {
            "Accept": "application/json",
            "OpenStack-API-Version": f"placement {microversion}",
            "X-Auth-Token": NAME,
            "X-Roles": self._roles,
        }
        self._counter.count(method, path)
        return _call(self._application, _environ(method, path, params, body, headers)).decode(method, path)

    def map(self, function: Callable[[T], U], items: Iterable[T]) -> list[U]:
        """Call the function for all items, one after the other: Placement's session is this thread's."""
        return [function(item) for item in items]

    def counters(self) -> dict[str, int]:
        """How many requests were made so far, and how many of them could change something."""
        return self._counter.to_dict()


def _environ(
    method: str, path: str, params: Mapping[str, Any] | None, body: Any, headers: Mapping[str, str]
) -> dict[str, Any]:
    """A request as PEP 3333 has it."""
    place, _mark, query = path.partition("?")
    given = {name: value for name, value in (params or {}).items() if value is not None}
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(place).decode("latin-1"),
        "QUERY_STRING": "&".join(part for part in (query, urlencode(given, doseq=True)) if part),
        **{f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()},
    }
    if body is not None:
        content = json.dumps(body).encode()
        environ["CONTENT_TYPE"] = "application/json"
        environ["CONTENT_LENGTH"] = str(len(content))
        environ["wsgi.input"] = io.BytesIO(content)
    setup_testing_defaults(environ)
    return environ


def _call(application: Application, environ: dict[str, Any]) -> Answer:
    begun: list[tuple[str, dict[str, str]]] = []
    written: list[bytes] = []

    def start_response(status: str, headers: list[tuple[str, str]], _error: Any = None) -> Callable[[bytes], object]:
        begun.append((status, {name.lower(): value for name, value in headers}))
        return written.append

    content = list(application(environ, start_response))
    status, headers = begun[-1]
    number, _space, reason = status.partition(" ")
    return Answer(int(number), reason, b"".join(written + content), headers.get("x-openstack-request-id"))


@cache
def _application(config_files: tuple[str, ...], may_write: bool) -> Application:
    """What placement.wsgi.init_application makes, but for the authentication, the migration of the schema and the log."""
    # Neither log nor warnings may get between the lines that Ansible reads.
    logging.getLogger().addHandler(logging.NullHandler())
    logging.captureWarnings(True)
    try:
        from oslo_config import cfg
        from placement import conf, db_api, deploy, policy
    except ImportError as error:
        raise StackrollError(
            f"This interpreter has no code of Placement ({error}).",
            "Run this task with Placement's own interpreter: set ansible_python_interpreter.",
        ) from error
    if db_api.configure.called:  # placement.db_api keeps the database in a global variable
        raise StackrollError("This process has opened another Placement before.", "Run one task for each.")
    try:
        config = cfg.ConfigOpts()
        conf.register_opts(config)
        words = [word for path in config_files for word in ("--config-file", path)]
        config(words, project="placement", default_config_files=[], default_config_dirs=[])
        config.set_override("auth_strategy", "noauth2", group="api")
        config.set_override("sync_on_startup", False, group="placement_database")
        db_api.configure(config)
        application: Application = deploy.deploy(config)
        policy.init(config)
        if may_write:
            deploy.update_database(config)
    except Exception as error:  # noqa: BLE001  # there are many ways in which files, policy and database can be wrong
        reason = one_line(hide(str(error), secrets_in(config_files)))
        raise StackrollError(
            f"Placement cannot be opened with {', '.join(config_files)}: {reason}.",
            "Name Placement's own files; its database must be up and have the schema of this code.",
        ) from None  # whose text may hold a password
    return application
