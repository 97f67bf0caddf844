# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Layouts that nobody can mean are refused in one sentence, before a tree is looked at."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import InvalidInput
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.layout import Layout

CHILD = {"name": "{root}_a", "inventories": {"VCPU": 4}}


@pytest.mark.parametrize(
    ("layout", "message"),
    [
        ([], "layout is []"),
        ({}, "The layout changes nothing"),
        ({"childs": []}, "layout has no childs"),
        ({"children": {}}, "children is {}"),
        ({"children": [{}]}, "name of an item of children is None"),
        ({"children": [{"name": "a", "inventory": {}}]}, "the child a has no inventory"),
        ({"children": [{"name": "a", "inventories": {"vcpu": 1}}]}, "a resource class of a.inventories is 'vcpu'"),
        ({"children": [{"name": "a", "inventories": {"VCPU": -1}}]}, "a.inventories.VCPU is -1"),
        ({"children": [{"name": "a", "inventories": {"VCPU": True}}]}, "a.inventories.VCPU is True"),
        ({"children": [{"name": "a", "inventories": {"VCPU": 0}}]}, "a.inventories has 0 of VCPU"),
        ({"children": [{"name": "a", "inventories": {"VCPU": {"reserved": 1}}}]}, "a.inventories.VCPU has no total"),
        (
            {"children": [{"name": "a", "inventories": {"VCPU": {"total": 2, "reserved": 3}}}]},
            "a.inventories.VCPU reserves more than its total",
        ),
        (
            {"children": [{"name": "a", "inventories": {"VCPU": {"total": 2, "allocation_ratio": 0}}}]},
            "a.inventories.VCPU.allocation_ratio is 0",
        ),
        (
            {"children": [{"name": "a", "inventories": {"VCPU": {"total": 2, "ratio": 2}}}]},
            "a.inventories.VCPU has no ratio",
        ),
        ({"children": [{"name": "a", "traits": ["X", "X"]}]}, "a.traits has X more than once"),
        ({"children": [{"name": "a", "aggregates": ["here"]}]}, "an item of a.aggregates is 'here'"),
        ({"dissolve": ["a", "a"]}, "dissolve has a more than once"),
        ({"children": [CHILD], "totals": {"VCPU": {"total": 4, "max_unit": 1}}}, "totals.VCPU has no max_unit"),
        ({"children": [CHILD], "assignment": "worst_fit"}, "assignment.strategy is 'worst_fit'"),
        ({"children": [CHILD], "assignment": {"map": {"vm": {}}}}, "assignment.map.vm names no amounts"),
        ({"children": [CHILD], "assignment": {"map": {"vm": {"a": {"VCPU": 0}}}}}, "assignment.map.vm.a.VCPU is 0"),
        ({"children": [CHILD], "assignment": {"maps": {}}}, "assignment has no maps"),
        ({"convert": {"PCPU": {"consumers": []}}}, "convert.PCPU.source is None"),
        (
            {"convert": {"PCPU": {"source": "VCPU"}, "VCPU": {"source": "PCPU"}}},
            "convert goes in a circle or a chain at PCPU, VCPU",
        ),
        ({"convert": {"PCPU": {"source": "VCPU"}}, "totals": {"PCPU": 4}}, "totals has PCPU, which convert makes"),
    ],
)
def test_what_cannot_be_is_refused(layout: Any, message: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        Layout.parse(layout)
    assert refused.value.message.startswith(message)
    assert refused.value.remedy


@pytest.mark.parametrize(
    ("layout", "message"),
    [
        ({"children": [CHILD, CHILD]}, "layout has cmp1_a more than once"),
        ({"children": [CHILD], "dissolve": ["cmp1_a"]}, "layout has cmp1_a more than once"),
        ({"children": [{"name": "cmp1"}]}, "layout has cmp1 more than once"),
        (
            {"children": [{"name": "a", "parent": "b"}, {"name": "b", "parent": "a"}]},
            "The parents of a, b go in a circle",
        ),
    ],
)
def test_names_of_one_host(layout: Any, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        Layout.parse(layout).named("cmp1")


def test_names_are_filled_in() -> None:
    layout = Layout.parse(
        {
            "children": [{"name": "{root}_a_b", "parent": "{root}_a"}, CHILD],
            "assignment": {"map": {"vm": "{root}_a", "vm2": {"{root}": {"VCPU": 1}}}},
        }
    ).named("cmp1")
    assert [(child.name, child.parent) for child in layout.children] == [("cmp1_a", "cmp1"), ("cmp1_a_b", "cmp1_a")]
    assert layout.assignment.chosen == {"vm": {"cmp1_a": {}}, "vm2": {"cmp1": {"VCPU": 1}}}
    assert layout.assignment.strategy == "map"


def test_ratios_have_the_digits_that_are_read_back() -> None:
    wanted = {"total": 2, "allocation_ratio": 1.23456789}
    layout = Layout.parse({"children": [{"name": "a", "inventories": {"VCPU": wanted}}]})
    assert layout.children[0].inventories["VCPU"]["allocation_ratio"] == 1.23457


def test_flat_is_refused_where_the_layout_does_not_tell_what_was() -> None:
    with pytest.raises(InvalidInput, match="does not tell what was before"):
        Layout.parse({"children": [CHILD], "totals": {"VCPU": 8}}).flat()
