# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where databases are: in the services' own configuration files, or given by URL."""

from __future__ import annotations


class ModuleDocFragment:
    """Options of the modules that can read databases; their argument spec is in module_utils/runtime/inputs.py."""

    DOCUMENTATION = r"""
options:
  config_files:
    description: The services' own configuration files on the host where the module runs, in the order the service reads them.
    type: dict
    suboptions:
      nova:
        description: Nova's files. They name the databases with C([api_database] connection) and C([database] connection).
        type: list
        elements: path
      placement:
        description: Placement's files. They name the database with C([placement_database] connection).
        type: list
        elements: path
  databases:
    description:
      - Connection URLs as the services write them, such as V(mysql+pymysql://nova:secret@db/nova_api?charset=utf8). They precede those
        in O(config_files). Only C(SELECT) statements are sent, in read-only sessions.
    type: dict
    suboptions:
      nova_api:
        description: Nova's API database. Through its cell mappings it leads to all cells, the disabled ones included.
        type: str
      nova:
        description:
          - Nova's C([database] connection). It is not read but fills the cell mappings that are templates.
        type: str
      placement:
        description: Placement's database.
        type: str
requirements:
  - PyMySQL for databases (the services' own interpreters have it)
"""

    TIMEOUT = r"""
options:
  database_timeout:
    description: How many seconds each step of the network may take when a database is read.
    type: int
    default: 10
"""
