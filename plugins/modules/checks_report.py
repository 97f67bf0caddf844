#!/usr/bin/python
# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: checks_report
short_description: Keep the results of upgrade checks in the run directory and show them
version_added: 0.1.0
description:
  - Writes C(checks.json) into the run directory on the Ansible controller, and one C(check) event per result into the journal,
    from which M(stackroll.nova.report) makes the section about the checks.
  - Puts O(show) on the screen as it is, line by line, so that the familiar table looks like a table.
  - Passwords in URLs are masked. Keeping is not a change, RV(ignore:changed) is always V(false).
extends_documentation_fragment:
  - stackroll.nova.attributes
  - action_common_attributes.conn
  - action_common_attributes.flow
attributes:
  action:
    support: full
  async:
    support: none
  become:
    support: none
  bypass_host_loop:
    support: none
  check_mode:
    support: full
    details:
      - Works on the directory C(check) inside of the run directory, so that a check run leaves the records of real runs alone.
  connection:
    support: none
  delegation:
    support: full
    details:
      - Has no effect, the files are always those of the Ansible controller.
  diff_mode:
    support: none
  idempotent:
    support: full
options:
  run_dir:
    description:
      - The run directory on the Ansible controller. It is made when it is missing, for its owner alone.
      - A relative path counts from the directory where Ansible was started.
      - Without it, the variable C(stackroll_run_dir) of the task is used.
    type: path
  checks:
    description: The results, as M(stackroll.nova.upgrade_check), M(stackroll.nova.status_command) and M(stackroll.nova.upgrade_order) return them.
    type: list
    elements: dict
    required: true
  facts:
    description: More keys for C(checks.json), such as the target release. They must not hold secrets.
    type: dict
    default: {}
  show:
    description: Lines for the screen, such as RV(stackroll.nova.upgrade_check#module:table).
    type: list
    elements: str
    default: []
  verdict:
    description: The beginning of the last line on the screen, which ends with the path of C(checks.json). Without it there is no such line.
    type: str
    default: ""
seealso:
  - module: stackroll.nova.upgrade_check
  - module: stackroll.nova.report
author:
  - stackroll.nova contributors (@stackroll)
"""

EXAMPLES = r"""
- name: Keep and show what was found
  stackroll.nova.checks_report:
    run_dir: /var/lib/stackroll/region-one
    checks: "{{ readiness.checks }}"
    show: "{{ readiness.table + [readiness.tally] }}"
    verdict: Nothing was changed.
"""

RETURN = r"""
path:
  description: The file on the Ansible controller.
  returned: success
  type: str
  sample: /var/lib/stackroll/region-one/checks.json
shown:
  description: The lines that were put on the screen.
  returned: success
  type: list
  elements: str
  sample: ["9 checks: 9 success", "Nothing was changed.     details: region-one/checks.json"]
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.stackroll.nova.plugins.module_utils.telling import options


def main() -> None:
    """Refuse: the work is done by the action plugin of the same name."""
    module = AnsibleModule(options.CHECKS_REPORT, supports_check_mode=True)
    module.fail_json(msg=options.refusal("checks_report"))


if __name__ == "__main__":
    main()
