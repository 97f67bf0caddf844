# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How fast many hosts are reshaped on a real Placement, beside a bare loop that only posts bodies that were prepared before.

The cloud is the rehearsal cloud; the trees are rows in its Placement database. Both sides take turns on the trees of one forest, so that
the machine's moods meet both. The second part reshapes while servers come and go.
"""

from __future__ import annotations

import argparse
import sys

import measures
from harness.cloud import Rehearsal
from harness.living import CONSUMERS, Figures, bare, in_a_living_cloud, ours, refuse_errors
from harness.synthetic_trees import CHILDREN, Forest

TURNS, BARE = 10, 5  # every fifth tree by prepared requests
NOTHING = Figures(0, 0.0, 0)


def in_turns(cloud: Rehearsal, trees: int) -> tuple[Figures, Figures, int]:
    """Reshape four of five trees as the module does it, and the fifth with prepared requests.

    Returns the figures of the module, those of the bare loop, and how many units are lost or doubled.
    """
    forest = Forest(cloud.description["databases"]["placement"], trees, CONSUMERS)
    forest.remove()
    try:
        forest.load()
        before = forest.audit()
        module, loop = NOTHING, NOTHING
        turn = max(BARE, trees // TURNS)
        for start in range(0, trees, turn):
            names = forest.hosts[start : start + turn]
            loop += bare(cloud, names[::BARE])
            figures, results = ours(cloud, [name for number, name in enumerate(names) if number % BARE])
            refuse_errors(results)
            module += figures
            print(f"{start + len(names)} of {trees} trees: {module.per_minute:.1f}, {loop.per_minute:.1f}", flush=True)
        after = forest.audit()
        return module, loop, before.lost(after) + before.doubled(after)
    finally:
        forest.remove()


def main() -> int:
    """Measure, print the table and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trees", type=int, default=1000)
    parser.add_argument("--living-trees", type=int, default=500)
    given = parser.parse_args()
    cloud = Rehearsal()
    figures, bare_figures, lost = in_turns(cloud, given.trees)
    living = in_a_living_cloud(cloud, given.living_trees)
    ratio = figures.per_minute / bare_figures.per_minute
    requests = figures.requests / figures.hosts - (CHILDREN + 1)
    nova = CHILDREN + 1 + CONSUMERS + 1
    print(f"{given.trees} trees of {CHILDREN + 1} providers and {CONSUMERS} consumers, on a real Placement")
    print(f"  {'the module: read, plan, write, prove':<52}{figures.per_minute:>8.0f} hosts a minute")
    print(f"  {'a bare loop of prepared requests':<52}{bare_figures.per_minute:>8.0f} hosts a minute")
    print(f"  {'ratio':<52}{ratio:>8.2f}")
    print(f"  {'requests per host':<52}{figures.requests / figures.hosts:>8.2f}")
    print(f"  {'requests per host as nova-compute does it':<52}{nova:>8}")
    print(f"  {'units lost or doubled':<52}{lost:>8}")
    print(f"{given.living_trees} trees while {living.built} servers came and {living.deleted} went")
    print(f"  {'the module':<52}{living.figures.per_minute:>8.0f} hosts a minute")
    print(f"  {'requests per host':<52}{living.figures.requests / living.figures.hosts:>8.2f}")
    print(f"  {'units lost or doubled':<52}{living.lost:>8}")
    measures.write(
        "reshape",
        (
            ("hosts_per_minute", figures.per_minute, "hosts/min"),
            ("bare_hosts_per_minute", bare_figures.per_minute, "hosts/min"),
            ("ratio_to_bare", ratio, "1"),
            ("requests_per_host_minus_providers", requests, "requests"),
            ("lost_units", lost + living.lost, "units"),
        ),
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
