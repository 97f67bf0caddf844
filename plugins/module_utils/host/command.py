# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Running the manage and status commands of Nova and Placement: bounded, without secrets in argv, output as data."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError

_CREDENTIALS = re.compile(r"(?<=://)[^\s@'\"]+(?=@)")


@dataclass(frozen=True)
class Outcome:
    """What a command left behind."""

    rc: int
    stdout: str
    stderr: str

    @property
    def last_error_line(self) -> str:
        """The line that most likely says what went wrong."""
        lines = [line.strip() for line in (self.stderr.strip() or self.stdout).splitlines() if line.strip()]
        return lines[-1] if lines else f"exit code {self.rc} without a word"


def run_command(
    argv: list[str], timeout: float, environment: Mapping[str, str] | None = None, text: str = ""
) -> Outcome:
    """Run *argv* in the C locale and give it *text* to read; *environment* carries what must not be seen in the process list, nor in
    the outcome.

    Raises StackrollError when the program cannot run or does not end within *timeout* seconds.
    """
    secrets = environment or {}
    variables = {**os.environ, "LC_ALL": "C.UTF-8", "LANGUAGE": "C", "PYTHONWARNINGS": "ignore", **secrets}
    try:
        done = subprocess.run(
            argv,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=timeout,
            env=variables,
            check=False,
            input=text,
        )
    except FileNotFoundError:
        raise StackrollError(
            f"{argv[0]} does not exist on this host.", "Stage the target release's code there first."
        ) from None
    except OSError as error:
        raise StackrollError(f"{argv[0]} cannot be run: {error.strerror}.") from None
    except subprocess.TimeoutExpired:
        raise StackrollError(f"{' '.join(argv)} did not end within {timeout:.0f} s and was killed.") from None
    return Outcome(done.returncode, _redact(done.stdout, secrets), _redact(done.stderr, secrets))


def run_for_json(subject: str, argv: list[str], timeout: float, text: str = "") -> Any:
    """What a command prints, read as JSON. Raises StackrollError, which names the *subject* when the command fails."""
    outcome = run_command(argv, timeout, text=text)
    if outcome.rc:
        raise StackrollError(f"{subject} ended with {outcome.rc}: {outcome.last_error_line}")
    try:
        return json.loads(outcome.stdout)
    except ValueError:
        raise StackrollError(f"{subject} is no JSON: {outcome.stdout[:80]!r}") from None


def _redact(text: str, secrets: Mapping[str, str]) -> str:
    for secret in filter(None, secrets.values()):
        text = text.replace(secret, "***")
    return _CREDENTIALS.sub("***", text)


def config_arguments(config_files: list[str]) -> list[str]:
    """The files as --config-file arguments, in the same order."""
    return [argument for path in config_files for argument in ("--config-file", path)]
