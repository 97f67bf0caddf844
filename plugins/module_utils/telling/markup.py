# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Small pieces of markup: every value that comes from outside passes through here and is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.telling.timeline import text

GOOD = frozenset(("success", "unchanged", "ok", "passed", "upgraded", "reshaped", "enabled"))
BAD = frozenset(("failed", "failure", "disabled", "lost", "gone", "orphaned", "doubled", "missing"))
WARN = frozenset(("warning", "unfinished", "unknown", "foreign", "accepted"))


class Markup(str):
    """Text that is markup already."""

    __slots__ = ()


def cell(value: Any) -> str:
    """A value of any kind inside of a table; what is not known is a dash."""
    if isinstance(value, Markup):
        return value
    if isinstance(value, dict):
        return cell(", ".join(f"{key} {entry}" for key, entry in value.items()))
    if isinstance(value, (list, tuple)):
        return cell(", ".join(str(entry) for entry in value))
    return "-" if value is None or value == "" else text(value)


def pill(word: object) -> Markup:
    """A result, in words and in colour."""
    low = str(word).lower()
    tone = "good" if low in GOOD else "bad" if low in BAD else "warn" if low in WARN else ""
    return Markup(f'<span class="pill {tone}">{text(word)}</span>')


def table(heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A table; heads that begin with # are columns of numbers."""
    kinds = ["number" if head.startswith("#") else "" for head in heads]
    top = "".join(f'<th class="{kind}">{text(head.lstrip("#"))}</th>' for head, kind in zip(heads, kinds))
    body = [
        "<tr>"
        + "".join(f'<td class="{_kind(value, kind)}">{cell(value)}</td>' for value, kind in zip(row, kinds))
        + "</tr>"
        for row in rows
    ]
    return "\n".join(
        ['<div class="scroll"><table>', f"<thead><tr>{top}</tr></thead><tbody>", *body, "</tbody></table></div>"]
    )


def _kind(value: Any, kind: str) -> str:
    return "tight" if isinstance(value, Markup) else kind


def section(title: str, *parts: str, kind: str = "") -> str:
    """A card with a title; nothing when it is empty."""
    body = "\n".join(part for part in parts if part)
    return f'<section class="{kind}"><h2>{text(title)}</h2>\n{body}\n</section>' if body else ""


def tile(label: str, value: object, note: object = "") -> str:
    """One figure with its name."""
    extra = f'<div class="note">{text(note)}</div>' if note else ""
    return (
        f'<div class="tile"><div class="label">{text(label)}</div><div class="value">{text(value)}</div>{extra}</div>'
    )


def paragraph(value: object, kind: str = "soft") -> str:
    """A sentence of its own."""
    return f'<p class="{kind}">{text(value)}</p>' if value else ""
