# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What schema scripts do, by their text: every kind of operation, and everything that could hide one."""

from __future__ import annotations

import ast
import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.stackroll.nova.plugins.module_utils.host.migration_code import operations, read_script
from ansible_collections.stackroll.nova.plugins.module_utils.host.migration_operations import ALWAYS, TABLE_AT
from ansible_collections.stackroll.nova.plugins.module_utils.model.migrations import (
    CONTRACT,
    EXPAND,
    RELAX,
    UNKNOWN,
    Operation,
)

HEAD = """
import sqlalchemy as sa
from alembic import context, op
from sqlalchemy import func as sqlfunc, inspect, select
from sqlalchemy.engine import reflection
from nova.db import types
revision, down_revision = "b", "a"
"""


def done(body: str, before: str = "") -> list[Operation]:
    """What an upgrade function with this body does."""
    text = f"{HEAD}\n{textwrap.dedent(before)}\ndef upgrade():\n{textwrap.indent(textwrap.dedent(body), '    ')}\n"
    return operations(ast.parse(text))


def said(body: str, before: str = "") -> list[tuple[str, str]]:
    return [(operation.kind, operation.what) for operation in done(body, before)]


ONE = [
    ("op.create_table('t', sa.Column('id', sa.Integer, nullable=False))", EXPAND, "create_table t"),
    ("op.create_index('i', 't', ['a'])", EXPAND, "create_index i on t"),
    ("op.create_index('i', 't', ['a'], unique=False)", EXPAND, "create_index i on t"),
    ("op.create_index('i', 't', ['a'], unique=True)", CONTRACT, "create_index i on t"),
    ("op.create_index('i', 't', ['a'], unique=types.X)", CONTRACT, "create_index i on t"),
    ("op.create_index('i', 't', ['a'], **types.X)", CONTRACT, "create_index i on t"),
    ("op.create_index(op.f('i'), table_name='t', columns=['a'])", EXPAND, "create_index i on t"),
    ("op.add_column('t', sa.Column('c', sa.Integer()))", EXPAND, "add_column t.c"),
    ("op.add_column('t', sa.Column('c', sa.Integer(), nullable=True))", EXPAND, "add_column t.c"),
    ("op.add_column('t', sa.Column('c', sa.Integer(), nullable=False))", CONTRACT, "add_column t.c"),
    ("op.add_column('t', sa.Column('c', sa.Integer(), nullable=False, default=0))", CONTRACT, "add_column t.c"),
    ("op.add_column('t', sa.Column('c', sa.Integer(), nullable=False, server_default='0'))", EXPAND, "add_column t.c"),
    (
        "op.add_column('t', sa.Column('c', sa.Integer(), nullable=False, server_default=None))",
        CONTRACT,
        "add_column t.c",
    ),
    ("op.add_column('t', sa.Column('c', sa.Integer(), unique=True))", CONTRACT, "add_column t.c"),
    ("op.add_column('t', sa.Column('c', sa.Integer(), primary_key=True))", CONTRACT, "add_column t.c"),
    ("op.add_column('t', sa.Column('c', sa.Integer(), nullable=types.X))", UNKNOWN, "add_column t.c"),
    ("op.add_column('t', types.column())", UNKNOWN, "add_column t.types.column()"),
    ("c = sa.Column('c', sa.Integer())\nop.add_column('t', c)", EXPAND, "add_column t.c"),
    ("op.drop_table('t')", CONTRACT, "drop_table t"),
    ("op.drop_column('t', 'c')", CONTRACT, "drop_column t.c"),
    ("op.drop_column(table_name='t', column_name='c')", CONTRACT, "drop_column t.c"),
    ("op.rename_table('t', 'u')", CONTRACT, "rename_table t"),
    ("op.rename_table(old_table_name='t', new_table_name='u')", CONTRACT, "rename_table t"),
    ("op.drop_index('i', table_name='t')", RELAX, "drop_index i on t"),
    ("op.drop_index(index_name='i', table_name='t')", RELAX, "drop_index i on t"),
    ("op.drop_constraint('k', 't', type_='unique')", RELAX, "drop_constraint k on t"),
    ("op.drop_constraint('k', 't', type_='primary')", CONTRACT, "drop_constraint k on t"),
    ("op.create_unique_constraint('k', 't', ['a'])", CONTRACT, "create_unique_constraint k on t"),
    ("op.create_foreign_key('k', 't', 'u', ['a'], ['b'])", CONTRACT, "create_foreign_key k on t"),
    ("op.alter_column('t', 'c', nullable=False)", CONTRACT, "alter_column t.c"),
    ("op.alter_column('t', 'c', nullable=True)", RELAX, "alter_column t.c"),
    ("op.alter_column('t', 'c', nullable=types.X)", UNKNOWN, "alter_column t.c"),
    ("op.alter_column('t', 'c', new_column_name='d')", CONTRACT, "alter_column t.c"),
    ("op.alter_column('t', 'c', server_default='1')", RELAX, "alter_column t.c"),
    ("op.alter_column('t', 'c', comment='x')", EXPAND, "alter_column t.c"),
    ("op.alter_column('t', 'c', type_=sa.Text())", CONTRACT, "alter_column t.c"),
    ("op.alter_column('t', 'c', type_=sa.String(64), existing_type=sa.String(36))", RELAX, "alter_column t.c"),
    ("op.alter_column('t', 'c', type_=sa.String(length=9), existing_type=sa.String(36))", CONTRACT, "alter_column t.c"),
    ("op.alter_column('t', 'c', type_=sa.Text(64), existing_type=sa.String(36))", CONTRACT, "alter_column t.c"),
    ("op.bulk_insert(sa.table('t'), [{'a': 1}])", EXPAND, "bulk_insert t"),
    ("op.execute('UPDATE t SET a = 1')", CONTRACT, "execute UPDATE t SET a = 1"),
    ("op.execute(sa.text('delete from t'))", CONTRACT, "execute delete from t"),
    ("op.execute('INSERT INTO t VALUES (1)')", EXPAND, "execute INSERT INTO t VALUES (1)"),
    ("op.execute('ALTER TABLE t ENGINE = x')", UNKNOWN, "execute ALTER TABLE t ENGINE = x"),
    ("op.execute('WITH x AS (SELECT 1) DELETE FROM t')", UNKNOWN, "execute WITH x AS (SELECT 1) DELETE FROM t"),
    ("t = sa.table('t')\nop.execute(t.update().values(a=1))", CONTRACT, "execute t.update().values(a=1)"),
    ("op.get_bind().execute(sa.delete(types.T))", CONTRACT, "execute sa.delete(types.T)"),
    ("op.get_bind().execute(types.QUERY)", UNKNOWN, "execute types.QUERY"),
    ("sa.Table('t', sa.MetaData()).drop(op.get_bind())", CONTRACT, "drop_table t"),
    ("sa.Table('t', sa.MetaData()).create(op.get_bind())", EXPAND, "create_table t"),
    ("m = sa.MetaData()\nm.drop_all(bind=op.get_bind())", CONTRACT, "drop_all"),
    ("types.fill(op.get_bind())", UNKNOWN, "nova.db.types.fill"),
    ("types.fill(op)", UNKNOWN, "nova.db.types.fill"),
    ("session = sa.orm.Session(bind=op.get_bind())\nsession.delete(types.X)", UNKNOWN, "session.delete"),
    ("getattr(op, 'drop_' + 'table')('t')", UNKNOWN, "getattr(op, 'drop_' + 'table')"),
    ("drop = op.drop_table\ndrop('t')", UNKNOWN, "drop"),
    ("op.run_sql_of_tomorrow('t')", UNKNOWN, "run_sql_of_tomorrow"),
    ("op.get_context().impl.drop_table(types.T)", UNKNOWN, "op.get_context().impl.drop_table"),
]


