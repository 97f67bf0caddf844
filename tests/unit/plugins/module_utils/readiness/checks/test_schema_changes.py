# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Schema changes that the running code can or cannot live with."""

from __future__ import annotations

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.model.answers import PerCell
from ansible_collections.stackroll.nova.plugins.module_utils.model.migrations import Operation, Revision
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.questions import (
    API_REVISION,
    CELL_REVISIONS,
    PLACEMENT_REVISION,
    SCHEMA_CHANGES,
)
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.result import CheckResult
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_evidence import ask

INDEX = Operation(31, "expand", "create_index i on migrations", "migrations")
DROP = Operation(32, "contract", "drop_column instances.uuid", "instances", "uuid")
UNUSED = Operation(33, "contract", "drop_table left", "left", unused=True)
SQL = Operation(34, "unknown", "execute ALTER TABLE t")
SLOW = Operation(35, "relax", "drop_index i on instances", "instances")


def chain(kind: str, *operations: Operation) -> list[Revision]:
    """Two revisions of a database, old and new, with what the new one does."""
    return [Revision(f"{kind}1", (), "f1.py"), Revision(f"{kind}2", (f"{kind}1",), "f2.py", operations)]


def nova(*operations: Operation, api: int = 2, cells: dict[str, int] | None = None) -> CheckResult:
    """The check of Nova, with what cells have to expect."""
    cells = {"cell0": 1, "cell1": 1} if cells is None else cells
    return ask(
        "Schema changes of Nova",
        {
            SCHEMA_CHANGES: {"nova_api": chain("api"), "nova_cell": chain("cell", *operations)},
            API_REVISION: f"api{api}",
            CELL_REVISIONS: PerCell({name: f"cell{number}" for name, number in cells.items()}),
        },
    )


@pytest.mark.parametrize(
    ("operations", "result", "words"),
    [
        ((), "success", "1 schema revision ahead, which only add."),
        ((INDEX,), "success", "1 schema revision ahead, which only add."),
        ((INDEX, UNUSED), "success", "and take away 1 that the running code does not use"),
        ((INDEX, SLOW), "warning", "perhaps slower"),
        ((SLOW, SQL), "unknown", "execute ALTER TABLE t (f2.py:34)"),
        ((SQL, DROP, SLOW, UNUSED), "failure", "drop_column instances.uuid (f2.py:32)"),
    ],
)
def test_the_worst_counts(operations: tuple[Operation, ...], result: str, words: str) -> None:
    found = nova(*operations)
    assert found.result == result
    assert words in found.summary
    assert bool(found.remedy) == (result != "success")


def test_a_failure_names_each_operation_once() -> None:
    found = nova(DROP, SQL)
    assert found.objects == (
        "nova_cell drop_column instances.uuid (f2.py:32)",
        "nova_cell execute ALTER TABLE t (f2.py:34)",
    )
    assert "stop all services of the running release" in found.remedy


def test_what_a_database_has_been_through_does_not_count() -> None:
    found = nova(DROP, cells={"cell0": 2, "cell1": 2})
    assert (found.result, found.summary) == ("success", "The databases have the schema of the staged code already.")
    assert nova(DROP, cells={"cell0": 2, "cell1": 1}).result == "failure", "one cell is enough"
    assert nova(INDEX, api=1).summary.startswith("2 schema revisions ahead")


def test_a_schema_of_newer_code() -> None:
    found = nova(INDEX, cells={"cell0": 1, "cell1": 7})
    assert (found.result, found.objects) == ("failure", ("cell1 (revision cell7)",))
    assert "newer code" in found.remedy


def test_a_silent_cell_is_not_fine() -> None:
    found = ask(
        "Schema changes of Nova",
        {
            SCHEMA_CHANGES: {"nova_api": chain("api"), "nova_cell": chain("cell")},
            API_REVISION: "api2",
            CELL_REVISIONS: PerCell({"cell0": "cell2"}, {"cell1": "timed out"}),
        },
    )
    assert found.result == "unknown"


def test_placement() -> None:
    for operations, result in (((INDEX,), "success"), ((DROP,), "failure")):
        scripts = {"placement": chain("p", *operations)}
        found = ask("Schema changes of Placement", {SCHEMA_CHANGES: scripts, PLACEMENT_REVISION: "p1"})
        assert found.result == result


@pytest.mark.parametrize("scripts", [{}, {"nova_api": chain("api"), "nova_cell": []}])
def test_no_scripts(scripts: dict[str, list[Revision]]) -> None:
    answers = {
        SCHEMA_CHANGES: scripts,
        PLACEMENT_REVISION: "p1",
        API_REVISION: "api1",
        CELL_REVISIONS: PerCell({"cell1": "cell1"}),
    }
    for name in ("Schema changes of Placement", "Schema changes of Nova"):
        found = ask(name, answers)
        assert found.result == "unknown"
        assert "has no schema scripts" in found.summary
