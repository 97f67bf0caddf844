#!/usr/bin/python
# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: run
short_description: Open and close a run
version_added: 0.1.0
description:
  - A run is the way of one cloud to one release, in as many attempts as it takes. This action says which run it is and keeps
    what belongs to it in the run directory on the Ansible controller.
  - A run that was opened and not closed as a success is gone on with, under the same id, with the same journal and the same
    snapshot. This is so after a failure as well as after a kill.
  - The playbooks that one C(ansible-playbook) command imports share one run.
  - Files are replaced as a whole and are on the disk before they count, so that a kill at any instant leaves a run that can be gone on with.
  - Keeping records is not a change of the cloud, RV(ignore:changed) is always V(false).
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
  state:
    description:
      - V(opened) goes on with the unfinished run to O(target_release), or begins a new one and sets the journal and the
        snapshots of the run before aside. The first opening in an attempt writes the event C(run_opened).
      - V(closed) writes the event C(run_closed) and ends the run with O(result). A run that has failed is gone on with by the next opening.
    type: str
    choices: [opened, closed]
    default: opened
  run_dir:
    description:
      - The run directory on the Ansible controller. It is made when it is missing, for its owner alone.
      - A relative path counts from the directory where Ansible was started.
      - Without it, the variable C(stackroll_run_dir) of the task is used.
    type: path
  target_release:
    description:
      - The release that the run leads to. An unfinished run to another release is not gone on with.
      - Required when O(state=opened).
    type: str
  source_release:
    description:
      - The release that the run comes from. The first one that is given counts for the whole run, because a later attempt finds
        a cloud that is half way.
    type: str
  snapshot:
    description:
      - The fleet, as M(stackroll.nova.fleet_info) returns it.
      - When O(state=opened), it is kept until the run has changed something, so that the servers can be compared with it in the end.
      - When O(state=closed), it is kept as the state in the end, for the page.
    type: dict
  return_snapshot:
    description: Whether to return the opening snapshot, which is large in a large cloud.
    type: bool
    default: true
  result:
    description: How the run ended, for O(state=closed).
    type: str
    choices: [success, failed]
    default: success
  reason:
    description: Why the run ended so, for O(state=closed).
    type: str
    default: ''
seealso:
  - module: stackroll.nova.journal
  - module: stackroll.nova.report
author:
  - stackroll.nova contributors (@stackroll)
"""

EXAMPLES = r"""
- name: Open the run, or go on with it
  stackroll.nova.run:
    run_dir: /var/lib/stackroll/region-one
    target_release: "2026.2"
  run_once: true
  register: stackroll_run

- name: Keep the fleet as it was before the first change
  stackroll.nova.run:
    run_dir: /var/lib/stackroll/region-one
    target_release: "2026.2"
    source_release: "2026.1"
    snapshot: "{{ fleet.fleet }}"
  run_once: true

- name: Close the run
  stackroll.nova.run:
    state: closed
    run_dir: /var/lib/stackroll/region-one
    snapshot: "{{ fleet_after.fleet }}"
  run_once: true
"""

RETURN = r"""
run_id:
  description: The id of the run, eight hexadecimal digits, or C(check) in check mode.
  returned: success
  type: str
  sample: 7f3a91c2
opened:
  description: Whether this call has begun a new run.
  returned: success
  type: bool
  sample: true
attempt:
  description: Which attempt of the run this is, counted in C(ansible-playbook) commands.
  returned: success
  type: int
  sample: 1
started:
  description: When the run was opened first.
  returned: success
  type: str
  sample: '2026-11-21T22:26:40.000Z'
source_release:
  description: The release that the run comes from, empty while it is not known.
  returned: success
  type: str
  sample: '2026.1'
target_release:
  description: The release that the run leads to.
  returned: success
  type: str
  sample: '2026.2'
run_dir:
  description: The directory with the records of this run. In check mode it is C(check) inside of O(run_dir).
  returned: success
  type: str
  sample: /var/lib/stackroll/region-one
snapshot:
  description: The fleet as it was before the first change of the run, or null when nobody has kept it.
  returned: success and O(return_snapshot=true)
  type: dict
  sample: {schema: stackroll.nova/fleet/1, taken_at: '2026-11-21T22:26:44Z', servers: []}
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.stackroll.nova.plugins.module_utils.telling import options


def main() -> None:
    """Refuse: the work is done by the action plugin of the same name."""
    module = AnsibleModule(options.RUN, required_if=options.RUN_REQUIRED_IF, supports_check_mode=True)
    module.fail_json(msg=options.refusal("run"))


if __name__ == "__main__":
    main()
