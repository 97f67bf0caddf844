# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Repair findings of the audit: ask again, plan, write with the consumer's generation, and let the audit judge."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.accounting.audit import Finding
from ansible_collections.stackroll.nova.plugins.module_utils.accounting.choice import (
    ByConsumer,
    Choice,
    covered,
    refuse_pointless,
)
from ansible_collections.stackroll.nova.plugins.module_utils.accounting.holdings import Holdings, Refused
from ansible_collections.stackroll.nova.plugins.module_utils.accounting.ledger import Ledger
from ansible_collections.stackroll.nova.plugins.module_utils.accounting.repair import Change, Planner
from ansible_collections.stackroll.nova.plugins.module_utils.api import placement
from ansible_collections.stackroll.nova.plugins.module_utils.api.errors import ApiError
from ansible_collections.stackroll.nova.plugins.module_utils.api.session import Cloud
from ansible_collections.stackroll.nova.plugins.module_utils.model.wording import some
from ansible_collections.stackroll.nova.plugins.module_utils.moves.proof import Verdict
from ansible_collections.stackroll.nova.plugins.module_utils.moves.witness import Overtaken, Witness

ATTEMPTS = 3
CONFLICT = "placement.concurrent_update"
# What the result of a repair may be when nothing, or nothing yet, has been written.
PLANNED, REFUSED, CONFLICTED, GONE = "planned", "refused", "conflict", "gone"
# And what it may be afterwards.
WRITTEN, REPAIRED, FAILED = "written", "repaired", "failed"


@dataclass(frozen=True)
class Repair:
    """What became of the findings of one consumer."""

    findings: tuple[Finding, ...]
    result: str
    reason: str | None = None
    remedy: str | None = None
    change: Change | None = None
    body: dict[str, Any] | None = None
    accepted: bool = False
    names: Ledger | None = None

    @property
    def changes(self) -> bool:
        """Whether something was changed, or would be in check mode."""
        return self.accepted or self.result in (PLANNED, REPAIRED)

    @property
    def consumer_id(self) -> str:
        """Whose allocations these are."""
        return self.findings[0].consumer_id

    @property
    def missed(self) -> bool:
        """Whether the findings were to be repaired and are still there."""
        return self.result in (REFUSED, CONFLICTED, FAILED)

    def to_dict(self) -> dict[str, Any]:
        """One entry of the module's result."""
        return {
            "consumer_id": self.consumer_id,
            "name": self.findings[0].name,
            "kinds": sorted({finding.kind for finding in self.findings}),
            "result": self.result,
            "reason": self.reason,
            "remedy": self.remedy,
            "before": self._readable(self.change.before) if self.change else None,
            "after": self._readable(self.change.after) if self.change else None,
            "method": "PUT" if self.body else None,
            "path": f"/allocations/{self.consumer_id}" if self.body else None,
            "body": self.body,
        }

    def _readable(self, holdings: Holdings) -> dict[str, dict[str, int]]:
        name_of = self.names.name_of if self.names else str
        return {name_of(uuid): dict(resources) for uuid, resources in sorted(holdings.items())}


