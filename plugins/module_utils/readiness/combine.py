# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One table from the results of several hosts, and whether our checks and the status commands say the same. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import InvalidInput
from ansible_collections.stackroll.nova.plugins.module_utils.model.wording import count, some
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.check import (
    NOVA_STATUS,
    PLACEMENT_STATUS,
    Check,
)
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.result import ORDER, CheckResult

COMMANDS = (NOVA_STATUS, PLACEMENT_STATUS)

Identity = tuple[str, str, str]


def from_dict(entry: Mapping[str, Any]) -> CheckResult:
    """A result that another call has returned. Raises InvalidInput for anything else."""
    if not entry.get("check") or entry.get("result") not in ORDER:
        raise InvalidInput(
            f"The option include_results has an entry with check {entry.get('check')!r} and result {entry.get('result')!r}.",
            f"Give the checks of other modules as they are; a result is one of {', '.join(ORDER)}.",
        )
    known = {key: value for key, value in entry.items() if key in CheckResult.__dataclass_fields__}
    return CheckResult(**{**known, "objects": tuple(entry.get("objects") or ())})


def identity(result: CheckResult) -> Identity:
    """What makes two results answers to the same question."""
    return (result.check, result.group, result.release)


def answered(included: Iterable[CheckResult]) -> set[Identity]:
    """The questions that need not be asked again: what is unknown here may be known elsewhere."""
    return {identity(result) for result in included if result.result != "unknown"}


def combine(own: Sequence[CheckResult], included: Sequence[CheckResult], catalog: Sequence[Check]) -> list[CheckResult]:
    """All results, each question once, in the order of the catalog; what the status commands say is compared and folded."""
    best: dict[Identity, CheckResult] = {}
    for result in (*included, *own):
        before = best.get(identity(result))
        if before is None or (before.result == "unknown" and result.result != "unknown"):
            best[identity(result)] = result
    places = {(check.name, check.group): place for place, check in enumerate(catalog)}
    results = sorted(best.values(), key=lambda result: places.get((result.check, result.group), len(places)))
    return _compared(results, catalog)


def _compared(results: Sequence[CheckResult], catalog: Sequence[Check]) -> list[CheckResult]:
    for command in COMMANDS:
        rows = [result for result in results if result.group == command]
        said = [result for result in rows if result.check != f"{command} upgrade check"]
        if said and not any(result.check == agreement_name(command) for result in rows):
            results = _fold(command, said, results, catalog)
    return list(results)


def agreement_name(command: str) -> str:
    """The name of the finding that compares our checks with a command."""
    return f"Native checks agree with {command}"


def _fold(
    command: str, said: Sequence[CheckResult], results: Sequence[CheckResult], catalog: Sequence[Check]
) -> list[CheckResult]:
    twins = {
        check.command_name or check.name: (check.name, check.group) for check in catalog if check.command == command
    }
    native = {(result.check, result.group, result.release): result for result in results}
    same, differ, alone, gone = 0, [], 0, set()
    for row in said:
        own = native.get((*twins.get(row.check, ("", "")), row.release))
        if own is not None and own.result in ("skipped", row.result):
            same += own.result == row.result
            gone.add(identity(row))
        elif own is None or own.result == "unknown" or row.result == "unknown":
            alone += 1
        else:
            differ.append(f"{row.check} ({command}: {row.result}, native: {own.result})")
    finding = _agreement(command, said[0].release, same, differ, alone)
    return [*(result for result in results if identity(result) not in gone), finding]


def _agreement(command: str, release: str, same: int, differ: Sequence[str], alone: int) -> CheckResult:
    name = agreement_name(command)
    if differ:
        return CheckResult(
            name,
            "warning",
            f"They disagree about {some(differ)}.",
            "Read both rows: trust the one whose details you can confirm, and report the other.",
            tuple(differ),
            len(differ),
            command,
            release=release,
        )
    if not same:
        return CheckResult(name, "skipped", "There was nothing to compare.", group=command, release=release)
    apart = f"; {count(alone, 'check')} had nothing to compare with" if alone else ""
    return CheckResult(
        name, "success", f"They agree about {count(same, 'check')}{apart}.", group=command, release=release
    )
