# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What clients see of the whole upgrade, and of the same done as others do it, on the real rehearsal cloud.

Mixed requests at a rate that leaves half of the machine idle, and a boot every five seconds, before, during and after. Each part begins
with a fresh cloud, warms it up, and can be run alone; the figures of the others are kept from before.

ours: the whole upgrade, computes too, some times. control: no upgrade, while something else uses the processor as it did in the run of
ours that was the slowest for clients. peers: the control plane as two well known tools restart it (tests/bench/peers). single: the
control plane of a cloud with one controller, beside plain restarts of its APIs under the same load.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from dataclasses import replace

import measures
from harness.clients import Clients, Phase
from harness.cloud import PROJECT
from loaded import BOOT_EVERY, Loaded, Times, fresh_run_dir, recording, say
from restarts import restart_seconds

from ansible_collections.stackroll.nova.tests.bench.under_load import journal, table
from ansible_collections.stackroll.nova.tests.bench.under_load import results as figures
from ansible_collections.stackroll.nova.tests.bench.under_load.burner import Fire
from ansible_collections.stackroll.nova.tests.bench.under_load.record import Record
from ansible_collections.stackroll.nova.tests.bench.under_load.results import CONTROL, PEERS, SINGLE, Results

NAME, TARGET = "availability", "2026.2"
PARTS = ("ours", "control", "peers", "single")
WORK = ("control_plane", "computes")
TOLD = ("at", "phase", "operation", "kind", "status", "request_id", "name", "server_id", "failure", "message")
MOST_TOLD = 5


class NotMeasuredError(Exception):
    """What is needed for a part is missing."""


class Bench:
    """The parts; each keeps its results as soon as it has them."""

    def __init__(self, loaded: Loaded, runs: int) -> None:
        self._loaded = loaded
        self._runs = runs
        self.results = Results.from_dict(measures.read(NAME))
        self.broken: list[str] = []

    def attempt(self, part: str) -> None:
        """Measure one part; what goes wrong is told, and the other parts go on."""
        steps = {"ours": self._ours, "control": self._control, "peers": self._peers, "single": self._single}
        try:
            steps[part]()
        except (
            AssertionError,
            NotMeasuredError,
            OSError,
            LookupError,
            ValueError,
            subprocess.SubprocessError,
        ) as error:
            self.broken.append(part)
            say(f"{part} could not be measured: {type(error).__name__}: {error}")

    def _keep(self, results: Results) -> None:
        self.results = results
        measures.write(NAME, figures.measures(results), results.to_dict())

    def _ours(self) -> None:
        self._keep(replace(self.results, ours=()))
        for number in range(1, self._runs + 1):
            record = upgrade(self._loaded, f"ours {number}")
            self._keep(replace(self.results, ours=(*self.results.ours, record)))

    def _control(self) -> None:
        slowest = self.results.slowest
        if slowest is None or not slowest.more.get("profile"):
            raise NotMeasuredError("the control run needs a run of ours to burn as much as; measure ours first")
        self._keep(self.results.with_other(CONTROL, control(self._loaded, slowest)))

    def _peers(self) -> None:
        for name in PEERS:
            self._keep(self.results.with_other(name, peer(self._loaded, name)))

    def _single(self) -> None:
        self._keep(self.results.with_other(SINGLE, single(self._loaded)))


def upgrade(loaded: Loaded, name: str) -> Record:
    """Upgrade the whole cloud, as an operator does."""
    loaded.renew()
    loaded.fit(name)
    run_dir = fresh_run_dir(name)

    def work() -> list[Phase]:
        loaded.play(name, "stackroll.nova.upgrade", stackroll_target_release=TARGET, stackroll_run_dir=str(run_dir))
        found = journal.spans(events())
        return [Phase(phase, *found[phase]) for phase in WORK]

    def events() -> list[journal.Json]:
        return journal.read((run_dir / "journal.jsonl").read_text(encoding="utf-8"))

    record = loaded.during(name, work)
    told = {"hold_seconds": journal.hold_seconds(events()), "order": journal.order(events())}
    return replace(record, more={**record.more, **told})


