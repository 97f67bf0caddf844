# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Placement's database and policy (placement/cmd/status.py)."""

from __future__ import annotations

from ansible_collections.stackroll.nova.plugins.module_utils.model.release import Release
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.check import (
    PLACEMENT_STATUS,
    Check,
    Finding,
    sampled,
)
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.evidence import View
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.policy import policy_is_json
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.questions import (
    INCOMPLETE_CONSUMERS,
    PLACEMENT_POLICY,
    ROOTLESS_PROVIDERS,
)

STEIN = 19
MIGRATE = "placement-manage db online_data_migrations"


def root_provider_ids(evidence: View, target: Release) -> Finding:
    """Every provider knows the root of its tree."""
    found = evidence[ROOTLESS_PROVIDERS]
    result = "failure" if target.nova > STEIN else "warning"
    return sampled(result, f"Resource providers which miss their root provider id ({found.total}):", found)


def incomplete_consumers(evidence: View, _target: Release) -> Finding:
    """Every consumer of an allocation has a record with its project and user."""
    found = evidence[INCOMPLETE_CONSUMERS]
    return sampled("warning", f"Incomplete consumers table records for existing allocations ({found.total}):", found)


def policy_json(evidence: View, _target: Release) -> Finding:
    """The policy file is not JSON."""
    return policy_is_json(evidence[PLACEMENT_POLICY])


CHECKS = (
    Check(
        name="Missing Root Provider IDs",
        group="placement",
        judge=root_provider_ids,
        reads=(ROOTLESS_PROVIDERS,),
        rule="No resource provider is without a root_provider_id.",
        remedy=MIGRATE,
        history="A warning in Stein, the first release of Placement on its own, and a failure since Train.",
        since=STEIN,
        command=PLACEMENT_STATUS,
    ),
    Check(
        name="Incomplete Consumers",
        group="placement",
        judge=incomplete_consumers,
        reads=(INCOMPLETE_CONSUMERS,),
        rule="Every consumer that has allocations has a record among the consumers.",
        remedy=MIGRATE,
        history="A warning since Stein. Until Wallaby, placement-status subtracted the number of all consumers from the number of"
        " those with allocations: a consumer without allocations hid one without a record, or gave a negative number.",
        since=STEIN,
        command=PLACEMENT_STATUS,
    ),
    Check(
        name="Placement Policy File JSON to YAML Migration",
        group="placement",
        judge=policy_json,
        reads=(PLACEMENT_POLICY,),
        rule="The file that [oslo_policy] policy_file of placement.conf names is not JSON, whatever its name ends with.",
        remedy="oslopolicy-convert-json-to-yaml --namespace placement --policy-file policy.json --output-file policy.yaml, then"
        " set [oslo_policy] policy_file = policy.yaml in placement.conf",
        history="Came with Wallaby, whose first release looked at the wrong configuration and never failed. placement-status"
        " prints it under the name that nova-status has for its own.",
        since=23,
        command=PLACEMENT_STATUS,
        command_name="Policy File JSON to YAML Migration",
    ),
)
