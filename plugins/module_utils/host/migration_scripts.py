# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The schema revisions of a code tree, and the tables that a code tree uses. Nothing of the tree is imported. Standard library only."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from ansible_collections.stackroll.nova.plugins.module_utils.host.migration_code import read_script
from ansible_collections.stackroll.nova.plugins.module_utils.host.migration_values import assigned
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError
from ansible_collections.stackroll.nova.plugins.module_utils.model.migrations import (
    CONTRACT,
    SCRIPTS,
    Operation,
    Revision,
    heads,
    in_order,
)

# The models by database; before Xena those of Nova lay elsewhere.
MODELS = {
    "nova_api": ("nova/db/api/models.py", "nova/db/sqlalchemy/api_models.py"),
    "nova_cell": ("nova/db/main/models.py", "nova/db/sqlalchemy/models.py"),
    "placement": ("placement/db/sqlalchemy/models.py",),
}
# Columns that the models inherit from oslo.db.
INHERITED = frozenset(("created_at", "updated_at", "deleted_at", "deleted"))
SHADOW = "shadow_"

Revisions = dict[str, list[Revision]]
Tables = dict[str, dict[str, frozenset[str]]]


def read_revisions(root: str) -> Revisions:
    """The revisions of each database that the tree has code for, oldest first. Raises StackrollError for what it cannot read."""
    found: Revisions = {}
    for database, (package, folder) in SCRIPTS.items():
        for path in _below(root, f"{package}/{folder}/versions"):
            files = sorted(path.glob("*.py"))
            revisions = [
                _read(file, path.parents[len(Path(folder).parts) + 1]) for file in files if file.name != "__init__.py"
            ]
            found[database] = in_order(revisions)
            if len(heads(revisions)) != 1:
                raise StackrollError(f"{path} has {len(heads(revisions))} newest revisions instead of one.")
    return found


def _read(file: Path, site: Path) -> Revision:
    try:
        return read_script(file.read_text(encoding="utf-8"), str(file.relative_to(site)))
    except (OSError, SyntaxError, ValueError) as error:
        raise StackrollError(
            f"The schema script {file} cannot be read: {error}.",
            "Look whether the code is staged whole.",
        ) from None


def read_tables(root: str) -> Tables:
    """The columns by table by database of the models of the tree. Raises StackrollError for what it cannot read."""
    files = {database: file for database, names in MODELS.items() for name in names for file in _below(root, name)}
    return {database: dict(_tables(_parsed(file))) for database, file in files.items()}


def _parsed(file: Path) -> ast.Module:
    try:
        return ast.parse(file.read_text(encoding="utf-8"))
    except (OSError, SyntaxError, ValueError) as error:
        raise StackrollError(f"The models in {file} cannot be read: {error}.") from None


def _tables(tree: ast.Module) -> Iterator[tuple[str, frozenset[str]]]:
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            told = {name: value for part in node.body for name, value in assigned(part)}
            name = told.get("__tablename__")
            if isinstance(name, ast.Constant):
                columns = [_column(attribute, value) for attribute, value in told.items()]
                yield str(name.value), frozenset(column for column in columns if column)
        for call in (part for part in ast.walk(node) if isinstance(part, ast.Call) and _is_called(part, "Table")):
            if call.args and isinstance(call.args[0], ast.Constant):
                yield str(call.args[0].value), frozenset(filter(None, (_column("", part) for part in call.args)))


def _column(attribute: str, value: ast.expr) -> str:
    """The name of the column that an attribute stands for; empty when it is something else."""
    if not isinstance(value, ast.Call):
        return ""
    inner = [_column(attribute, part) for part in value.args]
    if not (_is_called(value, "Column") or _is_called(value, "mapped_column")):
        return next((name for name in inner if name), "")  # such as deferred(Column(...))
    first = value.args[0] if value.args else None
    return str(first.value) if isinstance(first, ast.Constant) and isinstance(first.value, str) else attribute


def _is_called(call: ast.Call, name: str) -> bool:
    function = call.func
    return (function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")) == name


def compare(revisions: Mapping[str, list[Revision]], tables: Mapping[str, Mapping[str, frozenset[str]]]) -> Revisions:
    """The same revisions, with what the code of these *tables* does not use marked as unused."""
    return {
        database: [
            replace(
                revision,
                operations=tuple(
                    replace(operation, unused=_is_unused(operation, tables.get(database)))
                    for operation in revision.operations
                ),
            )
            for revision in every
        ]
        for database, every in revisions.items()
    }


def _is_unused(operation: Operation, tables: Mapping[str, frozenset[str]] | None) -> bool:
    """Without models everything may be used. Nobody but nova-manage uses shadow tables, which have the columns of their originals."""
    if not tables or operation.kind != CONTRACT or not operation.table:
        return False
    columns = tables.get(operation.table[len(SHADOW) :] if operation.table.startswith(SHADOW) else operation.table)
    if columns is None:
        return True
    return bool(operation.column) and operation.column not in columns | INHERITED


def _below(root: str, path: str) -> Iterator[Path]:
    return Path(root).glob(f"lib/python3*/site-packages/{path}")
