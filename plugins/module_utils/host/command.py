# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Running the manage and status commands of Nova and Placement: bounded, without secrets in argv, output as data."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from typing import Mapping, Optional

from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError


@dataclass(frozen=True)
class Outcome:
    """What a command left behind."""

    rc: int
    stdout: str
    stderr: str

    @property
    def last_error_line(self) -> str:
        """The line that most likely says what went wrong."""
        lines = [line.strip() for line in (self.stderr or self.stdout).splitlines() if line.strip()]
        return lines[-1] if lines else f"exit code {self.rc} without a word"


def run_command(argv: list[str], timeout: float, environment: Optional[Mapping[str, str]] = None) -> Outcome:
    """Run *argv* in the C locale; *environment* carries what must not be seen in the process list.

    Raises StackrollError when the program is missing or does not end within *timeout* seconds.
    """
    variables = {**os.environ, "LC_ALL": "C.UTF-8", "LANGUAGE": "C", "PYTHONWARNINGS": "ignore", **(environment or {})}
    try:
        done = subprocess.run(argv, capture_output=True, text=True, timeout=timeout, env=variables, check=False, stdin=subprocess.DEVNULL)
    except FileNotFoundError:
        raise StackrollError(f"{argv[0]} does not exist on this host.", "Stage the target release's code there first.") from None
    except subprocess.TimeoutExpired:
        raise StackrollError(f"{' '.join(argv)} did not end within {timeout:.0f} s and was killed.") from None
    return Outcome(done.returncode, done.stdout, done.stderr)


def config_arguments(config_files: list[str]) -> list[str]:
    """The files as --config-file arguments, in the same order."""
    return [argument for path in config_files for argument in ("--config-file", path)]
