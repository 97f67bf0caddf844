# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The APIs that Nova calls: Placement and Cinder are new enough (nova/cmd/status.py)."""

from __future__ import annotations

from ansible_collections.stackroll.nova.plugins.module_utils.model.release import Release
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.check import (
    NOVA_STATUS,
    Check,
    Finding,
    failure,
    success,
    warning,
)
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.evidence import NotKnown, View
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.minimums import (
    Microversion,
    cinder_microversion,
    placement_microversion,
)
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.questions import CINDER_API, PLACEMENT_API


def placement_api(evidence: View, target: Release) -> Finding:
    """Placement answers and knows the microversion that the target's scheduler needs."""
    found = evidence[PLACEMENT_API]
    if not found.configured:
        return failure("No credentials specified for placement API in nova.conf.")
    if found.problem:
        return failure(found.problem)
    if found.newest is None:
        raise NotKnown("the Placement API does not say its microversion")
    needed = placement_microversion(target)
    if found.newest < needed:
        return failure(
            f"Placement API version {_text(needed)} needed by {target.name}, you have {_text(found.newest)}.",
            remedy=f"Upgrade Placement to {target.name} and restart it before Nova.",
        )
    return success()


def cinder_api(evidence: View, target: Release) -> Finding:
    """Cinder, where Nova is configured to use it, knows the microversion that the target needs."""
    found = evidence[CINDER_API]
    if not found.configured:
        return success("Nova is not configured to use Cinder.")
    if found.problem:
        return warning(f"Unable to determine Cinder API version due to error: {found.problem}")
    if found.newest is None:
        raise NotKnown("the Cinder API does not say its microversion")
    needed = cinder_microversion(target)
    if found.newest < needed:
        return failure(
            f"Cinder API {_text(needed)} or greater is required, you have {_text(found.newest)}. Deploy at least Cinder"
            " 12.0.0 (Queens).",
            remedy="Upgrade Cinder before Nova.",
        )
    return success()


def _text(version: Microversion) -> str:
    return f"{version[0]}.{version[1]}"


CHECKS = (
    Check(
        name="Placement API",
        group="nova",
        judge=placement_api,
        reads=(PLACEMENT_API,),
        rule="The Placement API can be reached with Nova's credentials and knows the microversion that the target release needs:"
        " 1.0 for Ocata, 1.10 for Pike, 1.17 for Queens, 1.28 for Rocky, 1.30 for Stein, 1.32 for Train, 1.35 for Ussuri to"
        " Wallaby, 1.36 since Xena.",
        remedy="Check [placement] in nova.conf and the endpoint: openstack endpoint list --service placement",
        history="In Ocata, nova-status compared the versions as decimal numbers and took 1.10 for older than 1.4. A Placement"
        " that answers with an error or too late ends nova-status without any result; here the check is unknown.",
        command=NOVA_STATUS,
    ),
    Check(
        name="Cinder API",
        group="nova",
        judge=cinder_api,
        reads=(CINDER_API,),
        rule="Where Nova has credentials for Cinder, the Volume API knows microversion 3.44 (Cinder 12.0.0, Queens). An API that"
        " cannot be asked is a warning.",
        remedy="Check [cinder] in nova.conf and the endpoint: openstack endpoint list --service block-storage",
        history="nova-status also fails when the python-cinderclient beside it is older than 3.44; this check needs no"
        " client.",
        since=20,
        command=NOVA_STATUS,
    ),
)
