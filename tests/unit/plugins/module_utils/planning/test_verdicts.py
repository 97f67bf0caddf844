# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables of verdicts: states, devices, groups, zones and the policy."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import InvalidInput
from ansible_collections.stackroll.nova.plugins.module_utils.model.fleet import Service
from ansible_collections.stackroll.nova.plugins.module_utils.model.server import (
    Flavor,
    Labels,
    Migration,
    Server,
    ServerGroup,
)
from ansible_collections.stackroll.nova.plugins.module_utils.planning.policy import Policy, Rule, local_gib, parse_rules
from ansible_collections.stackroll.nova.plugins.module_utils.planning.surroundings import Surroundings, survey
from ansible_collections.stackroll.nova.plugins.module_utils.planning.verdicts import Judge, Verdict, verdicts

AROUND = Surroundings({"cmp3": "az1"})
ALL = Policy(allow_cold=True, park=("suspend", "stop"))


def server(name: str = "db", host: str | None = "cmp1", vm_state: str = "active", **fields: Any) -> Server:
    specs = fields.pop("extra_specs", {})
    values: dict[str, Any] = {
        "id": f"id-{name}",
        "name": name,
        "project_id": "project",
        "status": vm_state.upper(),
        "vm_state": vm_state,
        "task_state": None,
        "power_state": "running",
        "host": host,
        "node": host,
        "zone": "az1",
        "locked": False,
        "image_id": "image",
        "created": "2026-11-22T01:00:00Z",
        "flavor": Flavor("m1", 2, 2048, 10, 1, 1500, specs),
    }
    return Server(**{**values, **fields})


def judge(item: Server, policy: Policy | None = None, around: Surroundings = AROUND, **labels: Any) -> Verdict:
    return Judge(policy or Policy(), around).judge(item, "cmp1", Labels(**labels))


def service(host: str, status: str = "enabled", state: str = "up", zone: str = "az1") -> Service:
    return Service(host, "nova-compute", host, zone, status, state, False, None, None)


@pytest.mark.parametrize(
    ("vm_state", "policy", "action", "fallbacks"),
    [
        ("active", Policy(), "live", ()),
        ("active", Policy(allow_cold=True), "live", ("cold",)),
        ("active", ALL, "live", ("cold", "suspend", "stop")),
        ("paused", Policy(), "live", ()),
        ("paused", ALL, "live", ()),
        ("stopped", Policy(), "cold", ()),
        ("stopped", ALL, "cold", ("stay",)),
        ("suspended", Policy(), "blocked", ()),
        ("suspended", Policy(park=("suspend",)), "stay", ()),
        ("error", ALL, "blocked", ()),
        ("error", Policy(may_stay=frozenset(("error",))), "stay", ()),
        ("rescued", ALL, "blocked", ()),
        ("rescued", Policy(may_stay=frozenset(("rescued",))), "stay", ()),
        ("building", ALL, "wait", ()),
        ("soft-delete", ALL, "blocked", ()),
        ("shelved", Policy(), "blocked", ()),
        ("shelved", Policy(offload=True), "offload", ()),
        ("shelved", Policy(offload=True, may_stay=frozenset(("shelved",))), "stay", ()),
        ("resized", Policy(), "blocked", ()),
        ("resized", Policy(verify_resize="confirm"), "confirm", ()),
        ("resized", Policy(verify_resize="revert"), "revert", ()),
        ("stopped", Policy(may_stay=frozenset(("stopped",))), "stay", ()),
    ],
)
def test_states(vm_state: str, policy: Policy, action: str, fallbacks: tuple[str, ...]) -> None:
    verdict = judge(server(vm_state=vm_state), policy)
    assert (verdict.action, verdict.fallbacks) == (action, fallbacks)
    assert verdict.reason


