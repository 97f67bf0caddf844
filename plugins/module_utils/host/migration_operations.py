# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What each operation of alembic means for code that knows only the schema before it. Standard library only, no I/O.

https://alembic.sqlalchemy.org/en/latest/ops.html has the signatures. In a batch the table is left out, for the batch is about one.
"""

from __future__ import annotations

import ast
import re

from ansible_collections.stackroll.nova.plugins.module_utils.model.migrations import (
    CONTRACT,
    EXPAND,
    KINDS,
    RELAX,
    UNKNOWN,
)

# The place of the table's name among the arguments; what stands after it moves up in a batch.
TABLE_AT = {
    "create_table": 0,
    "drop_table": 0,
    "rename_table": 0,
    "add_column": 0,
    "alter_column": 0,
    "drop_column": 0,
    "create_index": 1,
    "drop_index": 1,
    "drop_constraint": 1,
    "create_unique_constraint": 1,
    "create_check_constraint": 1,
    "create_exclude_constraint": 1,
    "create_foreign_key": 1,
    "create_primary_key": 1,
    "bulk_insert": 0,
    "create_table_comment": 0,
    "drop_table_comment": 0,
}
TABLE_NAMES = ("table_name", "old_table_name", "source_table", "source")
# Whatever their arguments are. Rules for a table that is already in use bind the old code, which does not know them.
ALWAYS = {
    "create_table": EXPAND,
    "bulk_insert": EXPAND,
    "create_table_comment": EXPAND,
    "drop_table_comment": EXPAND,
    "drop_index": RELAX,
    "drop_table": CONTRACT,
    "drop_column": CONTRACT,
    "rename_table": CONTRACT,
    "create_unique_constraint": CONTRACT,
    "create_check_constraint": CONTRACT,
    "create_exclude_constraint": CONTRACT,
    "create_foreign_key": CONTRACT,
    "create_primary_key": CONTRACT,
}
OF_COLUMNS = ("add_column", "alter_column", "drop_column")
# What alembic hands out, changing nothing.
HELPERS = ("get_bind", "get_context", "f", "inline_literal", "batch_alter_table")
_FIRST_WORD = re.compile(r"\s*\(?\s*([A-Za-z]+)")


def kind_of(name: str, call: ast.Call, column: ast.Call | None) -> str:
    """The kind of one call of an operation; *column* is the Column that it gets, if it could be found."""
    if name in ALWAYS:
        return ALWAYS[name]
    if name == "create_index":
        return CONTRACT if _truth(call, "unique", default=False) is not False else EXPAND
    if name == "drop_constraint":
        kind = keyword(call, "type_")
        return CONTRACT if isinstance(kind, ast.Constant) and kind.value == "primary" else RELAX
    if name == "add_column":
        return UNKNOWN if column is None else _of_new_column(column)
    return _of_altered_column(call) if name == "alter_column" else UNKNOWN


def _of_new_column(column: ast.Call) -> str:
    """The old code inserts rows without it."""
    if any(_truth(column, rule, default=False) is not False for rule in ("primary_key", "unique")):
        return CONTRACT
    nullable, default = _truth(column, "nullable", default=True), keyword(column, "server_default")
    if nullable is True or (default is not None and not (isinstance(default, ast.Constant) and default.value is None)):
        return EXPAND
    return CONTRACT if nullable is False else UNKNOWN


def _of_altered_column(call: ast.Call) -> str:
    found = [EXPAND]
    if keyword(call, "new_column_name") is not None or keyword(call, "name") is not None:
        found.append(CONTRACT)
    if keyword(call, "nullable") is not None:
        found.append({True: RELAX, False: CONTRACT, None: UNKNOWN}[_truth(call, "nullable", default=True)])
    if keyword(call, "server_default") is not None:
        found.append(RELAX)
    new = keyword(call, "type_")
    if new is not None:
        found.append(RELAX if _is_longer(keyword(call, "existing_type"), new) else CONTRACT)
    return worst(found)


def _is_longer(old: ast.expr | None, new: ast.expr) -> bool:
    """Whether it is the same type with more room, as String(36) and String(64)."""
    if not (isinstance(old, ast.Call) and isinstance(new, ast.Call)):
        return False
    lengths = [_length(old), _length(new)]
    same = ast.unparse(old.func) == ast.unparse(new.func)
    return same and None not in lengths and lengths == sorted(lengths, key=lambda length: length or 0)


def _length(kind: ast.Call) -> int | None:
    length = keyword(kind, "length") or (kind.args[0] if kind.args else None)
    if len(kind.args) + len(kind.keywords) != 1 or not isinstance(length, ast.Constant):
        return None
    return length.value if isinstance(length.value, int) else None


def kind_of_sql(text: str) -> str | None:
    """The kind of a statement in words; None for one that only reads."""
    found = _FIRST_WORD.match(text)
    word = found[1].upper() if found else ""
    if word in ("SELECT", "SHOW", "SET"):
        return None
    return {"INSERT": EXPAND, "UPDATE": CONTRACT, "DELETE": CONTRACT}.get(word, UNKNOWN)


def worst(kinds: list[str]) -> str:
    """The kind that asks for the most care."""
    return max(kinds, key=KINDS.index)


def argument(call: ast.Call, place: int, *names: str) -> ast.expr | None:
    """An argument by its place or one of its names."""
    if 0 <= place < len(call.args):
        return call.args[place]
    return next((found for found in (keyword(call, name) for name in names) if found is not None), None)


def keyword(call: ast.Call, name: str) -> ast.expr | None:
    """An argument that is given by name."""
    return next((given.value for given in call.keywords if given.arg == name), None)


def _truth(call: ast.Call, name: str, *, default: bool) -> bool | None:
    """A yes or no that is given by name; None when it is worked out."""
    given = keyword(call, name)
    if given is None:
        return None if any(other.arg is None for other in call.keywords) else default
    return given.value if isinstance(given, ast.Constant) and isinstance(given.value, bool) else None
