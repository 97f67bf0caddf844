# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Placement's own checks."""

from __future__ import annotations

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.model.answers import PolicyFile, Sample
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.questions import (
    INCOMPLETE_CONSUMERS,
    PLACEMENT_POLICY,
    ROOTLESS_PROVIDERS,
)
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_evidence import ask

FOUND = Sample(30, ("cmp1 (a)", "cmp2 (b)"))
MIGRATE = "placement-manage db online_data_migrations"


@pytest.mark.parametrize(("release", "result"), [("stein", "warning"), ("train", "failure"), ("2026.2", "failure")])
def test_root_provider_ids(release: str, result: str) -> None:
    assert ask("Missing Root Provider IDs", {ROOTLESS_PROVIDERS: Sample()}, release).result == "success"
    found = ask("Missing Root Provider IDs", {ROOTLESS_PROVIDERS: FOUND}, release)
    assert (found.result, found.objects, found.total, found.remedy) == (result, FOUND.names, 30, MIGRATE)
    assert found.summary == (
        "Resource providers which miss their root provider id (30): cmp1 (a), cmp2 (b) and 28 more."
    )


@pytest.mark.parametrize("release", ["stein", "2026.2"])
def test_incomplete_consumers(release: str) -> None:
    assert ask("Incomplete Consumers", {INCOMPLETE_CONSUMERS: Sample()}, release).result == "success"
    found = ask("Incomplete Consumers", {INCOMPLETE_CONSUMERS: Sample(1, ("c1",))}, release)
    assert (found.result, found.objects, found.total, found.remedy) == ("warning", ("c1",), 1, MIGRATE)


@pytest.mark.parametrize("release", ["wallaby", "2026.2"])
@pytest.mark.parametrize(("is_json", "result"), [(True, "failure"), (False, "success")])
def test_policy(is_json: bool, result: str, release: str) -> None:
    file = PolicyFile("/etc/placement/policy.yaml", exists=True, is_json=is_json)
    found = ask("Placement Policy File JSON to YAML Migration", {PLACEMENT_POLICY: file}, release)
    assert found.result == result
    assert ("oslopolicy-convert-json-to-yaml --namespace placement" in found.remedy) == is_json
