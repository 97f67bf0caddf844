# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tables that the commands print, real and made up."""

from __future__ import annotations

import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.stackroll.nova.plugins.module_utils.readiness.command_tables import (
    DataMigration,
    UpgradeCheck,
    parse_data_migrations,
    parse_upgrade_checks,
)
from ansible_collections.stackroll.nova.tests.unit.plugins import command_output as real

words = st.lists(st.text("abcXYZ019_.`'/:,()", min_size=1, max_size=12), min_size=1, max_size=40).map(" ".join)


def print_checks(checks: list[tuple[str, str, str | None]]) -> str:
    """A table as oslo.upgradecheck prints it."""
    cells = []
    for name, result, details in checks:
        wrapped = None if details is None else "\n".join(textwrap.wrap(details, 60, subsequent_indent="  "))
        cells.append(f"Check: {name}\nResult: {result}\nDetails: {wrapped}".split("\n"))
    cells.insert(0, ["Upgrade Check Results"])
    width = max(len(line) for cell in cells for line in cell)
    border = f"+{'-' * (width + 2)}+"
    rows = ["\n".join(f"| {line.ljust(width)} |" for line in cell) for cell in cells]
    return f"{border}\n" + "".join(f"{row}\n{border}\n" for row in rows)


def test_nova_status() -> None:
    checks = parse_upgrade_checks(real.UPGRADE_CHECKS)
    assert [(check.check, check.result) for check in checks] == [
        ("Cells v2", "success"),
        ("hw_machine_type unset", "warning"),
        ("Older than N-1 computes", "failure"),
    ]
    assert checks[0].summary == ""
    assert checks[1].summary.startswith("Instances found without hw_machine_type set. This warning can be ignored if")
    assert checks[1].summary.endswith("https://docs.openstack.org/nova/latest/admin/hw-machine-type.html")
    assert checks[2].summary.endswith("system is 71 and the oldest supported service level is 72.")


def test_placement_status() -> None:
    checks = parse_upgrade_checks(real.PLACEMENT_CHECKS)
    assert [check.check for check in checks] == [
        "Missing Root Provider IDs",
        "Incomplete Consumers",
        "Policy File JSON to YAML Migration",
    ]
    assert [check.result for check in checks] == ["success", "warning", "success"]
    assert checks[1].summary.endswith('Run the "placement-manage db online_data_migrations" command.')


def test_lines_around_the_table_do_not_matter() -> None:
    noisy = f"Modules with known eventlet monkey patching issues\n{real.UPGRADE_CHECKS}\n2026-11-22 | INFO\n"
    assert parse_upgrade_checks(noisy) == parse_upgrade_checks(real.UPGRADE_CHECKS)


@pytest.mark.parametrize("text", ["", real.TRACEBACK, real.UPGRADE_CHECKS.partition("| Check:")[0]])
def test_no_checks(text: str) -> None:
    assert parse_upgrade_checks(text) == []


def test_a_check_without_a_result_is_unknown() -> None:
    assert parse_upgrade_checks("+---+\n| Check: Cells v2 |\n+---+\n") == [UpgradeCheck("Cells v2", "unknown", "")]


def test_a_table_that_was_cut_off_keeps_what_it_has() -> None:
    cut = real.UPGRADE_CHECKS.rstrip().rpartition("\n")[0]
    assert [check.check for check in parse_upgrade_checks(cut)][-1] == "Older than N-1 computes"


def test_details_that_look_like_fields() -> None:
    text = print_checks(
        [("One", "Warning", "x" * 58 + " Result: Success " + "y" * 55 + " Check: Two"), ("Two", "Failure", "no")]
    )
    checks = parse_upgrade_checks(text)
    assert [(check.check, check.result) for check in checks] == [("One", "warning"), ("Two", "failure")]
    assert "Result: Success" in checks[0].summary


@given(
    st.lists(
        st.tuples(
            st.text("abc XYZ-019", min_size=1, max_size=30).map(str.strip).filter(bool),
            st.sampled_from(["Success", "Warning", "Failure"]),
            st.none() | words,
        ),
        max_size=6,
    )
)
def test_any_table_is_read_back(checks: list[tuple[str, str, str | None]]) -> None:
    parsed = parse_upgrade_checks(print_checks(checks))
    assert [(check.check, check.result) for check in parsed] == [
        (name, result.lower()) for name, result, _details in checks
    ]
    for check, (_name, _result, details) in zip(parsed, checks):
        assert check.summary == ("" if details in (None, "None") else details)


@given(st.text(max_size=300))
def test_any_text_is_read_without_a_complaint(text: str) -> None:
    parse_upgrade_checks(text)
    parse_data_migrations(text)


def test_nova_migrations() -> None:
    assert parse_data_migrations(real.DATA_MIGRATIONS) == [
        DataMigration("fill_virtual_interface_list", 0, 0),
        DataMigration("migrate_empty_ratio", 3, 3),
        DataMigration("populate_instance_compute_id", 5, 0),
    ]


def test_placement_migrations() -> None:
    assert parse_data_migrations(real.PLACEMENT_MIGRATIONS)[1] == DataMigration("create_incomplete_consumers", 2, 2)


def test_several_tables_add_up() -> None:
    twice = parse_data_migrations(real.DATA_MIGRATIONS * 2)
    assert twice[1] == DataMigration("migrate_empty_ratio", 6, 6)


@pytest.mark.parametrize(
    "text", ["", real.TRACEBACK, "| a | b |", "| a | 1 | - |", "| a | 1 | 2 | 3 |", "| a | ² | 1 |"]
)
def test_no_migrations(text: str) -> None:
    assert parse_data_migrations(text) == []
