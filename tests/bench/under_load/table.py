# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The records of all parts side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from ansible_collections.stackroll.nova.tests.bench.under_load.record import WINDOWS, Record

LABEL, COLUMN = 34, 17
Cell = Callable[[Record], str]


def lines(records: Sequence[Record]) -> list[str]:
    """Return the lines of the table; kinds of failures that did not occur have none."""
    found = [line("", (record.name for record in records))]
    for label, cell in rows(records):
        found.append(line(label, map(cell, records)))
    return found


def line(label: str, cells: Iterable[str]) -> str:
    """Return one line."""
    return f"  {label:<{LABEL}}" + "".join(f"{cell:>{COLUMN}}" for cell in cells)


def rows(records: Sequence[Record]) -> list[tuple[str, Cell]]:
    """Return the labels of the lines, and what stands in each."""
    kinds = sorted({kind for record in records for kind in record.kinds})
    boot_kinds = sorted({kind for record in records for kind in record.boot_kinds})
    apis = sorted({api for record in records for api in record.outages})
    return [
        ("taken", lambda one: one.taken),
        ("requests per second asked for", lambda one: f"{one.rate:g}"),
        ("machine busy before", lambda one: f"{one.busy_before:.0%}"),
        ("cores used beyond the load", lambda one: f"{one.cpu:.2f}"),
        ("seconds of work", lambda one: f"{one.seconds:.0f}"),
        ("requests", lambda one: f"{one.requests}"),
        ("failures", lambda one: f"{one.failures}"),
        *((f"  {kind}", count(kind)) for kind in kinds),
        ("skipped by the clients", lambda one: f"{one.skipped}"),
        ("boots", lambda one: f"{one.boots}"),
        ("boot failures", lambda one: f"{one.boot_failures}"),
        *((f"  {kind}", boot_count(kind)) for kind in boot_kinds),
        ("longest gap", lambda one: seconds(one.longest_gap)),
        ("longest wait for an answer", lambda one: seconds(one.longest_wait)),
        *((f"outage of {api}", outage(api)) for api in apis),
        *((f"p99 {window}", p99(window)) for window in WINDOWS),
        ("p99 during to before", lambda one: "-" if one.p99_ratio is None else f"{one.p99_ratio:.2f}"),
        ("held by the balancer, at most", lambda one: seconds(one.more.get("hold_seconds"))),
    ]


def count(kind: str) -> Cell:
    """Failed requests of a kind."""
    return lambda one: f"{one.kinds.get(kind, 0)}"


def boot_count(kind: str) -> Cell:
    """Failed boots of a kind."""
    return lambda one: f"{one.boot_kinds.get(kind, 0)}"


def outage(api: str) -> Cell:
    """How long requests to an API failed."""
    return lambda one: seconds(one.outages.get(api))


def p99(window: str) -> Cell:
    """The latency that one of a hundred requests exceeds."""
    return lambda one: milliseconds(one.p99.get(window))


def seconds(value: float | None) -> str:
    """Such as 3.2 s."""
    return "-" if value is None else f"{value:.1f} s"


def milliseconds(value: float | None) -> str:
    """Such as 48 ms."""
    return "-" if value is None else f"{value * 1000:.0f} ms"
