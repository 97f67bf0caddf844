# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prove a cloud: audit and compare, and look again before blaming what may have been a passing state."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.accounting.audit import KINDS, Audit, Finding, account
from ansible_collections.stackroll.nova.plugins.module_utils.accounting.compare import compare_servers
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import InvalidInput, StackrollError
from ansible_collections.stackroll.nova.plugins.module_utils.model.fleet import Fleet
from ansible_collections.stackroll.nova.plugins.module_utils.model.wording import count, some
from ansible_collections.stackroll.nova.plugins.module_utils.runtime.deadline import Deadline

SERVER_KINDS = ("lost", "changed")
FAIL_ON = (*KINDS, *SERVER_KINDS)
Result = dict[str, Any]


class Proof:
    """Judges fleets against a baseline until one is clean or the time is up."""

    def __init__(self, baseline: Fleet | None) -> None:
        self.baseline = baseline
        if baseline is not None:
            _require_whole(baseline, "The baseline")
        self.known: tuple[Finding, ...] = Audit(baseline).findings if baseline and baseline.allocations else ()
        self._persistent: set[tuple[str, str]] | None = None

    def watch(self, read: Callable[[], Fleet], deadline: Deadline) -> Result:
        """Only what every look has shown counts: a server may be on its way while it is looked at."""
        looks = 0
        while True:
            looks += 1
            result = self.look(read())
            if deadline.expired or not complaints(result, FAIL_ON):
                return {**result, "looks": looks}
            deadline.pause()

    def look(self, fleet: Fleet) -> Result:
        """Judge one fleet."""
        _require_whole(fleet, "The cloud")
        audit = Audit(fleet)
        keys = {finding.key for finding in audit.findings}
        self._persistent = keys if self._persistent is None else self._persistent & keys
        findings = [finding for finding in audit.findings if finding.key in self._persistent]
        result: Result = {"taken_at": fleet.taken_at, "accounting": account(audit, findings, self.known)}
        if self.baseline is not None:
            result["servers"] = compare_servers(self.baseline, fleet)
        return result


def complaints(result: Result, fail_on: Collection[str]) -> list[str]:
    """One clause for each kind of trouble that counts."""
    details = result["accounting"]["details"]
    found = []
    for kind in KINDS:
        reasons = [
            f"{item['name'] or item['consumer_id']}: {item['reason']}" for item in details if item["kind"] == kind
        ]
        if reasons and kind in fail_on:
            found.append(f"{count(len(reasons), 'consumer')} {kind} ({some(reasons)})")
    servers = result.get("servers", {"lost": [], "changed": []})
    if servers["lost"] and "lost" in fail_on:
        names = some(f"{item['name']} ({item['id']})" for item in servers["lost"])
        found.append(f"{count(len(servers['lost']), 'server')} lost: {names}")
    if servers["changed"] and "changed" in fail_on:
        names = some(
            f"{item['name']}: {item['field']} {item['before']} -> {item['after']}" for item in servers["changed"]
        )
        found.append(f"{count(len({item['id'] for item in servers['changed']}), 'server')} changed: {names}")
    return found


def raise_on(result: Result, fail_on: Collection[str]) -> None:
    """Fail with everything that counts, and the whole result beside it."""
    found = complaints(result, fail_on)
    if found:
        raise StackrollError(
            f"{'; '.join(found)}.", "See accounting.details and servers of this result for each of them.", result
        )


def _require_whole(fleet: Fleet, whose: str) -> None:
    if fleet.unknown:
        names = some(f"{item.what}: {item.error}" for item in fleet.unknown)
        raise StackrollError(
            f"{whose} cannot be judged because a part of it did not answer ({names}).",
            "Mend that first.",
            {"unknown": fleet.to_dict()["unknown"]},
        )


def load_fleet(data: Any, option: str) -> Fleet | None:
    """The fleet in an option, if there is one."""
    if data is None:
        return None
    try:
        return Fleet.load(data)
    except (InvalidInput, TypeError, AttributeError) as error:
        raise InvalidInput(f"The option {option} cannot be used: {error}") from error
