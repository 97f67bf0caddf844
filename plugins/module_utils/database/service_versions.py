# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Puts the versions of service records back: the only statement of ours that writes into a database of Nova.

A service refuses to start while every record of its kind in its cell is newer than itself, its own from before included
(nova/objects/service.py, _check_minimum_version), and Nova has no command for it.
"""

from __future__ import annotations

from collections.abc import Sequence

from ansible_collections.stackroll.nova.plugins.module_utils.database.cells import Cell
from ansible_collections.stackroll.nova.plugins.module_utils.database.connection import connect_to_write

_SET_BACK = "UPDATE services SET version = %s WHERE deleted = 0 AND `binary` IN %s AND host IN %s AND version > %s"


def set_back(cell: Cell, binaries: Sequence[str], hosts: Sequence[str], version: int, timeout: int) -> None:
    """Lower what is newer than *version* of these records. Raises StackrollError."""
    with connect_to_write(cell.database_url, timeout) as database:
        database.write(_SET_BACK, (version, tuple(binaries), tuple(hosts), version))
