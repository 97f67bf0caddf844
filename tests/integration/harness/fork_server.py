# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Python scripts, run many times over without starting Python and importing the same modules every time."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from harness import forks
from harness.cloud import Rehearsal
from harness.lines import Lines

PROGRAM = Path(forks.__file__).read_text(encoding="utf-8")
ENVIRONMENT = ("env", "LC_ALL=C.UTF-8", "LANGUAGE=C", "PYTHONWARNINGS=ignore")
PATIENCE = forks.LONGEST + 60  # a fork ends by itself; the process behind it may import in between


class ForkServer:
    """One process of an interpreter. It runs one script at a time."""

    def __init__(self, name: str, line: Sequence[str], environment: Mapping[str, str] | None = None) -> None:
        self._lines = Lines(name, line, environment, PATIENCE)

    def close(self) -> None:
        """End the process."""
        self._lines.close()

    def __call__(self, *words: str) -> tuple[int, str, str]:
        """Run a script with its arguments and return its exit code, its stdout and its stderr."""
        code, stdout, stderr = self._lines.ask(words)
        killer = signal.Signals(-code).name if code < 0 else ""
        assert not killer, f"{words[0]} was ended by {killer} ({forks.LONGEST} seconds are the limit)\n{stdout}{stderr}"
        return code, stdout, stderr


def on_host(
    cloud: Rehearsal, host: str, python: str, folders: Sequence[str] = (), modules: Sequence[str] = ()
) -> ForkServer:
    """Return one that runs on a host, with *folders* first on its path.

    It begins with *modules*: those that change the interpreter (Nova's do) must not come after others.
    """
    program = (python, "-c", PROGRAM, json.dumps([folders, modules]))
    return ForkServer(f"the process that forks for {python} on {host}", cloud.ssh_command(host, *ENVIRONMENT, *program))


def here(environment: Mapping[str, str], folders: Sequence[str] = ()) -> ForkServer:
    """Return one that runs beside this process."""
    line = [sys.executable, "-W", "ignore", "-c", PROGRAM, json.dumps([folders, []])]
    return ForkServer("the process that forks here", line, environment)
