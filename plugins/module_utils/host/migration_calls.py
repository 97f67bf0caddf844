# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the calls in an alembic script do. Whatever can reach the database in a way that is not known here is unknown, never fine.
Standard library only, no I/O."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Sequence

from ansible_collections.stackroll.nova.plugins.module_utils.host.migration_operations import (
    HELPERS,
    OF_COLUMNS,
    TABLE_AT,
    TABLE_NAMES,
    argument,
    kind_of,
    kind_of_sql,
)
from ansible_collections.stackroll.nova.plugins.module_utils.host.migration_values import (
    FORGET,
    LIVE,
    LOOKING,
    LOOKS,
    PLAIN,
    STATEMENTS,
    Names,
    Value,
    combined,
    expressions,
)
from ansible_collections.stackroll.nova.plugins.module_utils.model.migrations import (
    CONTRACT,
    EXPAND,
    UNKNOWN,
    Operation,
)

LONGEST = 100


class Calls:
    """Expressions of a script. *operations* is what they do, as far as they were looked at."""

    def __init__(self) -> None:
        self.operations: list[Operation] = []
        self.modules: dict[str, str] = {}
        self.functions: dict[str, ast.FunctionDef] = {}
        self._created: set[str] = set()

    def inside(self, function: ast.FunctionDef, node: ast.Call, names: Names) -> Value:
        """A call of a function of the same file."""
        raise NotImplementedError

    def look(self, node: ast.expr, names: Names) -> Value:
        """What is known of an expression, whose operations are noted elsewhere."""
        noted, created = list(self.operations), set(self._created)
        value = self.value(node, names)
        self.operations, self._created = noted, created
        return value

    def value(self, node: ast.expr, names: Names) -> Value:
        """What is known of an expression. What it does is noted."""
        if isinstance(node, ast.Constant):
            return Value("text", node.value) if isinstance(node.value, str) else PLAIN
        if isinstance(node, ast.Name):
            return names.get(node.id, PLAIN)
        if isinstance(node, ast.Call):
            return self._call(node, names)
        return combined(node, [self.value(part, names) for part in expressions(node)])

    def _call(self, node: ast.Call, names: Names) -> Value:
        values = [self.value(part, names) for part in (*node.args, *(given.value for given in node.keywords))]
        function = node.func
        if isinstance(function, ast.Attribute):
            return self._method(function, node, names, values)
        if isinstance(function, ast.Name) and function.id in self.functions:
            return self.inside(self.functions[function.id], node, names)
        callee, name = self.value(function, names), ast.unparse(function)
        if callee.reaches or not isinstance(function, ast.Name):
            return self._elsewhere(name, node, [callee, *values])
        return self._named(self.modules.get(name, name), node, values)

    def _method(self, function: ast.Attribute, node: ast.Call, names: Names, values: Sequence[Value]) -> Value:
        base = self.value(function.value, names)
        if base.kind in ("op", "batch"):
            return self._operation(function.attr, base, node, names)
        if base.kind == "live":
            return self._on_live(function.attr, node, values)
        if base.kind == "table":
            return self._on_table(function.attr, base, node, values)
        if base.kind in STATEMENTS.values():
            return base
        root, _dot, rest = ast.unparse(function).partition(".")
        return self._named(f"{self.modules.get(root, root)}.{rest}", node, values)

    def _named(self, name: str, node: ast.Call, values: Sequence[Value]) -> Value:
        """A function that was imported, is built in, or belongs to a plain value."""
        if name.startswith("sqlalchemy"):
            return _of_sqlalchemy(name.rpartition(".")[2], node, values)
        if not hasattr(builtins, name) or any(value.kind in ("op", "batch") for value in values):
            return self._elsewhere(name, node, values)
        return LIVE if name not in FORGET and any(value.reaches for value in values) else PLAIN

    def _elsewhere(self, name: str, node: ast.Call, values: Sequence[Value]) -> Value:
        """What is not written in this file can do anything with what reaches the database, and nothing without it."""
        return self._note(node, UNKNOWN, name) if any(value.reaches for value in values) else PLAIN

    def _on_live(self, name: str, node: ast.Call, values: Sequence[Value]) -> Value:
        if name in ("execute", "exec_driver_sql"):
            return self._execute(node, values)
        if name in LOOKS or name.startswith(LOOKING):
            return LIVE
        if name in ("create_all", "drop_all"):
            return self._note(node, EXPAND if name == "create_all" else CONTRACT, name)
        return self._note(node, UNKNOWN, ast.unparse(node.func))

    def _on_table(self, name: str, table: Value, node: ast.Call, values: Sequence[Value]) -> Value:
        if name in STATEMENTS:
            return Value(STATEMENTS[name])
        if name in ("create", "drop"):
            return self._note(node, EXPAND if name == "create" else CONTRACT, f"{name}_table {table.text}", table.text)
        return self._elsewhere(f"{table.text}.{name}", node, values)

    def _operation(self, name: str, base: Value, node: ast.Call, names: Names) -> Value:
        if name in HELPERS:
            if name == "batch_alter_table":
                return Value("batch", self._literal(argument(node, 0, "table_name"), names))
            return LIVE if name.startswith("get_") else self.look(node.args[0], names) if node.args else PLAIN
        if name == "execute":
            return self._execute(node, [self.look(part, names) for part in node.args])
        if name not in TABLE_AT:
            return self._note(node, UNKNOWN, name)
        return self._change(name, base, node, names)

    def _change(self, name: str, base: Value, node: ast.Call, names: Names) -> Value:
        """An operation on a table, whose name is empty where the text does not tell it."""
        place = TABLE_AT[name]
        named = argument(node, place, *TABLE_NAMES)
        table = base.text if base.kind == "batch" else self._literal(named, names)
        shown = table or (ast.unparse(named) if named is not None and base.kind == "op" else "some table")
        other = argument(
            node, 1 if place == 0 and base.kind == "op" else 0, "column_name", "index_name", "constraint_name", "column"
        )
        column = self.look(other, names).call if name == "add_column" and other is not None else None
        if column is not None:
            other = argument(column, 0, "name")
        label = self._literal(other, names)
        kind = EXPAND if table and table in self._created else kind_of(name, node, column)
        if name == "create_table":
            self._created.add(table)
        about = label or (ast.unparse(other) if other is not None else "unnamed")
        if name in OF_COLUMNS:
            return self._note(node, kind, f"{name} {shown}.{about}", table, label if name == "drop_column" else "")
        return self._note(node, kind, f"{name} {about} on {shown}" if place else f"{name} {shown}", table)

    def _execute(self, node: ast.Call, values: Sequence[Value]) -> Value:
        statement = values[0] if values else PLAIN
        kind: str | None = {"select": None, "insert": EXPAND, "write": CONTRACT}.get(statement.kind, UNKNOWN)
        if statement.kind == "text":
            kind = kind_of_sql(statement.text)
        if kind is not None:
            words = statement.text or (ast.unparse(node.args[0]) if node.args else "")
            self._note(node, kind, f"execute {words}")
        return LIVE

    def _literal(self, node: ast.expr | None, names: Names) -> str:
        """A text that is known; empty otherwise."""
        value = PLAIN if node is None else self.look(node, names)
        return value.text if value.kind in ("text", "table") else ""

    def _note(self, node: ast.Call, kind: str, what: str, table: str = "", column: str = "") -> Value:
        short = " ".join(what.split())
        short = short if len(short) <= LONGEST else f"{short[: LONGEST - 3]}..."
        self.operations.append(Operation(node.lineno, kind, short, table, column))
        return LIVE if kind == UNKNOWN else PLAIN


def _of_sqlalchemy(name: str, node: ast.Call, values: Sequence[Value]) -> Value:
    """What a function or class of SQLAlchemy makes; a session or an inspector reaches as far as what it is made of."""
    if name in STATEMENTS:
        return Value(STATEMENTS[name])
    if name in ("Table", "table"):
        return Value("table", values[0].text if values else "")
    if name == "Column":
        return Value("column", call=node)
    if name == "text" and values:
        return values[0]
    reaches = any(value.reaches and value.kind != "table" for value in values)
    return LIVE if reaches or name in ("MetaData", "inspect", "from_engine") else PLAIN