@pytest.mark.parametrize(
    ("specs", "policy", "action", "words"),
    [
        ({"hw:cpu_policy": "dedicated"}, Policy(), "live", "its CPUs are pinned"),
        ({"hw:cpu_policy": "shared"}, Policy(), "live", "it is active"),
        (
            {"pci_passthrough:alias": "gpu:1"},
            Policy(),
            "blocked",
            "it uses devices of its host (pci_passthrough:alias)",
        ),
        ({"pci_passthrough:alias": "gpu:1"}, Policy(allow_cold=True), "cold", "so a live migration needs a rule"),
        ({"pci_passthrough:alias": "gpu:1"}, Policy(rules=(Rule(("live",)),)), "live", "it is active"),
        ({"resources:VGPU": "1"}, Policy(park=("stop",)), "stop", "it uses devices of its host (resources:VGPU)"),
        ({"resources1:VGPU": "1"}, Policy(), "blocked", "resources1:VGPU"),
        ({"accel:device_profile": "fpga"}, ALL, "stop", "accel:device_profile"),
        ({"accel:device_profile": "fpga"}, Policy(allow_cold=True), "blocked", "Nova refuses this"),
        ({"hw:mem_encryption": "true"}, ALL, "cold", "hw:mem_encryption"),
        ({"hw:mem_encryption": "false"}, ALL, "live", "it is active"),
        ({"hw:tpm_version": "2.0"}, Policy(), "live", "it has a TPM"),
    ],
)
def test_what_a_flavor_asks_for(specs: dict[str, str], policy: Policy, action: str, words: str) -> None:
    verdict = judge(server(extra_specs=specs), policy)
    assert verdict.action == action
    assert words in verdict.reason


@pytest.mark.parametrize(
    ("rule", "policy", "vm_state", "action", "words"),
    [
        (Rule(("stay",)), {}, "active", "stay", "the policy lets it stay"),
        (Rule(("block",)), {"allow_cold": True}, "active", "blocked", "the policy says so"),
        (Rule(("cold",)), {}, "active", "blocked", "which allow_cold does not allow"),
        (Rule(("cold",)), {"allow_cold": True}, "active", "cold", "it is active"),
        (Rule(("cold", "live")), {}, "active", "live", "it is active"),
        (Rule(("cold",)), {"allow_cold": True}, "paused", "blocked", "Nova does not cold-migrate paused servers"),
        (Rule(("live",)), {}, "stopped", "blocked", "no step of its policy fits a stopped server"),
        (Rule(("stop",)), {}, "active", "blocked", "its policy is to stop, which the option park does not allow"),
        (Rule(("stop",)), {"park": ("stop",)}, "active", "stop", "it is active"),
        (Rule(("stop", "live")), {"park": ("suspend", "stop")}, "active", "stop", "it is active"),
    ],
)
def test_rules(rule: Rule, policy: dict[str, Any], vm_state: str, action: str, words: str) -> None:
    verdict = judge(server(vm_state=vm_state), Policy(rules=(rule,), **policy))
    assert verdict.action == action
    assert words in verdict.reason


@pytest.mark.parametrize(
    ("condition", "fits"),
    [
        ({}, True),
        ({"extra_specs": {"a": "1"}}, True),
        ({"extra_specs": {"a": 1}}, True),
        ({"extra_specs": {"a": "2"}}, False),
        ({"metadata": {"tier": "gold"}}, True),
        ({"metadata": {"tier": "gold", "more": "x"}}, False),
        ({"tag": "pet"}, True),
        ({"tag": "cattle"}, False),
        ({"project": "project"}, True),
        ({"project": "other"}, False),
        ({"image": "image"}, True),
        ({"image": "other"}, False),
        ({"flavor": "m1"}, True),
        ({"flavor": "m2"}, False),
        ({"server": "db"}, True),
        ({"server": "id-db"}, True),
        ({"server": "other"}, False),
        ({"local_gib_over": 12}, True),
        ({"local_gib_over": 13}, False),
        ({"tag": "pet", "flavor": "m2"}, False),
    ],
)
def test_conditions(condition: dict[str, Any], fits: bool) -> None:
    rule = Rule.parse({"steps": ["live"], "tag": None, **condition})
    item = server(extra_specs={"a": "1"})
    assert rule.fits(item, Labels({"tier": "gold", "x": "y"}, ("pet",))) is fits


def test_the_first_rule_that_fits_counts() -> None:
    policy = Policy(rules=(Rule(("block",), tag="pet"), Rule(("stay",), metadata={"a": "b"}), Rule(("live",))))
    assert judge(server(), policy, tags=("pet",), metadata={"a": "b"}).action == "blocked"
    assert judge(server(), policy, metadata={"a": "b"}).action == "stay"
    assert judge(server(), policy).action == "live"


@pytest.mark.parametrize("steps", [[], ["stay", "live"], ["live", "block"], ["live", "live"]])
def test_rules_that_make_no_sense_are_refused(steps: list[str]) -> None:
    with pytest.raises(InvalidInput):
        parse_rules([{"steps": steps}])


def test_local_disks_count_without_the_root_disk_of_volume_backed_servers() -> None:
    assert (local_gib(server()), local_gib(server(image_id=None))) == (13, 3)


