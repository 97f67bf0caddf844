# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prove a cloud: audit and compare, and look again before blaming what may have been a passing state."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.accounting.absences import Absence, unexplained
from ansible_collections.stackroll.nova.plugins.module_utils.accounting.audit import KINDS, Audit, Finding, account
from ansible_collections.stackroll.nova.plugins.module_utils.accounting.compare import compare_servers
from ansible_collections.stackroll.nova.plugins.module_utils.accounting.orphans import explained, is_stranger
from ansible_collections.stackroll.nova.plugins.module_utils.accounting.providers import (
    Unmatched,
    unmatched,
)
from ansible_collections.stackroll.nova.plugins.module_utils.api import convert, nova
from ansible_collections.stackroll.nova.plugins.module_utils.api.session import Cloud
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import InvalidInput, StackrollError
from ansible_collections.stackroll.nova.plugins.module_utils.model.fleet import Fleet
from ansible_collections.stackroll.nova.plugins.module_utils.model.server import Server
from ansible_collections.stackroll.nova.plugins.module_utils.model.wording import count, some
from ansible_collections.stackroll.nova.plugins.module_utils.runtime.deadline import Deadline

FAIL_ON = (*KINDS, "providers", "lost", "changed")
Result = dict[str, Any]
Asking = Callable[[Collection[Server]], Mapping[str, Absence]]


@dataclass(frozen=True)
class Verdict:
    """What the last look has shown: the fleet, its audit, what became of servers that are gone, and the findings of every look."""

    fleet: Fleet
    audit: Audit
    findings: tuple[Finding, ...]
    unmatched: tuple[Unmatched, ...]
    absences: Mapping[str, Absence] = field(default_factory=dict)


class Proof:
    """Judges fleets against a baseline until one is clean or the time is up; *ask* tells what became of servers that are gone."""

    def __init__(self, baseline: Fleet | None, ask: Asking | None = None) -> None:
        self.baseline = baseline
        self._ask = ask
        if baseline is not None:
            _require_whole(baseline, "The baseline")
        self.known: tuple[Finding, ...] = Audit(baseline).findings if baseline and baseline.allocations else ()
        self.known_providers = {item.uuid for item in unmatched(baseline)} if baseline else set()
        self.looks = 0

    def watch(
        self, read: Callable[[], Fleet], deadline: Deadline, also: Callable[[Finding], bool] = lambda _finding: False
    ) -> Verdict:
        """Only what every look has shown counts: a server may be on its way while it is looked at.

        There is another look as long as something is to be complained of, or there are findings that matter *also*.
        """
        verdict: Verdict | None = None
        while True:
            verdict = self.look(read(), verdict)
            matters = complaints(self.result(verdict), FAIL_ON) or any(map(also, verdict.findings))
            if deadline.expired or not matters:
                return verdict
            deadline.pause()

    def look(self, fleet: Fleet, before: Verdict | None = None) -> Verdict:
        """Judge one fleet; of its findings, those that the look *before* has shown as well."""
        _require_whole(fleet, "The cloud")
        self.looks += 1
        audit = Audit(fleet)
        providers = tuple(unmatched(fleet))
        seen = {finding.key for finding in (before or audit).findings}
        seen_providers = {item.uuid for item in (before.unmatched if before else providers)}
        return Verdict(
            fleet,
            audit,
            tuple(finding for finding in audit.findings if finding.key in seen),
            tuple(item for item in providers if item.uuid in seen_providers),
            self._absences(fleet),
        )

    def _absences(self, fleet: Fleet) -> Mapping[str, Absence]:
        gone = unexplained(self.baseline, fleet) if self.baseline else []
        return self._ask(gone) if gone and self._ask else {}

    def result(self, verdict: Verdict) -> Result:
        """What the module returns."""
        accounting = account(verdict.audit, verdict.findings, self.known)
        known = {item.uuid for item in verdict.unmatched if item.uuid in self.known_providers}
        accounting["providers"] = [item.to_dict() for item in verdict.unmatched if item.uuid not in known]
        accounting["preexisting"]["providers"] = sorted(known)
        result: Result = {"taken_at": verdict.fleet.taken_at, "accounting": accounting}
        if self.baseline is not None:
            result["servers"] = compare_servers(self.baseline, verdict.fleet, verdict.absences)
        return result


def traced(cloud: Cloud, verdict: Verdict) -> Verdict:
    """The verdict; orphans that a migration has left behind say so."""
    strangers = {finding.consumer_id for finding in verdict.findings if is_stranger(finding)}
    if not strangers:
        return verdict
    records = map(convert.migration, nova.find_migrations(cloud, strangers))
    return replace(verdict, findings=explained(verdict.findings, records))


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
    providers = [f"{item['name']}: {item['reason']}" for item in result["accounting"]["providers"]]
    if providers and "providers" in fail_on:
        found.append(f"{count(len(providers), 'host')} known to one side only ({some(providers)})")
    servers = result.get("servers", {"lost": [], "changed": []})
    if servers["lost"] and "lost" in fail_on:
        names = some(f"{item['name']} ({item['id']}): {item['reason']}" for item in servers["lost"])
        found.append(f"{count(len(servers['lost']), 'server')} lost: {names}")
    if servers["changed"] and "changed" in fail_on:
        names = some(
            f"{item['name']}: {item['field']} {item['before']} -> {item['after']}" for item in servers["changed"]
        )
        found.append(f"{count(len({item['id'] for item in servers['changed']}), 'server')} changed: {names}")
    return found


def raise_on(found: Collection[str], result: Result) -> None:
    """Fail with everything that counts, and the whole result beside it."""
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
