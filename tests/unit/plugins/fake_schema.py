# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Schema scripts and models in a code tree, as Nova and Placement keep them."""

from __future__ import annotations

from pathlib import Path

from ansible_collections.stackroll.nova.plugins.module_utils.host.migration_scripts import MODELS
from ansible_collections.stackroll.nova.plugins.module_utils.model.migrations import SCRIPTS
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_generator import SITE

_SCRIPT = """
from alembic import op
import sqlalchemy as sa
revision = {revision!r}
down_revision = {after!r}
def upgrade():
    {body}
"""


def add_scripts(root: Path, database: str, body: str = "pass", **revisions: str | None) -> str:
    """Add revisions with the ones before them to a tree; all but the first do what *body* says. Returns the tree."""
    package, folder = SCRIPTS[database]
    versions = root / SITE / package / folder / "versions"
    versions.mkdir(parents=True, exist_ok=True)
    (versions / "__init__.py").touch()
    for revision, after in revisions.items():
        text = _SCRIPT.format(revision=revision, after=after, body=body)
        (versions / f"{revision}_script.py").write_text(text, encoding="utf-8")
    return str(root)


def add_models(root: Path, database: str, text: str) -> str:
    """Add models to a tree; returns it."""
    file = root / SITE / MODELS[database][0]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return str(root)
