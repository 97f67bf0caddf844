# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The actions as a playbook uses them: in a real ansible-playbook, on made-up hosts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.stackroll.nova.tests.unit.plugins.action.playing import add_plugin, run_playbook

MODULE = """
from __future__ import annotations
from ansible.module_utils.basic import AnsibleModule
m = AnsibleModule({"secret": {"type": "str", "no_log": True}, "fail": {"type": "bool"}}, supports_check_mode=True)
if m.params["fail"]:
    m.fail_json(msg="Cannot reach mysql://nova:hunter2@db/nova\\nmore", api={"requests": 2, "writes": 0})
m.exit_json(changed=True, seen=m.check_mode, diff={"before": "a", "after": "b"}, api={"requests": 5, "writes": 1})
"""
ACTION = """
from __future__ import annotations
from ansible_collections.stackroll.nova.plugins.plugin_utils.journaled import JournaledAction
class ActionModule(JournaledAction):
    pass
"""
PLAYBOOK = """
- hosts: all
  gather_facts: false
  vars:
    stackroll_run_dir: "{{ lookup('ansible.builtin.env', 'TEST_RUN_DIR') }}"
  tasks:
    - stackroll.nova.run: {target_release: "2026.2", source_release: "2026.1", snapshot: {servers: []}}
      run_once: true
      delegate_to: nowhere.invalid
      vars: {ansible_connection: ssh}
      register: opened
    - ansible.builtin.assert:
        that:
          - opened is not changed
          - opened.snapshot.servers == []
    - name: Probe
      acme.thing.probe: {secret: hunter2}
      register: probe
    - name: Probe elsewhere
      acme.thing.probe: {secret: hunter2}
      delegate_to: localhost
      run_once: true
    - name: Quiet
      acme.thing.probe: {secret: hunter2}
      no_log: true
      run_once: true
    - name: Always for real
      acme.thing.probe:
      check_mode: false
      run_once: true
    - ansible.builtin.assert:
        that:
          - probe is changed
          - probe.seen == ansible_check_mode
          - probe.diff.after == 'b'
    - stackroll.nova.journal: {event: host_result, data: {host: "{{ inventory_hostname }}", result: upgraded}}
    - block:
        - name: Fails
          acme.thing.probe: {fail: true}
          when: inventory_hostname == 'a'
      rescue:
        - ansible.builtin.include_role: {name: stackroll.nova.report}
          vars: {report_result: success, report_fleet: {servers: []}, report_show: false}
"""


@pytest.fixture
def play(tmp_path: Path) -> Any:
    """Runs the playbook, or another one, and gives back what was printed."""
    add_plugin(tmp_path, "probe", MODULE, ACTION)

    def run(*arguments: str, playbook: str = PLAYBOOK, **options: Any) -> str:
        return run_playbook(tmp_path, playbook, *arguments, hosts="a,b,", **options)

    return run


def events(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (path / "journal.jsonl").read_text(encoding="utf-8").splitlines()]


def test_a_run_in_a_playbook(play: Any, tmp_path: Path) -> None:
    output = play("--diff")
    assert "+b" in output
    found = events(tmp_path / "run")
    assert "hunter2" not in json.dumps(found)
    assert {(event["run_id"], event["attempt"]) for event in found} == {(found[0]["run_id"], 1)}
    told = {(event["task"], event["host"]): event for event in found if event["event"] == "module"}
    assert sorted(told) == [
        *(
            ("Always for real", "a"),
            ("Fails", "a"),
            ("Probe", "a"),
            ("Probe", "b"),
            ("Probe elsewhere", "a"),
            ("Quiet", "a"),
        ),
    ]
    assert told["Probe", "a"]["changed"] is True
    assert told["Fails", "a"]["msg"] == "Cannot reach mysql://***@db/nova"
    assert "changed" not in told["Quiet", "a"]
    report = json.loads((tmp_path / "run" / "report.json").read_text(encoding="utf-8"))
    assert (report["result"], report["api"]) == ("success", {"requests": 22, "writes": 4})
    assert [host["result"] for host in report["hosts"]] == ["upgraded", "upgraded"]
    assert not (tmp_path / "run" / "check").exists()
    for path in (tmp_path / "run").iterdir():
        assert path.stat().st_mode & 0o777 == (0o644 if path.name.startswith("report") else 0o600)


def test_a_check_run_writes_beside(play: Any, tmp_path: Path) -> None:
    play("--check")
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["check"]
    assert {event["run_id"] for event in events(tmp_path / "run" / "check")} == {"check"}
    assert len([event for event in events(tmp_path / "run" / "check") if event["event"] == "module"]) == 6


def test_a_dry_task_of_a_real_run_belongs_to_it(play: Any, tmp_path: Path) -> None:
    tasks = "[{stackroll.nova.run: {target_release: x}}, {acme.thing.probe: {}, check_mode: true}]"
    play(playbook=f"- {{hosts: a, gather_facts: false, vars: {{stackroll_run_dir: '{tmp_path}/run'}}, tasks: {tasks}}}")
    opened, module = events(tmp_path / "run")
    assert (opened["event"], module["event"]) == ("run_opened", "module")
    assert module["changed"] is False, "what it would change is not changed"
    assert not (tmp_path / "run" / "check").exists()


def test_a_module_works_without_a_journal(play: Any, tmp_path: Path) -> None:
    text = "- {hosts: a, gather_facts: false, tasks: [{acme.thing.probe: {}}]}"
    play(playbook=text)
    assert not (tmp_path / "run").exists()


def test_a_journal_that_cannot_be_written_is_a_warning(play: Any, tmp_path: Path) -> None:
    (tmp_path / "run").write_text("a file where the directory should be", encoding="utf-8")
    tasks = "[{acme.thing.probe: {}}, {stackroll.nova.journal: {event: x}}]"
    text = f"- {{hosts: a, gather_facts: false, vars: {{stackroll_run_dir: '{tmp_path}/run'}}, tasks: {tasks}}}"
    output = play(playbook=text)
    assert "acme.thing.probe is missing from the journal" in output
    assert "The event x is missing from the journal" in output


@pytest.mark.parametrize(
    ("task", "message"),
    [
        (
            "stackroll.nova.run: {target_release: x}",
            "No run directory is known. Set stackroll_run_dir or the option run_dir.",
        ),
        ("stackroll.nova.run: {run_dir: /proc/x, target_release: x}", "/proc/x cannot be used: "),
        ("stackroll.nova.run: {run_dir: x}", "state is opened but all of the following are missing: target_release"),
        ("stackroll.nova.run: {run_dir: x, state: closed}", "Open one first with state=opened."),
        ("stackroll.nova.report: {run_dir: x}", "There is no journal in "),
        ("stackroll.nova.journal: {run_dir: x, data: {}}", "missing required arguments: event"),
    ],
)
def test_errors_are_one_sentence(play: Any, task: str, message: str) -> None:
    output = play(playbook=f"- {{hosts: a, gather_facts: false, tasks: [{{{task}}}]}}", fails=True)
    assert message in output
    assert "Traceback" not in output