@pytest.mark.parametrize(("body", "kind", "what"), ONE, ids=[body for body, _kind, _what in ONE])
def test_one_operation(body: str, kind: str, what: str) -> None:
    assert said(body)[-1] == (kind, what)


@pytest.mark.parametrize(
    "body",
    [
        "pass",
        "bind = op.get_bind()\nif bind.engine.name == 'mysql':\n    pass",
        "tables = reflection.Inspector.from_engine(op.get_bind()).get_table_names()\nfor name in sorted(tables):\n    print(name)",
        "found = inspect(op.get_bind()).has_table('t')",
        "op.get_bind().execute(select(sqlfunc.count()).select_from(types.T)).fetchall()",
        "t = sa.Table('t', sa.MetaData(), autoload_with=op.get_bind())\nif context.get_bind().scalar(select(t.c.id)):\n    raise Exception",
        "meta = sa.MetaData()\nmeta.reflect(bind=op.get_bind())\nnames = list(meta.tables.keys())",
        "op.execute('SELECT 1')",
        "names = [name.lower() for name in ('A', 'B')]",
    ],
)
def test_looking_is_nothing(body: str) -> None:
    assert said(body) == []


def test_a_batch_is_about_its_table() -> None:
    body = """
    with op.batch_alter_table('t', schema=None) as batch_op:
        batch_op.drop_column('c')
        batch_op.add_column(sa.Column('d', sa.Text))
        batch_op.create_index('i', ['d'], unique=False)
        batch_op.alter_column('e', nullable=False)
        batch_op.drop_constraint('k', type_='foreignkey')
    """
    found = done(body)
    assert [(operation.kind, operation.what) for operation in found] == [
        (CONTRACT, "drop_column t.c"),
        (EXPAND, "add_column t.d"),
        (EXPAND, "create_index i on t"),
        (CONTRACT, "alter_column t.e"),
        (RELAX, "drop_constraint k on t"),
    ]
    assert [(operation.table, operation.column) for operation in found[:2]] == [("t", "c"), ("t", "")]