def test_a_lock_and_a_busy_server_are_told() -> None:
    assert "it is locked, which does not bind administrators" in judge(server(locked=True)).reason
    busy = judge(server(task_state="rebooting"))
    assert (busy.action, busy.reason) == ("wait", "it is busy (rebooting)")


def test_without_another_host_nothing_moves() -> None:
    nowhere = Surroundings({})
    assert judge(server(), around=nowhere).reason == "no other host is enabled and up"
    assert judge(server(), Policy(park=("stop",)), nowhere).action == "stop"


def test_a_zone_without_another_host_is_a_warning() -> None:
    assert "no other enabled host is in its zone az9" in judge(server(zone="az9")).reason
    assert "zone" not in judge(server(zone=None)).reason


def around(policy: str, places: dict[str, str], *free: str) -> Surroundings:
    """Members named m0, m1… on hosts; cmp1 and cmp2 are drained."""
    servers = [server(name, host) for name, host in places.items()]
    group = ServerGroup("g", "web", policy, tuple(item.id for item in servers))
    services = [service("cmp1"), service("cmp2"), *(service(host) for host in free), service("off", "disabled")]
    return survey(("cmp1", "cmp2"), [*services, service("dead", state="down")], servers, [group])


@pytest.mark.parametrize(
    ("policy", "places", "free", "forbidden"),
    [
        ("anti-affinity", {"m0": "cmp1"}, ("cmp3",), set()),
        ("anti-affinity", {"m0": "cmp1", "m1": "cmp3"}, ("cmp3",), {"id-m0"}),
        ("anti-affinity", {"m0": "cmp1", "m1": "cmp3"}, ("cmp3", "cmp4"), set()),
        ("anti-affinity", {"m0": "cmp1", "m1": "cmp2"}, ("cmp3",), {"id-m1"}),
        ("anti-affinity", {"m0": "cmp1", "m1": "cmp2"}, ("cmp3", "cmp4"), set()),
        ("soft-anti-affinity", {"m0": "cmp1", "m1": "cmp3"}, ("cmp3",), set()),
        ("affinity", {"m0": "cmp1"}, ("cmp3",), {"id-m0"}),
        ("affinity", {"m0": "cmp1", "m1": "cmp1"}, ("cmp3",), {"id-m0", "id-m1"}),
        ("affinity", {"m0": "cmp1", "m1": "cmp3"}, ("cmp3",), set()),
        ("affinity", {"m0": "cmp1", "m1": "off"}, ("cmp3",), {"id-m0"}),
        ("soft-affinity", {"m0": "cmp1", "m1": "cmp1"}, ("cmp3",), set()),
    ],
)
def test_groups(policy: str, places: dict[str, str], free: tuple[str, ...], forbidden: set[str]) -> None:
    surroundings = around(policy, places, *free)
    assert set(surroundings.forbidden) == forbidden
    assert set(surroundings.zones) == set(free)
    for server_id in forbidden:
        item = server(server_id[3:])
        assert "group web" in judge(item, around=surroundings).reason
        assert judge(item, ALL, surroundings).action == "suspend"


def test_every_server_of_the_hosts_has_a_verdict_and_no_other() -> None:
    servers = [
        server("here"),
        server("elsewhere", "cmp3"),
        server("incoming", "cmp3", task_state="migrating"),
        server("left-behind", "cmp3", "resized"),
        server("offloaded", None, "shelved_offloaded"),
        server("deleted", "cmp1", "soft-delete"),
    ]
    migrations = [
        Migration("m1", "id-incoming", "live-migration", "running", "cmp3", "cmp1"),
        Migration("m2", "id-left-behind", "resize", "finished", "cmp1", "cmp3"),
        Migration("m3", "id-elsewhere", "resize", "confirmed", "cmp1", "cmp3"),
    ]
    found = verdicts(servers, ("cmp1", "cmp2"), Policy(), AROUND, migrations=migrations)
    assert {(item.name, item.host, item.action) for item in found} == {
        ("here", "cmp1", "live"),
        ("incoming", "cmp1", "wait"),
        ("left-behind", "cmp1", "blocked"),
        ("deleted", "cmp1", "blocked"),
    }
    assert next(item for item in found if item.name == "incoming").reason == "its live-migration from cmp3 is running"


def test_labels_reach_the_rules() -> None:
    policy = Policy(rules=(Rule(("block",), tag="pet"),))
    found = verdicts([server()], ("cmp1",), policy, AROUND, labels={"id-db": Labels(tags=("pet",))})
    assert found[0].action == "blocked"
