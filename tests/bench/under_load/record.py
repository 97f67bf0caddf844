# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one load on the cloud has shown, in the figures that are kept and compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

Json = dict[str, Any]
MOST_FAILED = 20
WINDOWS = ("before", "during", "after")


@dataclass(frozen=True)
class Record:
    """Requests and boots of clients beside one piece of work. Times in seconds, latencies of the mix.

    *busy_before*: which part of the machine the load alone has kept busy. *cpu*: processor seconds per second that the work used beyond
    the load. *phases*: failures by phase. *failed*: the first requests and boots that failed, as the probe tells them. *more*: what
    only some kinds of work have.
    """

    name: str
    taken: str = ""
    rate: float = 0.0
    busy_before: float = 0.0
    cpu: float = 0.0
    seconds: float = 0.0
    requests: int = 0
    skipped: int = 0
    failures: int = 0
    kinds: dict[str, int] = field(default_factory=dict)
    phases: dict[str, int] = field(default_factory=dict)
    boots: int = 0
    boot_failures: int = 0
    boot_kinds: dict[str, int] = field(default_factory=dict)
    failed: list[Json] = field(default_factory=list)
    longest_gap: float = 0.0
    longest_wait: float = 0.0
    gaps: dict[str, float] = field(default_factory=dict)
    outages: dict[str, float] = field(default_factory=dict)
    p99: dict[str, float | None] = field(default_factory=dict)
    p99_ratio: float | None = None
    words: str = ""
    complaint: str = ""
    more: Json = field(default_factory=dict)

    @classmethod
    def of(cls, name: str, evaluation: Json, **more: Any) -> Record:
        """From an evaluation of the probe (docs/report.md)."""
        return cls(
            name=name,
            requests=evaluation["requests"],
            skipped=evaluation["skipped"],
            failures=evaluation["failures"],
            kinds=evaluation["failures_by_kind"],
            phases=evaluation["failures_by_phase"],
            boots=evaluation["boots"],
            boot_failures=evaluation["boot_failures"],
            boot_kinds=evaluation["boot_failures_by_kind"],
            failed=[*evaluation["failed"][:MOST_FAILED], *evaluation["failed_boots"][:MOST_FAILED]],
            longest_gap=evaluation["longest_gap_seconds"],
            longest_wait=evaluation["longest_wait_seconds"],
            gaps={api: found["longest_gap_seconds"] for api, found in evaluation["apis"].items()},
            outages=evaluation["outage_seconds"],
            p99={window: evaluation["latency"][window]["p99"] for window in WINDOWS},
            p99_ratio=evaluation["p99_ratio"],
            words=(evaluation["significance"] or {}).get("words", ""),
            **more,
        )

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Record:
        """What to_dict wrote; what another version of this bench wrote beside it is left out."""
        known = {item.name for item in fields(cls)}
        return cls(**{name: value for name, value in data.items() if name in known})

    def to_dict(self) -> Json:
        """Plain data."""
        return asdict(self)

    def out(self, api: str) -> float:
        """How long this API served nobody: its failures together, or its longest gap, where requests were late, if that is more."""
        return max(self.outages.get(api, 0.0), self.gaps.get(api, 0.0))
