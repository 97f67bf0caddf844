# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a server needs of a host, and whether hosts of a kind can give it at all, by Placement's rules for one request group."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from ansible_collections.stackroll.nova.plugins.module_utils.planning.aggregates import Demands, satisfied

# (resource class, amount), each from one provider
Parts = tuple[tuple[str, int], ...]
# min_unit, max_unit, step_size of one provider
Units = tuple[int, int, int]


class Need(NamedTuple):
    """Equal for all servers that can go to the same hosts; *isolated* are the traits that open isolated aggregates to them."""

    parts: Parts
    zone: str | None = None
    cell: str | None = None
    required: frozenset[str] = frozenset()
    forbidden: frozenset[str] = frozenset()
    metadata: tuple[tuple[str, str], ...] = ()
    isolated: frozenset[str] = frozenset()
    project: str | None = None
    flavor: str | None = None


class Kind(NamedTuple):
    """What hosts have in common as destinations; *units* has an entry for each provider of a resource class."""

    zone: str | None
    cell: str | None
    traits: frozenset[str]
    demands: Demands
    units: tuple[tuple[str, tuple[Units, ...]], ...]


class Misfit(NamedTuple):
    """Why hosts cannot take a server, and how far their kind came: the later the stage, the nearer they are to fitting."""

    stage: int
    reason: str


def misfit(need: Need, kind: Kind) -> Misfit | None:
    """Why no host of this kind can ever take a server with this need; nothing if one can. Room is not looked at."""
    checks = (
        _place(need, kind),
        _amounts(need.parts, dict(kind.units)),
        _traits(need, kind.traits),
        _aggregates(need, kind.demands),
    )
    return next((Misfit(stage, reason) for stage, reason in enumerate(checks) if reason), None)


def _place(need: Need, kind: Kind) -> str:
    if need.cell != kind.cell and None not in (need.cell, kind.cell):
        return f"it cannot leave its cell {need.cell}"
    return f"it stays in its zone {need.zone}" if need.zone not in (None, kind.zone) else ""


def _amounts(parts: Parts, units: Mapping[str, tuple[Units, ...]]) -> str:
    for name, amount in parts:
        if name not in units:
            return f"it needs {name}"
        if not any(least <= amount <= most and amount % step == 0 for least, most, step in units[name]):
            return f"it needs {amount} of {name} at once"
    return ""


def _traits(need: Need, traits: frozenset[str]) -> str:
    lacking = sorted(need.required - traits)
    if lacking:
        return f"it needs the trait {lacking[0]}"
    unwanted = sorted(need.forbidden & traits)
    return f"it must not be where the trait {unwanted[0]} is" if unwanted else ""


def _aggregates(need: Need, demands: Demands) -> str:
    if not satisfied(need.metadata, demands.pairs):
        key, value = next(pair for pair in need.metadata if not satisfied((pair,), demands.pairs))
        return f"it needs a host aggregate with {key}={value}"
    if demands.tenants and need.project not in demands.tenants:
        return "host aggregates keep hosts for other projects"
    if demands.flavors and need.flavor not in demands.flavors:
        return "host aggregates keep hosts for other flavors"
    if demands.traits - need.required - need.isolated:
        return "host aggregates keep hosts for servers that ask for their traits"
    return ""
