# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which results stand in the way, for every fail_on."""

from __future__ import annotations

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.gate import blocking, refuse
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.result import CheckResult

FINE, SKIPPED = CheckResult("Fine", "success"), CheckResult("Left out", "skipped")
WARNED = CheckResult("Machine type", "warning", "Two servers.", "Set it.", group="nova")
BROKEN = CheckResult("Too old", "failure", "cmp3 reports 66.", "Upgrade cmp3.", group="nova")
SILENT = CheckResult("Providers", "unknown", "cell2 did not answer.", group="accounting")
EVERY = [FINE, SKIPPED, WARNED, BROKEN, SILENT]


@pytest.mark.parametrize(
    ("fail_on", "warnings", "unknown", "left"),
    [
        ("never", [], [], []),
        ("failure", [], [], [BROKEN, SILENT]),
        ("warning", [], [], [WARNED, BROKEN, SILENT]),
        ("warning", ["Machine type"], [], [BROKEN, SILENT]),
        ("warning", ["nova"], [], [WARNED, BROKEN, SILENT]),
        ("failure", [], ["Providers"], [BROKEN]),
        ("failure", [], ["accounting"], [BROKEN]),
        ("failure", ["Too old", "Providers"], ["Too old", "nova"], [BROKEN, SILENT]),
    ],
    ids=str,
)
def test_blocking(fail_on: str, warnings: list[str], unknown: list[str], left: list[CheckResult]) -> None:
    assert blocking(EVERY, fail_on, warnings, unknown) == left


def test_a_refusal_names_every_reason_with_its_remedy() -> None:
    with pytest.raises(StackrollError) as caught:
        refuse("Not ready.", [BROKEN, SILENT], {"code": 2})
    assert str(caught.value) == (
        "Not ready. Too old (failure): cmp3 reports 66. Upgrade cmp3. Providers (unknown): cell2 did not answer."
    )
    assert caught.value.details == {"code": 2}


def test_only_of_a_warning_it_is_said_that_it_can_be_accepted() -> None:
    with pytest.raises(StackrollError, match=r"Set it\. A warning that was read can be accepted"):
        refuse("Not ready.", [WARNED], {})


def test_nothing_in_the_way() -> None:
    refuse("Not ready.", [], {})
