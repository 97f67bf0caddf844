# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The log files of running processes: those that they have open to append to. Standard library only."""

from __future__ import annotations

import mmap
import os
import re
import stat
from collections.abc import Iterable
from pathlib import Path

from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError

_FLAGS = re.compile(r"^flags:\s*0*([0-7]+)$", re.MULTILINE)
# How much is read of the end of a file, and how much of a line.
LARGEST = 256 * 2**20
LONGEST = 8192
MOST_LINES = 1000


def appended_files(pids: Iterable[int]) -> list[str]:
    """The regular files that any of the processes appends to, each followed by what it was called before its last rotation.

    Whatever the configuration says: this is where they really write. Raises StackrollError when this account may not look.
    """
    found: dict[str, None] = {}
    for pid in pids:
        for path in _appended(pid):
            found[path] = None
            found[f"{path}.1"] = None
    return [path for path in found if Path(path).is_file()]


def _appended(pid: int) -> list[str]:
    folder = Path(f"/proc/{pid}/fd")
    try:
        return [str(entry.readlink()) for entry in sorted(folder.iterdir()) if _is_appended(pid, entry)]
    except PermissionError:
        raise StackrollError(f"This account may not see which files process {pid} has open. Run as root.") from None
    except OSError:  # it is gone, or has closed one meanwhile
        return []


def _is_appended(pid: int, entry: Path) -> bool:
    try:
        flags = _FLAGS.search(Path(f"/proc/{pid}/fdinfo/{entry.name}").read_text(encoding="utf-8"))
        return bool(flags and int(flags[1], 8) & os.O_APPEND) and stat.S_ISREG(entry.stat().st_mode)
    except FileNotFoundError:
        return False


def lines_with(path: str, words: str) -> list[str]:
    """The last lines of a file that have these words, newest first, from its last 256 MiB. Raises StackrollError."""
    wanted = words.encode()
    found: list[str] = []
    try:
        with Path(path).open("rb") as stream:
            size = os.fstat(stream.fileno()).st_size
            if not size:
                return []
            with mmap.mmap(stream.fileno(), size, access=mmap.ACCESS_READ) as data:
                lowest, end = max(0, size - LARGEST), size
                while len(found) < MOST_LINES:
                    place = data.rfind(wanted, lowest, end)
                    if place < 0:
                        break
                    found.append(_line_around(data, place))
                    end = place
    except (OSError, ValueError) as error:
        raise StackrollError(f"The log {path} cannot be read: {str(error).rstrip('.')}.") from error
    return found


def _line_around(data: mmap.mmap, place: int) -> str:
    begin = data.rfind(b"\n", max(0, place - LONGEST), place) + 1 or max(0, place - LONGEST)
    end = data.find(b"\n", place, place + LONGEST)
    return data[begin : end if end >= 0 else place + LONGEST].decode("utf-8", "replace")
