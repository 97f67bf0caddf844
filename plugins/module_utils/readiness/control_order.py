# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""In which order Nova's controllers change their code, what clients will notice, and why. Pure.

An old and a new service that exchange an object which differs cannot read each other, by message or by database, and an old one does not
serve what a newer RPC version has added; then all controllers change in one window. Otherwise they change one after the other. What is
not known is taken for a difference.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.model.wording import some
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.object_versions import BESIDE, differences

ONE_WINDOW, ONE_BY_ONE = "one_window", "one_by_one"
# The RPC versions of control services, which nobody adapts to what the other side serves; [upgrade_levels] compute = auto does for
# nova-compute.
CONTROL_RPC = ("conductor", "compute_task", "scheduler")


@dataclass(frozen=True)
class ControlOrder:
    """*order* is one_window or one_by_one. *objects* are those whose difference decides, *others* those that differ and do not count.
    *first* are the controllers that change before the *last* ones; one by one, each waits for the one before. *clients* is what
    they will notice."""

    order: str
    known: bool
    reason: str
    objects: tuple[str, ...]
    others: tuple[str, ...]
    first: tuple[str, ...]
    last: tuple[str, ...]
    clients: str

    def to_dict(self) -> dict[str, Any]:
        """Plain data for a module's result."""
        return {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(self).items()}


def decide(
    code: Mapping[str, Any], controllers: Sequence[str], running: Sequence[str] = (), can_hold: bool = False
) -> ControlOrder:
    """The order for these *controllers* (hosts with an API, in the order of the inventory).

    *code* is what code_info returns, *running* are the versions of Nova that control services run, as far as hosts were asked;
    *can_hold* is whether something in front of the APIs can let requests wait.
    """
    problem = _unknown(code, running)
    old, new = ({}, {}) if problem else (code["objects"]["old"], code["objects"]["new"])
    differ = differences(old, new)
    counting = {name: change for name, change in differ.items() if name not in BESIDE}
    rpc = {} if problem else _rpc(code["rpc"])
    named = tuple(f"{name} {change}" for name, change in (*counting.items(), *rpc.items()))
    others = tuple(f"{name} {change}" for name, change in differ.items() if name not in counting)
    order = ONE_WINDOW if problem or named else ONE_BY_ONE
    return ControlOrder(
        order=order,
        known=not problem,
        reason=_reason(problem, named, others),
        objects=named,
        others=others,
        first=tuple(controllers[:-1]),
        last=tuple(controllers[-1:]),
        clients=_clients(order, len(controllers), can_hold),
    )


def _unknown(code: Mapping[str, Any], running: Sequence[str]) -> str:
    """Why the two codes cannot be compared; empty when they can."""
    objects, rpc = code.get("objects") or {}, code.get("rpc") or {}
    if objects.get("unknown"):
        return str(objects["unknown"])
    missing = [
        f"{name} code"
        for name, key in (("running", "old"), ("staged", "new"))
        if not objects.get(key) or not rpc.get(key)
    ]
    if missing:
        return f"Nobody has told the objects and RPC versions of the {' and the '.join(missing)}."
    told = code.get("nova") or {}
    strange = [version for version in running if version not in (told.get("old"), told.get("new"))]
    if strange:
        return f"A controller runs Nova {strange[0]}, and the objects of {told.get('old')} and {told.get('new')} were told."
    return ""


def _rpc(versions: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """The RPC versions of the control services that differ. One that is missing is not known, so it differs."""
    old, new = versions["old"], versions["new"]
    changes = {name: (old.get(name, "unknown"), new.get(name, "unknown")) for name in CONTROL_RPC}
    return {
        f"RPC version of {name}": f"{before} to {after}"
        for name, (before, after) in changes.items()
        if before != after or "unknown" in (before, after)
    }


def _reason(problem: str, named: Sequence[str], others: Sequence[str]) -> str:
    if problem:
        return f"It is unknown whether old and new services can read each other, which is taken for a no: {problem.rstrip('.')}."
    if named:
        return (
            f"Old and new services cannot read each other: {some(named)} {'differs' if len(named) == 1 else 'differ'}."
        )
    if others:
        return f"Old and new services can read each other: all that differs is {some(others)}, which no API, conductor or scheduler sends."
    return "Old and new services can read each other: no object and no RPC version of conductor and scheduler differs."


def _clients(order: str, controllers: int, can_hold: bool) -> str:
    """What clients of the Compute API will notice."""
    if controllers < 2:
        if can_hold:
            return "Requests wait for about one restart of the API; none fails."
        return "The Compute API is out for about one restart of the API, since there is no other controller and nothing holds requests."
    if order == ONE_BY_ONE:
        return "Nothing: another controller serves while one changes."
    if can_hold:
        return "Requests wait for some seconds while conductors and schedulers are replaced; none fails."
    return "Requests fail for some seconds, from the stop of the last old API to the first new one, since nothing holds them."
