# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One large fleet planned by a process that does nothing else: seconds and memory. Prints a line of JSON.

Memory is what the process grows by: from the moment the fleet is loaded and all that was only needed to load it is given back, to
the peak until the plan is there as plain data. The kernel keeps that peak (VmHWM) and forgets it on demand (clear_refs).
"""

from __future__ import annotations

import ctypes
import gc
import json
import sys
import time
from pathlib import Path

from ansible_collections.stackroll.nova.tests.bench.planning import planner
from ansible_collections.stackroll.nova.tests.bench.planning.checker import check
from ansible_collections.stackroll.nova.tests.bench.planning.clock import Pace
from ansible_collections.stackroll.nova.tests.bench.planning.fleets import Case, large_cloud

KIB_PER_MIB = 1024
FORGET_PEAK = "5"


def memory(name: str) -> float:
    """VmRSS or VmHWM of this process in MiB."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:")) / KIB_PER_MIB


def settle_down() -> float:
    """Give back what is not in use, forget the peak so far, and return what is left in MiB."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    Path("/proc/self/clear_refs").write_text(FORGET_PEAK, encoding="ascii")
    return memory("VmRSS")


def measure(case: Case) -> dict[str, float]:
    """Plan it once."""
    options = {**case.options, **Pace().options()}
    before = settle_down()
    start, busy = time.monotonic(), time.process_time()
    plan = planner.plan(case.fleet, options)
    seconds, busy = time.monotonic() - start, time.process_time() - busy
    peak = memory("VmHWM")
    violations = check(plan, case.fleet, options)
    for violation in violations[:5]:
        print(f"{case.name}: {violation.kind}: {violation.text}", file=sys.stderr)
    return {
        "seconds": seconds,
        "cpu_seconds": busy,
        "fleet_mib": before,
        "peak_mib": peak,
        "grown_mib": peak - before,
        "feasible": plan["feasible"],
        "moves": plan["totals"]["moves"],
        "waves": plan["totals"]["waves"],
        "violations": len(violations),
    }


def main() -> int:
    """Arguments: seed, hosts, servers."""
    seed, hosts, servers = (int(word) for word in sys.argv[1:])
    print(json.dumps(measure(large_cloud(seed, hosts, servers))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