def test_names_that_are_put_together() -> None:
    body = """
    for prefix in ('', 'shadow_'):
        table = prefix + 'instances'
        with op.batch_alter_table(table) as batch_op:
            batch_op.drop_column('a')
            if not prefix:
                batch_op.drop_column('b')
        op.drop_index(f'{prefix}i', table_name=table)
    for name, column in [('t', 'c'), ('u', 'd')]:
        op.drop_column(name, column)
    for old in OLD:
        op.drop_table(old)
    """
    assert [operation.what for operation in done(body, "OLD = ['x', 'y']")] == [
        "drop_column instances.a",
        "drop_column instances.b",
        "drop_index i on instances",
        "drop_column shadow_instances.a",
        "drop_index shadow_i on shadow_instances",
        "drop_column t.c",
        "drop_column u.d",
        "drop_table x",
        "drop_table y",
    ]


@pytest.mark.parametrize(
    "body",
    [
        "if types.X:\n    name = 'a'\nelse:\n    name = 'b'\nop.drop_table(name)",
        "for name in types.NAMES:\n    op.drop_table(name)",
        "[op.drop_table(name) for name in types.NAMES]",
        "name = types.NAME\nop.drop_table(name)",
        "with op.batch_alter_table(types.NAME) as batch:\n    batch.drop_column('c')",
    ],
)
def test_a_table_whose_name_is_not_told_has_none(body: str) -> None:
    """So that nobody takes it for one that is not used."""
    (operation,) = done(body)
    assert (operation.kind, operation.table) == (CONTRACT, "")


def test_both_sides_of_what_may_happen_count() -> None:
    body = """
    try:
        op.drop_table('a')
    except Exception:
        op.drop_table('b')
    finally:
        op.drop_table('c')
    while types.X:
        op.drop_table('d')
    if types.X:
        op.drop_table('e')
    else:
        op.drop_table('f')
    """
    assert [what for _kind, what in said(body)] == [f"drop_table {name}" for name in "abcdef"]


def test_functions_of_the_file_are_walked_through() -> None:
    before = """
    def drop(name, bind=None):
        if name == 'b':
            return
        op.drop_table(name)

    def bind():
        return op.get_bind()

    def again():
        again()
    """
    assert said("drop('a')\ndrop(name='c')\nbind().execute(types.X)\nagain()", before) == [
        (CONTRACT, "drop_table a"),
        (CONTRACT, "drop_table c"),
        (UNKNOWN, "execute types.X"),
        (UNKNOWN, "again"),
    ]


def test_rules_for_a_new_table_bind_nobody() -> None:
    body = "op.create_table('t')\nop.create_index('i', 't', ['a'], unique=True)\nop.create_index('i', 'u', ['a'], unique=True)"
    assert [kind for kind, _what in said(body)] == [EXPAND, EXPAND, CONTRACT]


@given(st.lists(st.sampled_from(sorted(ALWAYS)), max_size=6), st.booleans())
def test_no_operation_is_lost(names: list[str], deep: bool) -> None:
    lines = [
        f"op.{name}({', '.join(repr(f'{name}{place}') for place in range(TABLE_AT[name] + 1))}, 'x')" for name in names
    ]
    body = "\n".join(lines) or "pass"
    found = done(f"if types.X:\n{textwrap.indent(body, '    ')}" if deep else body)
    assert [operation.what.split()[0] for operation in found] == names
    assert [operation.line for operation in found] == sorted(operation.line for operation in found)


def test_a_whole_script() -> None:
    text = f"{HEAD}revision = 'b'\ndown_revision = ('a', 'c')\n\ndef upgrade():\n    op.drop_table('t')\n"
    found = read_script(text, "nova/x.py")
    assert (found.revision, found.after, found.file) == ("b", ("a", "c"), "nova/x.py")
    assert [operation.line for operation in found.operations] == [12]


def test_of_the_first_script_no_operation_counts() -> None:
    found = read_script(
        "from alembic import op\nrevision = 'a'\ndown_revision = None\ndef upgrade():\n    op.drop_table('t')\n", "x"
    )
    assert (found.after, found.operations) == ((), ())


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("x = 1", "does not name its revision"),
        ("revision = 'b'\ndown_revision = 'a'", "no function upgrade"),
        ("revision = name()\ndown_revision = 'a'", "malformed"),
    ],
)
def test_what_is_no_script(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        read_script(text, "x")
