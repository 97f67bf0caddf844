# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds for every check that a status command makes too."""

from __future__ import annotations

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.model.release import RELEASES, Release
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.catalog import CATALOG
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.check import NOVA_STATUS, PLACEMENT_STATUS, Check
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_evidence import ask

LAST = RELEASES[-1].name
# First and last release, as in the first tag of each series.
ASKED = {
    "Cells v2": ["ocata", LAST],
    "Placement API": ["ocata", LAST],
    "Resource Providers": ["ocata", "rocky"],
    "Ironic Flavor Migration": ["rocky", "victoria"],
    "API Service Version": ["rocky", "rocky"],
    "Request Spec Migration": ["rocky", "stein"],
    "Console Auths": ["stein", "stein"],
    "Cinder API": ["train", LAST],
    "Policy Scope-based Defaults": ["ussuri", "yoga"],
    "Policy File JSON to YAML Migration": ["victoria", LAST],
    "Older than N-1 computes": ["wallaby", LAST],
    "hw_machine_type unset": ["wallaby", LAST],
    "Service User Token Configuration": ["yoga", LAST],
    "Object ID linkage": ["2023.2", "2023.2"],
    "Missing Root Provider IDs": ["stein", LAST],
    "Incomplete Consumers": ["stein", LAST],
    "Placement Policy File JSON to YAML Migration": ["wallaby", LAST],
}
OURS = [check for check in CATALOG if check.command]


def test_these_are_all_of_them() -> None:
    asked = {check.name: [release for release in RELEASES if check.belongs_to(release)] for check in OURS}
    assert {name: [releases[0].name, releases[-1].name] for name, releases in asked.items()} == ASKED


@pytest.mark.parametrize(
    ("release", "command", "printed"),
    [
        (
            "2026.2",
            NOVA_STATUS,
            [
                "Cells v2",
                "Cinder API",
                "Older than N-1 computes",
                "Placement API",
                "Policy File JSON to YAML Migration",
                "Service User Token Configuration",
                "hw_machine_type unset",
            ],
        ),
        (
            "2026.2",
            PLACEMENT_STATUS,
            ["Incomplete Consumers", "Missing Root Provider IDs", "Policy File JSON to YAML Migration"],
        ),
        ("ocata", NOVA_STATUS, ["Cells v2", "Placement API", "Resource Providers"]),
        ("ocata", PLACEMENT_STATUS, []),
    ],
)
def test_the_names_that_a_command_prints(release: str, command: str, printed: list[str]) -> None:
    asked = [check for check in OURS if check.command == command and check.belongs_to(Release.parse(release))]
    assert sorted(check.command_name for check in asked) == printed


@pytest.mark.parametrize("check", OURS, ids=lambda check: check.name)
class TestEach:
    def test_without_evidence_it_is_unknown(self, check: Check) -> None:
        last = next(release for release in reversed(RELEASES) if check.belongs_to(release))
        result = ask(check.name, {}, last.name)
        assert result.result == "unknown"
        assert result.summary in {f"No {key.source} given." for key in check.reads}

    def test_it_belongs_to_the_group_of_its_command(self, check: Check) -> None:
        assert {"nova": NOVA_STATUS, "placement": PLACEMENT_STATUS}[check.group] == check.command

    def test_it_can_be_documented(self, check: Check) -> None:
        assert check.rule.endswith(".")
        assert check.remedy
        assert check.history.endswith(".")


def test_names_are_unique_and_no_group_is_named_like_a_check() -> None:
    names = [check.name for check in CATALOG]
    assert len(set(names)) == len(names)
    assert not set(names) & {check.group for check in CATALOG}
