# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The only file that calls podman."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from .errors import RehearsalError

SYSTEMD_RUNS = Path("/run/systemd/system").is_dir()


def command(*args: str, runtime: str = "") -> list[str]:
    """The argument list of a podman call."""
    base = ["podman"]
    if not SYSTEMD_RUNS:
        base += ["--cgroup-manager", "cgroupfs"]
    if runtime:
        base += ["--runtime", runtime]
    return [*base, *args]


def podman(
    *args: str, runtime: str = "", stdin: str | bytes | None = None, timeout: int = 120, check: bool = True
) -> str:
    """Call podman and return what it printed."""
    data = stdin.encode() if isinstance(stdin, str) else stdin
    try:
        done = subprocess.run(
            command(*args, runtime=runtime),
            input=data,
            capture_output=True,
            timeout=timeout,
            check=False,
            stdin=subprocess.DEVNULL if data is None else None,
        )
    except subprocess.TimeoutExpired as exc:
        raise RehearsalError(f"podman {' '.join(args[:3])} did not end within {timeout} s") from exc
    if check and done.returncode:
        said = (done.stderr or done.stdout).decode(errors="replace").strip()[-2000:]
        raise RehearsalError(f"podman {' '.join(args[:3])} failed with {done.returncode}: {said}")
    return done.stdout.decode(errors="replace")


def inspect(*args: str) -> list[dict[str, Any]]:
    """The JSON list that a podman command prints."""
    text = podman(*args, "--format", "json")
    return json.loads(text) if text.strip() else []


def in_host(container: str, script: str, timeout: int = 300, shell: tuple[str, ...] = ("/bin/bash", "-eu")) -> str:
    """Run a script in a host; it goes in over standard input, so that secrets never stand in an argument list."""
    flags = () if shell[0] != "/bin/bash" else ("-s",)
    return podman("exec", "-i", container, *shell, *flags, stdin=script, timeout=timeout)


def answers(*args: str) -> bool:
    """Whether a podman command ends well, within a minute."""
    return subprocess.run(command(*args), check=False, capture_output=True, timeout=60).returncode == 0


def image_exists(name: str) -> bool:
    """Whether an image is in podman's storage."""
    return answers("image", "exists", name)
