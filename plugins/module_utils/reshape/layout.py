# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the provider tree of a host shall look like: children, what stays on the root, and how consumers are assigned.

Here a layout is read; nothing is compared with a tree yet. What no tree could be is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import InvalidInput
from ansible_collections.stackroll.nova.plugins.module_utils.model.records import Record
from ansible_collections.stackroll.nova.plugins.module_utils.model.wording import some
from ansible_collections.stackroll.nova.plugins.module_utils.reshape import readers
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.readers import Wanted

ROOT = "{root}"
MAP, FIRST_FIT, BEST_FIT, SPREAD = "map", "first_fit", "best_fit", "spread"
STRATEGIES = (MAP, FIRST_FIT, BEST_FIT, SPREAD)
# By provider name: amounts by resource class; no amounts at all mean everything that the provider offers.
Mapped = Mapping[str, Mapping[str, int]]


@dataclass(frozen=True)
class Child(Record):
    """A provider below the root; traits and aggregates come on top of those that it has."""

    name: str
    parent: str = ROOT
    inventories: Mapping[str, Wanted] = field(default_factory=dict)
    traits: tuple[str, ...] = ()
    aggregates: tuple[str, ...] = ()

    @classmethod
    def parse(cls, data: Any) -> Child:
        """Read one item of children."""
        data = readers.mapping("an item of children", data)
        name = readers.text("name of an item of children", data.get("name"))
        readers.refuse_unknown(f"the child {name}", data, {item.name for item in fields(cls)})
        inventories = readers.wanted(f"{name}.inventories", data.get("inventories"))
        empty = sorted(key for key, wanted in inventories.items() if not wanted["total"])
        if empty:
            raise InvalidInput(f"{name}.inventories has 0 of {some(empty)}.", "Leave out what the child does not have.")
        return cls(
            name=name,
            parent=readers.text(f"{name}.parent", data.get("parent") or ROOT),
            inventories=inventories,
            traits=readers.several(readers.symbol)(f"{name}.traits", data.get("traits")),
            aggregates=readers.several(readers.uuid)(f"{name}.aggregates", data.get("aggregates")),
        )


@dataclass(frozen=True)
class Conversion(Record):
    """What these consumers hold of one resource class becomes another one, as Nova turns VCPU of pinned servers into PCPU."""

    source: str
    consumers: tuple[str, ...]

    @classmethod
    def parse(cls, name: str, data: Any) -> Conversion:
        """Read one value of convert, which is named after the new class."""
        what = f"convert.{name}"
        data = readers.mapping(what, data)
        readers.refuse_unknown(what, data, ("source", "consumers"))
        return cls(
            source=readers.symbol(f"{what}.source", data.get("source")),
            consumers=readers.several(readers.text)(f"{what}.consumers", data.get("consumers")),
        )


@dataclass(frozen=True)
class Assignment(Record):
    """Which child gives which consumer its share: those in *chosen* as it says, the others by the strategy.

    A share is all that a consumer holds of the classes that the same children offer; it goes to one child as a whole. Of classes in
    *split* (or all, when *split_all*) a share may come from several children.
    """

    strategy: str = BEST_FIT
    chosen: Mapping[str, Mapped] = field(default_factory=dict)
    split: tuple[str, ...] = ()
    split_all: bool = False

    @classmethod
    def parse(cls, data: Any) -> Assignment:
        """Read the option assignment: a strategy, or a dictionary with strategy, map and split."""
        data = {"strategy": data} if isinstance(data, str) else readers.mapping("assignment", data)
        readers.refuse_unknown("assignment", data, ("strategy", "map", "split"))
        chosen = readers.mapping("assignment.map", data.get("map"))
        strategy = data.get("strategy") or (MAP if chosen else BEST_FIT)
        if strategy not in STRATEGIES:
            raise InvalidInput(f"assignment.strategy is {strategy!r}.", f"It must be one of {', '.join(STRATEGIES)}.")
        split = data.get("split")
        return cls(
            strategy=strategy,
            chosen={consumer: _mapped(f"assignment.map.{consumer}", item) for consumer, item in chosen.items()},
            split=() if isinstance(split, bool) else readers.several(readers.symbol)("assignment.split", split),
            split_all=split is True,
        )

    def may_split(self, resource_class: str) -> bool:
        """Whether shares of the class may come from several children."""
        return self.split_all or resource_class in self.split


