# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write docs/checks.md from the catalog of checks, or say with --check that it is stale."""

from __future__ import annotations

import ast
import inspect
import sys
import textwrap
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from types import FunctionType
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.model.release import RELEASES, Release
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.catalog import CATALOG
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.check import Check

PAGE = Path(__file__).resolve().parents[2] / "docs" / "checks.md"
WIDTH = 128
GROUPS = {
    "nova": "What nova-status checks",
    "placement": "What placement-status checks",
    "services": "Services, computes and cells",
    "servers": "Servers and migrations",
    "accounting": "Providers, allocations, capacity and reshapes",
    "configuration": "Configuration",
    "software": "What the target release has dropped, and mixed versions",
    "access": "Rights of the account",
}
INTRODUCTION = """\
<!-- Written by `make docs` from plugins/module_utils/readiness. Do not edit. -->
# The checks

`stackroll.nova.upgrade_check` makes these {count} checks; `stackroll.nova.preflight` shows them together with what `nova-status` and
`placement-status` of the staged code say. A check can be named in `checks` and `skip`, or with its whole group, such as `nova`;
`database` stands for all that ask a database.

- **success**: nothing to mend. **warning**: to be read before going on; the name can be put into `accepted_warnings`.
  **failure**: to be mended before going on; it cannot be accepted.
- **unknown**: what the check reads was not given, or did not answer. It counts as a failure unless the check or its group is named in
  `accepted_unknown`. Every check can be unknown.
- **skipped**: left out by `skip`, and shown as that.

A new check is one function with its `Check` entry in a file of `plugins/module_utils/readiness/checks`, and its place in `catalog.py`.
"""


def page() -> str:
    """The whole page."""
    groups = list(dict.fromkeys(check.group for check in CATALOG))
    missing = sorted(set(groups) - set(GROUPS))
    if missing:
        raise SystemExit(f"{Path(__file__).name} has no title for {', '.join(missing)}: add it to GROUPS.")
    parts = [_wrap(INTRODUCTION.format(count=len(CATALOG))), *_contents(groups)]
    for group in groups:
        parts.append(f"\n## {GROUPS[group]}\n\nGroup `{group}`.\n")
        parts += [_section(check) for check in CATALOG if check.group == group]
    return "\n".join(parts)


def _contents(groups: list[str]) -> Iterator[str]:
    yield "| group | checks |\n|---|---|"
    for group in groups:
        names = ", ".join(check.name for check in CATALOG if check.group == group)
        yield f"| `{group}` | {names} |"


def _section(check: Check) -> str:
    rows = (
        ("result", " or ".join(results(check))),
        ("remedy", check.remedy),
        ("releases", _releases(check)),
        ("command", _command(check)),
        ("reads", ", ".join(f"{key.name} ({key.source})" for key in check.reads)),
        ("history", check.history),
    )
    items = [_wrap(f"- {label}: {_text(value)}", "  ") for label, value in rows if value]
    return "\n".join([f"### {check.name}\n", _wrap(_text(check.rule)) + "\n", *items, ""])


def _releases(check: Check) -> str:
    first, last = _release(check.since), _release(check.until)
    if last is None:
        return "all" if check.since <= RELEASES[0].nova else f"since {first}"
    return f"only {first}" if check.since == check.until else f"{first} to {last}"


def _release(nova: int | None) -> str | None:
    """Such as ``Rocky (Nova 18)`` or ``2023.2 Bobcat (Nova 28)``."""
    found: Release | None = next((release for release in RELEASES if release.nova == nova), None)
    if found is None:
        return None
    names = dict.fromkeys((found.name.title(), found.codename.title()))
    return f"{' '.join(names)} (Nova {found.nova})"


def _command(check: Check) -> str:
    if not check.command:
        return "none; only this collection checks it"
    other = "" if check.command_name == check.name else f", as '{check.command_name}'"
    return f"{check.command} upgrade check{other}"


def results(check: Check) -> list[str]:
    """What the check says when its rule is broken, read from its code and from the functions of checks that it calls."""
    found: set[str] = set()
    seen: set[FunctionType] = set()
    waiting: list[Any] = [check.judge]
    while waiting:
        function = waiting.pop()
        if isinstance(function, partial):
            found.update({"warning", "failure"} & set(function.args))
            waiting.append(function.func)
        elif isinstance(function, FunctionType) and function not in seen:
            seen.add(function)
            said, called = _read(function)
            found.update(said)
            waiting += [function.__globals__[name] for name in called if _is_ours(function, name)]
    return sorted(found, reverse=True) or ["unknown"]


def _is_ours(function: FunctionType, name: str) -> bool:
    """Whether the name is a function of the checks, and not one of those that only make a finding."""
    other = function.__globals__.get(name)
    module = getattr(other, "__module__", "")
    return isinstance(other, FunctionType) and ".readiness." in module and module != Check.__module__


def _read(function: FunctionType) -> tuple[set[str], set[str]]:
    """The results that a function names, and the functions that it names."""
    said: set[str] = set()
    called: set[str] = set()
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    compared = {id(part) for node in ast.walk(tree) if isinstance(node, ast.Compare) for part in ast.walk(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and id(node) not in compared:
            said.update({"warning", "failure"} & {node.value} if isinstance(node.value, str) else ())
        elif isinstance(node, ast.Name):
            called.add(node.id)
    return said | ({"warning", "failure"} & called), called


def _text(text: str) -> str:
    """What Markdown would take for markup stays what it is."""
    return text.replace("<", "\\<").replace("*", "\\*").replace("|", "\\|")


def _wrap(text: str, indent: str = "") -> str:
    paragraphs = text.split("\n")
    if len(paragraphs) > 1:
        return text
    return textwrap.fill(text, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def main() -> None:
    """Write the page, or compare it."""
    text = page().rstrip() + "\n"
    if "--check" not in sys.argv[1:]:
        PAGE.write_text(text, encoding="utf-8")
    elif not PAGE.exists() or PAGE.read_text(encoding="utf-8") != text:
        raise SystemExit("docs/checks.md does not show the checks as they are: run 'make docs'.")


if __name__ == "__main__":
    main()
