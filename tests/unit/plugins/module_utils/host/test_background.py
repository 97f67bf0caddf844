# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Work in a process of its own."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.host import background
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError


def wait(path: Path) -> str:
    end = time.monotonic() + 5
    while not path.exists() or not path.read_text():
        assert time.monotonic() < end
        time.sleep(0.01)
    return path.read_text()


def test_it_returns_when_the_work_is_ready_and_the_work_goes_on(tmp_path: Path) -> None:
    gate, told = tmp_path / "gate", tmp_path / "told"

    def work(ready: background.Ready) -> None:
        ready()
        while not gate.exists():
            time.sleep(0.01)
        told.write_text(f"{os.getpid()} {os.getsid(0)} {Path.cwd()} {Path('/proc/self/comm').read_text().strip()}")

    background.start("worker", work, [])
    assert not told.exists()
    gate.touch()
    pid, session, folder, name = wait(told).split()
    assert int(pid) != os.getpid()
    assert int(session) not in (os.getsid(0), int(pid))
    assert (folder, name) == ("/", "worker")


def test_being_asked_to_end(tmp_path: Path) -> None:
    begun, ended = tmp_path / "begun", tmp_path / "ended"

    def work(ready: background.Ready) -> None:
        background.on_end(lambda: ended.write_text("asked") and None)
        ready()
        begun.write_text(str(os.getpid()))
        time.sleep(5)

    background.start("worker", work, [])
    os.kill(int(wait(begun)), background.ENDING[0])
    assert wait(ended) == "asked"
    os.kill(int(begun.read_text()), 9)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (StackrollError("The disk is full.", "Make room."), "could not be started: The disk is full."),
        (ValueError("s3cret"), "could not be started: ValueError."),
    ],
)
def test_what_goes_wrong_before_it_is_ready_is_told(error: Exception, words: str) -> None:
    def work(_ready: background.Ready) -> None:
        raise error

    with pytest.raises(StackrollError) as caught:
        background.start("worker", work, [])
    assert words in str(caught.value)
    assert "s3cret" not in str(caught.value)


def test_work_that_never_gets_ready() -> None:
    with pytest.raises(StackrollError, match=r"said nothing for 0\.1 s"):
        background.start("worker", lambda _ready: time.sleep(0.5), [], timeout=0.1)
