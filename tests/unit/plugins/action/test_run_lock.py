# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""run_lock on the controller: who we are, who is gone, and the whole of it in a real ansible-playbook."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import pytest

from ansible_collections.stackroll.nova.plugins.action import run_lock

HOST = socket.gethostname()


def owner_of(pid: int) -> str:
    return f"{HOST}:{pid}:{run_lock.start_of(pid)}:{run_lock.place()}"


def test_we_are_the_parent_of_the_worker() -> None:
    assert run_lock.current_owner() == owner_of(os.getppid())
    assert not run_lock.is_gone(run_lock.current_owner())


def test_a_process_that_has_ended_is_gone() -> None:
    sleeper = subprocess.Popen(["/bin/sleep", "60"])
    owner = owner_of(sleeper.pid)
    assert not run_lock.is_gone(owner)
    sleeper.kill()
    for _attempt in range(100):
        if run_lock.is_gone(owner):
            break
        time.sleep(0.02)
    assert run_lock.is_gone(owner), "even when nobody has waited for it yet"
    sleeper.wait()
    assert run_lock.is_gone(owner)


def test_a_later_process_with_the_same_number_is_another_one() -> None:
    host, pid, start, place = owner_of(os.getpid()).rsplit(":", 3)
    assert run_lock.is_gone(f"{host}:{pid}:{int(start) - 1}:{place}")


@pytest.mark.parametrize(
    "owner",
    [
        "",
        "somebody",
        "a:b:c",
        f"{HOST}:x:1:PLACE",
        f"{HOST}:{2**22 + 1}:1:00000000",
        f"other-{HOST}:{2**22 + 1}:1:PLACE",
        f"{HOST}:{2**22 + 1}:1",
    ],
)
def test_who_cannot_be_judged_is_not_gone(owner: str) -> None:
    assert not run_lock.is_gone(owner.replace("PLACE", run_lock.place()))


def test_a_controller_whose_name_has_colons(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: "fd00::1")
    assert not run_lock.is_gone(run_lock.current_owner())
    assert run_lock.is_gone(f"fd00::1:{2**22 + 1}:1:{run_lock.place()}")


@pytest.mark.parametrize("inside", [True, False], ids=["container", "machine"])
def test_containers_of_one_image_are_told_apart(monkeypatch: pytest.MonkeyPatch, inside: bool) -> None:
    real = Path.stat
    numbers = [1, 2] if inside else [run_lock.INITIAL_PID_NAMESPACE] * 2

    def stat(path: Path, **keywords: Any) -> Any:
        return MagicMock(st_ino=numbers.pop()) if str(path) == "/proc/self/ns/pid" else real(path, **keywords)

    monkeypatch.setattr(Path, "stat", stat)
    monkeypatch.setattr(run_lock, "_text", lambda path: "same" if "machine-id" in path else "boot")
    assert (run_lock.place() == run_lock.place()) is not inside


def act(monkeypatch: pytest.MonkeyPatch, *results: dict[str, Any]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Run the action with a module that gives these results; its result and the module's arguments."""
    calls: list[dict[str, Any]] = []
    left = list(results)

    def execute(_self: Any, module_args: dict[str, Any], task_vars: Any) -> dict[str, Any]:
        calls.append(dict(module_args))
        return left.pop(0)

    monkeypatch.setattr(run_lock.ActionModule, "_execute_module", execute)
    monkeypatch.setattr(run_lock.ActionBase, "run", lambda _self, _tmp, _vars: {})
    task = MagicMock(args={"run_id": "7f3a90c1", "owner": "forged"})
    action = run_lock.ActionModule(task, MagicMock(), MagicMock(), MagicMock(), MagicMock(), MagicMock())
    return action.run(task_vars={}), calls


DEAD = f"{HOST}:{2**22 + 1}:1:PLACE"


def dead() -> str:
    return DEAD.replace("PLACE", run_lock.place())


def test_the_module_is_told_who_we_are(monkeypatch: pytest.MonkeyPatch) -> None:
    result, calls = act(monkeypatch, {"holder": None})
    assert result == {"holder": None}
    assert calls == [{"run_id": "7f3a90c1", "owner": run_lock.current_owner()}]


def test_a_dead_holder_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    refused = {"failed": True, "holder": {"owner": dead()}}
    result, calls = act(monkeypatch, refused, {"holder": {"owner": "us"}})
    assert result == {"holder": {"owner": "us"}}
    assert [call.get("take_over") for call in calls] == [None, dead()]


@pytest.mark.parametrize(
    "refused",
    [
        {"failed": True, "holder": {"owner": "laptop:1:2:bbbbbbbb"}},
        {"failed": True, "holder": None},
        {"failed": True, "msg": "is damaged"},
        {"unreachable": True},
    ],
)
def test_anything_else_is_the_result(monkeypatch: pytest.MonkeyPatch, refused: dict[str, Any]) -> None:
    result, calls = act(monkeypatch, refused)
    assert result == refused
    assert len(calls) == 1


PLAYBOOK = """
- hosts: localhost
  gather_facts: false
  tasks:
    - stackroll.nova.run_lock: {path: "{{ path }}", run_id: aaaa1111}
      register: first
    - stackroll.nova.run_lock: {path: "{{ path }}", run_id: aaaa1111}
      register: second
    - ansible.builtin.assert:
        that:
          - first.holder.owner == second.holder.owner
          - first.holder.since == second.holder.since
          - second.holder.touched > first.holder.touched
          - first is not changed
    - stackroll.nova.run_lock: {path: "{{ path }}", run_id: aaaa1111, state: released}
      when: release | default(false) | bool
"""


def play(tmp_path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    book = tmp_path / "play.yml"
    book.write_text(PLAYBOOK, encoding="utf-8")
    command = [sys.executable, "-m", "ansible.cli.playbook", "-i", "localhost,", "-c", "local", str(book)]
    variables = {"path": str(tmp_path / "lock.json"), "ansible_python_interpreter": sys.executable}
    command += ["-e", json.dumps(variables), *arguments]
    collections = Path(run_lock.__file__.partition("ansible_collections")[0])
    environment = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(collections), "ANSIBLE_HOME": str(tmp_path)}
    return subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, timeout=120
    )


def test_in_a_playbook(tmp_path: Path) -> None:
    done = play(tmp_path)
    assert done.returncode == 0, done.stdout
    left = json.loads((tmp_path / "lock.json").read_text(encoding="utf-8"))
    assert run_lock.is_gone(left["owner"]), "that ansible-playbook has ended"
    done = play(tmp_path, "-e", "release=true")
    assert done.returncode == 0, "the next one takes over what was left: " + done.stdout
    assert not (tmp_path / "lock.json").exists()
