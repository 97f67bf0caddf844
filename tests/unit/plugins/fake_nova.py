# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nova and Placement in which servers move, in simulated time, with the troubles that hosts can have."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any, TypeVar

from ansible_collections.stackroll.nova.plugins.module_utils.api.session import Cloud, RequestCounter
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_openstack import (
    AMOUNTS,
    FLAVOR,
    Answer,
    FakeOpenStack,
    Json,
    _Session,
    uuid_of,
)

BEGIN = datetime(2026, 11, 22, 2, 0, 0, tzinfo=timezone.utc)
US, THEM = "user-of-the-token", "owner"
STATES = {  # vm_state: status, power state
    "active": ("ACTIVE", 1),
    "paused": ("PAUSED", 3),
    "suspended": ("SUSPENDED", 4),
    "stopped": ("SHUTOFF", 4),
    "resized": ("VERIFY_RESIZE", 1),
    "error": ("ERROR", 0),
    "rescued": ("RESCUE", 1),
    "shelved": ("SHELVED", 4),
    "shelved_offloaded": ("SHELVED_OFFLOADED", 4),
    "soft-delete": ("SOFT_DELETED", 4),
    "building": ("BUILD", 0),
    "deleted": ("DELETED", 0),
}
TRANSITIONS = {  # action: from, to, task state
    "suspend": ("active", "suspended", "suspending"),
    "resume": ("suspended", "active", "resuming"),
    "os-stop": ("active", "stopped", "powering-off"),
    "os-start": ("stopped", "active", "powering-on"),
    "shelveOffload": ("shelved", "shelved_offloaded", "shelving_offloading"),
}
ACTION_NAMES = {"os-stop": "stop", "os-start": "start"}
NEVER = float("inf")
T = TypeVar("T")
U = TypeVar("U")


class Killed(BaseException):
    """The process that uses the cloud is no more."""


@dataclass
class Host:
    """How moves from and to a host go: seconds, and what goes wrong."""

    live: float = 5.0
    cold: float = 3.0
    rolls_back: bool = False
    never_ends: bool = False
    ignores_abort: bool = False
    cold_fails: bool = False
    cold_fails_at_finish: bool = False


class SerialCloud(Cloud):
    """Everything in one thread, so that the same things happen in the same order every time."""

    def map(self, function: Callable[[T], U], items: Iterable[T]) -> list[U]:
        """One after the other."""
        return [function(item) for item in items]


class SimulatedClock:
    """The time of the simulation."""

    def __init__(self, nova: FakeNova) -> None:
        self.nova = nova
        self.begin = nova.now

    def now(self) -> float:
        """Seconds since the clock was made."""
        return self.nova.now - self.begin

    def sleep(self, seconds: float) -> None:
        """Let things happen."""
        self.nova.pass_time(seconds)


