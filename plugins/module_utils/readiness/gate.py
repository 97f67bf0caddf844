# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which results stand in the way of an upgrade. What is unknown is no better than a failure. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.result import CheckResult

FAIL_ON = ("failure", "warning", "never")


def accepted(result: CheckResult, warnings: Collection[str], unknown: Collection[str]) -> bool:
    """Whether the operator has named this result as one to live with. A failure is never accepted."""
    if result.result == "warning":
        return result.check in warnings
    return result.result == "unknown" and (result.check in unknown or result.group in unknown)


def blocking(
    results: Sequence[CheckResult], fail_on: str, warnings: Collection[str] = (), unknown: Collection[str] = ()
) -> list[CheckResult]:
    """The results that must not be passed over with this *fail_on*."""
    bad = {"failure": ("failure", "unknown"), "warning": ("failure", "unknown", "warning"), "never": ()}[fail_on]
    return [result for result in results if result.result in bad and not accepted(result, warnings, unknown)]


def refuse(subject: str, results: Sequence[CheckResult], details: Mapping[str, Any]) -> None:
    """Raise a StackrollError that names every result in the way; nothing when there is none."""
    if not results:
        return
    reasons = " ".join(
        f"{result.check} ({result.result}): {result.summary} {result.remedy}".strip() for result in results
    )
    warned = any(result.result == "warning" for result in results)
    advice = "A warning that was read can be accepted by naming its check in accepted_warnings." if warned else ""
    raise StackrollError(f"{subject} {reasons}", advice, details=details)
