#!/usr/bin/python
# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: upgrade_check
short_description: Say whether this cloud is ready for that release
version_added: 0.1.0
description:
  - Makes the checks of C(nova-status upgrade check) and C(placement-status upgrade check) of every release up to O(target_release), and
    many that no status command makes, without any of Nova's code. It reads databases, APIs and configuration files, and changes
    nothing.
  - What to look at is given by any of O(databases), O(config_files), O(cloud), O(fleet), O(hosts), O(software), O(object_versions),
    O(known_options), O(schema_changes) and O(computes). A check that needs what was not given is V(unknown) and says what it needs. What is unknown counts as a
    failure unless it is named in O(accepted_unknown), because what was not looked at cannot have been found fine.
  - The groups of checks are C(nova) (what C(nova-status) checks), C(placement) (what C(placement-status) checks), C(services) (services,
    computes, cells), C(servers), C(accounting) (providers, allocations, capacity), C(configuration), C(software) (what the target
    release has dropped, stop timeouts, mixed versions) and C(access) (rights of the account, microversions).
  - With O(config_files) it runs on a control host with Nova's own interpreter, and the secrets in these files never leave that
    host.
  - A crash of one check or a cell that does not answer makes that check V(unknown), never the others.
extends_documentation_fragment:
  - stackroll.nova.openstack
  - stackroll.nova.databases
  - stackroll.nova.attributes
  - stackroll.nova.attributes.info
