#!/usr/bin/python
# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: run_lock
short_description: Let one run at a time work on a cloud
version_added: 0.1.0
description:
  - Keeps a lock file on a host that every operator of the cloud shares, usually the first conductor, with the owner, the run
    and the time of the last sign of life.
  - The owner is the C(ansible-playbook) process on its controller. A lock whose process is gone from the same controller is
    taken over, so that a run that was killed can be started again at once; a lock from another controller is taken over only
    after O(ttl) without a sign of life, or with O(force=true).
  - Taking or renewing the lock does not count as a change.
extends_documentation_fragment:
  - stackroll.nova.attributes
attributes:
  check_mode:
    support: full
    details: Looks at the lock and reports its holder, without taking it and without failing.
  diff_mode:
    support: none
  idempotent:
    support: full
  action:
    description: Has a part that runs on the Ansible controller, which knows the process that wants the lock.
    support: full
options:
  state:
    description: V(held) takes or renews the lock, V(released) frees it if it is ours.
    type: str
    choices: [held, released]
    default: held
  path:
    description: The lock file.
    type: path
    default: /var/lib/stackroll/lock.json
  run_id:
    description: The run that wants the lock.
    type: str
    required: true
  ttl:
    description: After how many seconds without a sign of life a lock from another controller may be taken over.
    type: int
    default: 7200
  force:
    description: Take the lock whoever holds it. Only after making sure that the other run is gone.
    type: bool
    default: false
  owner:
    description: The process that wants the lock; the action plugin fills it in.
    type: str
  take_over:
    description: The owner whose lock may be replaced because its process is gone; the action plugin fills it in.
    type: str
author:
  - stackroll.nova contributors (@stackroll)
"""

EXAMPLES = r"""
- name: Keep other runs away from this cloud
  stackroll.nova.run_lock:
    state: held
    run_id: 7f3a90c1
  delegate_to: ctl1
  run_once: true
"""

RETURN = r"""
holder:
  description: Who holds the lock now, or null.
  returned: always
  type: dict
  sample: {owner: "bastion:4242:88123:1a2b3c4d", run_id: 7f3a90c1, since: 1795300000.0, touched: 1795300042.0}
"""

import time
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.host.lock_file import Holder, LockFile
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError
from ansible_collections.stackroll.nova.plugins.module_utils.runtime.module import StackrollModule, option


def result(holder: Holder | None) -> dict[str, Any]:
    """The module's result."""
    return {"changed": False, "holder": holder.to_dict() if holder else None}


def refuse(holder: Holder, now: float) -> StackrollError:
    """The sentence for a lock that somebody else holds."""
    return StackrollError(
        f"Another run ({holder.run_id}) works on this cloud: {holder.owner}, since {(now - holder.since) / 60:.0f} min,"
        f" last sign of life {now - holder.touched:.0f} s ago.",
        "Wait for it; if you are sure that it is gone, add -e stackroll_lock_force=true.",
        details=result(holder),
    )


def may_replace(holder: Holder, params: dict[str, Any], now: float) -> bool:
    """Whether the lock of somebody else may be taken."""
    return bool(params["force"]) or holder.owner == params["take_over"] or now - holder.touched > params["ttl"]


def hold(lock: LockFile, params: dict[str, Any], now: float) -> Holder:
    """Take, renew or take over the lock."""
    with lock.exclusive():
        holder = lock.read()
        ours = holder is not None and holder.owner == params["owner"]
        if holder and not ours and not may_replace(holder, params, now):
            raise refuse(holder, now)
        mine = Holder(params["owner"], params["run_id"], holder.since if holder and ours else now, now)
        lock.write(mine)
    return mine


def release(lock: LockFile, owner: str) -> Holder | None:
    """Free the lock if it is ours; whose it is otherwise."""
    if lock.read() is None:
        return None
    with lock.exclusive():
        holder = lock.read()
        if holder is None or holder.owner != owner:
            return holder
        lock.remove()
    return None


def run(module: StackrollModule) -> dict[str, Any]:
    """Do what O(state) says."""
    params = module.params
    lock = LockFile(params["path"])
    if not params["owner"]:
        raise StackrollError("run_lock needs its action plugin.", "Call it as stackroll.nova.run_lock from a playbook.")
    try:
        if module.check_mode:
            return result(lock.read())
        if params["state"] == "held":
            return result(hold(lock, params, time.time()))
        return result(release(lock, params["owner"]))
    except OSError as error:
        raise StackrollError(
            f"The lock file {lock.path} cannot be used: {error.strerror}.",
            "Become a user that may write there, or set stackroll_lock_path.",
        ) from error


def main() -> None:
    """Run the module."""
    StackrollModule(
        argument_spec={
            "state": option("str", "held", choices=["held", "released"]),
            "path": option("path", "/var/lib/stackroll/lock.json"),
            "run_id": option("str", required=True),
            "ttl": option("int", 7200),
            "force": option("bool", False),
            "owner": option("str"),
            "take_over": option("str"),
        },
    ).run(run)


if __name__ == "__main__":
    main()
