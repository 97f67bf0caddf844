# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fleet from the databases equals the fleet from the APIs of the same cloud."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.accounting.audit import Audit
from ansible_collections.stackroll.nova.plugins.module_utils.api.observe import read_fleet as observe
from ansible_collections.stackroll.nova.plugins.module_utils.database.fleet import read_fleet
from ansible_collections.stackroll.nova.plugins.module_utils.database.nova import NovaDatabases
from ansible_collections.stackroll.nova.plugins.module_utils.database.shared import SharedDatabase
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError
from ansible_collections.stackroll.nova.plugins.module_utils.model.fleet import Fleet
from ansible_collections.stackroll.nova.plugins.module_utils.model.server import Flavor
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_mysql import url_of
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_openstack import HEARTBEAT, FakeOpenStack, uuid_of
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_sql import FakeSql, ago, flavor_text

CELL1 = "nova_cell1"
INVENTORY = {"total": 16, "reserved": 0, "min_unit": 1, "max_unit": 16, "step_size": 1, "allocation_ratio": 4.0}


@pytest.fixture
def openstack() -> FakeOpenStack:
    """Two hosts in a zone, one outside; servers of every kind."""
    fake = FakeOpenStack("cmp1", "cmp2")
    fake.add_host("cmp3", zone="nova", status="disabled", state="down", disabled_reason="broken fan")
    fake.add_host("cmp4", zone="az1,az2", state="down", forced_down=True)
    child = fake.add_provider("cmp1_numa0", {}, root="cmp1")
    fake.traits[child] = ["HW_NUMA_ROOT"]
    for uuid, inventories in fake.inventories.items():
        fake.inventories[uuid] = {name: {**INVENTORY, **values} for name, values in inventories.items()}
    fake.aggregates = [
        {"id": 1, "name": "one", "availability_zone": "az1", "hosts": ["cmp1", "cmp2", "cmp4"], "metadata": {"availability_zone": "az1"}},
        {"id": 2, "name": "two", "availability_zone": "az2", "hosts": ["cmp4"], "metadata": {"availability_zone": "az2", "ssd": "yes"}},
        {"id": 3, "name": "fast", "availability_zone": None, "hosts": ["cmp3"], "metadata": {}},
    ]  # fmt: skip
    fake.add_server("web", "cmp1")
    fake.add_server("volume", "cmp1", image="", locked=True, **states("stopped", None, 4, "SHUTOFF"))
    fake.add_server("rebooting", "cmp2", **states("active", "rebooting", 1, "REBOOT"))
    fake.add_server("lonely", "cmp3", **{"OS-EXT-AZ:availability_zone": "nova"})
    fake.add_server("unborn", None, **states("error", None, 0, "ERROR"), **{"OS-EXT-AZ:availability_zone": "az9"})
    fake.add_server("resized", "cmp2", **states("resized", None, 1, "VERIFY_RESIZE"))
    fake.allocate(fake.add_migration("resized", "resize", "finished", "cmp1", "cmp2"), "cmp1", {"VCPU": 2})
    fake.add_server("evacuated", "cmp2")
    fake.add_migration("evacuated", "evacuation", "done", "cmp3", "cmp2")
    fake.add_server("going", "cmp1", **states("active", "migrating", 1, "MIGRATING"))
    fake.add_migration("going", "live-migration", "running", "cmp1", "cmp2")
    fake.add_server("soft", "cmp1", **states("soft-delete", None, 4, "SOFT_DELETED"))
    fake.soft_deleted = [fake.servers.pop()]
    return fake


def states(vm_state: str, task_state: str | None, power: int, status: str) -> dict[str, Any]:
    return {
        "status": status,
        "OS-EXT-STS:vm_state": vm_state,
        "OS-EXT-STS:task_state": task_state,
        "OS-EXT-STS:power_state": power,
    }


