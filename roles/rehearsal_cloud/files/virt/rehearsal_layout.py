# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which providers one rehearsal host offers its resources on, and how much of each.

It is read from $state_path/layout.json; without the file everything that Nova's fake driver has is on the root:

    extra         what the host has beside CPUs, memory and disk, by resource class: {"CUSTOM_GPU": 4}
    shared_disk   true: the disk is not the host's own, a sharing provider offers it
    children      by the end of their names what they offer: {"gpu0": {"CUSTOM_GPU": 2}, "gpu1": {"CUSTOM_GPU": 2}};
                  of a class they have together what the host has, and each takes an equal part of what is reserved
    nested_from   the first major version of Nova that offers it on the children; those before know only the root
    kind          what happens when nova-compute starts and finds a class of the children on the root, see rehearsal_reshape.py:
                  "reshape" (also without this key), "nested" or "naive"
"""

from __future__ import annotations

import json
import re

KINDS = ("reshape", "nested", "naive")
OWN = ("VCPU", "MEMORY_MB", "DISK_GB")
CLASS = re.compile(r"[A-Z0-9_]+")
SUFFIX = re.compile(r"[A-Za-z0-9_.-]+")


class LayoutError(ValueError):
    """The file says what cannot be."""


def read(path):
    """Return what the file says now; raise LayoutError when it cannot be."""
    try:
        with open(path, encoding="utf-8") as handle:
            return Layout(json.load(handle))
    except FileNotFoundError:
        return Layout({})
    except json.JSONDecodeError as error:
        raise LayoutError("layout.json is not JSON: %s" % error) from error


class Layout:
    """What the file says."""

    def __init__(self, record):
        record = dict(mapping("layout.json", record))
        self.kind = record.pop("kind", "reshape")
        self.nested_from = record.pop("nested_from", 0)
        self.shared_disk = record.pop("shared_disk", False)
        self.extra = amounts("extra", record.pop("extra", {}))
        self.children = {
            suffix: amounts("children.%s" % suffix, found)
            for suffix, found in mapping("children", record.pop("children", {})).items()
        }
        if record:
            raise LayoutError("layout.json has the unknown key %s" % ", ".join(sorted(record)))
        if self.kind not in KINDS:
            raise LayoutError("kind in layout.json is %r instead of one of %s" % (self.kind, ", ".join(KINDS)))
        # A bool is an int as well.
        if type(self.nested_from) is not int:  # pylint: disable=unidiomatic-typecheck
            raise LayoutError("nested_from in layout.json is %r instead of a number" % (self.nested_from,))
        if type(self.shared_disk) is not bool:  # pylint: disable=unidiomatic-typecheck
            raise LayoutError("shared_disk in layout.json is %r instead of true or false" % (self.shared_disk,))
        wrong = sorted({*self.extra} & {*OWN}) + [suffix for suffix in self.children if not SUFFIX.fullmatch(suffix)]
        if wrong:
            raise LayoutError("layout.json cannot name %s there" % ", ".join(wrong))

    def nested(self, release):
        """Return the classes that a major version of Nova offers on children."""
        if release < self.nested_from:
            return set()
        return {name for offered in self.children.values() for name in offered}

    def inventories(self, own, release):
        """Return the inventories of the root, and those of the children by suffix, from the root's without a layout."""
        whole = {name: record for name, record in own.items() if not (self.shared_disk and name == "DISK_GB")}
        whole.update({name: inventory(total) for name, total in self.extra.items()})
        nested = self.nested(release)
        children = {suffix: {} for suffix in self.children} if nested else {}
        for name in sorted(nested):
            self._part(name, whole, children)
        return {name: record for name, record in whole.items() if name not in nested}, children

    def _part(self, name, whole, children):
        """Give the children their parts of one class."""
        totals = {suffix: offered[name] for suffix, offered in self.children.items() if name in offered}
        there = whole.get(name, {"total": 0})["total"]
        if sum(totals.values()) != there:
            raise LayoutError("the children in layout.json have %d of %d %s" % (sum(totals.values()), there, name))
        reserved = whole[name]["reserved"]
        for number, (suffix, total) in enumerate(totals.items()):
            part = reserved // len(totals) + (number < reserved % len(totals))
            if part > total:
                raise LayoutError("%s in layout.json would reserve %d of %d %s" % (suffix, part, total, name))
            children[suffix][name] = dict(whole[name], total=total, reserved=part, max_unit=total)


def inventory(total):
    """Return the inventory of a class that is neither reserved nor over-committed."""
    return {"total": total, "reserved": 0, "min_unit": 1, "max_unit": total, "step_size": 1, "allocation_ratio": 1.0}


def mapping(what, value):
    if not isinstance(value, dict):
        raise LayoutError("%s is %r instead of an object" % (what, value))
    return value


def amounts(what, value):
    for name, amount in mapping(what, value).items():
        if not CLASS.fullmatch(name) or type(amount) is not int or amount < 1:  # pylint: disable=unidiomatic-typecheck
            raise LayoutError(
                "%s in layout.json has %s: %r instead of a resource class and a total" % (what, name, amount)
            )
    return dict(value)
