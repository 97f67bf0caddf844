# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which findings are to be repaired: those that somebody has named, by kind, by consumer, or both."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ansible_collections.stackroll.nova.plugins.module_utils.accounting.audit import Audit, Finding
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import InvalidInput
from ansible_collections.stackroll.nova.plugins.module_utils.model.fleet import Fleet

ByConsumer = Mapping[str, Sequence[Finding]]


@dataclass(frozen=True)
class Choice:
    """One entry of the option: a kind, a consumer, or a kind of one consumer."""

    consumer_id: str | None = None
    kind: str | None = None

    def covers(self, finding: Finding) -> bool:
        """Whether this finding is meant."""
        return self.consumer_id in (None, finding.consumer_id) and self.kind in (None, finding.kind)


def covered(choices: Iterable[Choice], findings: Iterable[Finding]) -> ByConsumer:
    """The findings that are meant, by consumer."""
    options = tuple(choices)
    chosen: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        if any(choice.covers(finding) for choice in options):
            chosen[finding.consumer_id].append(finding)
    return chosen


def refuse_pointless(choices: Iterable[Choice], findings: Iterable[Finding], fleet: Fleet, audit: Audit) -> None:
    """Somebody who names a consumer expects a finding there; a kind may have none."""
    found = list(findings)
    for choice in choices:
        if choice.consumer_id and not any(choice.covers(finding) for finding in found):
            raise InvalidInput(
                f"There is nothing to repair{f' of the kind {choice.kind}' if choice.kind else ''} for"
                f" {_situation(choice.consumer_id, found, fleet, audit)}",
                "Nothing was changed. Name consumers of accounting.details, as every look has shown them.",
            )


def _situation(consumer: str, findings: Iterable[Finding], fleet: Fleet, audit: Audit) -> str:
    name = next((f"server {item.name} ({consumer})" for item in fleet.servers if item.id == consumer), "")
    others = sorted({finding.kind for finding in findings if finding.consumer_id == consumer})
    if consumer in audit.in_flux:
        return f"{name}: it is being built, moved or deleted and was not judged."
    if others:
        return f"{name or f'consumer {consumer}'}: its finding is {' and '.join(others)}."
    if not name and not audit.ledger.hosts_of(consumer):
        return f"consumer {consumer}: it is no server and holds nothing on a host."
    return f"{name or f'consumer {consumer}'}: its allocations add up."
