# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which services of the two releases must not run beside each other: those that cannot read each other's objects.

Measured with 33.0.2 and 34.0.0, which differ in ImageMetaProps: an old conductor that is sent a newer object asks itself to
translate it, until all its threads wait for each other; an old API cannot read what a new conductor has stored.
"""

from __future__ import annotations

from ansible_collections.stackroll.nova.plugins.module_utils.model.release import Release
from ansible_collections.stackroll.nova.plugins.module_utils.model.wording import some
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.check import Check, Finding, success, warning
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.evidence import NotKnown, View
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.object_versions import STORED, differences
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.questions import OBJECT_VERSIONS

OLD_API = "old API beside new conductor"
NEW_API = "new API beside old conductor"
COMPUTE_FIRST = "compute before conductor"


def object_versions(evidence: View, target: Release) -> Finding:
    """Every object whose version or shape differs between the two codes, with the mixed states that it makes unsafe."""
    old, new = evidence[OBJECT_VERSIONS]
    if not old or not new:
        raise NotKnown(f"the objects of the {'staged' if old else 'running'} code were not given", _ASK)
    differ = differences(old, new)
    if not differ:
        return success("No object differs: controllers may be upgraded one by one.")
    named = [f"{name} {change}: {', '.join(unsafe_states(name))}" for name, change in differ.items()]
    states = [
        state for state in (OLD_API, NEW_API, COMPUTE_FIRST) if any(state in unsafe_states(name) for name in differ)
    ]
    short = some(f"{name} {change}" for name, change in differ.items())
    return warning(
        f"Objects differ between the running code and {target.name}: {short}. Unsafe: {'; '.join(states)}.",
        named,
    )


def unsafe_states(name: str) -> tuple[str, ...]:
    """The mixed states in which an old service meets the object. A new conductor translates for an old API what it sends, but
    nobody translates what is stored."""
    return (OLD_API, NEW_API, COMPUTE_FIRST) if name in STORED else (NEW_API, COMPUTE_FIRST)


_ASK = "Run stackroll.nova.code_info where both codes are, and give its objects in object_versions."

CHECKS = (
    Check(
        name="Object versions",
        group="software",
        judge=object_versions,
        reads=(OBJECT_VERSIONS,),
        rule="No versioned object differs between the running and the staged Nova. Each one that does makes mixed states unsafe: a"
        " new API beside an old conductor (a server is never built, and the conductor stands still for a minute), a nova-compute that"
        " is upgraded before the conductor (servers end in ERROR), and, if the object is stored, an old API beside a new conductor"
        " (the API answers 500 for the servers concerned, also after the way back). This is a warning: most releases differ, and the"
        " right order is safe.",
        remedy="Keep the order: change all conductors and all APIs of all controllers in one short step, with no new API in service"
        " while an old conductor runs, and no old API once a new conductor runs; then the compute hosts: ansible-playbook"
        " stackroll.nova.control_plane, then ansible-playbook stackroll.nova.computes.",
        history="From 2026.1 to 2026.2, ImageMetaProps (1.42 to 1.44) and ShareMappingList (1.0 to 1.1) differ. No status command"
        " looks at it.",
    ),
)
