# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options that the new code has lost are told apart from those that neither code lists."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.readiness.questions import KNOWN_OPTIONS, SOFTWARE
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.result import CheckResult
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_evidence import ask

BRIDGE = "os_vif_linux_bridge/flat_interface"
NEW = {"known": ["DEFAULT/debug", "DEFAULT/pci_alias", "neutron/auth_type"], "deprecated": ["DEFAULT/pci_alias"]}
OLD = {"known": [*NEW["known"], BRIDGE, "DEFAULT/gone"], "deprecated": []}
EMPTY: dict[str, Any] = {"known": [], "deprecated": []}


def sets(*names: str, problem: str | None = None) -> dict[str, Any]:
    """What a host that sets these options says."""
    return {"options": [*names], "problem": problem}


def judge(
    software: dict[str, dict[str, Any]], old: dict[str, Any] | None = None, new: dict[str, Any] | None = None
) -> CheckResult:
    """What is found on hosts that set these options by service."""
    said = {host: {"configuration": services} for host, services in software.items()}
    known = ({"nova": OLD} if old is None else old, {"nova": NEW} if new is None else new)
    return ask("Configuration options", {SOFTWARE: said, KNOWN_OPTIONS: known})


@pytest.mark.parametrize(
    ("name", "removed"),
    [
        ("DEFAULT/debug", False),
        ("DEFAULT/gone", True),
        (BRIDGE, True),
        ("DEFAULT/never_known", False),
        ("neutron/password", False),
    ],
)
def test_what_the_old_code_knows_and_the_new_does_not(name: str, removed: bool) -> None:
    found = judge({"cmp1": {"nova": sets(name)}})
    section, option = name.split("/")
    assert (found.result, found.objects) == (
        ("warning", (f"[{section}] {option} (cmp1)",)) if removed else ("success", ())
    )


@pytest.mark.parametrize(
    ("names", "removed"),
    [
        (["DEFAULT/debug", "DEFAULT/gone"], ["[DEFAULT] gone (cmp1)"]),
        (["DEFAULT/gone"], []),
        (["neutron/auth_type", "neutron/gone"], []),
        (["DEFAULT/debug", "DEFAULT/auth_section", "DEFAULT/gone"], []),
        (["privsep_osbrick/helper_command"], []),
        (["keystone_authtoken/auth_url", "keystone_authtoken/password"], []),
    ],
)
def test_without_the_old_code_what_may_be_made_at_run_time_is_left_out(names: list[str], removed: list[str]) -> None:
    new = {"nova": {**NEW, "known": [*NEW["known"], "keystone_authtoken/auth_url"]}}
    found = judge({"cmp1": {"nova": sets(*names)}}, old={"placement": OLD}, new=new)
    assert [*found.objects] == removed


def test_options_are_named_once_with_all_hosts() -> None:
    found = judge({name: {"nova": sets(BRIDGE)} for name in ("cmp2", "cmp1", "cmp3", "cmp4")})
    assert found.objects == ("[os_vif_linux_bridge] flat_interface (cmp1, cmp2, cmp3 and 1 more)",)
    assert "2026.2" in found.summary
    assert found.remedy


def test_services_are_judged_by_their_own_code() -> None:
    software = {"ctl1": {"nova": sets("api/auth_strategy"), "placement": sets("api/auth_strategy", BRIDGE)}}
    old = {"nova": OLD, "placement": {"known": ["api/auth_strategy"], "deprecated": []}}
    found = judge(software, old, {"nova": NEW, "placement": EMPTY})
    assert found.objects == ("[api] auth_strategy (ctl1)",)


def test_deprecated_options_are_no_warning() -> None:
    found = judge({"cmp1": {"nova": sets("DEFAULT/pci_alias", "DEFAULT/debug")}})
    assert (found.result, found.summary) == ("success", "Still read, but deprecated: [DEFAULT] pci_alias (cmp1).")


def test_a_host_whose_options_could_not_be_read() -> None:
    found = judge({"cmp1": {"nova": sets(problem="nova.conf cannot be read.")}, "cmp2": {"nova": sets(BRIDGE)}})
    assert found.result == "unknown"
    assert "cmp1: nova.conf cannot be read." in found.summary
    assert "[os_vif_linux_bridge] flat_interface (cmp2)" in found.summary


def test_the_staged_code_lacks_a_service_that_a_host_has() -> None:
    found = judge({"ctl1": {"nova": sets(), "placement": sets("a/b")}})
    assert (found.result, "which does not hold placement" in found.summary) == ("unknown", True)


def test_options_were_not_asked() -> None:
    assert judge({"cmp1": {}}).result == "unknown"
    assert ask("Configuration options", {KNOWN_OPTIONS: ({}, {"nova": NEW})}).result == "unknown"
    without = ask("Configuration options", {SOFTWARE: {"cmp1": {"configuration": {"nova": sets()}}}})
    assert (without.result, "names of the options of both codes" in without.summary) == ("unknown", True)
