# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What /proc and systemd say about a running service. Standard library only; the parsers are pure."""

from __future__ import annotations

import os
import re
import subprocess
from typing import Optional

from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError

PROPERTIES = ("LoadState", "ActiveState", "SubState", "MainPID", "NRestarts", "TimeoutStopUSec")
_SPAN = re.compile(r"([0-9.]+)\s*(us|ms|s|min|h|d|w|month|y)\b")
_SECONDS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0, "month": 2629800.0, "y": 31557600.0}


def parse_time_span(text: str) -> Optional[float]:
    """Seconds of a time span as systemd prints it (``1min 30s``); None for ``infinity``."""
    if text.strip() in ("infinity", ""):
        return None
    return sum(float(number) * _SECONDS[unit] for number, unit in _SPAN.findall(text))


def show_unit(unit: str) -> dict[str, str]:
    """The unit's properties as systemd prints them. An unknown unit has LoadState ``not-found``."""
    command = ["systemctl", "show", f"--property={','.join(PROPERTIES)}", "--", unit]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        raise StackrollError(f"systemd did not answer for the unit {unit}: {error}.") from error
    return dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)


def code_roots(pid: int, roots: list[str]) -> list[str]:
    """Those of *roots* (real paths) from which the process has mapped files: the code it really runs.

    A link that was switched after the start of a process does not show here, which is the point.
    """
    try:
        with open(f"/proc/{pid}/maps", encoding="utf-8", errors="replace") as stream:
            mapped = {line.split(None, 5)[5].strip() for line in stream if line.count("/")}
    except OSError:
        return []
    return [root for root in roots if any(path.startswith(root.rstrip("/") + "/") for path in mapped)]


def started_at(pid: int) -> Optional[float]:
    """When the process started, in seconds since the epoch; None when it is gone."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as stream:
            ticks = float(stream.read().rpartition(")")[2].split()[19])
        with open("/proc/stat", encoding="utf-8") as stream:
            boot = next(float(line.split()[1]) for line in stream if line.startswith("btime "))
    except (OSError, StopIteration):
        return None
    return boot + ticks / os.sysconf("SC_CLK_TCK")


def processes_running(executable: str) -> list[int]:
    """Processes whose command line names a program called *executable*, such as ``nova-compute``."""
    found = []
    for entry in os.listdir("/proc"):
        if not entry.isdigit() or int(entry) == os.getpid():
            continue
        try:
            with open(f"/proc/{entry}/cmdline", "rb") as stream:
                words = stream.read().decode("utf-8", "replace").split("\0")[:2]
        except OSError:
            continue
        if any(word.rpartition("/")[2] == executable for word in words):
            found.append(int(entry))
    return sorted(found)