options:
  target_release:
    description: The release to upgrade to, by name, code name or Nova version.
    type: str
    required: true
  releases:
    description:
      - The releases that are passed through before the target, for an upgrade in several steps. Each is asked the checks of its own
        status commands.
    type: list
    elements: str
    default: []
  config_files:
    description: The services' own configuration files on the host where the module runs, in the order the service reads them.
    type: dict
    suboptions:
      nova:
        description:
          - Nova's files. They answer the checks of the configuration, name the databases with C([api_database] connection) and
            C([database] connection), and hold the accounts that Placement and Cinder are asked with.
        type: list
        elements: path
      placement:
        description: Placement's files. They name the database with C([placement_database] connection).
        type: list
        elements: path
  fleet:
    description:
      - The RV(stackroll.nova.fleet_info#module:fleet) of an earlier task. Without it the fleet is read from both databases, which is
        the fastest way, or else from the cloud.
    type: dict
  hosts:
    description: The result of M(stackroll.nova.service_unit_info) for every host, by inventory name.
    type: dict
    default: {}
  software:
    description: The result of M(stackroll.nova.host_software_info) for every host, by inventory name.
    type: dict
    default: {}
  object_versions:
    description:
      - The RV(stackroll.nova.code_info#module:objects), which are the versions of Nova's objects in the code that runs,
        O(object_versions.old), and in the code that is staged, O(object_versions.new), as dictionaries from name to version with
        fingerprint.
    type: dict
    suboptions:
      old:
        description: The objects of the code that runs.
        type: dict
      new:
        description: The objects of the staged code.
        type: dict
      unknown:
        description: Why objects could not be listed. It makes the checks that need them V(unknown).
        type: str
  known_options:
    description: The RV(stackroll.nova.code_info#module:options).
    type: dict
    suboptions:
      old:
        description: The options that the code that runs knows, by service.
        type: dict
      new:
        description: The options that the staged code knows, by service.
        type: dict
      unknown:
        description: Why options could not be listed. It makes the checks that need them V(unknown).
        type: str
  schema_changes:
    description: The RV(stackroll.nova.code_info#module:schema), which is what the schema scripts of the staged code do.
    type: dict
    suboptions:
      nova_api:
        description: The revisions of Nova's API database.
        type: list
        elements: dict
      nova_cell:
        description: The revisions of the databases of Nova's cells.
        type: list
        elements: dict
      placement:
        description: The revisions of Placement's database.
        type: list
        elements: dict
      unknown:
        description: Why the scripts could not be read. It makes the checks that need them V(unknown).
        type: str
  computes:
    description: Nova's names of all compute hosts in the inventory.
    type: list
    elements: str
    default: []
  reshaped_by_module:
    description:
      - Nova's names of the hosts that M(stackroll.nova.provider_tree_reshape) reshapes before nova-compute starts with the target release.
        The checks of reshapes do not ask whether nova-compute could do it itself there, but still whether the configuration lets it start.
    type: list
    elements: str
    default: []
  checks:
    description: Names of checks or groups to make, or V(database) for all that ask a database. Empty means all.
    type: list
    elements: str
    default: []
  skip:
    description:
      - Names of checks or groups to leave out, or V(database) for all that ask a database. They appear in the result as V(skipped).
    type: list
    elements: str
    default: []
  fail_on:
    description:
      - When the module fails. V(failure) includes what is unknown, V(warning) also warnings, and V(never) leaves the judgement to who
        reads the result.
    type: str
    choices: [failure, warning, never]
    default: failure
  accepted_warnings:
    description: Names of checks whose warning is known and accepted.
    type: list
    elements: str
    default: []
  accepted_unknown:
    description: Names of checks or groups that may stay unknown.
    type: list
    elements: str
    default: []
  include_results:
    description:
      - The RV(checks) of other calls, of this module or of M(stackroll.nova.status_command), judged and shown together with those of this
        one. What they have answered already is not asked again.
    type: list
    elements: dict
    default: []
  timeout:
    description:
      - How many seconds one step on the network may take, for a database or for an API that is asked with an account of
        O(config_files), before it counts as silent. Requests to the cloud have O(api_timeout).
    type: int
    default: 10
requirements:
  - keystoneauth1 for the APIs with O(config_files) (Nova's own interpreter has it)
  - openstacksdk only for O(cloud)
notes:
  - The accounts in nova.conf are used to ask for the versions of Placement and Cinder, as C(nova-status) does, and for nothing else.
seealso:
  - module: stackroll.nova.status_command
  - module: stackroll.nova.fleet_info
  - module: stackroll.nova.service_unit_info
author:
  - stackroll.nova contributors (@stackroll)
"""

EXAMPLES = r"""
- name: Make all checks of nova-status and placement-status on a control host, where the configuration is
  stackroll.nova.upgrade_check:
    target_release: "2026.2"
    config_files:
      nova: [/etc/nova/nova.conf]
      placement: [/etc/placement/placement.conf]
    checks: [nova, placement]
  vars:
    ansible_python_interpreter: /opt/nova/bin/python

- name: Check what credentials alone can tell, from anywhere
  stackroll.nova.upgrade_check:
    target_release: "2026.2"
    cloud: production
    checks: [servers, accounting, access]

- name: Check a step over two releases, and see the table without failing
  stackroll.nova.upgrade_check:
    target_release: "2026.1"
    releases: ["2025.1", "2025.2"]
    databases:
      nova_api: "{{ nova_api_database_url }}"
      nova: "{{ nova_database_url }}"
      placement: "{{ placement_database_url }}"
    skip: [access]
    fail_on: never
  register: readiness

- name: Show the table
  ansible.builtin.debug:
    var: readiness.table
"""

RETURN = r"""
code:
  description:
    - The worst result as the exit code of the status commands. V(0) is success, V(1) a warning, V(2) a failure or unknown. What is
      accepted counts as success.
  returned: once the checks were made
  type: int
  sample: 1
result:
  description: The worst result in a word, not counting what is accepted.
  returned: once the checks were made
  type: str
  sample: warning
checks:
  description: Every check and what it found.
  returned: once the checks were made
  type: list
  elements: dict
  contains:
    check:
      description: Its name, the one of the status command if that makes the check as well.
      returned: always
      type: str
      sample: Older than N-1 computes
    group:
      description: The group it belongs to.
      returned: always
      type: str
      sample: nova
    result:
      description: V(success), V(warning), V(failure), V(unknown) or V(skipped).
      returned: always
      type: str
      sample: failure
    accepted:
      description: Whether this result is named in O(accepted_warnings) or O(accepted_unknown).
      returned: always
      type: bool
      sample: false
    summary:
      description: What was found.
      returned: always
      type: str
      sample: cmp3 reports service version 66.
    remedy:
      description: What to do, if possible the exact command.
      returned: always
      type: str
      sample: openstack compute service delete
    objects:
      description: The objects concerned, at most 20.
      returned: always
      type: list
      elements: str
      sample: [cmp3]
    total:
      description: The number of all objects concerned.
      returned: always
      type: int
      sample: 1
    since:
      description: The first major version of Nova whose upgrade the check belongs to.
      returned: always
      type: int
      sample: 23
    release:
      description: The release it was made for.
      returned: always
      type: str
      sample: "2026.2"
    seconds:
      description: How long it took, waiting for answers included.
      returned: always
      type: float
      sample: 0.012
table:
  description: The lines of the familiar upgrade check table.
  returned: once the checks were made
  type: list
  elements: str
tally:
  description: The number of checks by result.
  returned: once the checks were made
  type: str
  sample: "38 checks: 37 success, 1 warning"
target:
  description: The target release with the numbers that tell it apart.
  returned: once the checks were made
  type: dict
  sample: {name: "2026.2", codename: hibiscus, nova: 34}
seconds:
  description: How long all checks took together.
  returned: once the checks were made
  type: float
  sample: 0.41
api:
  description: How many requests were sent, and how many of them could change something.
  returned: always
  type: dict
  sample: {requests: 4, writes: 0}
"""

import time
from collections.abc import Sequence
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import InvalidInput
from ansible_collections.stackroll.nova.plugins.module_utils.model.migrations import SCRIPTS
from ansible_collections.stackroll.nova.plugins.module_utils.model.release import Release
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.catalog import CATALOG
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.check import Check
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.combine import (
    answered,
    combine,
    from_dict,
)
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.gate import (
    FAIL_ON,
    accepted,
    blocking,
    refuse,
)
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.judge import judge, select
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.result import (
    CheckResult,
    code,
    table,
    tally,
    worst,
)
from ansible_collections.stackroll.nova.plugins.module_utils.runtime.cloud import (
    cloud_argument_spec,
    hide_secrets,
)
from ansible_collections.stackroll.nova.plugins.module_utils.runtime.evidence import gather
from ansible_collections.stackroll.nova.plugins.module_utils.runtime.inputs import Inputs, database_argument_spec
from ansible_collections.stackroll.nova.plugins.module_utils.runtime.module import StackrollModule, option

SCHEMA = {**{name: option("list", elements="dict") for name in SCRIPTS}, "unknown": option("str")}
BOTH_CODES = {"old": option("dict"), "new": option("dict"), "unknown": option("str")}


def run(module: StackrollModule) -> dict[str, Any]:
    """Gather evidence, ask the checks, and refuse when something stands in the way."""
    started = time.monotonic()
    params = module.params
    hide_secrets(module)
    releases = steps(params["releases"], params["target_release"])
    included = [from_dict(entry) for entry in params["include_results"]]
    chosen = select(CATALOG, params["checks"], params["skip"])
    asked = [(check, skip) for check, skip in chosen if not is_answered(check, releases, included)]
    with Inputs(params) as inputs:
        module.always(lambda: {"api": inputs.counters()})
        needed = {key for check, skip in asked if not skip for key in check.reads}
        own = judge(asked, gather(inputs, params, needed), releases)
    return conclude(params, combine(own, included, CATALOG), releases[-1], started)


def steps(names: Sequence[str], target_name: str) -> list[Release]:
    """The releases passed through, oldest first, and the target."""
    target = Release.parse(target_name)
    before = sorted((Release.parse(name) for name in names), key=lambda release: release.nova)
    if before and before[-1].nova >= target.nova:
        raise InvalidInput(
            f"The option releases names {before[-1].name}, which does not come before the target release {target.name}.",
            "Name the releases that are passed through on the way, oldest first.",
        )
    return [*before, target]


def is_answered(check: Check, releases: Sequence[Release], included: Sequence[CheckResult]) -> bool:
    """Whether another call has answered all that this check would be asked."""
    asked = {(check.name, check.group, release.name) for release in releases if check.belongs_to(release)}
    return bool(asked) and asked <= answered(included)


def conclude(params: dict[str, Any], results: list[CheckResult], target: Release, started: float) -> dict[str, Any]:
    """The module's result. Raises StackrollError when something stands in the way."""
    excuses = (params["accepted_warnings"], params["accepted_unknown"])
    counted = [result for result in results if not accepted(result, *excuses)]
    outcome = {
        "code": code(counted),
        "result": worst(counted),
        "checks": [{**result.to_dict(), "accepted": accepted(result, *excuses)} for result in results],
        "table": table(results),
        "tally": tally(results),
        "target": target.to_dict(),
        "seconds": round(time.monotonic() - started, 3),
    }
    refuse(f"Not ready for {target.name}.", blocking(results, params["fail_on"], *excuses), outcome)
    return outcome


def main() -> None:
    """Run the module."""
    StackrollModule(
        argument_spec=cloud_argument_spec(
            target_release=option("str", required=True),
            releases=option("list", [], elements="str"),
            fleet=option("dict"),
            hosts=option("dict", {}),
            software=option("dict", {}),
            object_versions=option("dict", options=BOTH_CODES),
            known_options=option("dict", options=BOTH_CODES),
            schema_changes=option("dict", options=SCHEMA),
            computes=option("list", [], elements="str"),
            reshaped_by_module=option("list", [], elements="str"),
            checks=option("list", [], elements="str"),
            skip=option("list", [], elements="str"),
            fail_on=option("str", "failure", choices=list(FAIL_ON)),
            accepted_warnings=option("list", [], elements="str"),
            accepted_unknown=option("list", [], elements="str"),
            include_results=option("list", [], elements="dict"),
            timeout=option("int", 10),
            **database_argument_spec(),
        ),
    ).run(run)


if __name__ == "__main__":
    main()