class FakeNova(FakeOpenStack):
    """Hosts are named; `trouble` of the source or of the destination decides how a move goes."""

    def __init__(self, *hosts: str, drained: Iterable[str] = (), nova_limit: int = 1000) -> None:
        self.now = 0.0
        self.trouble: dict[str, Host] = {}
        self.capacity: dict[str, int] = {}
        # Until when the scheduler believes that a host cannot take a server, whatever is true.
        self.believed_taken: dict[str, float] = {}
        self.actions: dict[str, list[Json]] = {}
        self.nova_limit = nova_limit
        self.allocation_lag = 0.0
        self.kill_at: tuple[int, bool] | None = None  # number of the write, whether it still takes effect
        self.dead = False
        self.write_count = 0
        self.moves_of: Counter[str] = Counter()
        self.peaks: dict[str, int] = {}
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._number = 0
        self._queues: dict[str, list[Callable[[], None]]] = {}
        self._running: Counter[str] = Counter()
        self._ids = 0
        super().__init__(*hosts)
        for host in drained:
            self.service(host).update(status="disabled", disabled_reason=f"stackroll:7f3a:{host}")

    # Building the scene.

    def add(self, name: str, host: str, vm_state: str = "active", **fields: Any) -> str:
        """A server in a state; it holds allocations on its host."""
        specs = fields.pop("extra_specs", {})
        status, power = STATES[vm_state]
        flavor = {**FLAVOR, "extra_specs": specs, **fields.pop("flavor", {})}
        server_id = self.add_server(
            name,
            host,
            **{
                "status": status,
                "OS-EXT-STS:vm_state": vm_state,
                "OS-EXT-STS:power_state": power,
                "flavor": flavor,
                "updated": self.stamp(),
                "metadata": {},
                "tags": [],
                **fields,
            },
        )
        if vm_state == "soft-delete":
            self.soft_deleted.append(self.servers.pop())
        return server_id

    def resize(self, name: str, source: str, dest: str, kind: str = "resize", user: str = THEM) -> str:
        """A server that waits for the confirmation of a resize or a cold migration."""
        server_id = self.add(name, dest, "resized")
        migration = self._record(server_id, kind, source, dest, user)
        migration["status"] = "finished"
        self.allocate(migration["uuid"], source, AMOUNTS)
        return server_id

    def get(self, server_id: str) -> Json:
        """A server."""
        return next(item for item in self.servers + self.soft_deleted if item["id"] == server_id)

    def host_of(self, server_id: str) -> str | None:
        """Where a server is."""
        return self.get(server_id)["OS-EXT-SRV-ATTR:host"]

    def snapshot(self) -> dict[str, tuple[Any, ...]]:
        """Where all servers are, how they are, and who holds what where: for comparing ends."""
        places = {}
        for item in self.servers + self.soft_deleted:
            held = sorted(self._provider_name(uuid) for uuid, who in self.allocations.items() if item["id"] in who)
            places[item["name"]] = (
                item["OS-EXT-SRV-ATTR:host"],
                item["OS-EXT-STS:vm_state"],
                item["OS-EXT-STS:power_state"],
                item["OS-EXT-STS:task_state"],
                tuple(held),
            )
        return places

    def _provider_name(self, uuid: str) -> str:
        return next(item["name"] for item in self.providers if item["uuid"] == uuid)

    # Time.

    def stamp(self) -> str:
        """Now, as Nova writes it."""
        return (BEGIN + timedelta(seconds=int(self.now))).strftime("%Y-%m-%dT%H:%M:%S.000000")

    def pass_time(self, seconds: float) -> None:
        """Let everything happen that is due meanwhile."""
        end = self.now + max(seconds, 0.001)
        while self._events and self._events[0][0] <= end:
            self.now, _number, event = heapq.heappop(self._events)
            event()
        self.now = end

    def settle(self) -> None:
        """Let everything that has begun come to its end."""
        while self._events:
            self.pass_time(60)

    def _in(self, seconds: float, event: Callable[[], None]) -> None:
        if seconds == NEVER:
            return
        if seconds <= 0:
            event()
            return
        self._number += 1
        heapq.heappush(self._events, (self.now + seconds, self._number, event))

    # The API.

    def cloud(self) -> Cloud:
        """A client, logged in as we are."""
        counter = RequestCounter()
        session = _Session(self, counter)
        session.get_user_id = lambda: US
        return SerialCloud(session, {"compute": "http://nova", "placement": "http://placement"}, counter)

    def answer(self, method: str, path: str, params: Json, body: Any) -> Answer:
        """One request, unless the process has been killed."""
        if self.dead:
            raise Killed
        is_write = method != "GET"
        self.write_count += is_write
        if is_write and self.kill_at and self.write_count == self.kill_at[0]:
            if self.kill_at[1]:
                self._answer(method, path, params, body)
            self.dead = True
            raise Killed
        return self._answer(method, path, params, body)

    def revive(self) -> None:
        """A new process comes."""
        self.dead, self.kill_at = False, None

    def _answer(self, method: str, path: str, params: Json, body: Any) -> Answer:
        parts = path.strip("/").split("/")
        if parts[0] != "servers" or len(parts) < 3 or path in self.broken:
            return super().answer(method, path, params, body)
        self.calls.append((method, path, body if method != "GET" else params))
        self.before_request(method, path)
        if path in self.broken:
            return Answer(self.broken[path], {"error": {"message": "it is broken"}})
        if not any(item["id"] == parts[1] for item in self.servers + self.soft_deleted):
            return Answer(404, {"itemNotFound": {"message": "no such server"}})
        return self._server_request(method, parts, body)

    def _server_request(self, method: str, parts: list[str], body: Any) -> Answer:
        server = self.get(parts[1])
        if parts[2] == "os-instance-actions":
            return Answer(200, {"instanceActions": self.actions.get(server["id"], [])[:1]})
        if parts[2] == "action":
            ((name, argument),) = body.items()
            return self._act(server, name, argument)
        migration = next(item for item in self.migrations if item["id"] == int(parts[3]))
        if migration["status"] not in ("running", "queued", "preparing"):
            return Answer(400, {"badRequest": {"message": f"the migration is {migration['status']}"}})
        if method == "DELETE":
            return self._abort(server, migration)
        self._in(0.5, lambda: self._complete(server, migration))
        return Answer(202, None)

    def _act(self, server: Json, name: str, argument: Any) -> Answer:
        handlers = {
            "os-migrateLive": self._live,
            "migrate": self._cold,
            "confirmResize": self._confirm,
            "revertResize": self._revert,
        }
        allowed = {"os-migrateLive": ("active", "paused"), "migrate": ("active", "stopped")}.get(name, ("resized",))
        if name in TRANSITIONS:
            allowed = (TRANSITIONS[name][0],)
        if server["OS-EXT-STS:task_state"] is not None or server["OS-EXT-STS:vm_state"] not in allowed:
            return Answer(409, {"conflictingRequest": {"message": f"Cannot {name} while it is {server['status']}"}})
        self._note_action(server, ACTION_NAMES.get(name, name), US)
        if name in handlers:
            return handlers[name](server, (argument or {}).get("host"))
        _before, after, task = TRANSITIONS[name]
        self._change(server, task=task)
        self._in(1, lambda: self._change(server, after))
        if name == "shelveOffload":
            self._in(1, lambda: self._offload(server))
        return Answer(202, None)

    def _note_action(self, server: Json, action: str, user: str) -> None:
        self._number += 1
        entry = {
            "action": action,
            "user_id": user,
            "request_id": f"req-{self._number}",
            "start_time": self.stamp(),
        }
        self.actions.setdefault(server["id"], []).insert(0, entry)

    def by_owner(self, server_id: str, action: str) -> None:
        """The owner does something that takes no time."""
        server = self.get(server_id)
        self._note_action(server, ACTION_NAMES.get(action, action), THEM)
        self._change(server, TRANSITIONS[action][1])

    def _change(
        self, server: Json, vm_state: str | None = None, task: str | None = None, host: str | None = None
    ) -> None:
        state = vm_state or server["OS-EXT-STS:vm_state"]
        status, power = STATES[state]
        server.update({"status": status, "OS-EXT-STS:vm_state": state, "OS-EXT-STS:power_state": power})
        server.update({"OS-EXT-STS:task_state": task, "updated": self.stamp()})
        if host:
            server.update({"OS-EXT-SRV-ATTR:host": host, "OS-EXT-SRV-ATTR:hypervisor_hostname": host})

    def _offload(self, server: Json) -> None:
        self.allocations[uuid_of(server["OS-EXT-SRV-ATTR:host"])].pop(server["id"], None)
        server.update({"OS-EXT-SRV-ATTR:host": None, "OS-EXT-SRV-ATTR:hypervisor_hostname": None})

    # Migrations.

    def _record(self, server_id: str, kind: str, source: str, dest: str | None, user: str = US) -> Json:
        self._ids += 1
        record = {
            "id": self._ids,
            "uuid": uuid_of(f"migration {self._ids}"),
            "instance_uuid": server_id,
            "migration_type": kind,
            "status": "accepted",
            "source_compute": source,
            "source_node": source,
            "dest_compute": dest,
            "dest_node": dest,
            "user_id": user,
            "created_at": self.stamp(),
            "updated_at": None,
        }
        self.migrations.append(record)
        return record

    def _status(self, record: Json, status: str) -> None:
        record.update(status=status, updated_at=self.stamp())

    def _schedule(self, source: str, wanted: str | None) -> str | None:
        fit = []
        for service in self.services:
            host = service["host"]
            used = len(self.allocations[uuid_of(host)])
            usable = service["status"] == "enabled" and service["state"] == "up" and host != source
            known = self.now >= self.believed_taken.get(host, 0.0)
            if usable and known and wanted in (None, host) and used < self.capacity.get(host, 10**6):
                fit.append((used, host))
        return min(fit)[1] if fit else None

    def _how(self, source: str, dest: str) -> Host:
        ends = [self.trouble.get(source, Host()), self.trouble.get(dest, Host())]
        return Host(
            max(end.live for end in ends),
            max(end.cold for end in ends),
            *(any(getattr(end, name) for end in ends) for name in list(Host.__dataclass_fields__)[2:]),
        )

    def _live(self, server: Json, wanted: str | None) -> Answer:
        source = server["OS-EXT-SRV-ATTR:host"]
        dest = self._schedule(source, wanted)
        record = self._record(server["id"], "live-migration", source, dest)
        if dest is None:
            self._in(0.5, lambda: (self._status(record, "error"), self._change(server)))
            self._change(server, task="migrating")
            return Answer(202, None)
        self._change(server, task="migrating")
        self._claim(server, record)
        self._queues.setdefault(source, []).append(lambda: self._run(server, record))
        self._status(record, "queued")
        self._next(source)
        return Answer(202, None)

    def _next(self, source: str) -> None:
        while self._queues.get(source) and self._running[source] < self.nova_limit:
            self._running[source] += 1
            self._queues[source].pop(0)()

    def _run(self, server: Json, record: Json) -> None:
        how = self._how(record["source_compute"], record["dest_compute"])
        self._status(record, "running")
        record["how"] = how
        if how.rolls_back:
            self._in(how.live, lambda: self._roll_back(server, record, "failed"))
        else:
            self._in(NEVER if how.never_ends else how.live, lambda: self._complete(server, record))

    def _claim(self, server: Json, record: Json) -> None:
        source, dest = record["source_compute"], record["dest_compute"]
        held = self.allocations[uuid_of(source)].pop(server["id"])
        self.allocations[uuid_of(source)][record["uuid"]] = held
        self.allocations[uuid_of(dest)][server["id"]] = held
        self._count_peaks()

    def _count_peaks(self) -> None:
        """How many were under way at once, as Nova sees it."""
        under_way = [item for item in self.migrations if self._holds(item)]
        tops = {"total": len(under_way)}
        tops.update({f"from {host}": n for host, n in Counter(item["source_compute"] for item in under_way).items()})
        tops.update({f"to {host}": n for host, n in Counter(item["dest_compute"] for item in under_way).items()})
        for key, number in tops.items():
            self.peaks[key] = max(self.peaks.get(key, 0), number)

    def _holds(self, record: Json) -> bool:
        return record["uuid"] in self.allocations[uuid_of(record["source_compute"])] and record["status"] not in (
            "completed",
            "confirmed",
            "failed",
            "error",
            "cancelled",
        )

    def _complete(self, server: Json, record: Json) -> None:
        if record["status"] not in ("running", "queued"):
            return
        self.moves_of[server["name"]] += 1
        self._change(server, host=record["dest_compute"])
        self._status(record, "completed")
        self._forget(record)
        self._free(record)

    def _forget(self, record: Json) -> None:
        holders = self.allocations[uuid_of(record["source_compute"])]
        self._in(self.allocation_lag, lambda: holders.pop(record["uuid"], None))

    def _free(self, record: Json) -> None:
        self._running[record["source_compute"]] -= 1
        self._next(record["source_compute"])

    def _roll_back(self, server: Json, record: Json, status: str) -> None:
        if record["status"] not in ("running", "queued"):
            return
        source, dest = record["source_compute"], record["dest_compute"]
        self.allocations[uuid_of(source)][server["id"]] = self.allocations[uuid_of(source)].pop(record["uuid"])
        self.allocations[uuid_of(dest)].pop(server["id"], None)
        self._change(server)
        self._status(record, status)
        self._free(record)

    def _abort(self, server: Json, record: Json) -> Answer:
        if not record.get("how", Host()).ignores_abort:
            self._in(1, lambda: self._roll_back(server, record, "cancelled"))
        return Answer(202, None)

    def _cold(self, server: Json, wanted: str | None) -> Answer:
        source = server["OS-EXT-SRV-ATTR:host"]
        dest = self._schedule(source, wanted)
        record = self._record(server["id"], "migration", source, dest)
        record["was"] = server["OS-EXT-STS:vm_state"]
        how = self._how(source, dest) if dest else Host(cold_fails=True)
        self._change(server, task="resize_prep")
        if dest is None or how.cold_fails:
            self._in(1, lambda: (self._change(server), self._status(record, "error")))
            return Answer(202, None)
        self._status(record, "pre-migrating")
        self._claim(server, record)
        self._in(how.cold, lambda: self._finish(server, record, how))
        return Answer(202, None)

    def _finish(self, server: Json, record: Json, how: Host) -> None:
        self.moves_of[server["name"]] += 1
        if how.cold_fails_at_finish:
            self._change(server, "error", host=record["dest_compute"])
            self._status(record, "error")
            self._forget(record)
            return
        self._change(server, "resized", host=record["dest_compute"])
        self._status(record, "finished")

    def _confirm(self, server: Json, _host: str | None) -> Answer:
        record = self._finished(server)
        self._status(record, "confirming")

        def confirm() -> None:
            self._change(server, record.get("was", "active"))
            self._status(record, "confirmed")
            self._forget(record)

        self._in(1, confirm)
        return Answer(202, None)

    def _revert(self, server: Json, _host: str | None) -> Answer:
        record = self._finished(server)
        self._status(record, "reverting")
        self._change(server, task="resize_reverting")

        def revert() -> None:
            source, dest = record["source_compute"], record["dest_compute"]
            self._change(server, record.get("was", "active"), host=source)
            self.allocations[uuid_of(source)][server["id"]] = self.allocations[uuid_of(source)].pop(record["uuid"])
            self.allocations[uuid_of(dest)].pop(server["id"], None)
            self._status(record, "reverted")

        self._in(1, revert)
        return Answer(202, None)

    def _finished(self, server: Json) -> Json:
        found = [item for item in self.migrations if item["instance_uuid"] == server["id"]]
        return next(item for item in found if item["status"] == "finished")

    # Lists.

    def _servers(self, params: Json) -> Json:
        if "changes-since" not in params:
            return super()._servers(params)
        changed = [item for item in self.servers + self.soft_deleted if _since(item["updated"], params)]
        return self._page("servers", changed, params, "id")

    def _migrations(self, params: Json) -> Json:
        if "changes-since" not in params:
            page = super()._migrations(params)
            return {**page, "migrations": [_public(item) for item in page["migrations"]]}
        changed = [item for item in self.migrations if item["updated_at"] and _since(item["updated_at"], params)]
        return self._page("migrations", [_public(item) for item in changed], params, "uuid")

    def forget_server(self, server_id: str) -> None:
        """The owner deletes a server."""
        server = self.get(server_id)
        self.allocations[uuid_of(server["OS-EXT-SRV-ATTR:host"])].pop(server_id, None)
        self._change(server, "deleted")

    def _page(self, name: str, items: list[Json], params: Json, key: str) -> Json:
        if name == "servers" and "changes-since" not in params:
            items = [item for item in items if item["status"] != "DELETED"]
        return super()._page(name, items, params, key)


def _public(record: Json) -> Json:
    return {key: value for key, value in record.items() if key not in ("how", "was")}


def _since(moment: str, params: Json) -> bool:
    return moment[:19] >= params["changes-since"][:19]
