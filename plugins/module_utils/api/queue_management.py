# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""RabbitMQ's management API: what AMQP does not tell. Read only, standard library only."""

from __future__ import annotations

import base64
import json
import ssl
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote, urlsplit
from urllib.request import HTTPSHandler, ProxyHandler, Request, build_opener

from ansible_collections.stackroll.nova.plugins.module_utils.api.answer import one_line
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import InvalidInput, StackrollError
from ansible_collections.stackroll.nova.plugins.module_utils.model.queues import ClusterNode

_ALARMS = {"mem_alarm": "memory", "disk_free_alarm": "disk"}


@dataclass(frozen=True)
class ManagementApi:
    """One cluster's API, below a URL such as ``http://mq1:15672``."""

    url: str
    user: str
    password: str = field(repr=False)
    ca_file: str | None = None
    validate_certs: bool = True
    timeout: float = 10

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
            raise InvalidInput(
                "The URL of the management API must be http or https, with a host and without an account.",
                "Give the account in user and password.",
            )

    def nodes(self) -> tuple[ClusterNode, ...]:
        """The nodes of the cluster, running or not. Raises StackrollError."""
        said = self._get("/api/nodes")
        if said is None:
            raise self._failed("it has no /api/nodes")
        return tuple(_node(item) for item in said)

    def unacknowledged(self, virtual_host: str, queues: Iterable[str]) -> dict[str, int]:
        """The unacknowledged messages of those queues that are there; the API's figures are up to five seconds old.

        Raises StackrollError.
        """
        found: dict[str, int] = {}
        for queue in queues:
            said = self._get(f"/api/queues/{quote(virtual_host, safe='')}/{quote(queue, safe='')}")
            if said is not None and said.get("messages_unacknowledged") is not None:
                found[queue] = int(said["messages_unacknowledged"])
        return found

    def _get(self, path: str) -> Any:
        """The decoded answer; None when there is no such thing."""
        account = base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
        headers = {"Accept": "application/json", "Authorization": f"Basic {account}"}
        request = Request(self.url.rstrip("/") + path, headers=headers)  # noqa: S310  # the scheme was checked
        try:
            opener = build_opener(ProxyHandler({}), HTTPSHandler(context=self._tls()))
            with opener.open(request, timeout=self.timeout) as answer:
                return json.load(answer)
        except HTTPError as error:
            if error.code == 404:
                return None
            raise self._failed(f"{error.code} {error.reason}") from None
        except (OSError, ValueError) as error:
            raise self._failed(str(getattr(error, "reason", error))) from None

    def _tls(self) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=self.ca_file)
        if not self.validate_certs:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context

    def _failed(self, reason: str) -> StackrollError:
        return StackrollError(
            f"The management API at {self.url} did not answer: {one_line(reason)}.",
            "Check its URL and account; the account needs the tag monitoring.",
        )


def _node(said: dict[str, Any]) -> ClusterNode:
    return ClusterNode(
        name=str(said.get("name")),
        running=bool(said.get("running")),
        alarms=tuple(name for key, name in _ALARMS.items() if said.get(key)),
        partitions=tuple(str(name) for name in said.get("partitions") or ()),
    )
