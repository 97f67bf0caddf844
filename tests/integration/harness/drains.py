# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run modules of ours through ansible-playbook: to the end, or until they are killed. And what drains have done."""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness import state
from harness.cloud import PROJECT, Rehearsal
from harness.commands import ENVIRONMENT

OUTPUT = PROJECT / "build" / "integration" / "modules"

MIGRATIONS = """
    SELECT instance_uuid, status, migration_type, source_compute, dest_compute FROM migrations
    WHERE deleted = 0 ORDER BY id
"""


PR_SET_CHILD_SUBREAPER = 36

Task = tuple[str, dict[str, Any]]


@dataclass(frozen=True)
class Done:
    """A play that has ended by itself, and what each of its modules has returned."""

    rc: int
    results: tuple[dict[str, Any], ...]
    output: str
    started: float
    seconds: float
    cpu_seconds: float

    def expect(self, rc: int = 0) -> Done:
        """Fail the test with the output when the play ended otherwise."""
        assert (self.rc != 0) == (rc != 0), f"rc {self.rc}\n{self.output[-6000:]}"
        return self

    @property
    def result(self) -> dict[str, Any]:
        """What the last module has returned."""
        return self.results[-1]

    @property
    def message(self) -> str:
        """What the last module said of its failure."""
        return str(self.result.get("msg", ""))


class Call:
    """One play on the controller, of modules one after the other, in a process group of its own."""

    def __init__(self, *tasks: Task, check: bool = False) -> None:
        folder = OUTPUT / f"{time.time():.3f}-{tasks[-1][0]}"
        folder.mkdir(parents=True)
        self._answers = folder / "results.jsonl"
        self._log = folder / "output.log"
        words = ["ansible-playbook", str(write_playbook(folder, tasks)), *(["--check", "--diff"] if check else [])]
        adopt_orphans()
        self.started = time.time()
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                words,
                cwd=PROJECT,
                env={**environment(), "KEEP_RESULTS": str(self._answers)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def output(self) -> str:
        """What stands on the screen so far."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    @property
    def running(self) -> bool:
        """Whether it has not ended yet."""
        return self._process.poll() is None

    def kill(self) -> None:
        """Kill ansible-playbook and everything that it has started, as a crash of the machine would."""
        for pid in (*family(self._process.pid), *(member for orphan in orphans() for member in family(orphan))):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.wait(timeout=30)
        bury_orphans()

    def kill_alone(self) -> None:
        """Kill ansible-playbook only, as a machine that runs out of memory would. Its workers have sessions of their own."""
        self._process.kill()
        self._process.wait(timeout=30)

    def wait(self, timeout: float = 600) -> Done:
        """Wait for the end and return what the modules have said."""
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        try:
            rc = self._process.wait(timeout=timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"no end after {timeout} s\n{self.output[-6000:]}") from None
        seconds = time.time() - self.started
        bury_orphans()
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        assert self._answers.exists(), self.output[-6000:]
        answers = tuple(json.loads(line) for line in self._answers.read_text(encoding="utf-8").splitlines())
        return Done(rc, answers, self.output, self.started, seconds, used)


def adopt_orphans() -> None:
    """Let what a play leaves in the background become a child of ours, so that its processor time is counted, too."""
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "this process cannot adopt orphans")


def bury_orphans(timeout: float = 10) -> None:
    """Wait until the modules that a play has left in the background have ended."""
    end = time.monotonic() + timeout
    left = orphans()
    while left:
        left = {pid for pid in left | orphans() if os.waitpid(pid, os.WNOHANG) == (0, 0)}
        assert not left or time.monotonic() < end, f"still in the background after {timeout} s: {left}"
        time.sleep(0.1)


def orphans() -> set[int]:
    """Return what Ansible has left to us, connections that it keeps aside."""
    return {pid for pid, line in children(os.getpid()) if "ansible" in line.lower() and not line.startswith("ssh")}


def children(pid: int) -> list[tuple[int, str]]:
    """Return the children of a process with their command lines."""
    listed = subprocess.run(["ps", "--ppid", str(pid), "-o", "pid=,args="], check=False, capture_output=True, text=True)
    rows = [line.split(maxsplit=1) for line in listed.stdout.splitlines()]
    return [(int(row[0]), row[-1]) for row in rows]


def family(pid: int) -> list[int]:
    """Return a process and all that it and its children have started, parents first."""
    listed = subprocess.run(["ps", "-eo", "pid=,ppid="], check=True, capture_output=True, text=True).stdout
    pairs = [tuple(map(int, line.split())) for line in listed.splitlines()]
    found = [pid]
    for parent in found:
        found.extend(child for child, its_parent in pairs if its_parent == parent)
    return found


def write_playbook(folder: Path, tasks: Sequence[Task]) -> Path:
    """Write a play of these tasks."""
    calls = [{"name": f"Call {module}", f"stackroll.nova.{module}": options} for module, options in tasks]
    path = folder / "play.yml"
    path.write_text(json.dumps([{"hosts": "localhost", "tasks": calls}]), encoding="utf-8")
    return path


def environment() -> dict[str, str]:
    """Return the environment of a controller that knows the collection and the cloud, and keeps its bytecode."""
    return {
        **{name: value for name, value in ENVIRONMENT.items() if not name.startswith("PYTHON")},
        "ANSIBLE_CALLBACK_PLUGINS": str(PROJECT / "tests" / "integration" / "callback_plugins"),
        "ANSIBLE_CALLBACKS_ENABLED": "keep_results",
        "OS_CLOUD": "rehearsal",
    }


def call(module: str, check: bool = False, **options: Any) -> Done:
    """Call one module on the controller and wait for its end."""
    return Call((module, options), check=check).wait()


def migrations(cloud: Rehearsal) -> list[dict[str, Any]]:
    """Return every migration there ever was."""
    return state.query(cloud, "nova_cell1", MIGRATIONS)


def concerned(cloud: Rehearsal, hosts: tuple[str, ...]) -> set[str]:
    """Return the servers on some hosts, and those that still hold a place there, as the databases know them."""
    there = {uuid for uuid, row in state.servers(cloud).items() if row[-1] in hosts}
    held = {
        row["instance_uuid"]
        for row in migrations(cloud)
        if row["status"] == "finished" and {row["source_compute"], row["dest_compute"]} & set(hosts)
    }
    return there | held


def named(result: dict[str, Any], *lists: str) -> set[str]:
    """Return the servers in some lists of a result."""
    return {item["id"] for name in lists for item in result[name]}


def take_out(*hosts: str, run_id: str = "draintest") -> None:
    """Claim hosts and take them out of scheduling."""
    call("compute_service", hosts=list(hosts), state="disabled", run_id=run_id).expect()


def give_back(*hosts: str, run_id: str = "draintest") -> Done:
    """Enable what we have claimed."""
    return call("compute_service", hosts=list(hosts), state="enabled", run_id=run_id).expect()


def drain(*hosts: str, check: bool = False, **options: Any) -> Done:
    """Drain hosts."""
    return call("compute_drain", check, hosts=list(hosts), state="drained", **options)
