# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action of compute_drain: lines on the screen, and what the journal keeps of parked servers."""

from __future__ import annotations

import json
import time
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.stackroll.nova.plugins.action import compute_drain
from ansible_collections.stackroll.nova.tests.unit.plugins.action.playing import add_plugin, start_playbook

# Stands for the module: three steps, and one server that is parked at the second; with a log it goes on as long as it is heard.
MODULE = """
from __future__ import annotations
import json, os, time
from ansible.module_utils.basic import AnsibleModule
m = AnsibleModule({
    "hosts": {"type": "list", "elements": "str"}, "state": {"type": "str"}, "progress_interval": {"type": "float"},
    "progress_file": {"type": "path"}, "parked": {"type": "list", "elements": "dict", "default": []},
    "parked_since": {"type": "str"}, "fail": {"type": "bool", "default": False}, "log": {"type": "path"},
}, supports_check_mode=True)
p = m.params
parked = [{"id": "vm", "name": "db", "host": "cmp1", "step": "stop", "vm_state": "active", "request_id": "req-1", "attempts": []}]

def news(number):
    progress = {
        "host": "cmp1", "total": 3, "moved": number, "moving": 3 - number, "parked": 0, "restored": 0, "skipped": 0, "blocked": 0,
        "failed": 0, "retried": [], "done": number, "elapsed": 10.0 * number, "left": 10.0 * (3 - number),
    }
    return {"progress": [progress], "parked": parked if number > 1 else []}

def tell(number):
    with open(p["progress_file"] + ".new", "w") as new:
        new.write(json.dumps({**news(number), "told": time.time()}) + "\\n")
    os.replace(p["progress_file"] + ".new", p["progress_file"])

heard = False
while p["log"]:
    tell(1)
    with open(p["log"], "a") as log:
        log.write("turn ")
    time.sleep(0.3)
    listens = os.path.exists(p["progress_file"] + ".listener")
    if heard and not listens:
        m.fail_json(msg="nobody listens")
    heard = heard or listens
for number in (1, 2, 3):
    if p["progress_file"]:
        tell(number)
        time.sleep(1.2)
result = {
    "changed": True, "verdicts": ["all"], "seen": p["parked"], "since": p["parked_since"], "api": {"requests": 12, "writes": 3},
    **news(3),
}
if p["fail"]:
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
      acme.thing.compute_drain: {hosts: [cmp1], state: drained, progress_interval: 0.3}
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
    - acme.thing.compute_drain: {hosts: [cmp1], state: drained, fail: true, progress_interval: 0.3}
"""
ENDLESS = """
- hosts: localhost
  gather_facts: false
  tasks:
    - acme.thing.compute_drain: {hosts: [cmp1], state: drained, log: "{{ playbook_dir }}/turns", progress_interval: 0.3}
"""


@pytest.fixture
def start(tmp_path: Path) -> Any:
    """Starts a playbook."""
    add_plugin(tmp_path, "compute_drain", MODULE, ACTION)
    return partial(start_playbook, tmp_path)


@pytest.fixture
def play(start: Any) -> Any:
    """Runs a playbook and gives back what was printed."""

    def run(playbook: str, *arguments: str, code: int = 0) -> str:
        process = start(playbook, *arguments)
        output, errors = process.communicate(timeout=120)
        assert process.returncode == code, output + errors
        return output

    return run


def test_lines_and_memory_in_a_playbook(play: Any, tmp_path: Path) -> None:
    output = play(PLAYBOOK)
    lines = [line for line in output.splitlines() if line.startswith("[cmp1]")]
    assert lines == [
        "[cmp1] 1/3 moved, 2 moving, 0 parked, 0 failed, 00:10 elapsed, about 00:20 left",
        "[cmp1] 2/3 moved, 1 moving, 0 parked, 0 failed, 00:20 elapsed, about 00:10 left",
        "[cmp1] 3/3 moved, 0 moving, 0 parked, 0 failed, 00:30 elapsed",
    ]
    drained = json.loads((tmp_path / "drained.json").read_text(encoding="utf-8"))
    assert (drained["changed"], drained["verdicts"]) == (True, ["all"])
    assert drained["api"] == {"requests": 12, "writes": 3}
    assert not {"ansible_job_id", "finished", "stdout"} & set(drained)
    assert list((tmp_path / "jobs").iterdir()) == []
    run = json.loads((tmp_path / "run" / "run.json").read_text(encoding="utf-8"))
    restored = json.loads((tmp_path / "restored.json").read_text(encoding="utf-8"))
    assert restored["since"] == run["started"]
    assert restored["seen"] == [
        {"id": "vm", "name": "db", "host": "cmp1", "step": "stop", "vm_state": "active", "request_id": "req-1"}
    ]
    journal = (tmp_path / "run" / "journal.jsonl").read_text(encoding="utf-8").splitlines()
    told = [event for event in map(json.loads, journal) if event["event"] == "servers_parked"]
    assert len(told) == 1  # what is told again is nothing new
    modules = [event for event in map(json.loads, journal) if event["event"] == "module"]
    assert modules[0]["api"] == {"requests": 12, "writes": 3}


def test_a_failure_is_the_modules_own(play: Any) -> None:
    output = play(FAILING, code=2)
    assert "cmp1 is not empty: db (because)." in output
    assert len([line for line in output.splitlines() if line.startswith("[cmp1]")]) == 3


def test_nothing_goes_on_when_the_playbook_was_killed(start: Any, tmp_path: Path) -> None:
    turns = tmp_path / "turns"
    process = start(ENDLESS)
    for _second in range(60):
        time.sleep(1)
        if turns.exists():
            break
    process.kill()
    process.communicate(timeout=60)  # its workers hold the pipes as long as they live
    assert any(stands_still(turns, seconds=3) for _try in range(10))


def stands_still(path: Path, seconds: float) -> bool:
    before = path.read_text(encoding="utf-8")
    time.sleep(seconds)
    return path.read_text(encoding="utf-8") == before


def test_check_mode_is_one_call(play: Any) -> None:
    assert "[cmp1] 3/3" not in play(FAILING, "--check", code=2)


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
