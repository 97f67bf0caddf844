# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lock file: whole or not there, and one process at a time."""

from __future__ import annotations

import fcntl
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.host import lock_file
from ansible_collections.stackroll.nova.plugins.module_utils.host.lock_file import Holder, LockFile
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError

HOLDER = Holder("bastion:4242:88123:1a2b3c4d", "7f3a90c1", 100.0, 142.5)
RACER = """
import json, sys, time
from ansible_collections.stackroll.nova.plugins.module_utils.host.lock_file import Holder, LockFile
path, name = sys.argv[1:]
lock = LockFile(path)
won = 0
for _ in range(30):
    with lock.exclusive():
        if lock.read() is None:
            lock.write(Holder(name, "r", 1.0, 1.0))
            time.sleep(0.001)
            assert lock.read().owner == name
            lock.remove()
            won += 1
print(won)
"""


@pytest.fixture
def lock(tmp_path: Path) -> LockFile:
    """A lock that nobody holds."""
    return LockFile(str(tmp_path / "state" / "lock.json"))


def test_a_holder_comes_back(lock: LockFile) -> None:
    assert lock.read() is None
    with lock.exclusive():
        lock.write(HOLDER)
    assert lock.read() == HOLDER
    assert Holder(**HOLDER.to_dict()) == HOLDER


def test_looking_leaves_nothing_behind(lock: LockFile) -> None:
    lock.read()
    assert not Path(lock.path).parent.exists()


def test_remove(lock: LockFile) -> None:
    with lock.exclusive():
        lock.remove()
        lock.write(HOLDER)
        lock.remove()
    assert lock.read() is None


def test_the_folder_is_private_and_holds_no_leftovers(lock: LockFile) -> None:
    with lock.exclusive():
        lock.write(HOLDER)
    folder = Path(lock.path).parent
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {path.name for path in folder.iterdir()} == {"lock.json", "lock.json.guard"}


def test_a_write_that_fails_leaves_the_lock_as_it_was(lock: LockFile, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with lock.exclusive():
        lock.write(HOLDER)
    monkeypatch.setattr(lock_file.os, "fsync", fail)
    with pytest.raises(OSError, match="No space"), lock.exclusive():
        lock.write(Holder("other", "r", 1.0, 1.0))
    assert lock.read() == HOLDER
    assert {path.name for path in Path(lock.path).parent.iterdir()} == {"lock.json", "lock.json.guard"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "null",
        "[]",
        "{}",
        '{"owner": "a", "run_id": "b", "since": 1}',
        '{"owner": "a", "run_id": "b", "since": "x", "touched": 1}',
        '{"owner": "a", "run_id": "b", "since": null, "touched": 1}',
    ],
)
def test_a_damaged_lock_is_not_a_free_lock(lock: LockFile, text: str) -> None:
    Path(lock.path).parent.mkdir()
    Path(lock.path).write_text(text, encoding="utf-8")
    with pytest.raises(StackrollError, match=r"lock\.json is damaged") as caught:
        lock.read()
    assert "remove it" in caught.value.remedy


def test_what_a_later_version_adds_is_not_damage(lock: LockFile) -> None:
    Path(lock.path).parent.mkdir()
    text = '{"owner": "a", "run_id": "b", "since": 1, "touched": 2, "more": 3}'
    Path(lock.path).write_text(text, encoding="utf-8")
    assert lock.read() == Holder("a", "b", 1.0, 2.0)


def test_waiting_for_another_process_is_bounded(lock: LockFile) -> None:
    with lock.exclusive(), open(f"{lock.path}.guard", "w", encoding="utf-8") as other:
        with pytest.raises(BlockingIOError):
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
        with pytest.raises(StackrollError, match=r"lock\.json\.guard has been in use for 0\.1 s"), lock.exclusive(0.1):
            pass
    with lock.exclusive(0.1):
        pass


def test_two_processes_never_hold_it_at_once(lock: LockFile) -> None:
    code = "import sys; sys.path[:0] = " + repr(sys.path) + RACER
    racers = [
        subprocess.Popen([sys.executable, "-c", code, lock.path, name], stdout=subprocess.PIPE, text=True)
        for name in ("a", "b")
    ]
    assert [racer.communicate(timeout=60)[0].strip() for racer in racers] == ["30", "30"]
