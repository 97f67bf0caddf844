# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A virtual environment's Nova and Placement made of empty packages, and the little of alembic that reads their revisions."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import pytest

FOLDERS = {
    "nova_api": "nova/db/api/migrations",
    "nova_cell": "nova/db/main/migrations",
    "placement": "placement/db/sqlalchemy/alembic",
}


class CommandError(Exception):
    """What alembic raises."""


class ScriptDirectory:
    """The revisions in a folder's file, oldest first."""

    def __init__(self, folder: str) -> None:
        self.revisions = (Path(folder) / "revisions").read_text(encoding="utf-8").split()

    def get_current_head(self) -> str | None:
        """The newest revision."""
        return self.revisions[-1] if self.revisions else None

    def get_revision(self, revision: str) -> str:
        """A known revision."""
        if revision not in self.revisions:
            raise CommandError(f"Can't locate revision identified by '{revision}'")
        return revision


class StagedCode:
    """Packages in a folder that this interpreter imports from."""

    def __init__(self, site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.site = site
        site.mkdir()
        monkeypatch.syspath_prepend(str(site))
        for name, members in {
            "alembic": {},
            "alembic.script": {"ScriptDirectory": ScriptDirectory},
            "alembic.util": {"CommandError": CommandError},
        }.items():
            module = ModuleType(name)
            vars(module).update(members)
            monkeypatch.setitem(sys.modules, name, module)

    def stage(self, **revisions: str) -> None:
        """Revisions of a kind of database, oldest first, separated by blanks."""
        for kind, known in revisions.items():
            folder = self.site / FOLDERS[kind]
            folder.mkdir(parents=True, exist_ok=True)
            (self.site / kind.split("_")[0] / "__init__.py").touch()
            (folder / "revisions").write_text(known, encoding="utf-8")
