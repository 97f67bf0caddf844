# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The control plane in a report: the order that was taken and why, and what of the steps that were taken can be taken back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.model.way_back import BY_KEY, of, until_when
from ansible_collections.stackroll.nova.plugins.module_utils.telling import facts
from ansible_collections.stackroll.nova.plugins.module_utils.telling.events import Event
from ansible_collections.stackroll.nova.plugins.module_utils.telling.proof import last
from ansible_collections.stackroll.nova.plugins.module_utils.telling.words import clean, count, some

ORDERS = {"one_window": "all together", "one_by_one": "one by one"}

# Which steps of an upgrade an event shows: by its name, those of control_step by what it names in step.
_BY_EVENT = {
    "host_disabled": ("host_out",),
    "servers_parked": ("servers_parked",),
    "servers_moved": ("servers_moved",),
    "host_reshaped": ("reshape",),
    "host_shape_held": ("reshape",),
    "host_started": ("compute",),
}
_BY_STEP = {
    "placement": ("placement_schema", "placement"),
    "nova": ("nova_schema", "control_switched"),
    "rpc pin lifted": ("rpc_pin",),
}
_WHILE_OUT = ("host_out", "servers_parked")
_BY_MODULE = {"stackroll.nova.online_data_migrations": ("online_data_migrations",)}


def fold_order(events: Sequence[Event]) -> dict[str, Any] | None:
    """The last decision on the order of the controllers before the first of them had changed; nothing when there was none. What an attempt
    that goes on decides about the rest says nothing about those."""
    changed = [
        index for index, event in enumerate(events) if event.name == "control_step" and event.text("step") == "nova"
    ]
    found = last(events[: changed[0]] if changed else events, "control_order") or last(events, "control_order")
    if not found:
        return None
    event = Event("control_order", 0.0, data=found)
    lists = {key: list(event.names(key)) for key in ("objects", "others", "first", "last")}
    return {
        **{key: event.text(key) for key in ("order", "reason", "clients")},
        "known": found.get("known") is True,
        **lists,
    }


def fold_holds(events: Sequence[Event], offset: Any) -> list[dict[str, Any]]:
    """Every time that requests to an API waited in the load balancer. *at* and the others in seconds."""
    return [
        {
            "api": event.text("api"),
            "at": offset(event.at),
            "seconds": event.number("hold_seconds"),
            "longest_wait_seconds": event.number("longest_wait_seconds"),
            "requests": event.whole("requests"),
            "failed": (event.whole("failed") or 0) + (event.whole("abandoned") or 0),
        }
        for event in events
        if event.name == "requests_held"
    ]


def fold_way_back(events: Sequence[Event], hosts: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """What of the steps that were taken can be taken back; nothing of hosts that are back in service. A control_step may name a step
    of the table itself. Steps back are no steps of an upgrade."""
    if any(event.name == "phase_started" and event.text("phase") == facts.ROLLBACK for event in events):
        return []
    over = () if any(host["still_disabled"] for host in hosts) else _WHILE_OUT
    return [step.to_dict() for step in of(key for event in events for key in _taken(event) if key not in over)]


def _taken(event: Event) -> tuple[str, ...]:
    if event.name == "control_step":
        step = event.text("step")
        return (step,) if step in BY_KEY and step not in _BY_STEP else _BY_STEP.get(step, ())
    if event.name == "module" and event.data.get("changed") is True:
        return _BY_MODULE.get(event.text("module"), ())
    return _BY_EVENT.get(event.name, ())


def order_text(report: dict[str, Any]) -> str | None:
    """The order in one line; nothing when it was not decided."""
    found = report["control_order"]
    if not found:
        return None
    order = ORDERS.get(found["order"], clean(found["order"]))
    controllers = some([*found["first"], *found["last"]])
    return f"{order}{f' ({controllers})' if controllers else ''}. {clean(found['reason'])}"


def holds_text(report: dict[str, Any]) -> str | None:
    """For how long requests waited; nothing where none did."""
    holds = report["holds"]
    if not holds:
        return None
    times = ", ".join("?" if hold["seconds"] is None else f"{hold['seconds']:.1f} s" for hold in holds)
    waited = sum(hold["requests"] or 0 for hold in holds)
    longest = max((hold["longest_wait_seconds"] or 0.0 for hold in holds), default=0.0)
    failed = sum(hold["failed"] for hold in holds)
    said = f"for {times}: {count(waited, 'request')} waited"
    said += f", none longer than {longest:.1f} s" if waited else ""
    return f"{said}, {failed} of them in vain" if failed else said


def way_back_text(step: dict[str, str]) -> str:
    """Whether and until when a step can be taken back."""
    return until_when(step["possible"], step["until"])
