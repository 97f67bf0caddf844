#!/usr/bin/python
# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: report
short_description: Write the report of a run
version_added: 0.1.0
description:
  - Reads the journal of the latest run and writes what happened as C(report.json), as C(report.html), a page without any outside
    resource that can be attached to a change ticket, and as C(report.txt), the summary.
  - It can be written at any time. A run that was not closed is reported as C(unfinished), or as C(failed) when its journal says why;
    it is a success only when it was closed as such.
  - Writing a report is not a change, RV(ignore:changed) is always V(false).
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
seealso:
  - module: stackroll.nova.run
  - module: stackroll.nova.journal
author:
  - stackroll.nova contributors (@stackroll)
"""

EXAMPLES = r"""
- name: Write the report
  stackroll.nova.report:
    run_dir: /var/lib/stackroll/region-one
  run_once: true
  register: told

- name: Show the summary
  ansible.builtin.debug:
    msg: "{{ told.summary }}"
  run_once: true
"""

RETURN = r"""
summary:
  description: The summary, about ten lines.
  returned: success
  type: list
  elements: str
  sample:
    - Rolled 4 hosts and 2 controllers from 2026.1 to 2026.2 in 2 min 57 s
    - '  servers      20 before, 20 after: 20 in the same state, 0 moved, 0 lost'
report:
  description: The content of C(report.json). The collection's C(docs/report.md) describes every key.
  returned: success
  type: dict
  sample: {schema: stackroll.nova/report/1, run_id: 7f3a91c2, result: success}
paths:
  description: Where the report is.
  returned: success
  type: dict
  sample:
    json: /var/lib/stackroll/region-one/report.json
    html: /var/lib/stackroll/region-one/report.html
    txt: /var/lib/stackroll/region-one/report.txt
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.stackroll.nova.plugins.module_utils.telling import options


def main() -> None:
    """Refuse: the work is done by the action plugin of the same name."""
    module = AnsibleModule(options.REPORT, supports_check_mode=True)
    module.fail_json(msg=options.refusal("report"))


if __name__ == "__main__":
    main()
