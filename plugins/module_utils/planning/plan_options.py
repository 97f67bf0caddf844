# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the operator asks of a plan: modes, limits, order, time. Everything is checked here, before a fleet is looked at."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import InvalidInput
from ansible_collections.stackroll.nova.plugins.module_utils.model.records import Record, plain
from ansible_collections.stackroll.nova.plugins.module_utils.planning.option_readers import (
    choice,
    flag,
    limit,
    moment,
    names,
    parse_moment,
    refuse_unknown,
    whole,
)
from ansible_collections.stackroll.nova.plugins.module_utils.planning.policy import (
    BLOCK,
    PARKING,
    Policy,
    parse_rules,
)

IN_PLACE, DRAIN, PARK = "in_place", "drain", "park"
MODES = (IN_PLACE, DRAIN, PARK)


@dataclass(frozen=True)
class Range(Record):
    """A measured or assumed figure: the least, what is likely, and the most."""

    least: float
    likely: float
    most: float


@dataclass(frozen=True)
class Rates(Record):
    """How fast things go; speeds in MiB/s, times in seconds.

    A live migration takes live_seconds and the memory at live_mib_per_second, any other move cold_seconds.
    """

    live_mib_per_second: Range = Range(100.0, 400.0, 1000.0)
    live_seconds: Range = Range(3.0, 10.0, 30.0)
    cold_seconds: Range = Range(15.0, 45.0, 180.0)
    park_seconds: Range = Range(2.0, 15.0, 90.0)
    host_seconds: Range = Range(60.0, 180.0, 600.0)

    @classmethod
    def parse(cls, data: Mapping[str, Any]) -> Rates:
        """Read the option rates: by name a number, or least, likely and most as a list or a dictionary."""
        known = {item.name for item in fields(cls)}
        refuse_unknown("rates", data, known)
        return cls(**{name: _range(f"rates.{name}", value) for name, value in data.items() if value is not None})


@dataclass(frozen=True)
class PlanOptions(Record):
    """Options of a plan; docs of stackroll.nova.upgrade_plan say what each means. Moments are ISO 8601, UTC."""

    mode: str = IN_PLACE
    modes: Mapping[str, str] = field(default_factory=dict)
    hosts: tuple[str, ...] | None = None
    waves: tuple[tuple[str, ...], ...] = ()
    done: tuple[str, ...] = ()
    target_version: int | None = None
    canary: int = 1
    max_unavailable: int | str = "25%"
    max_unavailable_per_zone: int | str | None = None
    max_unavailable_per_cell: int | str | None = None
    max_unavailable_per_aggregate: int | str | None = None
    one_zone_at_a_time: bool = False
    keep_zones: bool = True
    policy: tuple[Mapping[str, Any], ...] = ()
    allow_cold: bool = False
    park: tuple[str, ...] = ()
    verify_resize: str = BLOCK
    shelved: str = BLOCK
    may_stay: tuple[str, ...] = ()
    per_source: int = 2
    per_destination: int = 4
    total: int = 50
    rates: Rates = field(default_factory=Rates)
    not_before: str | None = None
    finish_by: str | None = None
    now: str | None = None

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> PlanOptions:
        """Read options; an unknown name or a value that cannot be is refused in one sentence that names the option."""
        refuse_unknown("options", data, {item.name for item in fields(cls)})
        values = {name: READERS[name](name, value) for name, value in data.items() if value is not None}
        options = cls(**values)
        _refuse_past(options)
        return options

    def policy_of(self, mode: str) -> Policy:
        """The policy for servers on a host of this mode."""
        policy = Policy.read(vars(self))
        return policy.parking() if mode == PARK else policy

    @property
    def rolling(self) -> tuple[str, ...] | None:
        """The hosts to be upgraded, unless they are already; None for all."""
        return tuple(host for wave in self.waves for host in wave) if self.waves else self.hosts

    def mode_of(self, host: str) -> str:
        """How this host is upgraded."""
        return self.modes.get(host, self.mode)

    def start(self, taken_at: str) -> datetime:
        """When the first wave can begin: now, or as the fleet was read when the time was not told, and not before not_before."""
        moments = [parse_moment("now", self.now or taken_at)]
        return max([*moments, parse_moment("not_before", self.not_before)] if self.not_before else moments)


