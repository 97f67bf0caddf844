# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ``<project>-status upgrade check`` has to say, as results like those of our own checks. Pure.

Sources: oslo_upgradecheck/upgradecheck.py (table, JSON, exit codes), nova/cmd/status.py (255 and the traceback on stdout).
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.readiness.command_tables import (
    UpgradeCheck,
    parse_upgrade_checks,
)
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.result import CODES, CheckResult

CRASHED = 255
WORDS = ("success", "warning", "failure")
_EXCEPTION = re.compile(r"^(?P<error>[A-Za-z_][\w.]*(?:: \S.*)?)$")


def read_checks(program: str, rc: int, stdout: str, stderr: str, release: str = "") -> list[CheckResult]:
    """Every check that the program printed, and one that is unknown when it crashed or when its words and its exit code do not
    agree."""
    printed = parse_json(stdout)
    if printed is None:
        printed = parse_upgrade_checks(stdout)
    results = [_result(program, check, release) for check in printed]
    problem = _problem(program, rc, results, stdout, stderr)
    if problem:
        remedy = f"Run '{program} upgrade check' on this host by hand, mend what it says, then check again."
        results.append(
            CheckResult(f"{program} upgrade check", "unknown", problem, remedy, group=program, release=release)
        )
    return results


def parse_json(text: str) -> list[UpgradeCheck] | None:
    """The checks of ``upgrade check --json``; None for any other text. Lines of a log may stand before it."""
    for line in reversed(text.strip().splitlines()):
        if line.startswith("{"):
            try:
                return [_from_json(entry) for entry in json.loads(line)["checks"]]
            except (ValueError, KeyError, TypeError):
                return None
    return None


def refuses_json(rc: int, stderr: str) -> bool:
    """Whether the program does not know --json, as nova-status does not."""
    return rc == 2 and "unrecognized arguments: --json" in stderr


def last_words(stdout: str, stderr: str) -> str:
    """The exception of the traceback, which the commands print to stdout; without one, the last line of stderr or stdout."""
    lines = stdout.splitlines() if "Traceback (most recent call last):" in stdout else stderr.splitlines()
    traceback = any(line.startswith("Traceback (most recent call last):") for line in lines)
    exceptions = [line for line in lines if _EXCEPTION.match(line) and not line.endswith(":")] if traceback else []
    rest = [line.strip() for line in (stderr.strip() or stdout).splitlines() if line.strip()]
    return exceptions[-1] if exceptions else (rest or ["it said nothing"])[-1]


def _from_json(entry: dict[str, Any]) -> UpgradeCheck:
    number = entry["result"]
    known = isinstance(number, int) and 0 <= number < len(WORDS)
    return UpgradeCheck(str(entry["check"]), WORDS[number] if known else "unknown", str(entry.get("details") or ""))


def _result(program: str, check: UpgradeCheck, release: str) -> CheckResult:
    fine = check.result == "success"
    return CheckResult(
        check=check.check,
        result=check.result if check.result in WORDS else "unknown",
        summary=check.summary,
        remedy="" if fine else "Do what the details say, then check again.",
        group=program,
        release=release,
    )


def _problem(program: str, rc: int, results: Sequence[CheckResult], stdout: str, stderr: str) -> str:
    if rc == CRASHED:
        return f"{program} crashed (exit code 255): {last_words(stdout, stderr)}"
    if not results:
        return f"{program} ended with exit code {rc} and printed no check: {last_words(stdout, stderr)}"
    if rc != max(CODES[result.result] for result in results):
        shown = f"{len(results)} check" + ("" if len(results) == 1 else "s")
        return f"{program} ended with exit code {rc}, which does not fit the {shown} it printed."
    return ""
