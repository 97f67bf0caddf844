# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What plans are worth, on generated fleets, beside bounds that nobody can beat and beside the two ways of today.

No cloud is needed. docs/planning-bench.md says what is generated, and what is measured how.
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import measures

from ansible_collections.stackroll.nova.tests.bench.planning import alone, bounds, planner, today
from ansible_collections.stackroll.nova.tests.bench.planning.checker import Violation, check
from ansible_collections.stackroll.nova.tests.bench.planning.clock import Pace, replay
from ansible_collections.stackroll.nova.tests.bench.planning.estate import Estate
from ansible_collections.stackroll.nova.tests.bench.planning.fleets import (
    SLOTS,
    Case,
    constrained_cloud,
    equal_hosts,
    mixed_hosts,
)
from ansible_collections.stackroll.nova.tests.bench.planning.roll import Roll, limits
from ansible_collections.stackroll.nova.tests.bench.planning.small_fleets import (
    SmallCase,
    feasible_fleets,
    infeasible_fleets,
)
from ansible_collections.stackroll.nova.tests.bench.planning.witness import Witness

PACE = Pace()
TOLERANCE = 1.15
SHOWN = 20


@dataclass
class Found:
    """What all fleets together have shown."""

    violations: Counter[str] = field(default_factory=Counter)
    texts: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    excess: list[float] = field(default_factory=list)
    tally: Counter[str] = field(default_factory=Counter)
    estimated: float = 0.0
    plan: today.Outcome = field(default_factory=today.Outcome)
    serial: today.Outcome = field(default_factory=today.Outcome)
    zones: today.Outcome = field(default_factory=today.Outcome)

    def blame(self, case: Case, violations: Iterable[Violation]) -> None:
        """Remember violations; the first ones are shown with the seed that makes the fleet again."""
        for item in violations:
            self.violations[item.kind] += 1
            if len(self.texts) < SHOWN:
                self.texts.append(f"  {case.name}, seed {case.seed}: {item.kind}: {item.text}")

    def warn(self, case: Case, text: str) -> None:
        """Remember a fleet to look at, that breaks nothing."""
        if len(self.remarks) < SHOWN:
            self.remarks.append(f"  {case.name}, seed {case.seed}: {text}")


def added(one: today.Outcome, moves: int, seconds: float, stopped: int) -> today.Outcome:
    """The sums."""
    return replace(one, moves=one.moves + moves, seconds=one.seconds + seconds, stopped=one.stopped + stopped)


def options_of(case: Case) -> dict[str, Any]:
    """The options of a case, with the rates that the simulator has."""
    return {**case.options, **PACE.options()}


def roll_of(case: Case) -> Roll:
    """The fleet and what is asked for, in numbers."""
    options = options_of(case)
    return Roll.of(Estate(case.fleet, options.get("keep_zones", True)), options)


