# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Schema scripts and models in a code tree, of which nothing is imported."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.host.migration_scripts import (
    compare,
    read_revisions,
    read_tables,
)
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError
from ansible_collections.stackroll.nova.plugins.module_utils.model.migrations import Operation, Revision
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_generator import SITE
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_schema import add_models, add_scripts

DROPS = "op.drop_column('instances', 'gone')\n    op.drop_column('instances', 'old')\n    op.drop_table('left')"


def test_revisions_come_in_their_order(tmp_path: Path) -> None:
    root = add_scripts(tmp_path, "nova_cell", c="b", a=None, b="a")
    add_scripts(tmp_path, "placement", x=None)
    found = read_revisions(root)
    assert {database: [revision.revision for revision in every] for database, every in found.items()} == {
        "nova_cell": ["a", "b", "c"],
        "placement": ["x"],
    }
    assert found["nova_cell"][1].file == "nova/db/main/migrations/versions/b_script.py"
    assert read_revisions(str(tmp_path / "nowhere")) == {}


def test_two_newest_revisions_are_refused(tmp_path: Path) -> None:
    root = add_scripts(tmp_path, "nova_api", a=None, b="a", c="a")
    with pytest.raises(StackrollError, match="has 2 newest revisions"):
        read_revisions(root)


@pytest.mark.parametrize("text", ["def upgrade(:", "revision = 'b'"])
def test_a_script_that_cannot_be_read_is_named(tmp_path: Path, text: str) -> None:
    root = add_scripts(tmp_path, "nova_api", a=None)
    (tmp_path / SITE / "nova/db/api/migrations/versions/b.py").write_text(text, encoding="utf-8")
    with pytest.raises(StackrollError, match=r"versions/b\.py cannot be read"):
        read_revisions(root)


def test_models(tmp_path: Path) -> None:
    text = """
class Base: pass
class Instance(Base):
    __tablename__ = 'instances'
    __table_args__ = (Index('i', 'uuid'),)
    uuid = sa.Column(sa.String(36))
    named = sa.Column('other', sa.Text)
    large = orm.deferred(sa.Column(sa.Text))
    typed: Mapped[int] = mapped_column(Integer)
    things = orm.relationship('Thing')
links = sa.Table('links', meta, sa.Column('a', sa.Integer), sa.Column('b', sa.Integer))
"""
    assert read_tables(add_models(tmp_path, "nova_cell", text)) == {
        "nova_cell": {"instances": {"uuid", "other", "large", "typed"}, "links": {"a", "b"}}
    }
    with pytest.raises(StackrollError, match=r"models\.py cannot be read"):
        read_tables(add_models(tmp_path, "nova_cell", "class :"))


def test_what_the_models_do_not_have_is_unused(tmp_path: Path) -> None:
    tables = {"nova_cell": {"instances": frozenset(("uuid", "old"))}}
    listed = [
        ("contract", "instances", "gone", True),
        ("contract", "instances", "old", False),
        ("contract", "instances", "deleted_at", False),
        ("contract", "shadow_instances", "gone", True),
        ("contract", "shadow_instances", "old", False),
        ("contract", "left", "", True),
        ("contract", "instances", "", False),
        ("contract", "", "", False),
        ("expand", "left", "", False),
        ("unknown", "left", "", False),
    ]
    operations = tuple(Operation(1, kind, "x", table, column) for kind, table, column, _unused in listed)
    revisions = {"nova_cell": [Revision("b", ("a",), "f", operations)]}
    found = compare(revisions, tables)["nova_cell"][0].operations
    assert [operation.unused for operation in found] == [unused for *_rest, unused in listed]
    for unread in ({}, {"nova_api": tables["nova_cell"]}):
        assert not any(operation.unused for operation in compare(revisions, unread)["nova_cell"][0].operations)
