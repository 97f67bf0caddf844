#!/usr/bin/python
# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: code_info
short_description: Show what the running and the staged code know
version_added: 0.1.0
description:
  - Lists the names of the options that Nova and Placement read, of the code that runs and of the code that is staged. The
    C(oslo-config-generator) of each code is asked, once for both services.
  - Lists the versioned objects that Nova registers, with their versions and fingerprints, as well as its RPC versions, its service
    version, and the libvirt and QEMU versions that it needs. The Python of each code that holds Nova is asked.
  - Lists what the schema scripts of the staged code do, by reading them, and what of it the models of the running code do not use.
    No program is asked for that, and nothing of the code is imported.
  - All codes are asked at the same time. What one of them cannot tell does not hide the rest.
  - M(stackroll.nova.upgrade_check) compares the options with those that hosts set, which M(stackroll.nova.host_software_info)
    tells, the objects with each other, because services of both releases cannot read each other's objects where they differ, and the
    schema scripts with the revisions of the databases. M(stackroll.nova.upgrade_order) says in which order controllers may change.
    Once on one host is enough for the whole cloud.
  - Needs no configuration, no database and no network, and runs with any Python of the host.
extends_documentation_fragment:
  - stackroll.nova.attributes
  - stackroll.nova.attributes.info
options:
  running_paths:
    description:
      - The virtual environments that run, or links to them. Each is asked once. Of a service that two of them hold, the first one
        counts.
      - The one that O(staged_path) leads to is not asked for its options as running code, because it has nothing to be compared with.
      - Of Placement and Nova, the one that is in none of them is not listed.
    type: list
    elements: path
    default: []
  staged_path:
    description: The virtual environment with the target release's code.
    type: path
    required: true
  include:
    description:
      - What to list. V(options) are those of Nova and Placement, V(objects) stands for all that is asked of Nova's Python, and
        V(schema) for the schema scripts.
    type: list
    elements: str
    choices: [options, objects, schema]
    default: [options, objects, schema]
  timeout:
    description: Seconds that each of the programs may take.
    type: float
    default: 180
notes:
  - What could not be listed is named in RV(options.unknown), RV(objects.unknown) and RV(schema.unknown). The checks of M(stackroll.nova.upgrade_check) that
    need it are then V(unknown) and say why.
seealso:
  - module: stackroll.nova.upgrade_check
author:
  - stackroll.nova contributors (@stackroll)
"""

EXAMPLES = r"""
- name: Ask the running and the staged code
  stackroll.nova.code_info:
    running_paths: [/opt/nova, /opt/placement]
    staged_path: /opt/openstack/2026.2
  register: code

- name: Which mixed states are unsafe, and are options set that the staged code has lost?
  stackroll.nova.upgrade_check:
    target_release: "2026.2"
    checks: [Object versions, Configuration options, Schema changes of Nova]
    config_files:
      nova: [/etc/nova/nova.conf]
    software: "{{ dict(ansible_play_hosts | zip(ansible_play_hosts | map('extract', hostvars, 'software'))) }}"
    object_versions: "{{ code.objects }}"
    known_options: "{{ code.options }}"
    schema_changes: "{{ code.schema }}"
"""

RETURN = r"""
options:
  description:
    - The options by code (C(old), C(new)) and service (C(nova), C(placement)), written as section/option. C(known) are all names
      that the code reads, C(deprecated) are those among them that it calls deprecated.
    - If one of the codes could not be asked, there is only C(unknown), which says why.
  returned: O(include) contains V(options)
  type: dict
  sample:
    old:
      nova:
        known: [DEFAULT/debug, DEFAULT/pci_alias, os_vif_linux_bridge/flat_interface, pci/alias]
        deprecated: [DEFAULT/pci_alias]
    new:
      nova:
        known: [DEFAULT/debug, DEFAULT/pci_alias, pci/alias]
        deprecated: [DEFAULT/pci_alias]
  contains:
    old:
      description: The options that the running code knows.
      returned: all codes could be asked
      type: dict
    new:
      description: The options that the staged code knows.
      returned: all codes could be asked
      type: dict
    unknown:
      description: Why the options could not be listed.
      returned: a code could not be asked
      type: str