def most_out(rule: int | str | None, hosts: int) -> int:
    """How many of so many hosts may be out of service at once: percentages are rounded down, but one always may."""
    if rule is None:
        return hosts
    text = str(rule)
    return max(1, hosts * int(text[:-1]) // 100) if text.endswith("%") else int(text)


def _refuse_past(options: PlanOptions) -> None:
    if options.finish_by is None or options.now is None:
        return
    start, end = options.start(options.now), parse_moment("finish_by", options.finish_by)
    if end <= start:
        raise InvalidInput(
            f"finish_by {options.finish_by} is not after {start.strftime('%Y-%m-%dT%H:%M:%SZ')}, when the first wave could begin.",
            "Name a moment that is still to come.",
        )


def _range(name: str, value: Any) -> Range:
    if isinstance(value, Mapping):
        value = [value.get(key) for key in ("least", "likely", "most")]
    numbers = list(value) if isinstance(value, (list, tuple)) else [value] * 3
    if len(numbers) != 3 or not all(_is_number(item) and item > 0 for item in numbers) or numbers != sorted(numbers):
        raise InvalidInput(
            f"{name} is {plain(value)!r}.", "Give a number above 0, or three in this order: least, likely, most."
        )
    return Range(*(float(item) for item in numbers))


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _modes(name: str, value: Any) -> dict[str, str]:
    if not isinstance(value, Mapping):
        raise InvalidInput(f"{name} is {value!r}.", "It must be a dictionary from host to mode.")
    return {str(host): choice(*MODES)(f"{name}.{host}", mode) for host, mode in sorted(value.items())}


def _waves(name: str, value: Any) -> tuple[tuple[str, ...], ...]:
    if not isinstance(value, (list, tuple)):
        raise InvalidInput(f"{name} is {value!r}.", "It must be a list of lists of hosts.")
    found = tuple(names(name, wave) for wave in value if wave)
    names(name, [host for wave in found for host in wave])
    return found


def _parking(name: str, value: Any) -> tuple[str, ...]:
    return tuple(choice(*PARKING)(name, item) for item in names(name, value))


def _rules(name: str, value: Any) -> tuple[Mapping[str, Any], ...]:
    if not isinstance(value, (list, tuple)) or not all(isinstance(item, Mapping) for item in value):
        raise InvalidInput(f"{name} is no list of rules.", "It has the rules of stackroll.nova.compute_drain.")
    labelled = [item for item in value if item.get("tag") or item.get("metadata")]
    if labelled:
        raise InvalidInput(
            f"{name} has a rule about tags or metadata, which a fleet does not hold.", "Name the servers instead."
        )
    try:
        parse_rules(value)
    except TypeError as error:
        raise InvalidInput(f"{name} has a rule with an unknown condition.", str(error)) from error
    return tuple({key: plain(part) for key, part in item.items() if part is not None} for item in value)


def _rates(_name: str, value: Any) -> Rates:
    if isinstance(value, Rates):
        return value
    if not isinstance(value, Mapping):
        raise InvalidInput(f"rates is {value!r}.", "It must be a dictionary.")
    return Rates.parse(value)


READERS: Mapping[str, Callable[[str, Any], Any]] = {
    "mode": choice(*MODES),
    "modes": _modes,
    "hosts": names,
    "waves": _waves,
    "done": names,
    "target_version": whole(1),
    "canary": whole(0),
    "max_unavailable": limit,
    "max_unavailable_per_zone": limit,
    "max_unavailable_per_cell": limit,
    "max_unavailable_per_aggregate": limit,
    "one_zone_at_a_time": flag,
    "keep_zones": flag,
    "policy": _rules,
    "allow_cold": flag,
    "park": _parking,
    "verify_resize": choice(BLOCK, "confirm", "revert"),
    "shelved": choice(BLOCK, "offload"),
    "may_stay": names,
    "per_source": whole(1),
    "per_destination": whole(1),
    "total": whole(1),
    "rates": _rates,
    "not_before": moment,
    "finish_by": moment,
    "now": moment,
}
