# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All parts of the bench together: the figures for machines, and what was to be reached."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.stackroll.nova.tests.bench.under_load.record import Record

PLACEMENT = "placement"
HALF_BUSY, SLOWER, OUT = 0.5, 2.0, 1.2
CONTROL, PEERS, SINGLE = "control", ("all_at_once", "first_then_rest"), "single"
OTHERS = (CONTROL, *PEERS, SINGLE)
Json = dict[str, Any]
Measure = tuple[str, float, str]


@dataclass(frozen=True)
class Results:
    """The records of our runs and, by name, of the other parts, as far as they were measured, now or before."""

    ours: tuple[Record, ...] = ()
    others: Mapping[str, Record] = field(default_factory=dict)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Results:
        """What to_dict wrote."""
        ours = tuple(Record.from_dict(one) for one in data.get("runs") or ())
        return cls(ours, {name: Record.from_dict(data[name]) for name in OTHERS if data.get(name)})

    def to_dict(self) -> Json:
        """Plain data: *runs*, and the other parts by name."""
        others = {name: record.to_dict() for name, record in self.others.items()}
        return {"runs": [record.to_dict() for record in self.ours], **others}

    def with_other(self, name: str, record: Record) -> Results:
        """The same with a part measured anew."""
        return Results(self.ours, {**self.others, name: record})

    @property
    def columns(self) -> list[Record]:
        """What there is, in the order of the table."""
        return [*self.ours, *(self.others[name] for name in OTHERS if name in self.others)]

    @property
    def slowest(self) -> Record | None:
        """The run of ours with the worst ratio."""
        return max((one for one in self.ours if one.p99_ratio is not None), key=_ratio, default=None)


def _ratio(record: Record) -> float:
    return record.p99_ratio or 0.0


def measures(results: Results) -> list[Measure]:
    """Sums of requests and boots over our runs and the worst of everything else; what was not measured is left out."""
    found: list[Measure] = []
    if results.ours:
        found += [
            ("requests", sum(one.requests for one in results.ours), "requests"),
            ("failures", max(one.failures for one in results.ours), "requests"),
            ("boots", sum(one.boots for one in results.ours), "servers"),
            ("boot_failures", max(one.boot_failures for one in results.ours), "servers"),
            ("longest_gap_seconds", max(one.longest_gap for one in results.ours), "s"),
        ]
    if results.slowest:
        found.append(("p99_ratio", _ratio(results.slowest), "1"))
    found += [
        (f"peer_{name}_failures", results.others[name].failures, "requests") for name in PEERS if name in results.others
    ]
    if SINGLE in results.others:
        found.append(("single_controller_outage_ratio", outage_ratio(results.others[SINGLE]), "1"))
    return found


def outage_ratio(single: Record) -> float:
    """How long the APIs of a single controller were out in proportion to a restart of theirs, the worse of both."""
    restarts: dict[str, float] = single.more["restart_seconds"]
    return max(single.out(api) / seconds for api, seconds in restarts.items())


@dataclass(frozen=True)
class Goal:
    """Something to be reached; *met* is None where it was not measured."""

    name: str
    found: str = ""
    met: bool | None = None

    def __str__(self) -> str:
        word = {True: "PASS", False: "MISS", None: "not measured"}[self.met]
        return f"{word:<14}{self.name}{': ' + self.found if self.found else ''}"


@dataclass(frozen=True)
class _Most:
    """A figure of each of our runs that must not be more than so much."""

    name: str
    figure: Callable[[Record], float] = field(repr=False)
    most: float = 0.0

    def goal(self, ours: Iterable[Record]) -> Goal:
        values = [self.figure(record) for record in ours]
        if not values:
            return Goal(self.name)
        return Goal(self.name, ", ".join(f"{value:g}" for value in values), max(values) <= self.most)


OURS = (
    _Most("at most half of the machine busy before", lambda one: round(one.busy_before, 2), HALF_BUSY),
    _Most("no request failed", lambda one: one.failures),
    _Most("no boot failed", lambda one: one.boot_failures),
    _Most("Placement never out, in seconds", lambda one: one.outages.get(PLACEMENT, 0.0)),
)


def goals(results: Results) -> list[Goal]:
    """Everything that was to be reached, in order."""
    return [
        *(each.goal(results.ours) for each in OURS),
        latency_goal(results),
        *single_goals(results.others.get(SINGLE)),
    ]


def latency_goal(results: Results) -> Goal:
    """At most so much slower; or at most so much slower than under the same use of the processor by something else."""
    name = f"p99 during at most {SLOWER:g} x before, or that of the control run"
    ours, control = results.slowest, results.others.get(CONTROL)
    if ours is None:
        return Goal(name)
    if _ratio(ours) <= SLOWER:
        return Goal(name, f"{_ratio(ours):.2f}", met=True)
    if control is None or control.p99_ratio is None:
        return Goal(name, f"{_ratio(ours):.2f}, control run not measured", met=False)
    found = f"{_ratio(ours):.2f}, control run {control.p99_ratio:.2f}"
    return Goal(name, found, _ratio(ours) <= SLOWER * control.p99_ratio)


def single_goals(single: Record | None) -> list[Goal]:
    """With a single controller."""
    out, warned = f"single controller out at most {OUT:g} x a restart", "single controller: preflight has warned"
    if single is None:
        return [Goal(out), Goal(warned)]
    told = ", ".join(
        f"{api} {single.out(api):.1f} s to {seconds:.1f} s" for api, seconds in single.more["restart_seconds"].items()
    )
    return [
        Goal(out, f"{outage_ratio(single):.2f} ({told})", outage_ratio(single) <= OUT),
        Goal(warned, "", bool(single.more["warned"])),
    ]
