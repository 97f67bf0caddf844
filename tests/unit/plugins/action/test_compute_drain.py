# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action of compute_drain: slices, lines on the screen, and what the journal keeps of parked servers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.stackroll.nova.plugins.action import compute_drain
from ansible_collections.stackroll.nova.plugins.plugin_utils import run_directory

# Stands for the module: three slices, or one when it is not asked for slices; it parks one server.
MODULE = """
from __future__ import annotations
from ansible.module_utils.basic import AnsibleModule
m = AnsibleModule({
    "hosts": {"type": "list", "elements": "str"}, "state": {"type": "str"}, "progress_interval": {"type": "float", "default": 10},
    "continuation": {"type": "dict"}, "parked": {"type": "list", "elements": "dict", "default": []},
    "parked_since": {"type": "str"}, "fail": {"type": "bool", "default": False}, "log": {"type": "path"},
}, supports_check_mode=True)
p = m.params
slices = p["continuation"] is not None
number = (p["continuation"] or {}).get("number", 0) + 1
done = (number == 3 and not p["log"]) or not slices
if p["log"]:
    with open(p["log"], "a") as log:
        log.write("slice ")
parked = [{"id": "vm", "name": "db", "host": "cmp1", "step": "stop", "vm_state": "active", "request_id": "req-1", "attempts": []}]
moved = 3 if not slices else number
result = {
    "changed": number == 1, "done": done, "parked": parked if number > 1 else [], "seen": p["parked"], "since": p["parked_since"],
    "share": p["progress_interval"], "api": {"requests": 4, "writes": 1},
    "progress": [{
        "host": "cmp1", "total": 3, "moved": moved, "moving": 3 - moved, "parked": 0, "restored": 0, "skipped": 0, "blocked": 0, "failed": 0,
        "retried": [], "done": moved, "elapsed": 10.0 * number, "left": 10.0 * (3 - number),
    }],
}
if number == 1:
    result["verdicts"] = ["of the first call"]
if not done:
    result["continuation"] = {"number": number}
if p["fail"] and number == 2:
    m.fail_json(msg="cmp1 is not empty: db (because).", **result)
m.exit_json(**result)
"""
ACTION = """
from __future__ import annotations
from ansible_collections.stackroll.nova.plugins.action.compute_drain import ActionModule
"""
PLAYBOOK = """
- hosts: localhost
  gather_facts: false
  vars:
    stackroll_run_dir: "{{ lookup('ansible.builtin.env', 'TEST_RUN_DIR') }}"
  tasks:
    - stackroll.nova.run: {target_release: "2026.2", source_release: "2026.1", snapshot: {servers: []}}
    - name: Drain
      acme.thing.compute_drain: {hosts: [cmp1], state: drained}
      register: drained
    - ansible.builtin.copy: {content: "{{ drained | to_json }}", dest: "{{ playbook_dir }}/drained.json", mode: "0600"}
    - name: Restore
      acme.thing.compute_drain: {hosts: [cmp1], state: restored, progress_interval: 0}
      register: restored
    - ansible.builtin.copy: {content: "{{ restored | to_json }}", dest: "{{ playbook_dir }}/restored.json", mode: "0600"}
"""
FAILING = """
- hosts: localhost
  gather_facts: false
  tasks:
    - acme.thing.compute_drain: {hosts: [cmp1], state: drained, fail: true}
"""
ENDLESS = """
- hosts: localhost
  gather_facts: false
  tasks:
    - acme.thing.compute_drain: {hosts: [cmp1], state: drained, log: "{{ playbook_dir }}/slices"}
"""


