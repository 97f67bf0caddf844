# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tables that the commands of Nova and Placement print, read as data. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

_FIELD = re.compile(r"\| (?P<name>Check|Result|Details): *(?P<value>.*?) *\|?$")
_BROKEN_WORD = re.compile(r"[^\s-]-$")


@dataclass(frozen=True)
class UpgradeCheck:
    """One row of ``nova-status upgrade check``; *result* is success, warning or failure."""

    check: str
    result: str
    summary: str


@dataclass(frozen=True)
class DataMigration:
    """One row of ``online_data_migrations``. *found* above *completed* is not an error (rows that need nothing yet)."""

    name: str
    found: int
    completed: int


def parse_upgrade_checks(text: str) -> list[UpgradeCheck]:
    """The checks of an oslo.upgradecheck table, whose cells hold ``Check:``, ``Result:`` and ``Details:`` lines.

    Details go on in lines that are indented. A table that was cut off gives the checks that it still shows.
    """
    checks: list[UpgradeCheck] = []
    fields: dict[str, str] = {}
    key = ""
    for line in [*text.splitlines(), "+"]:
        field = _FIELD.match(line)
        if line.startswith("+"):
            if "Check" in fields:
                checks.append(_check(fields))
            fields, key = {}, ""
        elif field:
            key = field["name"]
            fields[key] = field["value"]
        elif key and line.startswith("|"):
            fields[key] = _join(fields[key], line.strip("|").strip())
    return checks


def _join(before: str, after: str) -> str:
    """Lines are broken at blanks, and within words behind a hyphen."""
    return f"{before}{'' if _BROKEN_WORD.search(before) else ' '}{after}".strip()


def _check(fields: dict[str, str]) -> UpgradeCheck:
    details = fields.get("Details", "")
    return UpgradeCheck(
        check=fields["Check"],
        result=fields.get("Result", "unknown").lower(),
        summary="" if details == "None" else details,
    )


def parse_data_migrations(text: str) -> list[DataMigration]:
    """The rows of the migrations table; headings and borders are left out. Several tables add up."""
    totals: dict[str, tuple[int, int]] = {}
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if len(cells) == 3 and cells[1].isdecimal() and cells[2].isdecimal():
            found, completed = totals.get(cells[0], (0, 0))
            totals[cells[0]] = (found + int(cells[1]), completed + int(cells[2]))
    return [DataMigration(name, found, completed) for name, (found, completed) in totals.items()]
