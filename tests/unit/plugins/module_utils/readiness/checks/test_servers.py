# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers in the middle of something."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.model.fleet import Fleet, Unknown
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.questions import FLEET
from ansible_collections.stackroll.nova.tests.unit.plugins import fake_evidence
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_evidence import fleet, migration, server

QUIET = fleet(servers=(server(),))
RESIZED = server(vm_state="resized", status="VERIFY_RESIZE")
NAMES = ("Servers in transition", "Servers in ERROR", "Resizes to confirm", "Unfinished migrations")


def moving(moved: Any = None, **changes: Any) -> Fleet:
    return fleet(servers=(moved or server(),), migrations=(migration(**changes),))


@pytest.mark.parametrize("name", NAMES)
def test_quiet(name: str) -> None:
    assert fake_evidence.ask(name, {FLEET: QUIET}).result == "success"


@pytest.mark.parametrize("name", NAMES)
def test_what_does_not_answer_is_never_fine(name: str) -> None:
    silent = fleet(unknown=(Unknown("2 servers (a, b)", "their cell does not answer"),))
    result = fake_evidence.ask(name, {FLEET: silent})
    assert (result.result, result.objects) == ("unknown", ("2 servers (a, b)",))


@pytest.mark.parametrize(
    ("seen", "name", "named"),
    [
        (fleet(servers=(server(task_state="migrating"),)), NAMES[0], "db (id-of-db, migrating)"),
        (fleet(servers=(server(vm_state="building", task_state="scheduling", host=None),)), NAMES[0], "scheduling"),
        (fleet(servers=(server(vm_state="error", status="ERROR"),)), NAMES[1], "db (id-of-db)"),
        (fleet(servers=(server(vm_state="error", status="HARD_REBOOT"),)), NAMES[1], "db (id-of-db)"),
        (fleet(servers=(RESIZED,)), NAMES[2], "db (id-of-db, on cmp1)"),
        (moving(), NAMES[3], "live-migration of db (id-of-db, running) cmp1 to cmp2"),
        (moving(dest_host=None, status="queued"), NAMES[3], "live-migration of db (id-of-db, queued) from cmp1"),
        (moving(type="migration", status="finished"), NAMES[3], "migration of db (id-of-db, finished) cmp1 to cmp2"),
    ],
)
def test_told(seen: Fleet, name: str, named: str) -> None:
    result = fake_evidence.ask(name, {FLEET: seen})
    assert result.result == "warning"
    assert named in result.objects[0]
    assert result.remedy.startswith(("openstack", "Wait", "See"))


@pytest.mark.parametrize(
    ("seen", "name"),
    [
        (fleet(servers=(server(vm_state="stopped"),)), NAMES[0]),
        (fleet(servers=(server(vm_state="stopped"),)), NAMES[1]),
        (fleet(servers=(server(vm_state="stopped"),)), NAMES[2]),
        (moving(RESIZED, type="resize", status="finished"), NAMES[3]),
        (moving(type="evacuation", status="done"), NAMES[3]),
        (moving(status="error"), NAMES[3]),
        (fleet(migrations=(migration(),)), NAMES[3]),
    ],
)
def test_not_told(seen: Fleet, name: str) -> None:
    assert fake_evidence.ask(name, {FLEET: seen}).result == "success"
