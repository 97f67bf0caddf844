# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rights of the account and versions of the APIs."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.model.answers import Access
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.questions import ACCESS, FLEET
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.result import CheckResult
from ansible_collections.stackroll.nova.tests.unit.plugins import fake_evidence
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_evidence import fleet, held, inventory, root, server

ADMIN = Access(("member", "admin"), versions={"compute": (2, 103), "placement": (1, 39)})
WITH_VGPU = fleet(providers=(root(),), inventories={"node-cmp1": inventory(VCPU=8, VGPU=4)})
WITH_SERVER = fleet(servers=(server("a"),), allocations=(held("a", VCPU=2),))
WITH_PINNED = fleet(
    servers=(server("a", extra_specs={"hw:cpu_policy": "dedicated"}),), allocations=(held("a", VCPU=2),)
)


def ask(name: str, access: Access, seen: Any = None) -> CheckResult:
    return fake_evidence.ask(name, {ACCESS: access, FLEET: seen or fleet()})


@pytest.mark.parametrize("name", ["Rights of the account", "Right to reshape", "API microversions"])
def test_an_admin(name: str) -> None:
    assert ask(name, ADMIN).result == "success"


@pytest.mark.parametrize(
    ("access", "named"),
    [
        (
            Access(("member", "reader")),
            ("PUT /os-services/{service} (disable and enable a host: role admin)",),
        ),
        (Access(("Admin",)), ()),
        (
            Access(("admin",), {"GET /os-services": "answered 403: Policy does not allow it."}),
            ("GET /os-services (answered 403: Policy does not allow it)",),
        ),
    ],
)
def test_rights(access: Access, named: tuple[str, ...]) -> None:
    result = ask("Rights of the account", access)
    assert (result.result, result.objects) == ("failure" if named else "success", named)


def test_no_cloud() -> None:
    result = fake_evidence.ask("Rights of the account", {})
    assert (result.result, result.summary) == ("unknown", "No cloud given.")


@pytest.mark.parametrize(
    ("roles", "seen", "named"),
    [
        (("admin",), fleet(), ()),
        (("admin",), WITH_SERVER, ()),
        (("admin",), WITH_VGPU, ("VGPU on cmp1",)),
        (("admin",), WITH_PINNED, ("pinned CPUs on cmp1",)),
        (("admin", "service"), WITH_VGPU, ()),
    ],
)
def test_the_service_role_is_asked_for_when_a_reshape_is_ahead(roles: Any, seen: Any, named: tuple[str, ...]) -> None:
    result = ask("Right to reshape", Access(roles), seen)
    assert (result.result, result.objects) == ("warning" if named else "success", named)


@pytest.mark.parametrize(
    ("versions", "expected", "summary"),
    [
        ({"compute": (2, 95), "placement": (1, 37)}, "success", "compute 2.95, placement 1.37"),
        ({"compute": (2, 94), "placement": (1, 37)}, "failure", "Too old: compute (2.94; 2.95 needed)."),
        ({"compute": (2, 9), "placement": (1, 4)}, "failure", "placement (1.4; 1.37 needed)."),
        ({"compute": (2, 95)}, "unknown", "No version is known of placement."),
        ({"compute": (2, 94)}, "failure", "Too old: compute"),
        ({}, "unknown", "No version is known of compute and placement."),
    ],
)
def test_microversions(versions: Any, expected: str, summary: str) -> None:
    result = ask("API microversions", Access(("admin",), versions=versions))
    assert result.result == expected
    assert summary in result.summary
