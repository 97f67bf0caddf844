#!/usr/bin/python
# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: stored_objects_info
short_description: Find what newer services have stored and an older Nova cannot read
version_added: 0.1.0
description:
  - Nova keeps versioned objects as JSON in its databases, such as the request spec of every server. An older API answers 500 to every move
    of a server whose request spec holds an object that is newer than its own, and to lists with this server in it. As soon as newer
    services have stored one, Nova's control services can no longer be taken back.
  - Looks for such objects in the request specs and build requests of the API database and in what all cells keep of servers.
  - The database URLs are read from Nova's own configuration files on the host where the module runs, so that no secret leaves
    that host. Only C(SELECT) statements are sent, in read-only sessions. They read whole tables, a portion at a time, and stop when
    enough was found.
extends_documentation_fragment:
  - stackroll.nova.attributes
  - stackroll.nova.attributes.info
options:
  written:
    description: The objects of the code that has written, by name, as RV(stackroll.nova.code_info#module:objects) lists them.
    type: dict
    required: true
  readable:
    description: The objects of the older code that is to read, by name.
    type: dict
    required: true
  config_files:
    description: Nova's configuration files with C([api_database] connection) and C([database] connection), in the order Nova reads them.
    type: list
    elements: path
    default: [/etc/nova/nova.conf]
  database_timeout:
    description: How many seconds one database may take to answer before its cell counts as unknown.
    type: int
    default: 30
requirements:
  - PyMySQL (Nova's own interpreter has it)
seealso:
  - module: stackroll.nova.code_info
author:
  - stackroll.nova contributors (@stackroll)
"""

EXAMPLES = r"""
- name: Ask what the running and the older Nova exchange
  stackroll.nova.code_info:
    running_paths: [/opt/openstack/2026.2]
    staged_path: /opt/openstack/2026.1
    include: [objects]
  register: code

- name: Could Nova be taken back?
  stackroll.nova.stored_objects_info:
    written: "{{ code.objects.old }}"
    readable: "{{ code.objects.new }}"
  vars:
    ansible_python_interpreter: /opt/nova/bin/python
  register: stored
"""

RETURN = r"""
unreadable_versions:
  description: The stored objects that differ, by name, with the version that the older code cannot read. Without any, no database is asked.
  returned: always
  type: dict
  sample: {ImageMetaProps: "1.44"}
found:
  description: The first rows with one of them, at most 20 of each database.
  returned: always
  type: list
  elements: dict
  sample:
    - {database: nova_api, table: request_specs, server: 2f6d1c0e-6b0b-4e8c-9f0e-0a4d5c0f7a11, objects: [ImageMetaProps 1.44]}
unknown:
  description: Cells that did not answer, with the reason.
  returned: always
  type: list
  elements: dict
  sample: []
"""

from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.database.connection import require_pymysql
from ansible_collections.stackroll.nova.plugins.module_utils.database.nova import NovaDatabases
from ansible_collections.stackroll.nova.plugins.module_utils.database.stored_objects import (
    StoredText,
    in_api,
    in_cells,
)
from ansible_collections.stackroll.nova.plugins.module_utils.host.config import ServiceConfig
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.stored_objects import held, unreadable
from ansible_collections.stackroll.nova.plugins.module_utils.runtime.module import StackrollModule, option


def run(module: StackrollModule) -> dict[str, Any]:
    """Ask all databases, where there is something to look for."""
    params = module.params
    versions = unreadable(params["written"], params["readable"])
    outcome: dict[str, Any] = {"unreadable_versions": versions, "found": [], "unknown": []}
    if not versions:
        return outcome
    require_pymysql()
    config = ServiceConfig(params["config_files"])
    urls = config.require("api_database", "connection"), config.get("database", "connection") or ""
    nova = NovaDatabases(*urls, timeout=params["database_timeout"])
    try:
        api = in_api(nova, versions, lambda text: held(text, versions))
        cells = in_cells(nova, versions, lambda text: held(text, versions))
    finally:
        nova.close()
    outcome["found"] = [_told("nova_api", text) for text in api]
    outcome["found"] += [_told(name, text) for name, texts in cells.all() for text in texts]
    outcome["unknown"] = [{"cell": name, "error": reason} for name, reason in cells.silent.items()]
    return outcome


def _told(database: str, text: StoredText) -> dict[str, Any]:
    return {"database": database, "table": text.table, "server": text.server, "objects": list(text.objects)}


def main() -> None:
    """Run the module."""
    StackrollModule(
        argument_spec={
            "written": option("dict", required=True),
            "readable": option("dict", required=True),
            "config_files": option("list", ["/etc/nova/nova.conf"], elements="path"),
            "database_timeout": option("int", 30),
        },
    ).run(run)


if __name__ == "__main__":
    main()
