# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A process that is asked in lines of JSON and answers in lines of JSON, one at a time."""

from __future__ import annotations

import contextlib
import json
import select
import subprocess
from collections.abc import Mapping, Sequence
from typing import IO, Any


class Lines:
    """The process; its first line is ``ready``. It may be silent for *patience* seconds."""

    def __init__(
        self,
        name: str,
        line: Sequence[str],
        environment: Mapping[str, str] | None = None,
        patience: float = 60,
        stderr: IO[bytes] | None = None,
    ) -> None:
        self._name, self._patience = name, patience
        self._process = subprocess.Popen(
            line, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr, text=True
        )
        assert self._read() == "ready"

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()

    def ask(self, question: Any) -> Any:
        """Send one line and return what the next one says."""
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # what is gone is said where it is read
            self._process.stdin.write(json.dumps(question) + "\n")
            self._process.stdin.flush()
        return json.loads(self._read())

    def _read(self) -> str:
        assert self._process.stdout is not None
        ready, _writable, _broken = select.select([self._process.stdout], [], [], self._patience)
        assert ready, f"{self._name} has said nothing for {self._patience} seconds"
        line = self._process.stdout.readline()
        assert line, f"{self._name} is gone; its last words are on stderr"
        return line.strip()