def control(loaded: Loaded, slowest: Record) -> Record:
    """Upgrade nothing, and use as much processor time as that run did, second by second."""
    loaded.renew()
    loaded.fit(CONTROL)
    used: list[float] = []
    slots = list(slowest.more["profile"])

    def work() -> list[Phase]:
        with Fire(slots, os.cpu_count() or 1) as fire:
            used.append(fire.wait())
        return []

    record = loaded.during(CONTROL, work)
    wanted = sum(one for _seconds, one in slots)
    say(f"{used[0]:.0f} of {wanted:.0f} processor seconds were burnt, as in {slowest.name}")
    return replace(record, more={"as": slowest.name, "wanted_seconds": wanted, "burnt_seconds": used[0]})


def peer(loaded: Loaded, name: str) -> Record:
    """Give the controllers the new code as others do it."""
    loaded.renew()
    loaded.fit(name)

    def work() -> list[Phase]:
        loaded.play(name, str(PROJECT / "tests" / "bench" / "peers" / f"{name}.yml"), peer_release=TARGET)
        return []

    # What is broken by then may keep servers from being deleted; the cloud is thrown away.
    return loaded.during(name, work, may_leave_servers=True)


def single(loaded: Loaded) -> Record:
    """Upgrade the control plane of a cloud with one controller, after a few plain restarts of its APIs."""
    loaded.renew(controllers=1)
    loaded.fit(SINGLE)
    with Clients(recording(SINGLE, "restarts"), rate=loaded.rate, boot_every=BOOT_EVERY):
        restarts = restart_seconds(loaded.cloud)
    say("restarts: " + ", ".join(f"{api} {seconds:.1f} s" for api, seconds in restarts.items()))
    run_dir = fresh_run_dir(SINGLE)
    options = {"stackroll_target_release": TARGET, "stackroll_run_dir": str(run_dir)}
    loaded.play(SINGLE, "stackroll.nova.preflight", **options)
    checks = json.loads((run_dir / "checks.json").read_text(encoding="utf-8"))

    def work() -> list[Phase]:
        loaded.play(SINGLE, "stackroll.nova.control_plane", **options)
        return []

    record = loaded.during(SINGLE, work, may_leave_servers=True)
    events = journal.read((run_dir / "journal.jsonl").read_text(encoding="utf-8"))
    told = {"hold_seconds": journal.hold_seconds(events), "order": journal.order(events)}
    return replace(record, more={"restart_seconds": restarts, "warned": journal.warned(checks), **told})


def arguments(words: list[str] | None = None) -> argparse.Namespace:
    """How much of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3, help="how many upgrades of ours (3)")
    parser.add_argument(
        "--rate", type=float, default=12, help="requests per second, less where the machine is busy (12)"
    )
    parser.add_argument("--before", type=float, default=60, help="seconds of load before (60)")
    parser.add_argument("--after", type=float, default=20, help="seconds of load afterwards (20)")
    parser.add_argument(
        "--only", default=",".join(PARTS), help=f"some of {','.join(PARTS)}, or none to show what there is"
    )
    found = parser.parse_args(words)
    found.only = [] if found.only == "none" else found.only.split(",")
    unknown = sorted(set(found.only) - set(PARTS))
    if unknown:
        parser.error(f"--only: {', '.join(unknown)} is none of {', '.join(PARTS)}")
    return found


def show(results: Results) -> None:
    """Print everything that is known."""
    print("\n".join(table.lines(results.columns)))
    for record in results.columns:
        remarks = [record.words, record.complaint, f"failures by phase: {record.phases}" if record.failures else ""]
        remarks += [", ".join(f"{key} {one[key]}" for key in TOLD if one.get(key)) for one in record.failed[:MOST_TOLD]]
        print("\n".join(f"  {record.name}: {remark}" for remark in remarks if remark))
    print("\n".join(f"  {goal}" for goal in figures.goals(results)))


def main() -> int:
    """Measure, print the table and write the figures."""
    wish = arguments()
    start = time.monotonic()
    loaded = Loaded(wish.rate, Times(wish.before, wish.after))
    bench = Bench(loaded, wish.runs)
    try:
        for part in wish.only:
            bench.attempt(part)
    finally:
        if wish.only:
            loaded.close()
    say(f"{(time.monotonic() - start) / 60:.0f} minutes; the figures are in {measures.path_of(NAME)}")
    show(bench.results)
    if bench.broken:
        print(f"could not be measured: {', '.join(bench.broken)}")
    return 1 if bench.broken else 0


if __name__ == "__main__":
    sys.exit(main())
