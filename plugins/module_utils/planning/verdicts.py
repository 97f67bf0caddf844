# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What will happen to each server when its host is emptied, and why; everything that can be said without trying."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from ansible_collections.stackroll.nova.plugins.module_utils.model.records import Record
from ansible_collections.stackroll.nova.plugins.module_utils.model.server import Labels, Migration, Server
from ansible_collections.stackroll.nova.plugins.module_utils.model.wording import some
from ansible_collections.stackroll.nova.plugins.module_utils.planning.policy import (
    BLOCK,
    COLD,
    DEFAULT_STEPS,
    LIVE,
    PARKING,
    STAY,
    STOP,
    SUSPEND,
    Policy,
)
from ansible_collections.stackroll.nova.plugins.module_utils.planning.surroundings import Surroundings

OFFLOAD, CONFIRM, REVERT, WAIT, BLOCKED = "offload", "confirm", "revert", "wait", "blocked"
MOVES = (LIVE, COLD)
NO_ROOM = "no other host is enabled and up"
NO_LABELS = Labels()


@dataclass(frozen=True)
class Verdict(Record):
    """What to do with a server, why, and what to do instead when that fails."""

    server_id: str
    name: str
    host: str
    action: str
    reason: str
    fallbacks: tuple[str, ...] = ()


def verdicts(
    servers: Iterable[Server],
    hosts: Collection[str],
    policy: Policy,
    around: Surroundings,
    *,
    labels: Mapping[str, Labels] | None = None,
    migrations: Iterable[Migration] = (),
) -> list[Verdict]:
    """A verdict for every server on the hosts, in every state, and for those that still hold a place there."""
    labels = labels or {}
    unfinished = {item.server_id: item for item in migrations if item.unfinished}
    found = []
    for server in servers:
        migration = unfinished.get(server.id)
        ends = {migration.source_host, migration.dest_host} if migration else set()
        host = server.host if server.holds_host and server.host in hosts else None
        host = host or next((end for end in sorted(ends - {None}, key=str) if end in hosts), None)
        if host:
            found.append(Judge(policy, around).judge(server, host, labels.get(server.id, NO_LABELS), migration))
    return found


class Judge:
    """Knows the policy and the surroundings; looks at one server at a time."""

    def __init__(self, policy: Policy, around: Surroundings) -> None:
        self.policy = policy
        self.around = around

    def judge(
        self, server: Server, host: str, labels: Labels = NO_LABELS, migration: Migration | None = None
    ) -> Verdict:
        """The verdict on one server that has to leave the host."""
        action, reason, fallbacks = self._judge(server, labels, migration)
        return Verdict(server.id, server.name, host, action, reason, fallbacks)

    def _judge(self, server: Server, labels: Labels, migration: Migration | None) -> tuple[str, str, tuple[str, ...]]:
        busy = _busy(server, migration)
        if busy:
            return WAIT, busy, ()
        if server.vm_state == "resized":
            return self._resized()
        if server.vm_state in self.policy.may_stay:
            return STAY, f"{server.vm_state} servers may stay", ()
        if server.vm_state in ("active", "paused", "stopped"):
            return self._movable(server, labels)
        return self._immovable(server)

    def _resized(self) -> tuple[str, str, tuple[str, ...]]:
        wish = self.policy.verify_resize
        if wish == BLOCK:
            return BLOCKED, "its resize waits for a decision: confirm or revert it, or set verify_resize", ()
        return wish, f"its resize waits for a decision, and verify_resize is {wish}", ()

    def _immovable(self, server: Server) -> tuple[str, str, tuple[str, ...]]:
        if server.vm_state == "suspended":
            if self.policy.park:
                return STAY, "it is suspended, so nothing of it runs here", ()
            return BLOCKED, "Nova cannot move a suspended server: resume it, or let it stay with may_stay", ()
        if server.vm_state == "shelved" and self.policy.offload:
            return OFFLOAD, "it is shelved and can leave its host", ()
        return BLOCKED, REMEDIES.get(server.vm_state, f"Nova cannot move a server that is {server.vm_state}"), ()

    def _movable(self, server: Server, labels: Labels) -> tuple[str, str, tuple[str, ...]]:
        rule = self.policy.rule_for(server, labels)
        steps = rule.steps if rule else DEFAULT_STEPS
        if steps == (STAY,):
            return STAY, "the policy lets it stay", ()
        if steps == (BLOCK,):
            return BLOCKED, "the policy says so", ()
        steps += tuple(step for step in self.policy.park if step not in steps)
        obstacles = {step: self._obstacle(step, server, explicit=rule is not None) for step in steps}
        ways = [step for step in steps if obstacles[step] is None]
        if server.vm_state == "stopped" and self.policy.park:
            ways.append(STAY)  # nothing of it runs, so it is parked already
        known = [text for step, text in obstacles.items() if text and not (ways and step in PARKING)]
        if not ways:
            return (
                BLOCKED,
                "; ".join(dict.fromkeys(known)) or f"no step of its policy fits a {server.vm_state} server",
                (),
            )
        return ways[0], self._reason(server, ways[0], known), tuple(ways[1:])

    def _reason(self, server: Server, way: str, obstacles: list[str]) -> str:
        words = [f"it is {server.vm_state}", *(text for text in obstacles if way != LIVE)]
        if way in MOVES:
            words += [self.around.zone_note(server), care(server)]
        if server.locked:
            words.append("it is locked, which does not bind administrators")
        return "; ".join(word for word in dict.fromkeys(words) if word)

    def _obstacle(self, step: str, server: Server, explicit: bool) -> str | None:
        """Why this step is out of the question; an empty text needs no mention."""
        if server.vm_state not in STATES[step]:
            return "Nova does not cold-migrate paused servers" if (step, server.vm_state) == (COLD, "paused") else ""
        if step in MOVES:
            return self._cannot_move(step, server, explicit)
        if step not in self.policy.park:
            return f"its policy is to {step}, which the option park does not allow"
        return _refused_by_nova(step, server)

    def _cannot_move(self, step: str, server: Server, explicit: bool) -> str | None:
        if not self.around.zones:
            return NO_ROOM
        forbidden = self.around.forbidden.get(server.id)
        if forbidden:
            return forbidden
        if step == COLD and server.vm_state == "active" and not self.policy.allow_cold:
            return "a cold migration interrupts the guest, which allow_cold does not allow"
        devices = host_devices(server) if step == LIVE and not explicit else ()
        if devices:
            return f"it uses devices of its host ({some(devices)}), so a live migration needs a rule of the policy"
        return _refused_by_nova(step, server)


