# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Service records: which count, in which cells, at which version."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.model.release import RELEASES, Release
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.questions import (
    CELL_MAPPINGS,
    NOVA_OPTIONS,
    SERVICES,
)
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_evidence import Settings, ask
from ansible_collections.stackroll.nova.tests.unit.plugins.status_checks import CELLS, SILENCE, per_cell, record

API = "nova-osapi_compute"
CELLS_V1 = {"cells.enable": "True"}
CONSOLEAUTH = record("ctl1", 30, "nova-consoleauth")
WORKAROUND = {"workarounds.enable_consoleauth": "True"}


@pytest.mark.parametrize(
    ("services", "result", "objects"),
    [
        (per_cell(cell0=(), cell1=()), "success", ()),
        (per_cell(cell1=(record("cmp1", 72), record("cmp2", 74))), "success", ()),
        (per_cell(cell1=(record("cmp1", 71),)), "failure", ("nova-compute on cmp1 (service version 71)",)),
        (per_cell(cell0=(record("cmp1", 71),)), "failure", ("nova-compute on cmp1 (service version 71)",)),
        (
            per_cell(cell1=(record("cmp1", 50, disabled=True),)),
            "failure",
            ("nova-compute on cmp1 (service version 50)",),
        ),
        (per_cell(cell1=(record("cmp1", 50, forced_down=True),)), "success", ()),
        (per_cell(cell1=(record("cmp1", 0),)), "success", ()),
        (
            per_cell(cell1=(record("cmp1", 0), record("cmp2", 50))),
            "failure",
            ("nova-compute on cmp2 (service version 50)",),
        ),
        (per_cell(cell1=(record("ctl1", 50, "nova-conductor"),)), "success", ()),
        (per_cell(SILENCE, cell1=(record("cmp1", 74),)), "unknown", ("cell2",)),
        (
            per_cell(SILENCE, cell1=(record("cmp1", 50),)),
            "failure",
            ("nova-compute on cmp1 (service version 50)",),
        ),
    ],
)
def test_old_computes(services: Any, result: str, objects: tuple[str, ...]) -> None:
    found = ask("Older than N-1 computes", {SERVICES: services})
    assert (found.result, found.objects) == (result, objects)


@pytest.mark.parametrize(
    "release", [release for release in RELEASES if release.nova >= 23], ids=lambda release: release.name
)
def test_old_computes_at_the_boundary_of_every_release(release: Release) -> None:
    floor = release.oldest_supported_service_version
    old, young = (per_cell(cell1=(record("cmp1", version),)) for version in (floor - 1, floor))
    assert ask("Older than N-1 computes", {SERVICES: young}, release.name).result == "success"
    result = "failure" if release.nova >= 26 else "warning"
    assert ask("Older than N-1 computes", {SERVICES: old}, release.name).result == result


def test_old_computes_are_named_the_oldest_first() -> None:
    services = per_cell(cell1=tuple(record(f"cmp{version}", version) for version in (71, 50, 70, 60)))
    found = ask("Older than N-1 computes", {SERVICES: services})
    assert found.summary == (
        "2026.2 does not support computes older than 2026.1 (service version 72): nova-compute on cmp50 (service version 50),"
        " nova-compute on cmp60 (service version 60), nova-compute on cmp70 (service version 70) and 1 more."
    )
    assert "openstack compute service delete" in found.remedy


@pytest.mark.parametrize(
    ("cells", "services", "options", "result"),
    [
        (CELLS, per_cell(cell0=(), cell1=()), {}, "success"),
        (CELLS, per_cell(cell1=(record("ctl1", 15, API),)), {}, "success"),
        (CELLS, per_cell(cell1=(record("ctl1", 14, API),)), {}, "warning"),
        (CELLS, per_cell(cell0=(record("ctl1", 14, API),)), {}, "warning"),
        (CELLS, per_cell(cell1=(record("ctl1", 0, API),)), {}, "warning"),
        (CELLS, per_cell(cell1=(record("ctl1", 14, API),)), CELLS_V1, "success"),
        (CELLS, per_cell(cell1=(record("ctl1", 14, API, forced_down=True),)), {}, "success"),
        (CELLS, per_cell(cell1=(record("cmp1", 14),)), {}, "success"),
        (CELLS, per_cell(SILENCE, cell1=()), {}, "unknown"),
        ((), per_cell(), {}, "warning"),
        ((), per_cell(), CELLS_V1, "success"),
    ],
)
def test_api_versions(cells: Any, services: Any, options: dict[str, str], result: str) -> None:
    answers = {CELL_MAPPINGS: cells, SERVICES: services, NOVA_OPTIONS: Settings(options)}
    assert ask("API Service Version", answers, "rocky").result == result


def test_api_versions_name_host_and_cell() -> None:
    answers = {
        CELL_MAPPINGS: CELLS,
        SERVICES: per_cell(cell0=(record("ctl1", 9, API),)),
        NOVA_OPTIONS: Settings(),
    }
    assert ask("API Service Version", answers, "rocky").objects == (f"{API} on ctl1 (service version 9) in cell0",)


@pytest.mark.parametrize(
    ("cells", "services", "options", "result"),
    [
        (CELLS, per_cell(cell0=(), cell1=(record("cmp1", 34),)), {}, "success"),
        (CELLS, per_cell(cell1=(CONSOLEAUTH, record("cmp1", 34))), {}, "warning"),
        (CELLS, per_cell(cell0=(CONSOLEAUTH,), cell1=(record("cmp1", 34),)), {}, "warning"),
        (CELLS, per_cell(cell1=(CONSOLEAUTH, record("cmp1", 35))), {}, "success"),
        (CELLS, per_cell(cell1=(CONSOLEAUTH, record("cmp1", 34, forced_down=True))), {}, "success"),
        (CELLS, per_cell(cell0=(record("cmp1", 34),), cell1=(CONSOLEAUTH,)), {}, "success"),
        (CELLS, per_cell(cell1=(CONSOLEAUTH, record("cmp1", 34))), WORKAROUND, "success"),
        (CELLS, per_cell(cell1=(CONSOLEAUTH, record("cmp1", 34))), CELLS_V1, "success"),
        (
            CELLS,
            per_cell(cell1=(record("ctl1", 30, "nova-consoleauth", disabled=True), record("cmp1", 34))),
            {},
            "success",
        ),
        (CELLS, per_cell(SILENCE, cell1=()), {}, "unknown"),
        ((), per_cell(), {}, "warning"),
        ((), per_cell(), WORKAROUND, "success"),
    ],
)
def test_console_auths(cells: Any, services: Any, options: dict[str, str], result: str) -> None:
    answers = {CELL_MAPPINGS: cells, SERVICES: services, NOVA_OPTIONS: Settings(options)}
    assert ask("Console Auths", answers, "stein").result == result


@pytest.mark.parametrize(("name", "release"), [("API Service Version", "rocky"), ("Console Auths", "stein")])
def test_the_configuration_is_needed_only_where_it_matters(name: str, release: str) -> None:
    fine = {CELL_MAPPINGS: CELLS, SERVICES: per_cell(cell1=())}
    assert ask(name, fine, release).result == "success"
    old = {**fine, SERVICES: per_cell(cell1=(record("ctl1", 9, API), CONSOLEAUTH, record("cmp1", 9)))}
    assert (ask(name, old, release).result, ask(name, old, release).summary) == (
        "unknown",
        "No configuration of Nova given.",
    )
