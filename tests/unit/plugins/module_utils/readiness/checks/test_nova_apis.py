# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Placement and Cinder: old enough, too old, not there."""

from __future__ import annotations

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.model.answers import ApiVersion
from ansible_collections.stackroll.nova.plugins.module_utils.model.release import RELEASES, Release
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.minimums import placement_microversion
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.questions import CINDER_API, PLACEMENT_API
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_evidence import ask

PROBLEM = "Placement service credentials do not work."


@pytest.mark.parametrize(
    ("found", "result", "summary"),
    [
        (ApiVersion((1, 36)), "success", ""),
        (ApiVersion((1, 39)), "success", ""),
        (ApiVersion((2, 0)), "success", ""),
        (ApiVersion((1, 35)), "failure", "Placement API version 1.36 needed by 2026.2, you have 1.35."),
        (ApiVersion((1, 4)), "failure", "Placement API version 1.36 needed by 2026.2, you have 1.4."),
        (ApiVersion(None, PROBLEM), "failure", PROBLEM),
        (ApiVersion(None, configured=False), "failure", "No credentials specified for placement API in nova.conf."),
        (ApiVersion(None), "unknown", "The Placement API does not say its microversion."),
    ],
)
def test_placement(found: ApiVersion, result: str, summary: str) -> None:
    answer = ask("Placement API", {PLACEMENT_API: found})
    assert (answer.result, answer.summary) == (result, summary)


def test_the_remedy_for_an_old_placement_names_the_release() -> None:
    assert "Upgrade Placement to 2026.2" in ask("Placement API", {PLACEMENT_API: ApiVersion((1, 35))}).remedy
    assert "openstack endpoint list" in ask("Placement API", {PLACEMENT_API: ApiVersion(None, PROBLEM)}).remedy


@pytest.mark.parametrize("release", RELEASES, ids=lambda release: release.name)
def test_placement_at_the_boundary_of_every_release(release: Release) -> None:
    major, minor = placement_microversion(release)
    assert ask("Placement API", {PLACEMENT_API: ApiVersion((major, minor))}, release.name).result == "success"
    older = (major, minor - 1) if minor else (major - 1, 99)
    assert ask("Placement API", {PLACEMENT_API: ApiVersion(older)}, release.name).result == "failure"


@pytest.mark.parametrize("release", ["train", "2026.2"])
@pytest.mark.parametrize(
    ("found", "result", "summary"),
    [
        (ApiVersion((3, 44)), "success", ""),
        (ApiVersion((3, 71)), "success", ""),
        (ApiVersion(None, configured=False), "success", "Nova is not configured to use Cinder."),
        (ApiVersion((3, 43)), "failure", "Cinder API 3.44 or greater is required, you have 3.43."),
        (ApiVersion((2, 0)), "failure", "Deploy at least Cinder 12.0.0 (Queens)."),
        (ApiVersion(None, "refused"), "warning", "Unable to determine Cinder API version due to error: refused"),
        (ApiVersion(None), "unknown", "The Cinder API does not say its microversion."),
    ],
)
def test_cinder(found: ApiVersion, result: str, summary: str, release: str) -> None:
    answer = ask("Cinder API", {CINDER_API: found}, release)
    assert answer.result == result
    assert summary in answer.summary
