# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A plan as one self-contained page that can be attached to a change ticket."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.telling.markup import (
    Markup,
    cell,
    paragraph,
    pill,
    section,
    table,
    tile,
)
from ansible_collections.stackroll.nova.plugins.module_utils.telling.page import POLICY
from ansible_collections.stackroll.nova.plugins.module_utils.telling.plan_text import WORDS, headline, notes, span
from ansible_collections.stackroll.nova.plugins.module_utils.telling.style import CSS
from ansible_collections.stackroll.nova.plugins.module_utils.telling.timeline import text
from ansible_collections.stackroll.nova.plugins.module_utils.telling.words import clean, count, duration, moment, number

Plan = Mapping[str, Any]
MOST_ROWS = 5000


def render_plan(plan: Plan) -> str:
    """The page of a plan as Plan.to_dict returns it: blocked servers on top, hosts by waves, then every move."""
    parts = [_heading(plan), _tiles(plan), _blocked(plan), _overview(plan), *_waves(plan), _left(plan), _footer(plan)]
    head = [
        "<!DOCTYPE html>",
        '<html lang="en"><head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{text(headline(plan))}</title>",
        f"<style>{CSS}</style></head><body><main>",
    ]
    return "\n".join([*head, *(part for part in parts if part), "</main></body></html>", ""])


def _heading(plan: Plan) -> str:
    word = Markup('<span class="pill good">can be done</span>') if plan["feasible"] else _bad("cannot be done")
    lines = "".join(paragraph(line) for line in notes(plan))
    return f"<header>{word}<h1>{text(headline(plan))}</h1>{lines}</header>"


def _bad(word: str) -> Markup:
    return Markup(f'<span class="pill bad">{text(word)}</span>')


def _tiles(plan: Plan) -> str:
    totals = plan["totals"]
    tiles = [
        tile("Hosts", f"{number(totals['hosts'])} of {number(len(plan['hosts']))}", count(totals["waves"], "wave")),
        tile("Moves", number(totals["moves"]), f"{number(plan['bounds']['moves'])} at least"),
        tile("Parked", number(totals["parked"])),
        tile("Time", duration(totals["seconds"]), f"{duration(totals['least'])} to {duration(totals['most'])}"),
    ]
    return f'<div class="tiles">{"".join(tiles)}</div>'


def _blocked(plan: Plan) -> str:
    rows = [(item["name"], item["host"], item["reason"], item["remedy"]) for item in plan["blocked"][:MOST_ROWS]]
    parts = [table(("Server", "Host", "Why", "What to do"), rows)] if rows else []
    help_lines = [paragraph(item["text"], kind="next") for item in plan["relaxations"]]
    return section("In the way", *parts, *help_lines)


def _overview(plan: Plan) -> str:
    rows = [
        (wave["number"], len(wave["hosts"]), len(wave["moves"]), len(wave["parked"]), span(wave["estimate"]))
        for wave in plan["waves"]
    ]
    return section("Waves", table(("#Wave", "#Hosts", "#Moves", "#Parked", "Time"), rows)) if rows else ""


def _waves(plan: Plan) -> Iterator[str]:
    hosts = {host["name"]: host for host in plan["hosts"]}
    shown = 0
    for wave in plan["waves"]:
        rows = list(_rows(wave))[: max(0, MOST_ROWS - shown)]
        shown += len(rows)
        hidden = len(wave["moves"]) + len(wave["parked"]) - len(rows)
        details = [table(("Server", "From", "To", "How", "Why"), rows)] if rows else []
        more = paragraph(f"and {count(hidden, 'more server')}, see the plan") if hidden else ""
        body = (
            "".join((f"<details><summary>{count(len(rows), 'server')}</summary>", *details, "</details>"))
            if rows
            else ""
        )
        yield section(f"Wave {wave['number']}", _hosts(wave, hosts), body, more, kind="long")


def _hosts(wave: Mapping[str, Any], hosts: Mapping[str, Mapping[str, Any]]) -> str:
    leaving = Counter(move["from"] for move in wave["moves"]) + Counter(item["host"] for item in wave["parked"])
    rows = []
    for name in wave["hosts"]:
        host = hosts.get(name, {})
        rows.append((name, host.get("zone"), host.get("cell"), WORDS.get(str(host.get("mode"))), leaving[name]))
    return table(("Host", "Zone", "Cell", "How", "#Servers"), rows)


def _rows(wave: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
    for move in wave["moves"]:
        way = Markup(f"&rarr; {cell(move['to'])}")
        yield move["name"], move["from"], way, move["how"], move["why"]
    for server in wave["parked"]:
        yield server["name"], server["host"], "stays", server["how"], ""


def _left(plan: Plan) -> str:
    rows = [(host["name"], host["zone"], host["reason"]) for host in plan["hosts"] if host["wave"] is None]
    return section("Not upgraded", table(("Host", "Zone", "Why"), rows)) if rows else ""


def _footer(plan: Plan) -> str:
    made = f"{plan['schema']} {plan['hash'][:12]}, of the cloud at {moment(plan['taken_at'])}"
    return f"<footer>{text(clean(made))}. Nothing has been changed yet. {pill('plan')}</footer>"
