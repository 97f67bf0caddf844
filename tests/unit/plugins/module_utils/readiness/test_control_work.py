# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a conductor has in hand, and what it has not."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.stackroll.nova.plugins.module_utils.model.control_work import (
    ActionEvent,
    BuildRequest,
    BusyServer,
    MoveRow,
    Task,
)
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.control_work import sort, tasks_of

NOW = 1_795_300_000.0


def event(name: str, result: str | None = None, started: float = NOW - 5, host: str = "ctl1") -> ActionEvent:
    return ActionEvent(name, host, started, NOW - 1 if result else None, result)


def move(status: str, kind: str = "migration", cross_cell: bool = False) -> MoveRow:
    return MoveRow("m1", kind, status, cross_cell, NOW - 7)


def server(task_state: str | None, vm_state: str = "active", **fields: Any) -> BusyServer:
    values = {"uuid": "a", "cell": "cell1", "host": "cmp1", "since": NOW - 3, **fields}
    return BusyServer(vm_state=vm_state, task_state=task_state, **values)


def task(found: BusyServer) -> Task | None:
    return next(iter(tasks_of([], [found])), None)


BOOT = {"vm_state": "building", "host": None, "action": "create"}
SENT = event("conductor_migrate_server", "Success")


@pytest.mark.parametrize(
    ("found", "operation", "holder"),
    [
        # a boot
        (server("scheduling", **BOOT), "build", "conductor"),
        (server(None, **BOOT), "build", "conductor"),
        (server(None, **BOOT, events=(event("compute__do_build_and_run_instance"),)), "build", "compute"),
        # nova-compute has sent it back to look for another host
        (server("scheduling", **BOOT, events=(event("compute__do_build_and_run_instance", "Error"),)), "build", "conductor"),
        # moves
        (server("resize_prep", action="resize"), "resize", "conductor"),
        (server("resize_prep", action="migrate"), "migrate", "conductor"),
        (server("resize_prep", moves=(move("pre-migrating"),)), "migrate", "conductor"),
        (server("resize_prep", events=(event("conductor_migrate_server"), event("cold_migrate"))), "resize", "conductor"),
        (server("resize_prep", events=(event("cold_migrate", "Success"), SENT)), "resize", "compute"),
        (server("resize_prep", events=(SENT, event("compute_prep_resize"))), "resize", "compute"),
        (server("resize_prep", events=(event("compute_prep_resize"), event("conductor_migrate_server"))), "resize", "conductor"),
        (server("resize_prep", events=(event("conductor_migrate_server", "Error"),)), "resize", "conductor"),
        (server("migrating", moves=(move("accepted", "live-migration"),)), "live-migration", "conductor"),
        (server("migrating", moves=(move("queued", "live-migration"),)), "live-migration", "compute"),
        (server("migrating", moves=(move("preparing", "live-migration"),)), "live-migration", "compute"),
        (server("migrating", events=(event("conductor_live_migrate_instance", "Success"),)), "live-migration", "compute"),
        # the check of the destination is a part of conductor's step
        (
            server("migrating", events=(event("conductor_live_migrate_instance"), event("compute_check_can_live_migrate_destination"))),
            "live-migration",
            "conductor",
        ),
        (server("rebuilding"), "rebuild", "conductor"),
        (server("rebuilding", moves=(move("accepted", "evacuation"),)), "evacuate", "conductor"),
        (server("rebuilding", events=(event("rebuild_server", "Success"),), action="evacuate"), "evacuate", "compute"),
        (server("unshelving", "shelved_offloaded"), "unshelve", "conductor"),
        (server("unshelving", events=(event("get_image_info", "Success"),)), "unshelve", "conductor"),
        (server("unshelving", events=(event("schedule_instances"),)), "unshelve", "conductor"),
        (server("unshelving", events=(event("schedule_instances", "Success"),)), "unshelve", "compute"),
        # between cells
        (server(None, "resized", moves=(move("confirming", "resize", cross_cell=True),)), "confirmResize", "conductor"),
        (server("resize_reverting", "resized", moves=(move("reverting", "resize", cross_cell=True),)), "revertResize", "conductor"),
        (server("resize_migrating", events=(event("conductor_migrate_server"),), action="resize"), "resize", "conductor"),
        (
            server(
                "resize_migrating",
                action="resize",
                moves=(move("pre-migrating", "resize", cross_cell=True),),
                events=(event("conductor_migrate_server"), event("compute_prep_snapshot_based_resize_at_source")),
            ),
            "resize",
            "conductor",
        ),
    ],
)  # fmt: skip
def test_who_has_it(found: BusyServer, operation: str, holder: str) -> None:
    judged = task(found)
    assert judged is not None
    assert (judged.operation, judged.holder) == (operation, holder)
    assert judged.remedy
    assert "{" not in judged.remedy