@dataclass(frozen=True)
class Layout(Record):
    """The wanted shape of one host.

    *root*: what the root has afterwards; of other classes it keeps what the children leave over. *root_traits* come to the root,
    *root_without_traits* leave it. *dissolve*: children that go away, with all they have back to the root. *totals*: by class, total
    and reserved of the whole host afterwards, where they are not the same as before; a converted class counts with its source.
    *convert*: by new class, what it is made of.
    """

    children: tuple[Child, ...] = ()
    root: Mapping[str, Wanted] = field(default_factory=dict)
    root_traits: tuple[str, ...] = ()
    root_without_traits: tuple[str, ...] = ()
    dissolve: tuple[str, ...] = ()
    totals: Mapping[str, Wanted] = field(default_factory=dict)
    convert: Mapping[str, Conversion] = field(default_factory=dict)
    assignment: Assignment = field(default_factory=Assignment)

    @classmethod
    def parse(cls, data: Any) -> Layout:
        """Read a layout; anything that cannot be is refused in one sentence that names it. Raises InvalidInput."""
        data = readers.mapping("layout", data)
        readers.refuse_unknown("layout", data, {item.name for item in fields(cls)})
        layout = cls(
            children=tuple(Child.parse(item) for item in readers.items("children", data.get("children"))),
            root=readers.wanted("root", data.get("root")),
            root_traits=readers.several(readers.symbol)("root_traits", data.get("root_traits")),
            root_without_traits=readers.several(readers.symbol)("root_without_traits", data.get("root_without_traits")),
            dissolve=readers.several(readers.text)("dissolve", data.get("dissolve")),
            totals=_totals(data.get("totals")),
            convert={
                readers.symbol("a resource class of convert", name): Conversion.parse(name, item)
                for name, item in readers.mapping("convert", data.get("convert")).items()
            },
            assignment=Assignment.parse(data.get("assignment")),
        )
        _refuse_empty(layout)
        _refuse_chains(layout)
        return layout

    def named(self, root_name: str) -> Layout:
        """The layout with the names of one host; doubled names and circles of parents are refused. Raises InvalidInput."""
        children = tuple(
            replace(child, name=_expand(child.name, root_name), parent=_expand(child.parent, root_name))
            for child in self.children
        )
        dissolve = tuple(_expand(name, root_name) for name in self.dissolve)
        readers.refuse_doubled("layout", (root_name, *(child.name for child in children), *dissolve))
        assignment = replace(
            self.assignment,
            chosen={
                consumer: {_expand(name, root_name): resources for name, resources in mapped.items()}
                for consumer, mapped in self.assignment.chosen.items()
            },
        )
        ordered = _parents_first(children)
        return replace(self, children=ordered, dissolve=dissolve, assignment=assignment)

    def flat(self) -> Layout:
        """The layout that takes this one back: its children dissolved, its traits on the root again. Raises InvalidInput.

        It restores what was, as far as the children took min_unit, max_unit, step_size and allocation_ratio over from the root; the
        undo of the reshape always does.
        """
        if self.convert or self.totals or self.dissolve:
            raise InvalidInput(
                "A layout with convert, totals or dissolve does not tell what was before it.",
                "Hand in the undo of the reshape.",
            )
        return Layout(dissolve=tuple(child.name for child in self.children), root_traits=self.root_without_traits)

    @property
    def classes(self) -> frozenset[str]:
        """The resource classes that the layout names."""
        return frozenset(
            {
                *self.root,
                *self.totals,
                *self.convert,
                *(item.source for item in self.convert.values()),
                *(name for child in self.children for name in child.inventories),
            }
        )

    def source_of(self, resource_class: str) -> str:
        """The class with which this one counts: what it is made of, or itself."""
        made = self.convert.get(resource_class)
        return made.source if made else resource_class


def _mapped(what: str, data: Any) -> Mapped:
    if isinstance(data, str):
        return {readers.text(what, data): {}}
    found = {
        readers.text(f"a provider of {what}", name): readers.amounts(f"{what}.{name}", item)
        for name, item in readers.mapping(what, data).items()
    }
    if not found or not all(found.values()):
        raise InvalidInput(f"{what} names no amounts.", "Name a child, or amounts of resource classes by child.")
    return found


def _totals(value: Any) -> Mapping[str, Wanted]:
    found = readers.wanted("totals", value)
    for name, item in found.items():
        readers.refuse_unknown(f"totals.{name}", item, ("total", "reserved"))
    return found


def _expand(name: str, root_name: str) -> str:
    return name.replace(ROOT, root_name)


def _refuse_empty(layout: Layout) -> None:
    if not (layout.children or layout.dissolve or layout.convert):
        raise InvalidInput("The layout changes nothing.", "Give it children, dissolve or convert.")


def _refuse_chains(layout: Layout) -> None:
    """A class is either made of another one or made into another one; its total is declared once."""
    both = sorted(set(layout.convert) & {item.source for item in layout.convert.values()})
    if both:
        raise InvalidInput(f"convert goes in a circle or a chain at {some(both)}.", "Convert each class at most once.")
    made = sorted(set(layout.convert) & set(layout.totals))
    if made:
        raise InvalidInput(f"totals has {some(made)}, which convert makes.", "Count it with what it is made of.")


def _parents_first(children: Iterable[Child]) -> tuple[Child, ...]:
    """The children in the given order as far as parents come first. Parents outside the layout are left for the tree to find."""
    left = list(children)
    found: list[Child] = []
    while left:
        waiting = {child.name for child in left}
        ready = [child for child in left if child.parent not in waiting]
        if not ready:
            raise InvalidInput(
                f"The parents of {some(sorted(waiting))} go in a circle.",
                "Let each child hang below the root in the end.",
            )
        found += ready
        left = [child for child in left if child.parent in waiting]
    return tuple(found)