class Repairs:
    """Fulfils one list of choices."""

    def __init__(self, cloud: Cloud, choices: Iterable[Choice], check_mode: bool) -> None:
        self._cloud = cloud
        self._choices = tuple(choices)
        self._check_mode = check_mode
        self._done: dict[str, Repair] = {}

    def covers(self, finding: Finding) -> bool:
        """Whether this finding is to be repaired."""
        return any(choice.covers(finding) for choice in self._choices)

    def run(self, verdict: Verdict, look_again: Callable[[], Verdict]) -> Verdict:
        """Repair what every look has shown; returns the verdict on the outcome."""
        refuse_pointless(self._choices, verdict.findings, verdict.fleet, verdict.audit)
        chosen = covered(self._choices, verdict.findings)
        for _attempt in range(ATTEMPTS):
            self._attempt(chosen, verdict)
            if all(self._done[consumer].result in (PLANNED, REFUSED) for consumer in chosen):
                break
            verdict = look_again()
            self._judge(verdict)
            chosen = self._left(verdict)
            if not chosen:
                break
        return verdict

    def _attempt(self, chosen: ByConsumer, verdict: Verdict) -> None:
        """Each consumer is asked about immediately before it is written: only then its generation says enough."""
        witness = Witness(self._cloud, verdict.fleet, chosen)
        planner = Planner(verdict.fleet, verdict.audit)

        def attempt(consumer: str) -> Repair:
            repair = Repair(tuple(chosen[consumer]), PLANNED, names=verdict.audit.ledger)
            try:
                change = planner.plan(repair.findings)
                repair = replace(repair, change=change, body=witness.ask(consumer).body(change.after))
            except Refused as refused:
                return replace(repair, result=REFUSED, reason=refused.message, remedy=refused.remedy)
            except Overtaken as overtaken:
                return replace(repair, result=CONFLICTED, reason=overtaken.message, remedy=overtaken.remedy)
            return repair if self._check_mode else self._send(repair)

        self._done.update(zip(chosen, self._cloud.map(attempt, chosen)))

    def _send(self, repair: Repair) -> Repair:
        try:
            placement.set_allocations(self._cloud, repair.consumer_id, repair.body or {})
        except ApiError as error:
            if error.code == CONFLICT:
                return replace(repair, result=CONFLICTED, reason=error.message, remedy=error.remedy)
            # What is read back decides: a slow answer may still be a success.
            return replace(repair, result=WRITTEN, reason=error.message, remedy=error.remedy)
        return replace(repair, result=WRITTEN, accepted=True)

    def _judge(self, verdict: Verdict) -> None:
        """A repair has succeeded when the audit no longer has the findings."""
        there = {finding.key for finding in verdict.audit.findings}
        for consumer, repair in self._done.items():
            if repair.result == WRITTEN:
                stays = any(finding.key in there for finding in repair.findings)
                self._done[consumer] = (
                    replace(
                        repair, result=FAILED, reason=repair.reason or "it was written, and the finding is still there"
                    )
                    if stays
                    else replace(repair, result=REPAIRED, reason=None, remedy=None)
                )

    def _left(self, verdict: Verdict) -> ByConsumer:
        """What was overtaken, and is still to be repaired."""
        keys = {item.key for repair in self._done.values() if repair.result == CONFLICTED for item in repair.findings}
        left = covered(self._choices, [finding for finding in verdict.findings if finding.key in keys])
        for consumer, repair in self._done.items():
            if repair.result == CONFLICTED and consumer not in left:
                self._done[consumer] = replace(repair, result=GONE)
        return left

    def outlook(self, verdict: Verdict) -> Verdict:
        """The verdict as it would be if what is planned were written."""
        mended = {item.key for repair in self._done.values() if repair.result == PLANNED for item in repair.findings}
        return replace(verdict, findings=tuple(item for item in verdict.findings if item.key not in mended))

    def complaints(self) -> list[str]:
        """What was to be repaired and is not."""
        left = [repair for repair in self._done.values() if repair.missed]
        names = some(
            f"{repair.findings[0].name or 'consumer'} ({repair.consumer_id}): {str(repair.reason).rstrip('.')}."
            f" {repair.remedy or ''}".rstrip(" .")
            for repair in left
        )
        return [f"Not repaired: {names}"] if left else []

    def result(self) -> dict[str, Any]:
        """What the module returns of it."""
        changes = [repair.to_dict() for repair in self._done.values() if repair.changes]
        return {
            "changed": bool(changes),
            "repairs": [repair.to_dict() for repair in self._done.values()],
            "diff": {side: {item["consumer_id"]: item[side] for item in changes} for side in ("before", "after")},
        }
