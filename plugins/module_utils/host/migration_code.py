# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What one alembic script does to a database, read from its text without importing it. Standard library only, no I/O.

The upgrade function is walked through, statement by statement, with as much of its values as the text tells: literals, loops over
literals, functions of the same file. Both sides of a condition count.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence

from ansible_collections.stackroll.nova.plugins.module_utils.host.migration_calls import Calls
from ansible_collections.stackroll.nova.plugins.module_utils.host.migration_values import (
    LIVE,
    OP,
    PLAIN,
    Names,
    Value,
    assigned,
    expressions,
    merged,
)
from ansible_collections.stackroll.nova.plugins.module_utils.model.migrations import Operation, Revision

MOST_TURNS, DEEPEST = 32, 8
BLOCKS = (ast.If, ast.For, ast.While, ast.With, ast.Try)


def read_script(text: str, file: str) -> Revision:
    """The revision of a script's text. Raises SyntaxError, or ValueError when it is no alembic script."""
    tree = ast.parse(text)
    told = {name: expression for node in tree.body for name, expression in assigned(node)}
    if "revision" not in told or "down_revision" not in told:
        raise ValueError("it does not name its revision and the one before")
    revision, before = (ast.literal_eval(told[name]) for name in ("revision", "down_revision"))
    after = (before,) if isinstance(before, str) else tuple(before or ())
    return Revision(str(revision), after, file, tuple(operations(tree)) if after else ())


def operations(tree: ast.Module) -> list[Operation]:
    """What the upgrade function of a script does, in the order of its text. Raises ValueError when it has none."""
    script = _Script()
    names: Names = {}
    script.run(tree.body, names)
    if "upgrade" not in script.functions:
        raise ValueError("it has no function upgrade")
    script.run(script.functions["upgrade"].body, names)
    return script.operations


class _Script(Calls):
    """A walk through statements."""

    def __init__(self) -> None:
        super().__init__()
        self._depth = 0

    def run(self, body: Iterable[ast.stmt], names: Names) -> Value:
        """Walk through a block, changing what is known of its names; what it returns."""
        returned = PLAIN
        for node in body:
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                self._import(node, names)
            elif isinstance(node, ast.FunctionDef):
                self.functions[node.name] = node
            elif isinstance(node, BLOCKS):
                inner = self._block(node, names)
                returned = inner if inner != PLAIN else returned
            elif not isinstance(node, ast.ClassDef):
                inner = self._plain(node, names)
                returned = inner if isinstance(node, ast.Return) else returned
        return returned

    def inside(self, function: ast.FunctionDef, node: ast.Call, names: Names) -> Value:
        """Walk through a function with what it is given."""
        if self._depth >= DEEPEST:
            return self._elsewhere(function.name, node, [LIVE])
        parameters = [parameter.arg for parameter in function.args.args]
        given = dict(zip(parameters, (self.look(part, names) for part in node.args)))
        given.update({part.arg: self.look(part.value, names) for part in node.keywords if part.arg})
        self._depth += 1
        value = self.run(function.body, {**names, **given})
        self._depth -= 1
        return value

    def _plain(self, node: ast.stmt, names: Names) -> Value:
        values = [self.value(part, names) for part in expressions(node)]
        for name, expression in assigned(node):
            names[name] = self.look(expression, names)
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if not isinstance(target, ast.Name):
                    self._bind(target, values[-1], names)
        return values[-1] if values else PLAIN

    def _block(self, node: ast.stmt, names: Names) -> Value:
        if isinstance(node, ast.If):
            return self._condition(node, names)
        if isinstance(node, ast.For):
            return self._loop(node, names)
        blocks: list[list[ast.stmt]] = []
        if isinstance(node, ast.With):
            for item in node.items:
                value = self.value(item.context_expr, names)
                if item.optional_vars is not None:
                    self._bind(item.optional_vars, value, names)
            blocks = [node.body]
        elif isinstance(node, ast.While):
            self.value(node.test, names)
            blocks = [node.body, node.orelse]
        elif isinstance(node, ast.Try):
            blocks = [node.body, *(handler.body for handler in node.handlers), node.orelse, node.finalbody]
        return _first([self.run(block, names) for block in blocks])

    def _condition(self, node: ast.If, names: Names) -> Value:
        self.value(node.test, names)
        taken = self._taken(node.test, names)
        if taken is not None:
            return self.run(node.body if taken else node.orelse, names)
        sides = [dict(names), dict(names)]
        value = _first([self.run(body, side) for body, side in zip((node.body, node.orelse), sides)])
        names.update(merged(sides))
        return value

    def _taken(self, test: ast.expr, names: Names) -> bool | None:
        """Which side of a condition on a text that is known."""
        if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            inner = self._taken(test.operand, names)
            return None if inner is None else not inner
        value = names.get(test.id) if isinstance(test, ast.Name) else None
        return bool(value.text) if value is not None and value.kind == "text" else None

    def _loop(self, node: ast.For, names: Names) -> Value:
        over = self.value(node.iter, names)
        turns = over.items if 0 < len(over.items) <= MOST_TURNS else ()
        for turn in turns:
            self._bind(node.target, self.look(turn, names), names)
            self.run(node.body, names)
        if not turns:
            self._bind(node.target, LIVE if over.reaches else PLAIN, names)
            self.run(node.body, names)
        return self.run(node.orelse, names)

    def _bind(self, target: ast.expr, value: Value, names: Names) -> None:
        if isinstance(target, ast.Name):
            names[target.id] = value
        elif isinstance(target, (ast.Tuple, ast.List)):
            same = len(value.items) == len(target.elts)
            rest = LIVE if value.reaches else PLAIN
            for place, part in enumerate(target.elts):
                self._bind(part, self.look(value.items[place], names) if same else rest, names)

    def _import(self, node: ast.Import | ast.ImportFrom, names: Names) -> None:
        origin = f"{node.module}." if isinstance(node, ast.ImportFrom) and node.module else ""
        for alias in node.names:
            local = alias.asname or alias.name.partition(".")[0]
            self.modules[local] = origin + (alias.name if alias.asname or origin else local)
            names.pop(local, None)
            if self.modules[local] in ("alembic.op", "alembic.context"):
                names[local] = OP


def _first(values: Sequence[Value]) -> Value:
    """The first that says something."""
    return next((value for value in values if value != PLAIN), PLAIN)
