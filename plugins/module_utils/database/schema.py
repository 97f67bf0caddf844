# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The databases that Nova and Placement migrate: their schema now, and the newest schema of the staged code."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass, field
from pathlib import Path

from ansible_collections.stackroll.nova.plugins.module_utils.database.cells import list_cells
from ansible_collections.stackroll.nova.plugins.module_utils.database.connection import connect
from ansible_collections.stackroll.nova.plugins.module_utils.host.config import ServiceConfig
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError
from ansible_collections.stackroll.nova.plugins.module_utils.model.migrations import SCRIPTS


@dataclass(frozen=True)
class Target:
    """One database to migrate: its *kind* is a key of model.migrations.SCRIPTS; *connection* is a secret."""

    name: str
    kind: str
    connection: str = field(repr=False)


def targets(service: str, config: ServiceConfig) -> list[Target]:
    """All databases of a service, ``nova`` or ``placement``."""
    return nova_targets(config) if service == "nova" else placement_targets(config)


def nova_targets(config: ServiceConfig) -> list[Target]:
    """The API database, cell0 and every other cell."""
    api = config.require("api_database", "connection")
    cells = list_cells(api, config.require("database", "connection"))
    return [Target("nova_api", "nova_api", api)] + [Target(cell.name, "nova_cell", cell.database_url) for cell in cells]


def placement_targets(config: ServiceConfig) -> list[Target]:
    """The one database of Placement."""
    return [Target("placement", "placement", config.require("placement_database", "connection"))]


def current_revision(target: Target) -> str | None:
    """The alembic revision the database is at; None for one without a schema."""
    with connect(target.connection) as database:
        if not database.rows("SHOW TABLES LIKE 'alembic_version'"):
            return None
        rows = database.rows("SELECT version_num FROM alembic_version")
    return str(rows[0]["version_num"]) if rows else None


def newest_revision(target: Target, current: str | None) -> str:
    """The newest revision of the code that this interpreter has.

    Raises StackrollError when the code is not installed here, or does not know the *current* revision because the
    database has already been migrated by newer code.
    """
    try:
        from alembic.script import ScriptDirectory  # only the staged code's interpreter has it
        from alembic.util import CommandError
    except ImportError:
        raise StackrollError(
            "This interpreter has no alembic.",
            "Set ansible_python_interpreter to the one of the target release's code.",
        ) from None
    scripts = ScriptDirectory(_scripts_folder(target.kind))
    head = scripts.get_current_head()
    if head is None:
        raise StackrollError(f"The code staged for {target.name} has no schema revisions.")
    if current is not None:
        try:
            scripts.get_revision(current)
        except CommandError:
            raise StackrollError(
                f"Database {target.name} is at revision {current}, which the staged code does not know.",
                "It was migrated by newer code: stage that release, or a later one.",
            ) from None
    return str(head)


def _scripts_folder(kind: str) -> str:
    package, folder = SCRIPTS[kind]
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.origin:
        raise StackrollError(
            f"This interpreter has no {package} code.",
            "Set ansible_python_interpreter to the one of the target release's code.",
        )
    return str(Path(spec.origin).parent / folder)
