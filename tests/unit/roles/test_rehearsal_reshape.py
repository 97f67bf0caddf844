# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests for how a host of the rehearsal cloud gets its children."""

from __future__ import annotations

import copy
import time
from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.stackroll.nova.tests.unit.roles.virt_files import load

reshape = load("rehearsal_reshape")
Json = dict[str, Any]


def offer(total: int, reserved: int = 0, ratio: float = 1.0) -> Json:
    """Return an inventory."""
    return {"total": total, "reserved": reserved, "max_unit": total, "allocation_ratio": ratio}


class Tree:
    """The provider tree of cmp1 as Nova hands it over: what it gives out are copies."""

    def __init__(self, **inventories: Json) -> None:
        self.found: Json = {}
        for name, inventory in inventories.items():
            self.new_child(name, None)
            self.update_inventory(name, inventory)

    def exists(self, name: str) -> bool:
        """Whether there is such a provider."""
        return name in self.found

    def data(self, name: str) -> Any:
        """Return a provider."""
        return copy.deepcopy(self.found[name])

    def new_child(self, name: str, parent: str | None) -> None:
        """Add a provider."""
        self.found[name] = SimpleNamespace(uuid=f"uuid-{name}", name=name, parent=parent, inventory={})

    def update_inventory(self, name: str, inventory: Json) -> None:
        """Set what a provider has."""
        self.found[name].inventory = copy.deepcopy(inventory)


def held(**consumers: Json) -> Json:
    """Return allocations on the root and on a disk that is shared."""
    return {
        name: {"allocations": {"uuid-cmp1": {"resources": dict(share)}, "disk": {"resources": {"DISK_GB": 1}}}}
        for name, share in consumers.items()
    }


def places(allocations: Json, resource_class: str) -> dict[str, str]:
    """Return by consumer who gives it a class, without the beginning of the name."""
    return {
        consumer: uuid.rpartition("_")[2]
        for consumer, item in allocations.items()
        for uuid, given in item["allocations"].items()
        if resource_class in given["resources"]
    }


def follow(children: Json, allocations: Json) -> Json:
    """Let allocations follow the inventories of children, and return what has become of them."""
    tree = Tree(cmp1={})
    reshape.report(tree, "cmp1", {}, children)
    reshape.follow(tree, "cmp1", children, allocations)
    return allocations


def nobody() -> Json:
    """Return that nothing is allocated."""
    return {}


def somebody() -> Json:
    """Return that the class is allocated."""
    return {"a": {"resources": {"VCPU": 1, "GPU": 2}}, "b": {"resources": {"VCPU": 1}}}


@pytest.mark.parametrize("kind", ["reshape", "nested", "naive"])
def test_a_tree_that_is_as_wanted_is_left_alone(kind: str) -> None:
    """Whoever has made it so; nobody is asked for allocations."""
    reshape.check("cmp1", set(), kind, None, somebody)


def test_a_reshape_needs_the_allocations() -> None:
    """The second time Nova hands them over."""
    with pytest.raises(reshape.ReshapeNeededError):
        reshape.check("cmp1", {"GPU"}, "reshape", None, nobody)
    reshape.check("cmp1", {"GPU"}, "reshape", {}, nobody)


def test_a_class_in_use_stops_the_driver_that_moves_nothing() -> None:
    """By the names of those who have it; when nobody has, it goes on."""
    with pytest.raises(reshape.ReshapeFailedError, match=r"^a has 2 GPU on cmp1, "):
        reshape.check("cmp1", {"GPU"}, "nested", None, somebody)
    reshape.check("cmp1", {"GPU"}, "nested", None, nobody)
    reshape.check("cmp1", {"GPU"}, "naive", None, somebody)