objects:
  description: Each object's version and the digest of its fields and remotable methods, as in Nova's own tests, by code.
  returned: O(include) contains V(objects)
  type: dict
  sample:
    old: {ImageMeta: 1.8-642d1b2eb3e880a367f37d72dd76162d, ImageMetaProps: 1.42-e2e85f8e6d66bfa2a32f3ee13506bb58}
    new: {ImageMeta: 1.8-642d1b2eb3e880a367f37d72dd76162d, ImageMetaProps: 1.44-fd4f63a7cfab5a0ea0e034c40a554b26}
  contains:
    old:
      description: The objects of the running Nova.
      returned: it could be asked
      type: dict
    new:
      description: The objects of the staged Nova.
      returned: it could be asked
      type: dict
    unknown:
      description: Why the objects of a code could not be listed.
      returned: a code could not be asked, or holds no Nova
      type: str
nova:
  description: The version of Nova, of each code that could be asked.
  returned: O(include) contains V(objects)
  type: dict
  sample: {old: 33.0.2, new: 34.0.0}
service_version:
  description: The version that a service writes into its service record, of each code that could be asked.
  returned: O(include) contains V(objects)
  type: dict
  sample: {old: 72, new: 74}
rpc:
  description: The newest RPC versions that the services serve, of each code that could be asked.
  returned: O(include) contains V(objects)
  type: dict
  sample:
    old: {compute: "6.5", conductor: "3.0", compute_task: "1.26", scheduler: "4.5"}
    new: {compute: "6.5", conductor: "3.0", compute_task: "1.26", scheduler: "4.5"}
minimums:
  description:
    - The versions that the libvirt driver needs (min_*), and those that a later release will need (next_min_*), of each code that could
      be asked.
  returned: O(include) contains V(objects)
  type: dict
  sample:
    old: {min_libvirt: 8.0.0, min_qemu: 6.2.0, next_min_libvirt: 10.0.0, next_min_qemu: 8.2.2}
    new: {min_libvirt: 8.0.0, min_qemu: 6.2.0, next_min_libvirt: 10.0.0, next_min_qemu: 8.2.2}
schema:
  description:
    - The revisions of the staged code by database (C(nova_api), C(nova_cell), C(placement)), oldest first. Each has RV(ignore:revision),
      RV(ignore:after) (the revisions right before it), RV(ignore:file) and RV(ignore:operations).
    - An operation has its RV(ignore:line), RV(ignore:what) it is, the RV(ignore:table), the RV(ignore:column) if one is dropped, and a
      RV(ignore:kind). V(expand) means that code of the release before sees nothing of it, V(relax) that it reads and writes as before,
      perhaps slower or with fewer rules, V(contract) that something which it may read or write is gone or is not taken any more, and
      V(unknown) that the script does not tell. RV(ignore:unused) says that the models of the running code do not have the table or column.
    - The first revision has no operations, because every database has been through it.
  returned: O(include) contains V(schema)
  type: dict
  sample:
    nova_cell:
      - revision: ab450ba04102
        after: [2903cd72dc14]
        file: nova/db/main/migrations/versions/ab450ba04102_db_add_indexes_for_source_dest_.py
        operations:
          - line: 31
            kind: expand
            what: create_index migrations_by_dest_host_nodes_and_status_idx on migrations
            table: migrations
            column: ""
            unused: false
  contains:
    nova_api:
      description: The revisions of Nova's API database.
      returned: the staged code holds Nova, and could be read
      type: list
      elements: dict
    nova_cell:
      description: The revisions of the databases of Nova's cells.
      returned: the staged code holds Nova, and could be read
      type: list
      elements: dict
    placement:
      description: The revisions of Placement's database.
      returned: the staged code holds Placement, and could be read
      type: list
      elements: dict
    unknown:
      description: Why the scripts or the models could not be read.
      returned: they could not be read
      type: str
