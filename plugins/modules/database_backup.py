#!/usr/bin/python
# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
---
module: database_backup
short_description: Back the databases of Nova or Placement up, and prove that the backup can be restored
version_added: 0.1.0
description:
  - Dumps all databases of a service (of Nova the API database, cell0 and every cell) with C(mariadb-dump) or C(mysqldump) of the host,
    without locking them. Those of one server and account are in one file, as of one moment.
  - Verifies each dump. Where the account may make databases, it is restored into scratch databases called C(stackroll_verify_...) on the
    same server, the rows of every table are counted there and compared with those in the dump, and the scratch databases are dropped. Otherwise
    it is unpacked and read to its end, its rows are counted, and its tables are compared with those of the live databases.
  - A verified backup of the same databases that lies in O(dest) already is kept as it is.
  - The password reaches the programs through a file in memory, never through an argument, the environment or a disk.
  - To restore, stop all services and run C(zcat nova.sql.gz | mariadb) with an account that may; the dump names its databases.
extends_documentation_fragment:
  - stackroll.nova.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
  idempotent:
    support: full
options:
  service:
    description: Whose databases.
    type: str
    choices: [nova, placement]
    required: true
  config_files:
    description: The service's configuration files, in the order the service reads them. The default depends on O(service).
    type: list
    elements: path
  dest:
    description:
      - The folder for the backup. It is made for its owner alone, as are the files in it.
      - Give each run one of its own.
    type: path
    required: true
  verify:
    description:
      - V(restore) fails where the account may not make databases, V(read) never makes any.
      - V(auto) restores where the account may, and reads otherwise; RV(verified) and RV(reason) tell.
      - A restore takes as much room on the database server as the databases themselves, and a cluster replicates it.
    type: str
    choices: [auto, restore, read]
    default: auto
  admin_defaults_file:
    description:
      - An options file of MariaDB or MySQL on the host with an account (group C(client)) that may read the databases, and make and drop others. Its
        account and TLS are used instead of those of the service, for every server; the addresses stay those of the service.
    type: path
  timeout:
    description: How many seconds the dump of one server may take, and its restore again.
    type: int
    default: 3600
requirements:
  - mariadb-dump and mariadb, or mysqldump and mysql
  - PyMySQL in the module's interpreter
seealso:
  - module: stackroll.nova.database_schema
author:
  - stackroll.nova contributors (@stackroll)
"""

EXAMPLES = r"""
- name: Back all of Nova's databases up
  stackroll.nova.database_backup:
    service: nova
    dest: /var/lib/stackroll/backup/2026-11-22
  vars:
    ansible_python_interpreter: /opt/nova/bin/python

- name: Back Placement up, and do not go on without a restore that worked
  stackroll.nova.database_backup:
    service: placement
    dest: /var/lib/stackroll/backup/2026-11-22
    verify: restore
    admin_defaults_file: /root/.my.cnf
  vars:
    ansible_python_interpreter: /opt/placement/bin/python
"""

RETURN = r"""
path:
  description: The file, or the folder where the databases are on several servers and the backup is in several files.
  returned: success
  type: str
  sample: /var/lib/stackroll/backup/2026-11-22/nova.sql.gz
made:
  description: When it was begun.
  returned: when there is one
  type: str
  sample: "2026-11-22T02:00:00.000Z"
verified:
  description: How it was verified, V(restore) or V(read).
  returned: when there is one
  type: str
  sample: restore
reason:
  description: Why it was not restored.
  returned: when there is one
  type: str
  sample: ""
bytes:
  description: The size of all files.
  returned: when there is one
  type: int
  sample: 1048576
tables:
  description: How many tables are in it.
  returned: when there is one
  type: int
  sample: 162
rows:
  description: How many rows are in it.
  returned: when there is one
  type: int
  sample: 20480
seconds:
  description: How long it took to make and verify it, 0 for one that was there.
  returned: when there is one
  type: float
  sample: 12.5
files:
  description: Every file with its checksum, and the databases in it.
  returned: when there is one
  type: list
  elements: dict
  sample:
    - path: /var/lib/stackroll/backup/2026-11-22/nova.sql.gz
      bytes: 1048576
      sha256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
      host: db
      port: 3306
      databases: [nova_api, nova_cell0, nova]
"""

from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.backup.making import Backup
from ansible_collections.stackroll.nova.plugins.module_utils.backup.record import AUTO, HOW
from ansible_collections.stackroll.nova.plugins.module_utils.database import schema
from ansible_collections.stackroll.nova.plugins.module_utils.database.connection import require_pymysql
from ansible_collections.stackroll.nova.plugins.module_utils.host.config import ServiceConfig
from ansible_collections.stackroll.nova.plugins.module_utils.runtime.module import StackrollModule, option

DEFAULT_FILES = {"nova": ["/etc/nova/nova.conf"], "placement": ["/etc/placement/placement.conf"]}


def run(module: StackrollModule) -> dict[str, Any]:
    """Keep what is there, or make it."""
    require_pymysql()
    service = module.params["service"]
    config = ServiceConfig(module.params["config_files"] or DEFAULT_FILES[service])
    backup = Backup(module.params, schema.targets(service, config))
    kept = backup.kept()
    if kept is not None:
        return {"changed": False, **kept}
    return {"changed": True, **(backup.planned() if module.check_mode else backup.make())}


def main() -> None:
    """Run the module."""
    StackrollModule(
        argument_spec={
            "service": option("str", choices=["nova", "placement"], required=True),
            "config_files": option("list", elements="path"),
            "dest": option("path", required=True),
            "verify": option("str", AUTO, choices=list(HOW)),
            "admin_defaults_file": option("path"),
            "timeout": option("int", 3600),
        },
    ).run(run)


if __name__ == "__main__":
    main()
