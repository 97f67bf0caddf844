# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What one readiness rule found, and the table that nova-status users know. Pure."""

from __future__ import annotations

import textwrap
from dataclasses import asdict, dataclass, field
from typing import Any

ORDER = ("skipped", "success", "warning", "unknown", "failure")
CODES = {"skipped": 0, "success": 0, "warning": 1, "unknown": 2, "failure": 2}
MOST_OBJECTS = 20
_WIDTH = 68


@dataclass(frozen=True)
class CheckResult:
    """A rule's result (success, warning, failure, unknown, skipped), the objects concerned and what to do.

    *objects* are the first of *total*; *since* is the major version of Nova that the rule came with, *release* the one it was
    asked for; *seconds* is how long the answer took, waiting included.
    """

    check: str
    result: str
    summary: str = ""
    remedy: str = ""
    objects: tuple[str, ...] = field(default_factory=tuple)
    total: int = 0
    group: str = ""
    since: int | None = None
    release: str = ""
    seconds: float = 0.0

    def to_dict(self) -> dict[str, Any]:
        """Plain data for a module's result."""
        return {**asdict(self), "objects": list(self.objects), "total": max(self.total, len(self.objects))}

    @property
    def blocks(self) -> bool:
        """Whether the run must not go on: unknown is never fine."""
        return self.result in ("failure", "unknown")


def worst(results: list[CheckResult]) -> str:
    """The worst result; success for no results."""
    return max((result.result for result in results), key=ORDER.index, default="success")


def code(results: list[CheckResult]) -> int:
    """The worst result as the status commands' exit code: 0, 1 or 2; what is unknown is no better than a failure."""
    return CODES[worst(results)]


def tally(results: list[CheckResult]) -> str:
    """Such as ``8 checks: 7 success, 1 warning``."""
    counts = [(word, sum(result.result == word for result in results)) for word in ORDER]
    return f"{len(results)} checks: " + ", ".join(f"{count} {word}" for word, count in counts if count)


def table(results: list[CheckResult]) -> list[str]:
    """The lines of an upgrade check table; successes take one line each."""
    border = f"+{'-' * (_WIDTH + 2)}+"
    lines = [border, _row("Upgrade Check Results"), border]
    for result in results:
        heading = f"Check: {result.check}"
        lines.append(_row(f"{heading}{('Result: ' + result.result.capitalize()).rjust(_WIDTH - len(heading))}"))
        for label, text in (("Details", result.summary), ("Remedy", result.remedy)):
            if text and result.result not in ("success", "skipped"):
                lines.extend(_row(part) for part in _wrap(f"{label}: {text}"))
    return [*lines, border]


def _wrap(text: str) -> list[str]:
    """Commands and names are to be copied, so they are not broken at hyphens."""
    return textwrap.wrap(text, _WIDTH, subsequent_indent="  ", break_on_hyphens=False)


def _row(text: str) -> str:
    return f"| {text.ljust(_WIDTH)} |"