def test_children_are_made_once_and_keep_their_ratio() -> None:
    """The rest of their inventory is the driver's."""
    there = {"GPU": offer(3, ratio=2.0), "OLD": offer(1)}
    tree = Tree(cmp1={"VCPU": offer(8), "GPU": offer(4)}, cmp1_gpu0=there, cmp1_foreign={"MINE": offer(1)})
    reshape.report(tree, "cmp1", {"VCPU": offer(8)}, {"gpu0": {"GPU": offer(1)}, "gpu1": {"GPU": offer(3)}})
    assert {name: item.inventory for name, item in tree.found.items()} == {
        "cmp1": {"VCPU": offer(8)},
        "cmp1_gpu0": {"GPU": offer(1, ratio=2.0)},
        "cmp1_gpu1": {"GPU": offer(3)},
        "cmp1_foreign": {"MINE": offer(1)},
    }
    assert tree.data("cmp1_gpu1").parent == "cmp1"


def test_allocations_follow_and_nothing_else_moves() -> None:
    """Two classes, each to its own children; what others give stays."""
    children = {
        "numa0": {"VCPU": offer(4), "RAM": offer(100)},
        "numa1": {"VCPU": offer(4), "RAM": offer(100)},
        "gpu0": {"GPU": offer(1)},
    }
    before = held(a={"VCPU": 3, "RAM": 10, "GPU": 1, "KEPT": 1}, b={"VCPU": 3, "RAM": 20})
    after = follow(children, copy.deepcopy(before))
    assert places(after, "VCPU") == places(after, "RAM")
    assert set(places(after, "VCPU").values()) == {"numa0", "numa1"}
    assert places(after, "GPU") == {"a": "gpu0"}
    assert after["a"]["allocations"]["uuid-cmp1"] == {"resources": {"KEPT": 1}}
    assert "uuid-cmp1" not in after["b"]["allocations"], "nothing is left there, and Placement refuses an empty entry"
    for consumer, item in before.items():
        assert sums(after[consumer]) == sums(item)


def sums(item: Json) -> Json:
    """Return what a consumer has in all."""
    found: Json = {}
    for given in item["allocations"].values():
        for name, amount in given["resources"].items():
            found[name] = found.get(name, 0) + amount
    return found


def test_each_fits_its_child() -> None:
    """Also where the roomiest child is the wrong one to begin with."""
    children = {"gpu0": {"GPU": offer(4)}, "gpu1": {"GPU": offer(3)}}
    after = follow(children, held(a={"GPU": 2}, b={"GPU": 2}, c={"GPU": 3}))
    assert places(after, "GPU") == {"a": "gpu0", "b": "gpu0", "c": "gpu1"}


def test_what_a_child_gives_already_counts() -> None:
    """So a reshape that stopped half-way goes on."""
    allocations = held(a={"GPU": 1})
    allocations["b"] = {"allocations": {"uuid-cmp1_gpu0": {"resources": {"GPU": 2}}}}
    after = follow({"gpu0": {"GPU": offer(2)}, "gpu1": {"GPU": offer(1)}}, allocations)
    assert places(after, "GPU") == {"a": "gpu1", "b": "gpu0"}


@pytest.mark.parametrize(
    ("child", "share"),
    [
        (offer(4), {"a": 3, "b": 3, "c": 2}),  # 8 of 8, but no two of these are 4
        (offer(4, ratio=2.0), {"a": 5}),  # more than one consumer may have
        (offer(4, reserved=2), {"a": 3}),
    ],
    ids=["pieces", "max_unit", "reserved"],
)
def test_what_does_not_fit_fails(child: Json, share: dict[str, int]) -> None:
    """With the names and figures."""
    consumers = held(**{name: {"GPU": amount} for name, amount in share.items()})
    with pytest.raises(reshape.ReshapeFailedError, match=r"a has \d GPU.* cmp1_gpu0, cmp1_gpu1"):
        follow({"gpu0": {"GPU": child}, "gpu1": {"GPU": child}}, consumers)


def test_looking_for_a_way_ends() -> None:
    """However many there are."""
    children = {f"gpu{number}": {"GPU": offer(100 + number)} for number in range(8)}
    consumers = held(**{f"c{number:02}": {"GPU": 31 + number % 7} for number in range(30)})
    start = time.monotonic()
    with pytest.raises(reshape.ReshapeFailedError):
        follow(children, consumers)
    assert time.monotonic() - start < 10
