# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is known of the values in an alembic script while its text is walked through. Standard library only, no I/O."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

LOOKING = ("get_", "has_", "fetch", "is_")
# Methods of connections, inspectors, metadata and results that only look, and those of lists and texts.
# fmt: off
LOOKS = frozenset((
    "all", "append", "autocommit_block", "begin", "connect", "endswith", "execution_options", "extend", "first", "format",
    "from_engine", "index", "inspect", "items", "join", "keys", "lower", "mappings", "one", "one_or_none", "pop", "reflect",
    "remove", "scalar", "scalar_one", "scalars", "sort", "split", "startswith", "strip", "upper", "values",
))
# fmt: on
# What these return has nothing to do with what they were given.
FORGET = ("all", "any", "bool", "hasattr", "int", "isinstance", "len", "print", "str")
STATEMENTS = {"select": "select", "insert": "insert", "update": "write", "delete": "write"}


@dataclass(frozen=True)
class Value:
    """*kind* is text (of a literal), items (of a list), table, column (a Column call), op (alembic's operations), batch (those on one
    table), live (it can reach the database), select, insert, write or plain; *text* is the text, or the name of the table."""

    kind: str = "plain"
    text: str = ""
    call: ast.Call | None = None
    items: tuple[ast.expr, ...] = ()

    @property
    def reaches(self) -> bool:
        """Whether something could be done to the database with it."""
        return self.kind in ("live", "op", "batch", "table")


PLAIN, LIVE, OP = Value(), Value("live"), Value("op")
Names = dict[str, Value]


def merged(sides: Sequence[Names]) -> Names:
    """What is known after several ways through a block: only what is the same on all."""
    names: Names = {}
    for name in {name for side in sides for name in side}:
        values = [side.get(name, PLAIN) for side in sides]
        same = all(value == values[0] for value in values)
        names[name] = values[0] if same else LIVE if any(value.reaches for value in values) else PLAIN
    return names


def assigned(node: ast.stmt) -> list[tuple[str, ast.expr]]:
    """The names that an assignment gives to an expression."""
    if isinstance(node, ast.Assign):
        return [(target.id, node.value) for target in node.targets if isinstance(target, ast.Name)]
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
        return [(node.target.id, node.value)]
    return []


def expressions(node: ast.AST) -> Iterable[ast.expr]:
    """The expressions right below a node, those of comprehensions too."""
    for part in ast.iter_child_nodes(node):
        if isinstance(part, ast.expr):
            yield part
        elif isinstance(part, ast.comprehension):
            yield from (part.iter, *part.ifs)


def combined(node: ast.expr, parts: Sequence[Value]) -> Value:
    """What is known of an expression that is no name, literal or call, from its parts."""
    if isinstance(node, ast.Compare):
        return PLAIN
    if all(part.kind == "text" for part in parts) and (
        isinstance(node, (ast.JoinedStr, ast.FormattedValue))
        or (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add))
    ):
        return Value("text", "".join(part.text for part in parts))
    if any(part.reaches for part in parts):
        return LIVE
    return Value("items", items=tuple(node.elts)) if isinstance(node, (ast.List, ast.Tuple)) else PLAIN
