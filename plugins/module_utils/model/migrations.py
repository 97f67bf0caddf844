# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The revisions of a database schema, what each does to those who use the schema, and which of them are ahead. No I/O."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import InvalidInput

# Where each code keeps its alembic scripts, below its package (nova/db/migration.py, placement/db/sqlalchemy/migration.py).
SCRIPTS = {
    "nova_api": ("nova", "db/api/migrations"),
    "nova_cell": ("nova", "db/main/migrations"),
    "placement": ("placement", "db/sqlalchemy/alembic"),
}

# What an operation means for code that knows only the schema before it.
EXPAND = "expand"  # it sees nothing of it
RELAX = "relax"  # it reads and writes as before, perhaps slower, or with fewer rules
CONTRACT = "contract"  # something that it reads or writes is gone, or is not taken any more
UNKNOWN = "unknown"  # it could not be read from the script
KINDS = (EXPAND, RELAX, CONTRACT, UNKNOWN)


@dataclass(frozen=True)
class Operation:
    """One operation of a script. *what* is its name with what it is about, such as ``drop_column instances.uuid``; *unused* is
    whether the running code does not use the *table*, or the *column* of it that is dropped."""

    line: int
    kind: str
    what: str
    table: str = ""
    column: str = ""
    unused: bool = False


@dataclass(frozen=True)
class Revision:
    """One script. *after* are the revisions that come right before it; the first of all has none, and no operations either, since
    every database has been through it."""

    revision: str
    after: tuple[str, ...]
    file: str
    operations: tuple[Operation, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Plain data for a module's result."""
        operations = [asdict(operation) for operation in self.operations]
        return {"revision": self.revision, "after": list(self.after), "file": self.file, "operations": operations}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Revision:
        """The revision that to_dict wrote. Raises InvalidInput for anything else."""
        try:
            operations = tuple(Operation(**operation) for operation in data["operations"])
            return cls(str(data["revision"]), tuple(data["after"]), str(data["file"]), operations)
        except (KeyError, TypeError) as error:
            raise InvalidInput(
                f"A schema revision is not what code_info returns: {error}.",
                "Give the schema of stackroll.nova.code_info as it is.",
            ) from None


def heads(revisions: Iterable[Revision]) -> list[str]:
    """The newest revisions: one, unless somebody has forgotten to merge."""
    known = list(revisions)
    followed = {name for revision in known for name in revision.after}
    return [revision.revision for revision in known if revision.revision not in followed]


def ahead(revisions: Iterable[Revision], current: str) -> list[Revision] | None:
    """What a database at *current* has not been through, oldest first; None when the code does not know *current*."""
    known = {revision.revision: revision for revision in revisions}
    if current not in known:
        return None
    done, waiting = set(), [current]
    while waiting:
        name = waiting.pop()
        if name not in done and name in known:
            done.add(name)
            waiting += known[name].after
    return [revision for revision in in_order(known.values()) if revision.revision not in done]


def in_order(revisions: Iterable[Revision]) -> list[Revision]:
    """Each after those that it follows. What follows something that is not there, or itself, comes last."""
    left = sorted(revisions, key=lambda revision: revision.revision)
    placed: list[Revision] = []
    names: set[str] = set()
    while left:
        ready = [revision for revision in left if names.issuperset(revision.after)] or left
        placed += ready
        names.update(revision.revision for revision in ready)
        left = [revision for revision in left if revision.revision not in names]
    return placed
