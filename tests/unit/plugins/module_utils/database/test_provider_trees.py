# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Provider trees from Placement's database: complete, of one moment, in a constant number of queries."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.database.provider_trees import (
    generations,
    read_trees,
    read_vocabulary,
)
from ansible_collections.stackroll.nova.plugins.module_utils.database.shared import SharedDatabase
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import InvalidInput, StackrollError
from ansible_collections.stackroll.nova.plugins.module_utils.model.provider_tree import (
    Consumer,
    Inventory,
    ProviderData,
    ProviderTree,
)
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_mysql import url_of
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_sql import FakeSession, FakeSql

VCPU = Inventory(total=16, reserved=2, min_unit=1, max_unit=8, step_size=1, allocation_ratio=4.0)
GPU = Inventory(total=4, max_unit=4)


class Placement:
    """Rows of Placement's tables, by the names of things. A UUID is the name with ``uuid-of-`` before it."""

    def __init__(self, sql: FakeSql) -> None:
        self._sql = sql
        self._providers: dict[str, int] = {}
        self._words: dict[str, int] = {}
        for number in range(1, 3):
            self._add("projects", external_id=f"project-{number}")
            self._add("users", external_id=f"user-{number}")

    def _add(self, table: str, **columns: Any) -> int:
        return self._sql.insert("placement", table, **columns)

    def _word(self, table: str, name: str) -> int:
        if name not in self._words:
            self._words[name] = self._add(table, name=name)
        return self._words[name]

    def provider(
        self, name: str, parent: str = "", root: str = "", generation: int | None = 1, **offers: Inventory
    ) -> None:
        """A provider; without a parent, a root."""
        self._providers[name] = number = len(self._providers) + 1
        places = {
            "parent_provider_id": self._providers.get(parent),
            "root_provider_id": self._providers[root or parent or name],
        }
        self._add("resource_providers", uuid=f"uuid-of-{name}", name=name, generation=generation, **places)
        for resource_class, inventory in offers.items():
            keys = {"resource_provider_id": number, "resource_class_id": self._word("resource_classes", resource_class)}
            self._add("inventories", **keys, **vars(inventory))

    def trait(self, provider: str, *names: str) -> None:
        """Give a provider traits."""
        for name in names:
            number = self._word("traits", name)
            self._add("resource_provider_traits", resource_provider_id=self._providers[provider], trait_id=number)

    def aggregate(self, uuid: str, *providers: str) -> None:
        """An aggregate of providers."""
        number = self._add("placement_aggregates", uuid=uuid)
        for name in providers:
            self._add("resource_provider_aggregates", resource_provider_id=self._providers[name], aggregate_id=number)

    def consumer(self, uuid: str, generation: int = 1, project: int = 1, user: int = 1) -> None:
        """The record of a consumer."""
        self._add("consumers", uuid=uuid, generation=generation, project_id=project, user_id=user)

    def allocate(self, uuid: str, provider: str, **amounts: int) -> None:
        """Let a consumer hold something."""
        for name, used in amounts.items():
            keys = {
                "resource_provider_id": self._providers.get(provider, 999),
                "resource_class_id": self._word("resource_classes", name),
            }
            self._add("allocations", consumer_id=uuid, used=used, **keys)


@pytest.fixture
def placement(sql: FakeSql) -> Placement:
    """Two hosts, the first with a tree of three levels, storage shared by both, and a server on each."""
    fake = Placement(sql)
    fake.provider("cmp2", generation=7, VCPU=VCPU)
    fake.provider("storage", DISK_GB=GPU)
    fake.provider("cmp1", generation=5, VCPU=VCPU, VGPU=GPU)
    fake.provider("cmp1_numa1", "cmp1")
    fake.provider("cmp1_numa0", "cmp1", generation=2)
    fake.provider("cmp1_numa0_gpu", "cmp1_numa0", "cmp1", generation=None, CUSTOM_GPU=GPU)
    fake.trait("cmp1", "HW_B", "CUSTOM_A")
    fake.trait("cmp2", "HW_B")
    fake.aggregate("aggregate-2", "cmp1", "storage")
    fake.aggregate("aggregate-1", "cmp2", "cmp1")
    fake.consumer("web", generation=3, project=2, user=1)
    fake.allocate("web", "cmp1", VCPU=2, VGPU=1)
    fake.allocate("web", "cmp1_numa0_gpu", CUSTOM_GPU=2)
    fake.allocate("web", "storage", DISK_GB=1)
    fake.consumer("other", generation=4, project=1, user=2)
    fake.allocate("other", "cmp2", VCPU=1)
    fake.consumer("volume")
    fake.allocate("volume", "storage", DISK_GB=2)
    return fake


@pytest.fixture
def database(sql: FakeSql) -> Iterator[SharedDatabase]:
    """Placement's database."""
    with SharedDatabase(url_of("placement")) as shared:
        yield shared


WEB = Consumer(
    uuid="web",
    generation=3,
    project_id="project-2",
    user_id="user-1",
    allocations={
        "uuid-of-cmp1": {"VCPU": 2, "VGPU": 1},
        "uuid-of-cmp1_numa0_gpu": {"CUSTOM_GPU": 2},
        "uuid-of-storage": {"DISK_GB": 1},
    },
)
OTHER = Consumer("other", 4, "project-1", "user-2", {"uuid-of-cmp2": {"VCPU": 1}})


