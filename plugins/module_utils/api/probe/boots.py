# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small server, again and again: asked for, ACTIVE, shown, deleted, gone."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.api.answer import one_line
from ansible_collections.stackroll.nova.plugins.module_utils.api.probe.leftovers import METADATA, PREFIX
from ansible_collections.stackroll.nova.plugins.module_utils.api.probe.prober import Prober
from ansible_collections.stackroll.nova.plugins.module_utils.api.probe.wire import Reply
from ansible_collections.stackroll.nova.plugins.module_utils.availability.samples import (
    BOOT,
    BOOT_DELETE,
    BOOT_ERROR,
    BOOT_SHOW,
    NO_VALID_HOST,
    NOT_ACCEPTED,
    NOT_ACTIVE,
    NOT_DELETED,
    SKIPPED,
    Boot,
)

LOOK_EVERY = 1.0
MOST_AT_ONCE = 10
# How long a server that is on its way when the probe stops may still take to become ACTIVE, and again to go, in seconds.
SETTLE = 30.0
MESSAGE = 200


@dataclass(frozen=True)
class ServerSpec:
    """What is booted; networks as the Compute API takes them, ``none`` and ``auto`` or a list."""

    flavor_id: str
    image_id: str
    networks: Any
    session: str

    def body(self, name: str) -> bytes:
        """The request."""
        server = {
            "name": name,
            "flavorRef": self.flavor_id,
            "imageRef": self.image_id,
            "networks": self.networks,
            "metadata": {METADATA: self.session},
        }
        return json.dumps({"server": server}).encode()


class BootLoop:
    """Begins one server every so many seconds, whatever became of those before; at most MOST_AT_ONCE at a time."""

    def __init__(
        self, prober: Prober, spec: ServerSpec, every: float, timeout: float, record: Callable[[Boot], None]
    ) -> None:
        self._prober = prober
        self._spec = spec
        self._every = every
        self._timeout = timeout
        self._record = record
        self._stopped_at = float("inf")
        self._free = threading.Semaphore(MOST_AT_ONCE)

    def run(self, stop: threading.Event) -> None:
        """Until told to stop; then those under way are seen to their end, which is bounded."""
        start, number = time.monotonic(), 0
        while not stop.wait(max(0.0, start + number * self._every - time.monotonic())):
            number += 1
            boot = Boot(self._prober.now(), f"{PREFIX}{number}")
            if self._free.acquire(blocking=False):
                threading.Thread(target=self._live, args=(boot,), daemon=True).start()
            else:
                self._record(replace(boot, failure=SKIPPED))
        self._stopped_at = time.monotonic()
        end = self._stopped_at + 2 * SETTLE + 2 * self._prober.timeout
        for _one in range(MOST_AT_ONCE):
            self._free.acquire(timeout=max(0.0, end - time.monotonic()))

    def _live(self, boot: Boot) -> None:
        try:
            self._record(self._delete(self._boot(boot)))
        finally:
            self._free.release()

    def _boot(self, boot: Boot) -> Boot:
        """Ask for it, and see it become ACTIVE or not."""
        begin = time.monotonic()
        reply = self._prober.compute(BOOT, "POST", "/servers", body=self._spec.body(boot.name))
        server = reply.mapping("server") if reply.status == 202 else {}
        if not server.get("id"):
            return replace(boot, failure=NOT_ACCEPTED, message=_why(reply))
        boot = replace(boot, server_id=str(server["id"]))
        while not self._late(begin, SETTLE):
            time.sleep(LOOK_EVERY)
            shown = self._show(boot)
            if shown.get("status") == "ACTIVE":
                return replace(boot, seconds=time.monotonic() - begin)
            if shown.get("status") == "ERROR":
                message = _message(shown.get("fault"))
                failure = NO_VALID_HOST if "no valid host" in message.lower() else BOOT_ERROR
                return replace(boot, failure=failure, message=message[:MESSAGE])
        return replace(boot, failure=NOT_ACTIVE)

    def _delete(self, boot: Boot) -> Boot:
        """Have it deleted, and see it go; a failure of the boot is told first."""
        if not boot.server_id:
            return boot
        begin, asked = time.monotonic(), False
        while not self._late(begin, 2 * SETTLE):
            reply = (
                self._prober.compute(BOOT_DELETE, "DELETE", f"/servers/{boot.server_id}", provoked=(404,))
                if not asked
                else None
            )
            asked = asked or (reply is not None and reply.status in (204, 404))
            time.sleep(LOOK_EVERY)
            if asked and self._gone(boot):
                return replace(boot, seconds_deleting=time.monotonic() - begin)
        return replace(boot, failure=boot.failure or NOT_DELETED)

    def _show(self, boot: Boot) -> dict[str, Any]:
        reply = self._prober.compute(BOOT_SHOW, "GET", f"/servers/{boot.server_id}")
        return reply.mapping("server") if reply.status == 200 else {}

    def _gone(self, boot: Boot) -> bool:
        reply = self._prober.compute(BOOT_SHOW, "GET", f"/servers/{boot.server_id}", provoked=(404,))
        return reply.status == 404

    def _late(self, begin: float, settle: float) -> bool:
        return time.monotonic() > min(begin + self._timeout, max(begin, self._stopped_at + settle))


def _why(reply: Reply) -> str:
    if reply.status is None:
        return str(reply.error)
    data = reply.json()
    text = _message(next(iter(data.values()), None)) if isinstance(data, dict) else ""
    return f"{reply.status} {text}".strip()[:MESSAGE]


def _message(fault: Any) -> str:
    """The text of a fault or an error, as Nova words it."""
    return one_line(fault.get("message") or "") if isinstance(fault, dict) else ""
