#!/usr/bin/python
# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: journal
short_description: Note an event of a run
version_added: 0.1.0
description:
  - Appends one line to C(journal.jsonl) in the run directory on the Ansible controller, with the time, the id of the run and the attempt.
  - Each line is one write, so that hosts that are handled at the same time do not mix their lines.
  - The journal is for people and reports. Nothing depends on it, so that a journal that cannot be written is a warning.
  - Noting is not a change, RV(ignore:changed) is always V(false).
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
  event:
    description: The name of the event. The names that M(stackroll.nova.report) understands are listed in the collection's C(docs/report.md).
    type: str
    required: true
  data:
    description:
      - What belongs to the event. It must not hold secrets. With C(no_log) on the task it is not written.
      - The names C(time), C(run_id), C(attempt) and C(event) are taken. A line that would be longer than 256 KiB is cut and marked with C(cut).
    type: dict
    default: {}
seealso:
  - module: stackroll.nova.run
  - module: stackroll.nova.report
author:
  - stackroll.nova contributors (@stackroll)
"""

EXAMPLES = r"""
- name: Note the disabled host
  stackroll.nova.journal:
    run_dir: /var/lib/stackroll/region-one
    event: host_disabled
    data:
      host: cmp1
      wave: 2
"""

RETURN = r"""
event:
  description: The name of the event.
  returned: success
  type: str
  sample: host_disabled
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.stackroll.nova.plugins.module_utils.telling import options


def main() -> None:
    """Refuse: the work is done by the action plugin of the same name."""
    module = AnsibleModule(options.JOURNAL, supports_check_mode=True)
    module.fail_json(msg=options.refusal("journal"))


if __name__ == "__main__":
    main()