def in_child(seed: int, hosts: int, servers: int) -> dict[str, Any]:
    """Plan a large fleet in a process of its own."""
    command = [sys.executable, alone.__file__, str(seed), str(hosts), str(servers)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    figures: dict[str, Any] = json.loads(done.stdout)
    print(
        f"  {hosts:>5} hosts x {servers:>6} servers {figures['seconds']:>7.2f} s ({figures['cpu_seconds']:.2f} s of CPU),"
        f" {figures['fleet_mib']:.0f} MiB with the fleet, {figures['peak_mib']:.0f} MiB at the peak, {figures['grown_mib']:.0f}"
        f" MiB more; {figures['waves']} waves, {figures['moves']} moves, {figures['violations']} violations"
    )
    return figures


EQUAL = tuple(
    (full, servers, spare, most, empty, canary)
    for full, spare in ((19, 1), (99, 1), (95, 5), (495, 5), (990, 10))
    for servers in (16, 22, 25, 28)
    for most, empty, canary in ((full, 0, 0), (max(1, full // 20), 0, 0), (full, 0, 1), (full, 2, 1))
)


def equal_fleets(found: Found) -> tuple[int, int]:
    """How many of how many fleets of equal hosts have exactly the waves of B4i."""
    right = 0
    for full, servers, spare, most, empty, canary in EQUAL:
        case = equal_hosts(full, servers, spare, most, empty=empty, canary=canary)
        plan = planner.plan(case.fleet, options_of(case))
        found.blame(case, check(plan, case.fleet, options_of(case)))
        waves = bounds.waves_of_equal_hosts(full, servers, spare * SLOTS, SLOTS, most=most, empty=empty, canary=canary)
        right += plan["totals"]["waves"] == waves
        if plan["totals"]["waves"] != waves:
            found.warn(
                case,
                f"{plan['totals']['waves']} waves instead of {waves} (most {most}, {empty} empty, canary {canary})",
            )
    return right, len(EQUAL)


MIXED = tuple(
    (seed, hosts, per_host, spare, most, canary)
    for seed, (hosts, per_host, spare, most) in enumerate(
        (hosts, per_host, spare, most)
        for hosts in (60, 150, 300)
        for per_host in (12, 16, 19)
        for spare in (0.02, 0.05, 0.1)
        for most in ("5%", "10%", "100%")
    )
    for canary in (0, 1)
)


def mixed_fleets(found: Found) -> tuple[float, int]:
    """The largest ratio of waves to max(B4, N/k), and how many fleets are above ceil(1.15 x that)."""
    largest, above, worst = 0.0, 0, ""
    for seed, hosts, per_host, spare, most, canary in MIXED:
        case = mixed_hosts(seed, hosts, hosts * per_host, spare=spare, most=most, canary=canary)
        plan = planner.plan(case.fleet, options_of(case))
        roll = roll_of(case)
        found.blame(case, check(plan, case.fleet, options_of(case), roll.estate))
        bound = bounds.mixed_waves(roll, next(limits(roll, {})).most)
        if not plan["feasible"]:
            found.blame(case, [Violation("refused", "infeasible, with nothing but room to look at")])
            continue
        waves = plan["totals"]["waves"]
        if waves / bound > largest:
            largest, worst = waves / bound, f"{waves} waves, bound {bound}, canary {canary}, seed {seed}"
        if waves > math.ceil(TOLERANCE * bound):
            above += 1
            found.warn(
                case, f"{waves} waves, bound {bound}, canary {canary} ({hosts} x {per_host}, spare {spare}, {most})"
            )
    print(f"  mixed hosts, farthest from the bound: {worst}")
    return largest, above


def random_fleets(found: Found, count: int) -> None:
    """Plans for random clouds: constraints, moves, and the ways of today beside them."""
    for seed in range(1, count + 1):
        case = constrained_cloud(seed)
        options = options_of(case)
        plan = planner.plan(case.fleet, options)
        roll = roll_of(case)
        found.blame(case, check(plan, case.fleet, options, roll.estate))
        exists = Witness(roll).search() is not None
        found.tally["random, a roll is known" if exists else "random, no roll is known"] += 1
        if not plan["feasible"]:
            found.tally["random, refused"] += 1
            if exists:
                found.blame(case, [Violation("refused", f"infeasible, though a roll exists: {first_blocked(plan)}")])
            continue
        found.tally["random, planned"] += 1
        moves_of_random(found, case, roll, plan, exists)
        if seed <= 3 and json.dumps(planner.plan(case.fleet, options)) != json.dumps(plan):
            found.blame(case, [Violation("pure", "planned twice, there are two plans")])


def first_blocked(plan: Mapping[str, Any]) -> str:
    """What the plan says first about why not."""
    return str(plan["blocked"][0]["reason"]) if plan["blocked"] else "without a word"


def moves_of_random(found: Found, case: Case, roll: Roll, plan: Mapping[str, Any], exists: bool) -> None:
    """Moves beside the bound, and the ways of today beside the plan."""
    started = {item["name"] for item in plan["hosts"] if item["wave"]}
    once = sum(len(servers) for host, servers in roll.leaving_by_host().items() if host in started)
    least = once if exists or "finish_by" in roll.options else bounds.least_moves(roll)
    moves, seconds = replay(plan, roll.estate.servers, PACE)
    found.excess.append(moves / least - 1 if least else float(moves))
    if moves > least:
        known = "a roll with as few is known" if exists else "no roll is known"
        found.tally["random, more moves than the bound, and " + known] += 1
        found.warn(case, f"{moves} moves, and the bound is {least}: {known}")
    if started != set(roll.hosts):
        found.tally["random, cut short by finish_by"] += 1
        return
    found.plan = added(found.plan, moves, seconds, 0)
    found.estimated += plan["totals"]["seconds"]
    serial = today.one_by_one(roll, PACE)
    found.serial = added(found.serial, serial.moves, serial.seconds, serial.stopped)
    free = Roll.of(Estate(case.fleet, keep_zones=False), roll.options)
    zones = today.zone_at_once(free, PACE)
    found.zones = added(found.zones, zones.moves, zones.seconds, zones.stopped)


def names_blocker(plan: Mapping[str, Any], case: SmallCase) -> bool:
    """Whether something that is blocked is a culprit, or is explained by its name."""
    return any(
        item["server"] in case.culprits or any(word in f"{item['reason']} {item['remedy']}" for word in case.words)
        for item in plan["blocked"]
    )


def answers(found: Found, cases: Iterable[SmallCase]) -> Iterator[bool]:
    """Whether the planner is right about each small fleet."""
    for case in cases:
        options = options_of(case)
        plan = planner.plan(case.fleet, options)
        violations = check(plan, case.fleet, options)
        found.blame(case, violations)
        yield right_about(found, case, plan) and not violations


def right_about(found: Found, case: SmallCase, plan: Mapping[str, Any]) -> bool:
    """Feasible with the least number of moves, or refused for the right reason."""
    possible = case.verdict.answer != "never"
    if plan["feasible"] != possible:
        found.warn(case, f"called {'feasible' if plan['feasible'] else 'infeasible: ' + first_blocked(plan)}")
        return False
    if possible and plan["totals"]["moves"] > case.verdict.moves:
        found.warn(case, f"{plan['totals']['moves']} moves instead of {case.verdict.moves}")
        return False
    if not possible and not plan["relaxations"]:
        found.tally["small fleets refused without a relaxation"] += 1
    if not possible and not names_blocker(plan, case):
        found.warn(case, f"the blocker is not named: {first_blocked(plan)}")
        return False
    return True


def share(results: Iterable[bool]) -> float:
    """The share of what is right."""
    found = list(results)
    return sum(found) / len(found) if found else 0.0


def ratio(one: float, other: float) -> float:
    """How many times the other."""
    return one / other if other else 0.0


def show(found: Found, equal: tuple[int, int], mixed: tuple[float, int]) -> None:
    """Print what the measures do not say."""
    print(f"  equal hosts: {equal[0]} of {equal[1]} fleets have exactly the waves of B4i")
    print(
        f"  mixed hosts: {mixed[1]} of {len(MIXED)} fleets above ceil({TOLERANCE} x max(B4, N/k)), largest ratio {mixed[0]:.2f}"
    )
    print(f"  fleets: {', '.join(f'{count} {name}' for name, count in sorted(found.tally.items()))}")
    print(f"  {'':<24}{'moves':>12}{'hours':>12}{'stopped':>12}")
    for name, one in (("the plan", found.plan), ("one host at a time", found.serial), ("a zone at once", found.zones)):
        print(f"  {name:<24}{one.moves:>12}{one.seconds / 3600:>12.1f}{one.stopped:>12}")
    print(f"  by its own estimate the plan takes {found.estimated / 3600:.1f} hours")
    print(f"  violations: {dict(found.violations) or 'none'}")
    print("\n".join([*found.texts, *found.remarks]))


def arguments() -> argparse.Namespace:
    """How much of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fleets", type=int, default=1000, help="how many random clouds")
    parser.add_argument("--small", type=int, default=200, help="how many small fleets of each kind")
    parser.add_argument("--no-large", action="store_true", help="leave the large fleets out, and write no figures")
    return parser.parse_args()


def main() -> int:
    """Measure, print and write the figures."""
    wish = arguments()
    large = [] if wish.no_large else [in_child(1, 1000, 20_000), in_child(1, 5000, 100_000)]
    found = Found()
    equal, mixed = equal_fleets(found), mixed_fleets(found)
    random_fleets(found, wish.fleets)
    feasible = share(answers(found, feasible_fleets(wish.small)))
    infeasible = share(answers(found, infeasible_fleets(wish.small)))
    show(found, equal, mixed)
    figures = [
        ("moves_excess_mean", sum(found.excess) / max(1, len(found.excess)), "1"),
        ("moves_excess_max", max(found.excess, default=0.0), "1"),
        ("violations", sum(found.violations.values()) + sum(one["violations"] for one in large), "violations"),
        ("infeasible_right", infeasible, "1"),
        ("feasible_right", feasible, "1"),
        ("waves_ratio_max", mixed[0], "1"),
        ("peer_serial_moves_ratio", ratio(found.serial.moves, found.plan.moves), "1"),
        ("peer_serial_time_ratio", ratio(found.serial.seconds, found.plan.seconds), "1"),
        ("peer_zone_time_ratio", ratio(found.zones.seconds, found.plan.seconds), "1"),
    ]
    if large:
        figures += [
            ("seconds_1000x20000", large[0]["seconds"], "s"),
            ("seconds_5000x100000", large[1]["seconds"], "s"),
            ("peak_mib_5000x100000", large[1]["grown_mib"], "MiB"),
        ]
        measures.write("plan", figures)
    for name, value, unit in figures:
        print(f"  {name:<28}{value:>10.3f} {unit}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
