# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ask the checks: each for itself, several at a time, none able to end the run."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import InvalidInput
from ansible_collections.stackroll.nova.plugins.module_utils.model.release import Release
from ansible_collections.stackroll.nova.plugins.module_utils.model.wording import some
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.check import Check, Finding
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.evidence import Evidence, NotKnown, View
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.result import MOST_OBJECTS, CheckResult

THREADS = 8


def select(catalog: Sequence[Check], wanted: Collection[str], skipped: Collection[str]) -> list[tuple[Check, bool]]:
    """The wanted checks (names, groups or ``database``; all without any) in the catalog's order, and whether each is skipped.

    Raises InvalidInput for a name that is neither a check nor a group.
    """
    for option, names in (("checks", wanted), ("skip", skipped)):
        unknown = sorted(set(names) - {word for check in catalog for word in check.words})
        if unknown:
            raise InvalidInput(
                f"The option {option} names {some(repr(name) for name in unknown)}, which is no check and no group of checks.",
                f"The groups are {', '.join(dict.fromkeys(check.group for check in catalog))} and database; the checks are listed in the"
                " documentation of stackroll.nova.upgrade_check.",
            )
    return [
        (check, any(word in skipped for word in check.words))
        for check in catalog
        if not wanted or any(word in wanted for word in check.words)
    ]


def judge(chosen: Iterable[tuple[Check, bool]], evidence: Evidence, releases: Sequence[Release]) -> list[CheckResult]:
    """The results for every release passed through, the target last.

    The releases before the target are asked only what the status commands of their time asked: the rest looks at the cloud as
    it is now, which is the same for all.
    """
    target = releases[-1]
    questions = [
        (check, skip, release, evidence)
        for release in releases
        for check, skip in chosen
        if check.belongs_to(release) and (release == target or check.command)
    ]
    with ThreadPoolExecutor(max_workers=THREADS) as pool:
        return list(pool.map(lambda question: _ask(*question), questions))


def _ask(check: Check, skip: bool, release: Release, evidence: Evidence) -> CheckResult:
    started = time.monotonic()
    if skip:
        return _result(check, release, Finding("skipped", "skipped by option"), started)
    view = View(evidence, check.reads)
    try:
        finding = check.judge(view, release)
    except NotKnown as reason:
        finding = Finding("unknown", _sentence(reason.reason), remedy=reason.remedy)
    except Exception as error:  # noqa: BLE001  # one check's crash must not hide the others
        finding = Finding("unknown", f"The check itself broke: {type(error).__name__}.", remedy="Please report it.")
    return _result(check, release, _with_silence(finding, view), started)


def _with_silence(finding: Finding, view: View) -> Finding:
    """Who did not answer cannot have been found fine."""
    if not view.silent or finding.result == "unknown":
        return finding
    said = "; ".join(f"{part} did not answer ({reason.rstrip('.')})" for part, reason in view.silent.items())
    summary = f"{finding.summary} {said}.".strip()
    if finding.result == "failure":
        return Finding("failure", summary, finding.objects, finding.remedy, finding.total)
    return Finding("unknown", summary, (*finding.objects, *view.silent), "Mend what does not answer, then check again.")


def _result(check: Check, release: Release, finding: Finding, started: float) -> CheckResult:
    fine = finding.result in ("success", "skipped")
    return CheckResult(
        check=check.name,
        result=finding.result,
        summary=finding.summary,
        remedy="" if fine else finding.remedy or check.remedy,
        objects=finding.objects[:MOST_OBJECTS],
        total=len(finding.objects) if finding.total is None else finding.total,
        group=check.group,
        since=check.since,
        release=release.name,
        seconds=round(time.monotonic() - started, 3),
    )


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."
