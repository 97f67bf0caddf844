# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Nova's configuration: policy and service user (nova/cmd/status.py, oslo_upgradecheck/common_checks.py)."""

from __future__ import annotations

from ansible_collections.stackroll.nova.plugins.module_utils.model.answers import PolicyFile
from ansible_collections.stackroll.nova.plugins.module_utils.model.release import Release
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.check import (
    NOVA_STATUS,
    Check,
    Finding,
    failure,
    success,
    warning,
)
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.evidence import View
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.policy import policy_is_json
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.questions import (
    NOVA_OPTIONS,
    NOVA_POLICY,
    is_on,
)

YOGA = 25
SYSTEM_ADMIN = "role:admin and system_scope:all"


def policy_scope(evidence: View, target: Release) -> Finding:
    """A policy with the new defaults asks for token scope; then Nova must enforce it."""
    policy, options = evidence[NOVA_POLICY], evidence[NOVA_OPTIONS]
    if policy.rules is None:
        return warning(
            f"Unable to perform policy checks: the rules in {policy.path} and its policy folder cannot be read.",
            [policy.path],
            f"Mend {policy.path}, or install PyYAML for the interpreter in use.",
        )
    rule = "context_is_admin" if target.nova >= YOGA else "system_admin_api"
    by_default = rule == "system_admin_api" and is_on(options, "oslo_policy", "enforce_new_defaults")
    loaded = _rule(policy, rule) or (SYSTEM_ADMIN if by_default else "")
    if loaded != SYSTEM_ADMIN or is_on(options, "oslo_policy", "enforce_scope"):
        return success()
    source = policy.path if _rule(policy, rule) else "[oslo_policy] enforce_new_defaults"
    return warning(
        f"The policy examines token scope ({source} makes {rule} '{SYSTEM_ADMIN}'), but [oslo_policy] enforce_scope is off: the"
        " rule will fail for tokens without system scope.",
        [source],
    )


def policy_json(evidence: View, _target: Release) -> Finding:
    """The policy file is not JSON."""
    return policy_is_json(evidence[NOVA_POLICY])


def service_user_token(evidence: View, _target: Release) -> Finding:
    """Nova sends its own token along with the user's."""
    if is_on(evidence[NOVA_OPTIONS], "service_user", "send_service_user_token"):
        return success()
    return failure(
        "Service user token configuration is required for all Nova services, and [service_user] send_service_user_token is not"
        " true."
    )


def _rule(policy: PolicyFile, name: str) -> str:
    """The rule as oslo.policy prints it back."""
    return " ".join(str((policy.rules or {}).get(name, "")).split()).strip("() ")


CHECKS = (
    Check(
        name="Policy Scope-based Defaults",
        group="nova",
        judge=policy_scope,
        reads=(NOVA_POLICY, NOVA_OPTIONS),
        rule="Where the rule of system administrators (context_is_admin in Yoga, system_admin_api before) is 'role:admin and"
        " system_scope:all', be it in the policy file or through [oslo_policy] enforce_new_defaults, [oslo_policy] enforce_scope"
        " is on.",
        remedy="Set [oslo_policy] enforce_scope = true in nova.conf, or remove the generated rules from the policy file"
        " (oslopolicy-list-redundant --namespace nova)",
        history="Ussuri to Yoga; Zed enforces scope on its own.",
        since=21,
        until=YOGA,
        command=NOVA_STATUS,
    ),
    Check(
        name="Policy File JSON to YAML Migration",
        group="nova",
        judge=policy_json,
        reads=(NOVA_POLICY,),
        rule="The file that [oslo_policy] policy_file of nova.conf names is not JSON, whatever its name ends with.",
        remedy="oslopolicy-convert-json-to-yaml --namespace nova --policy-file policy.json --output-file policy.yaml, then set"
        " [oslo_policy] policy_file = policy.yaml in nova.conf",
        history="Came with Victoria, which stopped reading JSON by default.",
        since=22,
        command=NOVA_STATUS,
    ),
    Check(
        name="Service User Token Configuration",
        group="nova",
        judge=service_user_token,
        reads=(NOVA_OPTIONS,),
        rule="[service_user] send_service_user_token is true. Without it volumes can no longer be detached, since Cinder does so"
        " only at the word of a service.",
        remedy="Set [service_user] send_service_user_token = true with the credentials of the user nova in the nova.conf of every"
        " Nova service (https://docs.openstack.org/nova/latest/admin/configuration/service-user-token.html)",
        history="Came with 2023.2 and with the point releases 25.2.0, 26.2.0 and 27.1.0, so that it is asked since Yoga.",
        since=YOGA,
        command=NOVA_STATUS,
    ),
)
