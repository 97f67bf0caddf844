# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action of upgrade_plan: the controller's file of a plan, and the controller's journal."""

from __future__ import annotations

import json
from pathlib import Path

from ansible_collections.stackroll.nova.tests.unit.plugins.action.playing import run_playbook
from ansible_collections.stackroll.nova.tests.unit.plugins.module_utils.planning.clouds import Cloud

PLAYBOOK = """
- hosts: localhost
  gather_facts: false
  vars:
    stackroll_run_dir: "{{ lookup('ansible.builtin.env', 'TEST_RUN_DIR') }}"
    fleet: "{{ lookup('ansible.builtin.file', playbook_dir ~ '/fleet.json') | from_json }}"
  module_defaults:
    stackroll.nova.upgrade_plan: {fleet: "{{ fleet }}", mode: drain, done: [new], rates: {host_seconds: 100}}
  tasks:
    - stackroll.nova.run: {target_release: "2026.2", source_release: "2026.1"}
    - stackroll.nova.upgrade_plan:
      register: first
    - ansible.builtin.copy: {content: "{{ first.plan | to_json }}", dest: "{{ playbook_dir }}/plan.json", mode: "0600"}
    - stackroll.nova.journal: {event: host_disabled, data: {host: other}}
    - ansible.builtin.wait_for: {timeout: 1}
    - stackroll.nova.journal: {event: host_enabled, data: {host: other}}
    - stackroll.nova.upgrade_plan: {plan_file: plan.json}
      register: second
    - ansible.builtin.copy: {content: "{{ second | to_json }}", dest: "{{ playbook_dir }}/second.json", mode: "0600"}
"""
REFUSED = """
- hosts: localhost
  gather_facts: false
  tasks:
    - stackroll.nova.upgrade_plan: {fleet: {}, plan_file: "{{ file }}"}
"""


def test_the_plan_and_the_journal_are_the_controllers(tmp_path: Path) -> None:
    fleet = Cloud().hosts("new", "cmp1").fill("cmp1", 2).fleet()
    (tmp_path / "fleet.json").write_text(json.dumps(fleet.to_dict()), encoding="utf-8")
    run_playbook(tmp_path, PLAYBOOK)
    second = json.loads((tmp_path / "second.json").read_text(encoding="utf-8"))
    assert second["drift"] == []
    assert second["plan"]["totals"]["seconds"] > 100
    assert second["left"]["seconds"] < 100, "the host in the journal took hardly more than a second"


def test_a_file_that_is_no_plan_is_named_as_the_task_names_it(tmp_path: Path) -> None:
    (tmp_path / "odd.json").write_text("[]", encoding="utf-8")
    assert "plan_file odd.json is not a plan of schema" in run_playbook(
        tmp_path, REFUSED, "-e", "file=odd.json", fails=True
    )
    output = run_playbook(tmp_path, REFUSED, "-e", "file=none.json", fails=True)
    assert "plan_file none.json cannot be read. Name a file with a plan as JSON." in output
