# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""nova-status and placement-status of one release, many times over.

Importing Nova costs more than its checks, so one process imports and a fork of it is the command, with the arguments and the
exit code of the command.
"""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import dataclass
from types import TracebackType

from harness.cloud import Rehearsal

LONGEST = 90
SERVER = f"""
import importlib, json, os, signal, sys, tempfile, traceback
module = importlib.import_module(sys.argv[1])
print("ready", flush=True)
for line in sys.stdin:
    streams = [tempfile.TemporaryFile("w+") for _number in range(2)]
    child = os.fork()
    if child == 0:
        signal.alarm({LONGEST})
        for number, stream in enumerate(streams, 1):
            os.dup2(stream.fileno(), number)
        sys.argv = json.loads(line)
        try:
            code = module.main() or 0
        except SystemExit as left:
            code = left.code or 0
        except BaseException:
            traceback.print_exc()
            code = 1
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    for stream in streams:
        stream.seek(0)
    print(json.dumps([code, *(stream.read() for stream in streams)]), flush=True)
"""
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
        self._name = f"{venv}/bin/{command}"
        self._line = cloud.ssh_command(
            host,
            *("env", "LC_ALL=C.UTF-8", "LANGUAGE=C", "PYTHONWARNINGS=ignore"),
            *(f"{venv}/bin/python", "-c", SERVER, f"{command.partition('-')[0]}.cmd.status"),
        )
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> StatusCommand:
        self._process = subprocess.Popen(
            self._line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        assert self._read() == "ready"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def _read(self) -> str:
        assert self._process is not None
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, f"{self._name} is gone"
        return line.strip()

    def __call__(self, config_file: str) -> Said:
        """Run ``<command> --config-file <file> upgrade check``."""
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps([self._name, "--config-file", config_file, "upgrade", "check"]) + "\n")
        self._process.stdin.flush()
        return Said(*json.loads(self._read()))
