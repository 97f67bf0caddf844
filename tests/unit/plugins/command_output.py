# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the commands of Nova and Placement print, through the real oslo.upgradecheck and PrettyTable."""

from __future__ import annotations

UPGRADE_CHECKS = """\
+----------------------------------------------------------------------+
| Upgrade Check Results                                                |
+----------------------------------------------------------------------+
| Check: Cells v2                                                      |
| Result: Success                                                      |
| Details: None                                                        |
+----------------------------------------------------------------------+
| Check: hw_machine_type unset                                         |
| Result: Warning                                                      |
| Details: Instances found without hw_machine_type set. This warning   |
|   can be ignored if your environment does not contain                |
|   libvirt based compute hosts. Use the `nova-manage libvirt          |
|   list_unset_machine_type` command to list these instances.          |
|   For more details see the following:                                |
|   https://docs.openstack.org/nova/latest/admin/hw-machine-           |
|   type.html                                                          |
+----------------------------------------------------------------------+
| Check: Older than N-1 computes                                       |
| Result: Failure                                                      |
| Details: Current Nova version does not support computes older than   |
|   Gazpacho but the minimum compute service level in your             |
|   system is 71 and the oldest supported service level is 72.         |
+----------------------------------------------------------------------+
"""
PLACEMENT_CHECKS = """\
+----------------------------------------------------------------------+
| Upgrade Check Results                                                |
+----------------------------------------------------------------------+
| Check: Missing Root Provider IDs                                     |
| Result: Success                                                      |
| Details: None                                                        |
+----------------------------------------------------------------------+
| Check: Incomplete Consumers                                          |
| Result: Warning                                                      |
| Details: There are 3 incomplete consumers table records for existing |
|   allocations. Run the "placement-manage db                          |
|   online_data_migrations" command.                                   |
+----------------------------------------------------------------------+
| Check: Policy File JSON to YAML Migration                            |
| Result: Success                                                      |
| Details: None                                                        |
+----------------------------------------------------------------------+
"""
DATA_MIGRATIONS = """\
Running batches of 50 until complete
5 rows matched query populate_instance_compute_id, 0 migrated
+------------------------------+--------------+-----------+
|          Migration           | Total Needed | Completed |
+------------------------------+--------------+-----------+
| fill_virtual_interface_list  |      0       |     0     |
|     migrate_empty_ratio      |      3       |     3     |
| populate_instance_compute_id |      5       |     0     |
+------------------------------+--------------+-----------+
"""
PLACEMENT_MIGRATIONS = """\
+-----------------------------+-------------+-----------+
|          Migration          | Total Found | Completed |
+-----------------------------+-------------+-----------+
|    set_root_provider_ids    |      0      |     0     |
| create_incomplete_consumers |      2      |     2     |
+-----------------------------+-------------+-----------+
"""
TRACEBACK = """\
Traceback (most recent call last):
  File "/opt/openstack/2026.2/bin/nova-status", line 8, in <module>
    sys.exit(main())
oslo_db.exception.DBConnectionError: (pymysql.err.OperationalError) (2003, "Can't connect to MySQL server on 'db'")
"""
CRASH = """\
Error:
Traceback (most recent call last):
  File "/opt/openstack/2026.2/lib/python3.11/site-packages/oslo_upgradecheck/upgradecheck.py", line 196, in run
    return conf.command.action_fn()  # type: ignore
pymysql.err.OperationalError: (2003, "Can't connect to MySQL server on 'db'")

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "/opt/openstack/2026.2/lib/python3.11/site-packages/oslo_upgradecheck/upgradecheck.py", line 123, in check
    result = func(self)
oslo_db.exception.DBConnectionError: (pymysql.err.OperationalError) (2003, "Can't connect to MySQL server on 'db'")
[SQL: SELECT count(*) AS count_1
FROM resource_providers
WHERE resource_providers.root_provider_id IS NULL]
(Background on this error at: https://sqlalche.me/e/21/e3q8)

"""
CRASH_WORDS = """\
oslo_db.exception.DBConnectionError: (pymysql.err.OperationalError) (2003, "Can't connect to MySQL server on 'db'")"""
JSON_CHECKS = (
    '{"name": "Upgrade Check Results", "checks": [{"check": "Worker counts configured", "result": 1, "details": "The default number'
    ' of RPC workers has changed. Please see release notes for the new values."}, {"check": "Policy File JSON to YAML Migration",'
    ' "result": 0, "details": null}]}'
)