def _busy(server: Server, migration: Migration | None) -> str:
    """What has to be over before anything can be decided."""
    if migration is not None and migration.status != "finished":
        return f"its {migration.type} from {migration.source_host} is {migration.status}"
    if server.task_state is not None:
        return f"it is busy ({server.task_state})"
    return "it is being built" if server.vm_state == "building" else ""


STATES: Mapping[str, tuple[str, ...]] = {
    LIVE: ("active", "paused"),
    COLD: ("active", "stopped"),
    SUSPEND: ("active",),
    STOP: ("active",),
}
REMEDIES: Mapping[str, str] = {
    "error": "it is in ERROR: mend or delete it, or let it stay with may_stay",
    "rescued": "Nova cannot move a server in rescue: unrescue it",
    "shelved": "it is shelved, but still holds its place: set shelved to offload, or let it stay with may_stay",
    "soft-delete": "it is deleted, but can be restored: wait, delete it for good, or let it stay with may_stay",
}
# Flavor extra spec: the steps that the Compute API refuses because of it.
REFUSED: Mapping[str, tuple[str, ...]] = {
    "accel:device_profile": (LIVE, COLD, SUSPEND),
    "hw:mem_encryption": (LIVE, SUSPEND),
}


def _refused_by_nova(step: str, server: Server) -> str | None:
    for name, steps in REFUSED.items():
        value = server.flavor.extra_specs.get(name)
        if value and value.lower() not in ("false", "0", "no") and step in steps:
            return f"Nova refuses this for servers with {name}"
    return None


def host_devices(server: Server) -> tuple[str, ...]:
    """Extra specs by which a guest holds a device of its host."""
    specs = server.flavor.extra_specs
    return tuple(sorted(name for name in specs if name == "pci_passthrough:alias" or name.endswith(":VGPU")))


def care(server: Server) -> str:
    """What the destination must have besides room; Nova finds out and refuses if it has not."""
    specs = server.flavor.extra_specs
    if specs.get("hw:cpu_policy") in ("dedicated", "mixed"):
        return "its CPUs are pinned, so the destination needs as many that nobody uses"
    if "hw:tpm_version" in specs:
        return "it has a TPM, whose secret may keep it from a live migration"
    return ""
