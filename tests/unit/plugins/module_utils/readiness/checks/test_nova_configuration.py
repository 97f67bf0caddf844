# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Policy and service user."""

from __future__ import annotations

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.model.answers import PolicyFile
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.questions import NOVA_OPTIONS, NOVA_POLICY
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_evidence import Settings, ask

NEW = "role:admin and system_scope:all"
NO_FILE = PolicyFile("policy.yaml", exists=False, rules={})
UNREADABLE = PolicyFile("/etc/nova/policy.yaml", exists=True)
SCOPE = {"oslo_policy.enforce_scope": "True"}
DEFAULTS = {"oslo_policy.enforce_new_defaults": "true"}


def policy(**rules: str) -> PolicyFile:
    return PolicyFile("/etc/nova/policy.yaml", exists=True, rules=rules)


@pytest.mark.parametrize(
    ("release", "file", "options", "result"),
    [
        ("ussuri", NO_FILE, {}, "success"),
        ("ussuri", policy(system_admin_api=NEW), {}, "warning"),
        ("xena", policy(system_admin_api=" ( role:admin  and\nsystem_scope:all )"), {}, "warning"),
        ("xena", policy(system_admin_api=NEW), SCOPE, "success"),
        ("xena", policy(system_admin_api="role:admin"), {}, "success"),
        ("xena", policy(context_is_admin=NEW), {}, "success"),
        ("xena", NO_FILE, DEFAULTS, "warning"),
        ("xena", policy(), {**DEFAULTS, **SCOPE}, "success"),
        ("xena", policy(system_admin_api="role:admin"), DEFAULTS, "success"),
        ("yoga", policy(system_admin_api=NEW), {}, "success"),
        ("yoga", policy(context_is_admin=NEW), {}, "warning"),
        ("yoga", policy(context_is_admin=NEW), SCOPE, "success"),
        ("yoga", NO_FILE, DEFAULTS, "success"),
        ("ussuri", UNREADABLE, {}, "warning"),
        ("yoga", UNREADABLE, SCOPE, "warning"),
        ("yoga", PolicyFile("policy.yaml", exists=False, rules={"context_is_admin": NEW}), {}, "warning"),
    ],
)
def test_scope(release: str, file: PolicyFile, options: dict[str, str], result: str) -> None:
    answers = {NOVA_POLICY: file, NOVA_OPTIONS: Settings(options)}
    assert ask("Policy Scope-based Defaults", answers, release).result == result


def test_scope_names_what_makes_the_rule() -> None:
    def objects(file: PolicyFile, options: dict[str, str]) -> tuple[str, ...]:
        answers = {NOVA_POLICY: file, NOVA_OPTIONS: Settings(options)}
        return ask("Policy Scope-based Defaults", answers, "xena").objects

    assert objects(policy(system_admin_api=NEW), DEFAULTS) == ("/etc/nova/policy.yaml",)
    assert objects(NO_FILE, DEFAULTS) == ("[oslo_policy] enforce_new_defaults",)


@pytest.mark.parametrize("release", ["victoria", "2026.2"])
@pytest.mark.parametrize(
    ("file", "result"),
    [
        (NO_FILE, "success"),
        (PolicyFile("/etc/nova/policy.json", exists=True), "success"),
        (PolicyFile("/etc/nova/policy.yaml", exists=True, is_json=True), "failure"),
        (PolicyFile("/etc/nova/policy.json", exists=False, is_json=True), "success"),
    ],
)
def test_json(file: PolicyFile, result: str, release: str) -> None:
    found = ask("Policy File JSON to YAML Migration", {NOVA_POLICY: file}, release)
    assert found.result == result
    assert found.objects == ((file.path,) if result == "failure" else ())
    assert ("oslopolicy-convert-json-to-yaml --namespace nova" in found.remedy) == (result == "failure")


@pytest.mark.parametrize("release", ["yoga", "2026.2"])
@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("true", "success"),
        ("True", "success"),
        ("yes", "success"),
        ("1", "success"),
        ("false", "failure"),
        (None, "failure"),
    ],
)
def test_service_user_token(text: str | None, result: str, release: str) -> None:
    options = Settings({"service_user.send_service_user_token": text} if text else {})
    found = ask("Service User Token Configuration", {NOVA_OPTIONS: options}, release)
    assert found.result == result
    assert ("[service_user] send_service_user_token = true" in found.remedy) == (result == "failure")
