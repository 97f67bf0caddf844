# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a backup that was written down still is the one that is wanted."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.backup.record import (
    Source,
    file_entry,
    file_name,
    is_wanted,
    record_of,
    shown,
)

SOURCE = Source("db", 3306, ("nova_api", "cell0"), ("nova_api", "nova_cell0"))
OTHER = Source("db2", 3306, ("cell1",), ("nova",))


def record(verified: str = "restore") -> dict[str, Any]:
    entry = file_entry(SOURCE, "nova.sql.gz", 10, "ab", {"nova_api": {"a": 1, "b": 2}, "nova_cell0": {"c": 0}})
    found: dict[str, Any] = json.loads(json.dumps(record_of("nova", "2026-11-22T02:00:00Z", [entry], [(verified, "")])))
    return found


@pytest.mark.parametrize(
    ("verified", "verify", "wanted"),
    [
        ("restore", "restore", True),
        ("restore", "auto", True),
        ("restore", "read", True),
        ("read", "auto", True),
        ("read", "read", True),
        ("read", "restore", False),
        ("", "auto", False),
    ],
)
def test_a_proof_that_is_good_enough(verified: str, verify: str, wanted: bool) -> None:
    kept = record()
    kept["verified"] = verified
    assert is_wanted(kept, "nova", [SOURCE], verify) is wanted


@pytest.mark.parametrize("sources", [[], [OTHER], [SOURCE, OTHER], [OTHER, SOURCE]])
def test_other_databases_are_another_backup(sources: list[Source]) -> None:
    assert not is_wanted(record(), "nova", sources, "auto")


@pytest.mark.parametrize("change", [{"schema": "x"}, {"service": "placement"}, {"files": None}, {"files": [{}]}])
def test_what_is_not_a_record_of_ours_is_none(change: dict[str, Any]) -> None:
    assert not is_wanted({**copy.deepcopy(record()), **change}, "nova", [SOURCE], "auto")
    assert not is_wanted(None, "nova", [SOURCE], "auto")


def test_a_backup_is_verified_as_its_weakest_file_is() -> None:
    both = record_of("nova", "", [], [("restore", ""), ("read", "It may not."), ("read", "Neither.")])
    assert (both["verified"], both["reason"]) == ("read", "It may not.")


def test_what_is_shown() -> None:
    result = shown(record(), "/b")
    assert (result["path"], result["bytes"], result["tables"], result["rows"]) == ("/b/nova.sql.gz", 10, 3, 3)
    assert result["files"] == [
        {
            "path": "/b/nova.sql.gz",
            "bytes": 10,
            "sha256": "ab",
            "host": "db",
            "port": 3306,
            "databases": ["nova_api", "nova_cell0"],
        }
    ]
    several = record()
    several["files"] *= 2
    assert shown(several, "/b")["path"] == "/b"
    assert [file_name("nova", number) for number in range(2)] == ["nova.sql.gz", "nova-2.sql.gz"]
