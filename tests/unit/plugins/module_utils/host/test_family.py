# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A service's processes and their logs, with real processes and files."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.host import own_logs
from ansible_collections.stackroll.nova.plugins.module_utils.host.family import Process, family
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError

GONE = 2**22 + 1  # above the kernel's largest process number
WORDS = "Automatically selected"
# A service with a log, a worker of a worker, a helper and a tool.
SERVICE = """
import os, subprocess, sys, time
log = open(sys.argv[1] + "/service.log", "a")
data = open(sys.argv[1] + "/data", "w")
helper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)", "privsep-helper"])
tool = subprocess.Popen(["sleep", "60"])
if os.fork() == 0 and os.fork() == 0:
    own = open(sys.argv[1] + "/worker.log", "a")
    open(sys.argv[1] + "/ready", "w").close()
time.sleep(60)
"""


@pytest.fixture
def service(tmp_path: Path) -> Iterator[int]:
    """The number of its main process."""
    script = tmp_path / "service.py"
    script.write_text(SERVICE, encoding="utf-8")
    process = subprocess.Popen([sys.executable, str(script), str(tmp_path)], start_new_session=True)
    for _attempt in range(200):
        if (tmp_path / "ready").exists():
            break
        time.sleep(0.02)
    yield process.pid
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def test_workers_belong_to_it_and_helpers_do_not(service: int) -> None:
    main, worker, inner = family(service)
    assert (main.pid, main.parent) == (service, None)
    assert (worker.parent, inner.parent) == (main.pid, worker.pid)
    assert abs(main.started - time.time()) < 5


def test_a_process_that_is_gone() -> None:
    assert family(GONE) == []
    assert own_logs.appended_files([GONE]) == []
    assert isinstance(Process(1, None, 0.0), Process)


def test_the_files_that_they_append_to(service: int, tmp_path: Path) -> None:
    pids = [process.pid for process in family(service)]
    log, worker = str(tmp_path / "service.log"), str(tmp_path / "worker.log")
    assert own_logs.appended_files(pids[:1]) == [log]
    assert own_logs.appended_files(pids) == [log, worker]
    (tmp_path / "service.log.1").touch()
    assert own_logs.appended_files(pids[:1]) == [log, f"{log}.1"]


def test_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "log"
    path.write_bytes(f"first {WORDS} 1\nnothing\nsecond {WORDS} 2 \xff\nlast {WORDS} 3".encode("latin-1"))
    assert own_logs.lines_with(str(path), WORDS) == [f"last {WORDS} 3", f"second {WORDS} 2 \ufffd", f"first {WORDS} 1"]
    monkeypatch.setattr(own_logs, "LARGEST", 30)
    assert own_logs.lines_with(str(path), WORDS) == [f"last {WORDS} 3"], "only its end is read"
    monkeypatch.setattr(own_logs, "LARGEST", 10**6)
    monkeypatch.setattr(own_logs, "MOST_LINES", 2)
    assert len(own_logs.lines_with(str(path), WORDS)) == 2


def test_a_line_without_an_end(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text(f"{'a' * 20000}{WORDS}{'b' * 20000}", encoding="utf-8")
    (line,) = own_logs.lines_with(str(path), WORDS)
    assert WORDS in line
    assert len(line) == 2 * own_logs.LONGEST


def test_files_that_say_nothing(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.touch()
    assert own_logs.lines_with(str(path), WORDS) == []
    with pytest.raises(StackrollError, match="nothing cannot be read"):
        own_logs.lines_with(str(tmp_path / "nothing"), WORDS)
