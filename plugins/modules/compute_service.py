#!/usr/bin/python
# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: compute_service
short_description: Take compute hosts out of scheduling with a claim, and give back only what was claimed
version_added: 0.1.0
description:
  - Disables or enables the nova-compute services of any number of hosts in one call.
  - A service is disabled with a claim as its reason, C(<claim_prefix>:<run_id>:<host>), followed by O(reason). Only a
    service that carries such a claim, of this or of an earlier run, is ever enabled again. A service that somebody else
    disabled stays exactly as it is, and is listed in RV(foreign).
  - Every write is read back, in Nova and in Placement, where the trait C(COMPUTE_STATUS_DISABLED) follows the status of
    the service. Nova reports success even when setting the trait has failed.
author:
  - stackroll.nova contributors (@stackroll)
extends_documentation_fragment:
  - stackroll.nova.attributes
  - stackroll.nova.openstack
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  hosts:
    description:
      - Host names of the nova-compute services, as Nova knows them. Each must have a service and be named once.
    type: list
    elements: str
    required: true
  state:
    description:
      - V(disabled) takes enabled hosts out of scheduling. Hosts with a claim of ours are left as they are.
      - V(enabled) gives back hosts with a claim of ours.
    type: str
    choices:
      - disabled
      - enabled
    required: true
  run_id:
    description:
      - Which run claims the hosts. Letters, digits, dots, dashes and underscores.
    type: str
    required: true
  claim_prefix:
    description:
      - Whose claims are ours. Letters, digits, dots, dashes and underscores.
    type: str
    default: stackroll
  reason:
    description:
      - A text for people, behind the claim. It is cut where Nova's limit of 255 characters is reached.
    type: str
    default: ''
  forced_down:
    description:
      - With V(true), Nova takes the service for down at once, as is wanted for a host that was fenced, before its servers are
        evacuated; with V(false), that ends. Without it, the flag stays as it is.
      - A host that somebody else disabled keeps its flag, too.
    type: bool
  timeout:
    description:
      - How many seconds to wait until the trait C(COMPUTE_STATUS_DISABLED) agrees with the service.
      - With O(state=enabled), a service that is down is first waited for, because Nova tells only one that is up. When the time is up, it is enabled
        all the same.
      - There is no other waiting for a service that is down. Its trait can only follow when it is back.
    type: float
    default: 60
seealso:
  - module: stackroll.nova.compute_ready
"""

EXAMPLES = r"""
- name: Take the hosts of this batch out of scheduling
  stackroll.nova.compute_service:
    cloud: production
    hosts: "{{ ansible_play_batch }}"
    state: disabled
    run_id: 7f3a90c1
    reason: upgrade to 2026.2

- name: Give back what this or an earlier run has claimed
  stackroll.nova.compute_service:
    cloud: production
    hosts: "{{ ansible_play_batch }}"
    state: enabled
    run_id: 7f3a90c1
  register: given_back

- name: Let Nova know at once that a host is dead and fenced
  stackroll.nova.compute_service:
    cloud: production
    hosts: [cmp7]
    state: disabled
    forced_down: true
    run_id: 7f3a90c1
    reason: power supply

- name: Tell which hosts stay disabled
  ansible.builtin.debug:
    msg: "Left alone because somebody else disabled them: {{ given_back.foreign | join(', ') }}"
  when: given_back.foreign | length > 0
"""

RETURN = r"""
hosts:
  description: The hosts in the order they were named, as they were read back, or as they would be in check mode.
  returned: success, and when something written could not be confirmed
  type: list
  elements: dict
  contains:
    host:
      description: The host.
      type: str
      returned: success
      sample: cmp1
    service_id:
      description: The UUID of the service.
      type: str
      returned: success
      sample: 3f1c9e0e-7c3f-4a64-8d5c-0d8f8a8a9d10
    status:
      description: The status of the service, V(enabled) or V(disabled).
      type: str
      returned: success
      sample: disabled
    claim:
      description: The claim without its text, or V(null) when there is none of ours.
      type: str
      returned: success
      sample: stackroll:7f3a90c1:cmp1
    disabled_reason:
      description: The whole reason as Nova shows it.
      type: str
      returned: success
      sample: stackroll:7f3a90c1:cmp1 upgrade to 2026.2
    forced_down:
      description: Whether Nova was told that the service is down.
      type: bool
      returned: success
      sample: false
    trait:
      description:
        - V(present) or V(absent), the trait C(COMPUTE_STATUS_DISABLED) on the host's resource provider. V(pending) when
          it does not agree yet because the service is down. V(no provider) when there is none.
      type: str
      returned: success
      sample: present
    changed:
      description: Whether this call changed the service.
      type: bool
      returned: success
      sample: true
    result:
      description: V(disabled) or V(enabled) when it was changed, V(unchanged), or V(foreign).
      type: str
      returned: success
      sample: disabled
foreign:
  description: Hosts left alone because somebody else has disabled them.
  returned: success, and when something written could not be confirmed
  type: list
  elements: str
  sample:
    - cmp9
api:
  description: How many requests were sent, and how many of them could change something.
  returned: once the cloud is connected
  type: dict
  sample:
    requests: 9
    writes: 2
"""

from typing import NoReturn

from ansible_collections.stackroll.nova.plugins.module_utils.model.claim import DEFAULT_PREFIX
from ansible_collections.stackroll.nova.plugins.module_utils.moves.service_status import ServiceStatus, Wish
from ansible_collections.stackroll.nova.plugins.module_utils.runtime.cloud import cloud_argument_spec, open_cloud
from ansible_collections.stackroll.nova.plugins.module_utils.runtime.module import Result, StackrollModule


def set_status(module: StackrollModule) -> Result:
    """Fulfil the wish that the options express."""
    params = module.params
    wish = Wish(
        hosts=tuple(params["hosts"]),
        state=params["state"],
        run_id=params["run_id"],
        claim_prefix=params["claim_prefix"],
        reason=params["reason"],
        timeout=params["timeout"],
        check_mode=module.check_mode,
        forced_down=params["forced_down"],
    )
    return ServiceStatus(open_cloud(module), wish).run()


def main() -> NoReturn:
    """Options in, services as read back out."""
    module = StackrollModule(
        argument_spec=cloud_argument_spec(
            hosts={"type": "list", "elements": "str", "required": True},
            state={"type": "str", "choices": ["disabled", "enabled"], "required": True},
            run_id={"type": "str", "required": True},
            claim_prefix={"type": "str", "default": DEFAULT_PREFIX},
            reason={"type": "str", "default": ""},
            forced_down={"type": "bool"},
            timeout={"type": "float", "default": 60},
        ),
    )
    module.run(set_status)


if __name__ == "__main__":
    main()