@pytest.fixture
def start(tmp_path: Path) -> Any:
    """Starts a playbook."""
    plugins = tmp_path / "ansible_collections" / "acme" / "thing" / "plugins"
    for kind, text in (("modules", MODULE), ("action", ACTION)):
        (plugins / kind).mkdir(parents=True)
        (plugins / kind / "compute_drain.py").write_text(text, encoding="utf-8")
    ours = str(run_directory.__file__).partition("ansible_collections")[0]

    def start(playbook: str, *arguments: str) -> subprocess.Popen[str]:
        (tmp_path / "play.yml").write_text(playbook, encoding="utf-8")
        (tmp_path / "ansible.cfg").touch()
        environment = {
            **os.environ,
            "ANSIBLE_COLLECTIONS_PATH": f"{ours}:{tmp_path}",
            "ANSIBLE_LOCAL_TEMP": str(tmp_path / "tmp"),
            "ANSIBLE_REMOTE_TEMP": str(tmp_path / "tmp"),
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_CONFIG": str(tmp_path / "ansible.cfg"),
            "TEST_RUN_DIR": str(tmp_path / "run"),
        }
        command = [
            sys.executable,
            "-m",
            "ansible.cli.playbook",
            "-i",
            "localhost,",
            "-c",
            "local",
            "play.yml",
            *arguments,
        ]
        command += ["-e", f"ansible_python_interpreter={sys.executable}"]
        return subprocess.Popen(
            command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    return start


@pytest.fixture
def play(start: Any) -> Any:
    """Runs a playbook and gives back what was printed."""

    def run(playbook: str, *arguments: str, code: int = 0) -> str:
        process = start(playbook, *arguments)
        output, errors = process.communicate(timeout=120)
        assert process.returncode == code, output + errors
        return output

    return run


def test_slices_lines_and_memory_in_a_playbook(play: Any, tmp_path: Path) -> None:
    output = play(PLAYBOOK)
    lines = [line for line in output.splitlines() if line.startswith("[cmp1]")]
    assert lines == [
        "[cmp1] 1/3 moved, 2 moving, 0 parked, 0 failed, 00:10 elapsed, about 00:20 left",
        "[cmp1] 2/3 moved, 1 moving, 0 parked, 0 failed, 00:20 elapsed, about 00:10 left",
        "[cmp1] 3/3 moved, 0 moving, 0 parked, 0 failed, 00:30 elapsed",
    ]
    drained = json.loads((tmp_path / "drained.json").read_text(encoding="utf-8"))
    assert (drained["changed"], drained["verdicts"], drained["share"]) == (True, ["of the first call"], 10)
    assert drained["api"] == {"requests": 12, "writes": 3}
    assert "continuation" not in drained
    run = json.loads((tmp_path / "run" / "run.json").read_text(encoding="utf-8"))
    restored = json.loads((tmp_path / "restored.json").read_text(encoding="utf-8"))
    assert restored["since"] == run["started"]
    assert restored["seen"] == [
        {"id": "vm", "name": "db", "host": "cmp1", "step": "stop", "vm_state": "active", "request_id": "req-1"}
    ]
    journal = (tmp_path / "run" / "journal.jsonl").read_text(encoding="utf-8").splitlines()
    told = [event for event in map(json.loads, journal) if event["event"] == "servers_parked"]
    assert len(told) == 1  # the third slice has nothing new
    modules = [event for event in map(json.loads, journal) if event["event"] == "module"]
    assert modules[0]["api"] == {"requests": 12, "writes": 3}


def test_a_failing_slice_is_the_last_one(play: Any) -> None:
    output = play(FAILING, code=2)
    assert "cmp1 is not empty: db (because)." in output
    assert len([line for line in output.splitlines() if line.startswith("[cmp1]")]) == 2


def test_nothing_goes_on_when_the_playbook_was_killed(start: Any, tmp_path: Path) -> None:
    slices = tmp_path / "slices"
    process = start(ENDLESS)
    for _second in range(60):
        time.sleep(1)
        if slices.exists():
            break
    process.kill()
    process.communicate(timeout=60)  # its workers hold the pipes as long as they live
    assert any(stands_still(slices, seconds=3) for _try in range(10))


def stands_still(path: Path, seconds: float) -> bool:
    before = path.read_text(encoding="utf-8")
    time.sleep(seconds)
    return path.read_text(encoding="utf-8") == before


def test_check_mode_is_one_call(play: Any) -> None:
    assert "[cmp1]" not in play(FAILING, "--check")


def test_lines_are_told_when_something_changes_or_after_a_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    now, lines = [0.0], []
    monkeypatch.setattr(compute_drain.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(compute_drain.display, "display", lines.append)
    telling = compute_drain.Telling(restoring=False)
    state = {
        "host": "cmp1",
        "total": 2,
        "moved": 0,
        "moving": 1,
        "parked": 0,
        "restored": 0,
        "skipped": 0,
        "blocked": 0,
    }
    state.update(failed=0, retried=[], done=0, elapsed=0, left=None)
    for seconds, changes in (
        (0, {}),
        (5, {"elapsed": 5}),
        (10, {"moved": 1, "done": 1}),
        (39, {}),
        (41, {}),
        (99, {"done": 2}),
    ):
        now[0] = seconds
        state.update(changes)
        telling.tell([dict(state)])
    assert len(lines) == 4
    now[0] = 200
    telling.tell([dict(state)])  # nothing changes any more
    assert len(lines) == 4
