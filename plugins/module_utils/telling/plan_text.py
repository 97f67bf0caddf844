# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A plan as lines of text: what is in the way on top, then wave by wave who goes where and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.telling.words import clean, count, duration

# A wave of hundreds of hosts is not read line by line; the plan itself has them all.
MOST_MOVES = 100
WORDS = {"in_place": "in place", "drain": "drained", "park": "servers parked"}
Plan = Mapping[str, Any]


def plan_lines(plan: Plan, most_moves: int | None = MOST_MOVES) -> list[str]:
    """The whole plan; of each wave at most so many moves, or all of them."""
    lines = [headline(plan), *notes(plan)]
    if plan["blocked"]:
        lines += ["", f"In the way ({len(plan['blocked'])}):", *_blocked(plan)]
    if plan["relaxations"]:
        lines += ["", "What would help:", *(f"  {clean(item['text'])}" for item in plan["relaxations"])]
    modes = {host["name"]: host for host in plan["hosts"]}
    for wave in plan["waves"]:
        lines += ["", *_wave(wave, modes, most_moves)]
    left = [host for host in plan["hosts"] if host["wave"] is None]
    if left:
        lines += ["", "Not upgraded:", *(f"  {clean(host['name'])}: {clean(host['reason'])}" for host in left)]
    return lines


def headline(plan: Plan) -> str:
    """The plan in one line."""
    totals, hosts = plan["totals"], len(plan["hosts"])
    if not hosts:
        return "Nothing to upgrade: every host is done."
    if not plan["feasible"] and totals["hosts"] == hosts:
        return "This cannot be relied on: a part of the cloud did not answer."
    if not plan["feasible"]:
        return f"This cannot be done: {count(hosts - totals['hosts'], 'host')} of {hosts} cannot be upgraded."
    work = [count(totals["moves"], "move")] if totals["moves"] or not totals["parked"] else []
    work += [f"{count(totals['parked'], 'server')} parked"] if totals["parked"] else []
    of = "" if totals["hosts"] == hosts else f" of {hosts}"
    return (
        f"{count(totals['hosts'], 'host')}{of} in {count(totals['waves'], 'wave')}, {', '.join(work)}, {span(totals)}."
    )


def left_line(left: Mapping[str, Any]) -> str:
    """What is left of a plan in one line."""
    if not left["waves"]:
        return "Nothing is left to upgrade."
    return f"Left: {count(left['hosts'], 'host')} in {count(left['waves'], 'wave')}, {count(left['moves'], 'move')}, {span(left)}."


def notes(plan: Plan) -> list[str]:
    """How good it is: moves and waves beside what no plan can beat."""
    lines = []
    extra = plan["extra_moves"]
    if extra:
        lines.append(f"Too little spare room at the start: {count(extra, 'more move')} than with an empty host.")
    elif plan["totals"]["moves"]:
        lines.append("No server moves more than once.")
    totals = plan["totals"]
    if plan["feasible"] and totals["hosts"] == len(plan["hosts"]) and plan["waves"] and not totals["parked"]:
        bounds = plan["bounds"]
        lines.append(
            f"No plan can have fewer than {count(bounds['moves'], 'move')} or {count(bounds['waves'], 'wave')}."
        )
    return lines


def span(estimate: Mapping[str, float]) -> str:
    """A time with its range."""
    low, high = duration(estimate["least"]), duration(estimate["most"])
    return f"about {duration(estimate['seconds'])}" + (f" ({low} to {high})" if low != high else "")


def _blocked(plan: Plan) -> Iterator[str]:
    for item in plan["blocked"]:
        where = f" on {clean(item['host'])}" if item["host"] and item["name"] else clean(item["host"] or "")
        what = f"{clean(item['name'] or '')}{where}"
        yield f"  {what}: {clean(item['reason'])}" if what else f"  {clean(item['reason'])}"
        yield f"    {clean(item['remedy'])}"


def _wave(wave: Mapping[str, Any], hosts: Mapping[str, Mapping[str, Any]], most: int | None) -> Iterator[str]:
    yield f"Wave {wave['number']}: {count(len(wave['hosts']), 'host')}, {span(wave['estimate'])}"
    moves: dict[str, list[Mapping[str, Any]]] = {}
    parked: dict[str, list[Mapping[str, Any]]] = {}
    for move in wave["moves"][:most]:
        moves.setdefault(move["from"], []).append(move)
    for server in wave["parked"][:most]:
        parked.setdefault(server["host"], []).append(server)
    everything = Counter([*(move["from"] for move in wave["moves"]), *(item["host"] for item in wave["parked"])])
    for name in wave["hosts"]:
        yield _host(hosts.get(name, {}), name, everything[name])
        yield from _servers(moves.get(name, ()), parked.get(name, ()))
    hidden = len(wave["moves"]) + len(wave["parked"]) - sum(map(len, (*moves.values(), *parked.values())))
    if hidden:
        yield f"  and {count(hidden, 'more server')}, see the plan"


def _host(host: Mapping[str, Any], name: str, servers: int) -> str:
    zone = f" ({clean(host['zone'])})" if host.get("zone") else ""
    mode = "empty" if host.get("mode") == "drain" and not servers else WORDS.get(str(host.get("mode")), "")
    return f"  {clean(name)}{zone}: {mode}"


def _servers(moves: Sequence[Mapping[str, Any]], parked: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    wide = max((len(clean(item["name"])) for item in (*moves, *parked)), default=0)
    far = max((len(clean(item["to"])) for item in moves), default=0)
    for move in moves:
        yield f"    {clean(move['name']):<{wide}}  {move['how']} to {clean(move['to']):<{far}}  {clean(move['why'])}"
    for server in parked:
        yield f"    {clean(server['name']):<{wide}}  {server['how']}"