@pytest.mark.parametrize(
    "found",
    [
        server("powering-off"),
        server("spawning", "building"),
        server(None, "building"),
        server("resize_reverting", "resized", moves=(move("reverting", "resize"),)),
        server(None, "resized", moves=(move("confirming", "resize"),)),
        server(None, moves=(move("accepted", "live-migration"),)),
        # a conductor that was killed has left its step; nova-compute goes on
        server("resize_migrating", events=(event("conductor_migrate_server"), event("compute_prep_resize", "Success"))),
    ],
)
def test_what_is_none_of_conductors_business(found: BusyServer) -> None:
    assert task(found) is None


def test_who_works_on_it_and_since_when() -> None:
    found = task(server("resize_prep", events=(event("conductor_migrate_server", started=NOW - 60, host="ctl2"),)))
    assert found is not None
    assert (found.conductor_host, found.since, found.cell, found.host) == ("ctl2", NOW - 60, "cell1", "cmp1")
    assert found.what == "nova-conductor on ctl2 works on it (conductor_migrate_server)"


def test_build_requests_come_first() -> None:
    requests = [BuildRequest("a", NOW - 9), BuildRequest("b", NOW - 8, "cell1")]
    found = tasks_of(requests, [server("scheduling", **BOOT), server("scheduling", **{**BOOT, "uuid": "c"})])
    assert [(each.uuid, each.cell, each.task_state) for each in found] == [
        ("a", None, None),
        ("b", "cell1", None),
        ("c", "cell1", "scheduling"),
    ]
    assert found[0].remedy.startswith("No cell has it")
    assert found[2].remedy.startswith("No host has it")


def aged(*ages: float) -> list[Task]:
    return [task for age in ages for task in tasks_of([BuildRequest(f"u{age:g}", NOW - age)], [])]


def test_old_tasks_are_told_apart() -> None:
    found = sort([*aged(5, 600, 601), *tasks_of([], [server("migrating", moves=(move("queued"),))])], NOW, 600)
    assert [each.uuid for each in found.in_hand] == ["u5", "u600"]
    assert [each.uuid for each in found.stuck] == ["u601"]
    assert [each.uuid for each in found.at_computes] == ["a"]


def test_after_a_switch() -> None:
    """The switch was 100 s ago; what was written since has gone on, what was stuck before was so before."""
    found = sort(aged(50, 99, 99.6, 100, 650, 701), NOW, 600, stuck_since=NOW - 100)
    assert [each.uuid for each in found.in_hand] == ["u99.6", "u100", "u650"], "half a second is rounding"
    assert [each.uuid for each in found.stuck] == ["u701"]


@given(st.lists(st.integers(0, 2000), unique=True), st.integers(0, 1000), st.none() | st.integers(0, 1000))
def test_nothing_is_in_two_lists(ages: list[int], stuck_after: int, switched: int | None) -> None:
    tasks = aged(*ages)
    found = sort(tasks, NOW, stuck_after, None if switched is None else NOW - switched)
    names = [each.uuid for each in (*found.in_hand, *found.stuck, *found.at_computes)]
    assert len(names) == len(set(names))
    if switched is None:
        assert set(names) == {each.uuid for each in tasks}


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (server("unshelving", "shelved_offloaded"), "must not be called active"),
        (server("migrating"), "openstack server set --state active a "),
        (server("rebuilding", "error", action="evacuate"), "openstack server set --state error a "),
        (server(None, "resized", moves=(move("confirming", "resize", cross_cell=True),)), "Set migration m1 back"),
        (server("weird", events=(event("conductor_new_thing"),), action="newThing"), "Look into the logs"),
    ],
)
def test_remedies(found: BusyServer, words: str) -> None:
    judged = task(found)
    assert judged is not None
    assert words in judged.remedy
