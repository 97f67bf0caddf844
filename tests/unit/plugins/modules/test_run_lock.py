# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""run_lock on the locked host: taken, renewed, refused, taken over, released."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.host.lock_file import Holder, LockFile
from ansible_collections.stackroll.nova.plugins.modules import run_lock
from ansible_collections.stackroll.nova.tests.unit.plugins.modules.conftest import RunModule

US, THEM = "bastion:1:2:aaaaaaaa", "laptop:3:4:bbbbbbbb"


@pytest.fixture
def lock(tmp_path: Path) -> LockFile:
    """A lock that nobody holds."""
    return LockFile(str(tmp_path / "state" / "lock.json"))


def put(lock: LockFile, owner: str, touched: float = 30, since: float = 600) -> Holder:
    """Let somebody hold the lock since and touched so many seconds ago."""
    now = time.time()
    holder = Holder(owner, "aaaa1111", now - since, now - touched)
    with lock.exclusive():
        lock.write(holder)
    return holder


def call(run_module: RunModule, lock: LockFile, **options: Any) -> dict[str, Any]:
    return run_module(run_lock, **{"path": lock.path, "run_id": "7f3a90c1", "owner": US, **options})


def test_a_free_lock_is_taken(run_module: RunModule, lock: LockFile) -> None:
    result = call(run_module, lock)
    holder = lock.read()
    assert holder is not None
    assert result["holder"] == holder.to_dict()
    assert (holder.owner, holder.run_id, holder.since) == (US, "7f3a90c1", holder.touched)
    assert result["changed"] is False


def test_our_lock_is_renewed_and_keeps_its_beginning(run_module: RunModule, lock: LockFile) -> None:
    before = put(lock, US, touched=10**6)
    result = call(run_module, lock)
    assert result["holder"]["since"] == before.since
    assert result["holder"]["touched"] > before.touched
    assert result["holder"]["run_id"] == "7f3a90c1"


def test_the_lock_of_another_run_is_refused_and_left(run_module: RunModule, lock: LockFile) -> None:
    before = put(lock, THEM)
    result = call(run_module, lock)
    assert result["failed"]
    assert result["msg"].startswith(f"Another run (aaaa1111) works on this cloud: {THEM}, since 10 min, last sign of")
    assert "stackroll_lock_force=true" in result["msg"]
    assert result["holder"] == before.to_dict()
    assert lock.read() == before


@pytest.mark.parametrize(
    ("options", "touched"),
    [
        ({"force": True}, 5),
        ({"take_over": THEM}, 5),
        ({"ttl": 60}, 61),
        ({}, 7201),
    ],
    ids=["force", "its process is gone", "ttl", "default ttl"],
)
def test_taken_over(run_module: RunModule, lock: LockFile, options: dict[str, Any], touched: float) -> None:
    put(lock, THEM, touched=touched)
    result = call(run_module, lock, **options)
    assert result["holder"]["owner"] == US
    assert result["holder"]["since"] == result["holder"]["touched"], "it is held anew"


@pytest.mark.parametrize(
    ("options", "touched"),
    [({"take_over": "laptop:9:9:bbbbbbbb"}, 5), ({"ttl": 60}, 55), ({"take_over": ""}, 5), ({}, 7100)],
    ids=["another one was gone", "ttl", "nobody is gone", "default ttl"],
)
def test_not_taken_over(run_module: RunModule, lock: LockFile, options: dict[str, Any], touched: float) -> None:
    put(lock, THEM, touched=touched)
    assert call(run_module, lock, **options)["failed"]


def test_release(run_module: RunModule, lock: LockFile) -> None:
    assert call(run_module, lock, state="released")["holder"] is None
    assert not Path(lock.path).parent.exists(), "nothing to release leaves nothing behind"
    put(lock, US)
    assert call(run_module, lock, state="released")["holder"] is None
    assert lock.read() is None


def test_only_our_lock_is_released(run_module: RunModule, lock: LockFile) -> None:
    before = put(lock, THEM)
    result = call(run_module, lock, state="released", force=True)
    assert (result["holder"], lock.read()) == (before.to_dict(), before)


@pytest.mark.parametrize("state", ["held", "released"])
def test_check_mode_only_looks(run_module: RunModule, lock: LockFile, state: str) -> None:
    assert call(run_module, lock, check=True, state=state)["holder"] is None
    assert not Path(lock.path).parent.exists()
    before = put(lock, THEM)
    assert call(run_module, lock, check=True, state=state)["holder"] == before.to_dict()
    assert lock.read() == before


@pytest.mark.parametrize("options", [{}, {"force": True}, {"state": "released"}])
def test_a_damaged_lock_stops_everybody(run_module: RunModule, lock: LockFile, options: dict[str, Any]) -> None:
    Path(lock.path).parent.mkdir()
    Path(lock.path).write_text("{", encoding="utf-8")
    assert "is damaged. Look who wrote it" in call(run_module, lock, **options)["msg"]
    assert Path(lock.path).read_text(encoding="utf-8") == "{"


def test_a_place_that_cannot_be_written(run_module: RunModule, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    lock = LockFile(str(tmp_path / "file" / "state" / "lock.json"))
    assert "cannot be used: Not a directory. Become a user" in call(run_module, lock)["msg"]


def test_without_the_action_plugin(run_module: RunModule, lock: LockFile) -> None:
    assert call(run_module, lock, owner=None)["msg"].startswith("run_lock needs its action plugin")