"""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.host.code import versions_in
from ansible_collections.stackroll.nova.plugins.module_utils.host.migration_scripts import (
    compare,
    read_revisions,
    read_tables,
)
from ansible_collections.stackroll.nova.plugins.module_utils.host.nova_code import describe_nova
from ansible_collections.stackroll.nova.plugins.module_utils.host.option_names import PACKAGES, known_options
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError
from ansible_collections.stackroll.nova.plugins.module_utils.runtime.module import StackrollModule, option

CHOICES = ("options", "objects", "schema")
LISTINGS: dict[str, Callable[[str, float], dict[str, Any]]] = {
    "options": known_options,
    "objects": describe_nova,
    "schema": lambda path, _timeout: read_revisions(path),
    "tables": lambda path, _timeout: read_tables(path),
}
NO_NOVA = {"old": "None of the running_paths holds Nova.", "new": "The staged_path holds no Nova."}
OF_NOVA = ("objects", "nova", "service_version", "rpc", "minimums")


@dataclass(frozen=True)
class Answer:
    """What a code lists, or why it does not."""

    listing: dict[str, Any]
    problem: str = ""


def run(module: StackrollModule) -> dict[str, Any]:
    """Ask the staged code and every other one, all at the same time."""
    params = module.params
    staged, *running = distinct([params["staged_path"], *params["running_paths"]])
    if not versions_in(staged, list(PACKAGES.values())):
        raise StackrollError(
            f"There is neither {' nor '.join(PACKAGES.values())} in {params['staged_path']}.",
            "Stage the target release's code there first.",
        )
    novas = {"old": first_nova(distinct(params["running_paths"])), "new": first_nova([staged])}
    paths = {
        "options": [staged, *running],
        "objects": distinct(path for path in novas.values() if path),
        "schema": [staged],
        "tables": running,
    }
    kinds = [*params["include"], *(["tables"] if "schema" in params["include"] else [])]
    answers = ask([(kind, path) for kind in kinds for path in paths[kind]], params["timeout"])
    result: dict[str, Any] = {}
    if "options" in params["include"]:
        result["options"] = options_of([answers["options", path] for path in paths["options"]])
    if "objects" in params["include"]:
        told = {name: answers.get(("objects", path), Answer({}, NO_NOVA[name])) for name, path in novas.items()}
        result.update(nova_of(told))
    if "schema" in params["include"]:
        result["schema"] = schema_of(answers["schema", staged], [answers["tables", path] for path in running])
    return result


def distinct(paths: Iterable[str]) -> list[str]:
    """The real paths behind the links, each once, in the same order."""
    return list(dict.fromkeys(str(Path(path).resolve()) for path in paths))


def first_nova(paths: Iterable[str]) -> str:
    """The first of the trees that holds Nova; empty when none does."""
    return next((path for path in paths if versions_in(path, [PACKAGES["nova"]])), "")


def ask(questions: list[tuple[str, str]], timeout: float) -> dict[tuple[str, str], Answer]:
    """What each code says, by the kind of listing and its path."""

    def answer(question: tuple[str, str]) -> Answer:
        kind, path = question
        try:
            return Answer(LISTINGS[kind](path, timeout))
        except StackrollError as error:
            return Answer({}, str(error))

    with ThreadPoolExecutor(max_workers=len(questions) or 1) as pool:
        return dict(zip(questions, pool.map(answer, questions)))


def options_of(answers: list[Answer]) -> dict[str, Any]:
    """The options of both codes, the staged one being the first. Nothing can be compared without those of all."""
    unknown = problems(answers) or ("" if answers[0].listing else "The staged code offers no options.")
    if unknown:
        return {"unknown": unknown}
    staged, *running = [answer.listing for answer in answers]
    # Of a service that two paths hold, the first path is the one to compare with.
    return {"old": {name: listed for code in reversed(running) for name, listed in code.items()}, "new": staged}


def nova_of(answers: Mapping[str, Answer]) -> dict[str, dict[str, Any]]:
    """What each Nova has told of itself, by code."""
    told = {name: answer.listing for name, answer in answers.items() if not answer.problem}
    result = {key: {name: listing[key] for name, listing in told.items()} for key in OF_NOVA}
    unknown = problems(answers.values())
    return {**result, "objects": {**result["objects"], "unknown": unknown}} if unknown else result


def schema_of(scripts: Answer, models: list[Answer]) -> dict[str, Any]:
    """The schema revisions by database. Of a service that two running codes hold, the first one counts."""
    unknown = problems([scripts, *models])
    if unknown:
        return {"unknown": unknown}
    tables = {database: found for code in reversed(models) for database, found in code.listing.items()}
    compared = compare(scripts.listing, tables)
    return {database: [revision.to_dict() for revision in revisions] for database, revisions in compared.items()}


def problems(answers: Iterable[Answer]) -> str:
    """Why some of them are missing; empty when none is."""
    return " ".join(answer.problem for answer in answers if answer.problem)


def main() -> None:
    """Run the module."""
    StackrollModule(
        argument_spec={
            "running_paths": option("list", [], elements="path"),
            "staged_path": option("path", required=True),
            "include": option("list", list(CHOICES), elements="str", choices=list(CHOICES)),
            "timeout": option("float", 180.0),
        },
    ).run(run)


if __name__ == "__main__":
    main()
