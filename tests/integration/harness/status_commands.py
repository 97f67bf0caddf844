# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""nova-status and placement-status of one release, many times over, with the arguments and the exit code of the command."""

from __future__ import annotations

import re
from dataclasses import dataclass

from harness.cloud import Rehearsal
from harness.fork_server import on_host

ROW = re.compile(r"\| Check: (?P<check>.*?) +\|\n\| Result: (?P<result>\w+) +\|")


@dataclass(frozen=True)
class Said:
    """What a status command printed, and its exit code."""

    code: int
    stdout: str
    stderr: str

    @property
    def checks(self) -> dict[str, str]:
        """The results by check; none when the command broke down."""
        return {row["check"]: row["result"].lower() for row in ROW.finditer(self.stdout)}


class StatusCommand:
    """One command of one release on one host, to be asked again and again."""

    def __init__(self, cloud: Rehearsal, host: str, venv: str, command: str) -> None:
        self._script = f"{venv}/bin/{command}"
        module = f"{command.partition('-')[0]}.cmd.status"
        self._server = on_host(cloud, host, f"{venv}/bin/python", modules=[module])

    def close(self) -> None:
        """End what runs on the host."""
        self._server.close()

    def __call__(self, config_file: str) -> Said:
        """Run ``<command> --config-file <file> upgrade check``."""
        return Said(*self._server(self._script, "--config-file", config_file, "upgrade", "check"))