@pytest.fixture
def mirror(openstack: FakeOpenStack, sql: FakeSql) -> FakeSql:
    """The databases of that cloud, with rows that no API shows."""
    for service in openstack.services:
        is_down = service["state"] == "down" and not service["forced_down"]
        columns = {name: service[name] for name in ("binary", "host", "forced_down", "disabled_reason")}
        moments = {
            "last_seen_up": ago(600 if is_down else 5),
            "created_at": ago(9000),
            "updated_at": datetime.fromisoformat(HEARTBEAT),
        }
        sql.insert(
            CELL1, "services", uuid=service["id"], disabled=service["status"] == "disabled", **columns, **moments
        )
    for database in ("nova_cell0", CELL1):
        sql.insert(database, "services", binary="nova-osapi_compute", host="ctl1")
    for aggregate in openstack.aggregates:
        number = sql.insert("nova_api", "aggregates", name=aggregate["name"])
        for host in aggregate["hosts"]:
            sql.insert("nova_api", "aggregate_hosts", host=host, aggregate_id=number)
        for key, value in aggregate["metadata"].items():
            sql.insert("nova_api", "aggregate_metadata", key=key, value=value, aggregate_id=number)
    for server in openstack.servers + openstack.soft_deleted:
        add_server(sql, server)
    for name in ("deleted", "hidden"):
        sql.insert(CELL1, "instances", uuid=uuid_of(name), display_name=name, host="cmp1", **{name: 1})
    for item in openstack.migrations:
        same = (
            "id",
            "user_id",
            "uuid",
            "instance_uuid",
            "status",
            "migration_type",
            "source_compute",
            "dest_compute",
            "source_node",
            "dest_node",
        )
        sql.insert(CELL1, "migrations", **{name: item[name] for name in same})
    sql.insert(
        CELL1, "migrations", uuid="m1", instance_uuid=uuid_of("web"), status="completed", migration_type="migration"
    )
    sql.insert(
        CELL1, "migrations", uuid="m2", instance_uuid=uuid_of("deleted"), status="queued", migration_type="migration"
    )
    sql.insert(CELL1, "migrations", uuid="m3", instance_uuid=uuid_of("web"), status="queued", deleted=3)
    add_placement(sql, openstack)
    return sql


def add_server(sql: FakeSql, server: dict[str, Any]) -> None:
    host = server["OS-EXT-SRV-ATTR:host"]
    database = CELL1 if host else "nova_cell0"
    sql.insert(
        database,
        "instances",
        uuid=server["id"],
        display_name=server["name"],
        project_id=server["tenant_id"],
        vm_state=server["OS-EXT-STS:vm_state"],
        task_state=server["OS-EXT-STS:task_state"],
        power_state=server["OS-EXT-STS:power_state"],
        host=host,
        node=server["OS-EXT-SRV-ATTR:hypervisor_hostname"],
        availability_zone="az9",
        locked_by="admin" if server["locked"] else None,
        image_ref=server["image"]["id"] if server["image"] else "",
        created_at=datetime.fromisoformat("2026-11-22T01:00:00"),
        hidden=None,
    )
    sql.insert(database, "instance_extra", instance_uuid=server["id"], flavor=flavor_text())


def add_placement(sql: FakeSql, openstack: FakeOpenStack) -> None:
    numbers = {provider["uuid"]: number for number, provider in enumerate(openstack.providers, 1)}
    classes = {
        name: sql.insert("placement", "resource_classes", name=name) for name in ("VCPU", "MEMORY_MB", "DISK_GB")
    }
    trait = sql.insert("placement", "traits", name="HW_NUMA_ROOT")
    for provider in openstack.providers:
        uuid = provider["uuid"]
        sql.insert(
            "placement",
            "resource_providers",
            uuid=uuid,
            name=provider["name"],
            generation=3,
            parent_provider_id=numbers.get(provider["parent_provider_uuid"]),
            root_provider_id=numbers[provider["root_provider_uuid"]],
        )
        if openstack.traits[uuid]:
            sql.insert("placement", "resource_provider_traits", resource_provider_id=numbers[uuid], trait_id=trait)
        for name, values in openstack.inventories[uuid].items():
            sql.insert(
                "placement",
                "inventories",
                resource_provider_id=numbers[uuid],
                resource_class_id=classes[name],
                **values,
            )
        for consumer, held in openstack.allocations[uuid].items():
            for name, used in held["resources"].items():
                keys = {"resource_provider_id": numbers[uuid], "resource_class_id": classes[name]}
                sql.insert("placement", "allocations", consumer_id=consumer, used=used, **keys)


@pytest.fixture
def nova() -> Iterator[NovaDatabases]:
    """Nova's databases."""
    databases = NovaDatabases(url_of("nova_api"), url_of("nova_cell0"))
    yield databases
    databases.close()


def read(nova: NovaDatabases, **options: float) -> Fleet:
    with SharedDatabase(url_of("placement")) as placement:
        return read_fleet(nova, placement, **options)


def ordered(items: Any) -> list[Any]:
    return sorted(items, key=repr)