def test_a_tree_is_whole_and_so_is_what_its_consumers_hold(placement: Placement, database: SharedDatabase) -> None:
    root = ProviderData(
        "uuid-of-cmp1",
        "cmp1",
        5,
        None,
        {"VCPU": VCPU, "VGPU": GPU},
        traits=("CUSTOM_A", "HW_B"),
        aggregates=("aggregate-1", "aggregate-2"),
    )
    numa0 = ProviderData("uuid-of-cmp1_numa0", "cmp1_numa0", 2, "uuid-of-cmp1")
    gpu = ProviderData("uuid-of-cmp1_numa0_gpu", "cmp1_numa0_gpu", 0, "uuid-of-cmp1_numa0", {"CUSTOM_GPU": GPU})
    numa1 = ProviderData("uuid-of-cmp1_numa1", "cmp1_numa1", 1, "uuid-of-cmp1")
    assert read_trees(database, ["cmp1"]) == [ProviderTree("uuid-of-cmp1", (root, numa0, gpu, numa1), (WEB,))]


def test_trees_come_in_the_order_of_the_names(placement: Placement, database: SharedDatabase) -> None:
    assert [tree.root.name for tree in read_trees(database, ["cmp2", "cmp1", "cmp2"])] == ["cmp2", "cmp1"]
    placement.provider("cmp10")
    assert [tree.root.name for tree in read_trees(database)] == ["cmp1", "cmp2", "cmp10", "storage"]


def test_a_consumer_belongs_to_every_tree_that_it_holds_something_on(
    placement: Placement, database: SharedDatabase
) -> None:
    placement.allocate("other", "cmp1", VCPU=1)
    one, two, storage = read_trees(database, ["cmp1", "cmp2", "storage"])
    assert [item.uuid for item in one.consumers] == ["other", "web"]
    assert two.consumers == one.consumers[:1]
    assert [item.uuid for item in storage.consumers] == ["volume", "web"]


def test_the_number_of_queries_is_constant(placement: Placement, database: SharedDatabase, sql: FakeSql) -> None:
    read_trees(database, ["cmp1"])
    first = len(sql.queries)
    for number in range(30):
        placement.provider(f"more{number}", VCPU=VCPU)
        placement.consumer(f"server{number}")
        placement.allocate(f"server{number}", f"more{number}", VCPU=1)
    assert len(read_trees(database)) == 33
    assert (first, len(sql.queries)) == (9, 18)
    assert len(sql.connections) == 1


def test_it_is_all_of_one_moment(
    placement: Placement, database: SharedDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = read_trees(database)
    execute = FakeSession.execute

    def meanwhile(session: FakeSession, query: str, arguments: tuple[Any, ...]) -> None:
        execute(session, query, arguments)
        if query.startswith("SELECT"):
            placement.allocate("web", "cmp2", VCPU=1)

    with monkeypatch.context() as patch:
        patch.setattr(FakeSession, "execute", meanwhile)
        assert read_trees(database) == before
    assert read_trees(database)[1].used() == {("uuid-of-cmp2", "VCPU"): 8}


def test_two_rows_of_the_same_are_added_up(placement: Placement, database: SharedDatabase) -> None:
    placement.allocate("other", "cmp2", VCPU=3)
    assert read_trees(database, ["cmp2"])[0].consumers[0].allocations == {"uuid-of-cmp2": {"VCPU": 4}}


def test_what_is_held_of_a_provider_that_is_gone_is_left_out(placement: Placement, database: SharedDatabase) -> None:
    placement.allocate("other", "gone", VCPU=3)
    placement.allocate("ghost", "gone", VCPU=3)
    assert read_trees(database, ["cmp2"])[0].consumers == (OTHER,)


@pytest.mark.parametrize("hosts", [["cmp1", "cmp9", "CMP1"], ["CMP1", "cmp9"]])
def test_unknown_hosts_are_named(placement: Placement, database: SharedDatabase, hosts: list[str]) -> None:
    unknown = ", ".join(name for name in hosts if name != "cmp1")
    with pytest.raises(InvalidInput, match=f"no resource provider named {unknown}\\."):
        read_trees(database, hosts)
    with pytest.raises(InvalidInput, match=f"no resource provider named {unknown}\\."):
        generations(database, hosts)


def test_a_child_is_no_host(placement: Placement, database: SharedDatabase) -> None:
    with pytest.raises(InvalidInput, match=r"within one: cmp1_numa0_gpu \(of cmp1\)\."):
        read_trees(database, ["cmp2", "cmp1_numa0_gpu"])
    assert len(read_trees(database, ["cmp2"])) == 1, "the turn was given back"


@pytest.mark.parametrize("record", [None, {"project": 9}, {"user": 9}])
def test_consumers_of_which_too_little_is_known_are_refused(
    placement: Placement, database: SharedDatabase, record: dict[str, int] | None
) -> None:
    placement.allocate("lost", "cmp1", VCPU=1)
    if record:
        placement.consumer("lost", **record)
    assert len(read_trees(database, ["cmp2"])) == 1, "that is another host"
    with pytest.raises(StackrollError, match="no complete consumer record of lost") as caught:
        read_trees(database, ["cmp1"])
    assert caught.value.details == {"consumers": ["lost"]}
    assert "placement-manage db online_data_migrations" in caught.value.remedy


def test_an_empty_placement_has_no_trees(database: SharedDatabase) -> None:
    assert read_trees(database) == []
    assert generations(database) == {}


def test_generations(placement: Placement, database: SharedDatabase) -> None:
    assert generations(database, ["cmp1"]) == {
        "uuid-of-cmp1": 5,
        "uuid-of-cmp1_numa0": 2,
        "uuid-of-cmp1_numa0_gpu": 0,
        "uuid-of-cmp1_numa1": 1,
    }
    assert len(generations(database)) == 6


def test_vocabulary(placement: Placement, database: SharedDatabase) -> None:
    classes, traits = read_vocabulary(database)
    assert (classes, traits) == ({"VCPU", "VGPU", "DISK_GB", "CUSTOM_GPU"}, {"HW_B", "CUSTOM_A"})
