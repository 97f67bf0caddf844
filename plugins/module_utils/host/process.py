# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What /proc and systemd say about a running service. Standard library only; the parsers are pure."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError

PROPERTIES = ("LoadState", "ActiveState", "SubState", "MainPID", "NRestarts", "TimeoutStopUSec")
_SPAN = re.compile(r"([0-9.]+)\s*(us|ms|s|min|h|d|w|month|y)\b")
_SECONDS = {
    "us": 1e-6,
    "ms": 1e-3,
    "s": 1.0,
    "min": 60.0,
    "h": 3600.0,
    "d": 86400.0,
    "w": 604800.0,
    "month": 2629800.0,
    "y": 31557600.0,
}


def parse_time_span(text: str) -> float | None:
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

    A link that was switched after the start of a process does not show here, which is the point. Empty when the process is gone.
    Raises StackrollError when this account may not look, because unknown is not old.
    """
    try:
        with Path(f"/proc/{pid}/maps").open(encoding="utf-8", errors="replace") as stream:
            mapped = {line.split(None, 5)[5].strip() for line in stream if "/" in line}
    except PermissionError:
        raise StackrollError(
            f"This account may not see which files process {pid} has loaded.", "Run as root (become: true)."
        ) from None
    except OSError:
        return []
    return [root for root in roots if any(path.startswith(root.rstrip("/") + "/") for path in mapped)]


def started_at(pid: int) -> float | None:
    """When the process started, in seconds since the epoch; None when it is gone."""
    try:
        ticks = float(
            Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[19]
        )
        with Path("/proc/stat").open(encoding="utf-8") as stream:
            boot = next(float(line.split()[1]) for line in stream if line.startswith("btime "))
    except (OSError, StopIteration):
        return None
    return boot + ticks / os.sysconf("SC_CLK_TCK")


def processes_running(executable: str) -> list[int]:
    """Processes whose program, or whose Python script, is called *executable*, such as ``nova-compute``; also those that have given
    themselves a title, such as ``nova-scheduler: ServiceWrapper worker(0)``."""
    others = [entry for entry in Path("/proc").iterdir() if entry.name.isdigit() and int(entry.name) != os.getpid()]
    return sorted(int(entry.name) for entry in others if executable in _names(entry))


def _names(process: Path) -> list[str]:
    try:
        words = (process / "cmdline").read_bytes().decode("utf-8", "replace").split("\0")
    except OSError:
        return []
    program, script = [word.partition(": ")[0].rpartition("/")[2] for word in [*words, ""][:2]]
    return [program, script] if program.startswith("python") else [program]