def test_it_equals_what_the_apis_say(openstack: FakeOpenStack, mirror: FakeSql, nova: NovaDatabases) -> None:
    expected, found = observe(openstack.cloud()), read(nova)
    for name in ("services", "servers", "migrations", "aggregates", "providers", "allocations"):
        assert ordered(getattr(found, name)) == ordered(getattr(expected, name)), name
    assert (found.inventories, found.traits, found.unknown) == (expected.inventories, expected.traits, ())
    assert [item.key for item in Audit(found).findings] == [item.key for item in Audit(expected).findings]
    assert len(found.servers) == 9


def test_the_number_of_queries_is_constant(mirror: FakeSql, nova: NovaDatabases) -> None:
    read(nova)
    assert Counter(name for name, _query in mirror.queries) == {
        "nova_api": 4,
        "nova_cell0": 3,
        CELL1: 3,
        "placement": 6,
    }
    assert Counter(opened["database"] for opened in mirror.connections) == {
        "nova_api": 1,
        "nova_cell0": 1,
        CELL1: 1,
        "placement": 1,
    }


def test_how_long_a_service_may_be_silent(mirror: FakeSql, nova: NovaDatabases) -> None:
    down = {service.host for service in read(nova, down_after=700).services if not service.is_up}
    assert down == {"cmp4"}, "forced down is down"


def test_a_service_that_never_sent_a_heartbeat_is_judged_by_its_creation(sql: FakeSql, nova: NovaDatabases) -> None:
    for host, age in (("new", 5), ("old", 500)):
        sql.insert(CELL1, "services", binary="nova-compute", host=host, created_at=ago(age))
    assert {service.host: service.state for service in read(nova).services} == {"new": "up", "old": "down"}


def test_other_services_are_in_no_zone(sql: FakeSql, nova: NovaDatabases) -> None:
    sql.insert(CELL1, "services", binary="nova-conductor", host="ctl1", topic="conductor", created_at=ago(5))
    assert read(nova).services[0].zone == "internal"


def test_a_server_without_a_readable_flavor_has_that_of_its_columns(sql: FakeSql, nova: NovaDatabases) -> None:
    sql.insert(CELL1, "instances", uuid="u", vcpus=3, memory_mb=99, root_gb=7, ephemeral_gb=1)
    sql.insert(CELL1, "instance_extra", instance_uuid="u", flavor="{")
    assert read(nova).servers[0].flavor == Flavor("", 3, 99, 7, 1)


def test_flavors_are_not_mixed_up(sql: FakeSql, nova: NovaDatabases) -> None:
    for name in ("a", "b", "a2"):
        sql.insert(CELL1, "instances", uuid=name)
        sql.insert(CELL1, "instance_extra", instance_uuid=name, flavor=flavor_text(name=name[0]))
    assert [server.flavor.name for server in read(nova).servers] == ["a", "b", "a"]


@pytest.mark.parametrize(("old", "new", "kind"), [(1, 2, "resize"), (1, 1, "migration"), (None, None, "migration")])
def test_old_migrations_have_no_type(sql: FakeSql, nova: NovaDatabases, old: Any, new: Any, kind: str) -> None:
    sql.insert(CELL1, "instances", uuid="u")
    types = {"old_instance_type_id": old, "new_instance_type_id": new}
    sql.insert(CELL1, "migrations", uuid="m", instance_uuid="u", status="finished", **types)
    assert [migration.type for migration in read(nova).migrations] == [kind]


def test_a_rootless_provider_is_its_own_root(sql: FakeSql, nova: NovaDatabases) -> None:
    sql.insert("placement", "resource_providers", uuid="u", name="cmp1", generation=None)
    assert [(item.root_uuid, item.generation) for item in read(nova).providers] == [("u", 0)]


def test_a_silent_cell_is_unknown(mirror: FakeSql, nova: NovaDatabases) -> None:
    del mirror.databases[CELL1]
    fleet = read(nova)
    assert [item.what for item in fleet.unknown] == ["cell cell1"]
    assert [server.name for server in fleet.servers] == ["unborn"]


@pytest.mark.parametrize("database", ["placement", "nova_api"])
def test_a_silent_database_of_all_is_an_error(sql: FakeSql, nova: NovaDatabases, database: str) -> None:
    del sql.databases[database]
    with pytest.raises(StackrollError, match=f"{database} on db:3306 cannot be reached"):
        read(nova)
