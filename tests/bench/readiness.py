# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long the readiness checks take on a large cloud, beside nova-status and placement-status.

The cloud is the rehearsal cloud; the hosts and servers are rows in copies of its databases.
"""

from __future__ import annotations

import json
import statistics
import sys
from contextlib import ExitStack
from typing import Any

import measures
import yaml
from harness.cloud import Rehearsal
from harness.copies import Copies
from harness.payload import Payload
from synthetic import HOST, Crowd

COMPUTES, SERVERS = 500, 10_000
TIMES = 5
OLD_RELEASE, RELEASE = "2026.1", "2026.2"
VENV = f"/opt/openstack/{RELEASE}"

# Whole processes on the host where they belong; the first round fills caches and does not count.
CLOCK = """
import json, subprocess, sys, time
rounds, commands = json.loads(sys.argv[1])
for number in range(rounds + 1):
    for name, command in commands.items():
        start = time.monotonic()
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True)
        print(json.dumps([number, name, time.monotonic() - start, done.returncode]), flush=True)
"""


def clock(cloud: Rehearsal, host: str, commands: dict[str, tuple[str, ...]]) -> dict[str, float]:
    """Return the median of the seconds that each command takes on a host."""
    words = ("env", "PYTHONWARNINGS=ignore", "LC_ALL=C.UTF-8", "python3", "-c", CLOCK, json.dumps([TIMES, commands]))
    lines = [json.loads(line) for line in cloud.ssh(host, *words, timeout=1800).splitlines()]
    broken = {name for _number, name, _seconds, code in lines if code not in (0, 1, 2)}
    assert not broken, f"{', '.join(sorted(broken))} broke down"
    return {
        name: statistics.median(seconds for number, other, seconds, _code in lines if number and other == name)
        for name in commands
    }


def ask_all(cloud: Rehearsal, copies: Copies) -> dict[str, Any]:
    """Return the arguments of a run of all checks: databases, APIs, and what the hosts would have said."""
    computes = [*cloud.computes, *(f"bench{number:04}" for number in range(1, COMPUTES + 1))]
    access = yaml.safe_load(cloud.clouds.read_text(encoding="utf-8"))["clouds"]["rehearsal"]
    units = {"units": ["nova-compute"]}
    files = ["/etc/nova/nova.conf"]
    said = (
        look(cloud, "service_unit_info", {**units, "config_files": files}),
        look(cloud, "host_software_info", {**units, "nova_config_files": files}),
    )
    hosts, software = ({name: {**one, "host": name} for name in computes} for one in said)
    code = look(cloud, "code_info", {"running_paths": [f"/opt/openstack/{OLD_RELEASE}"], "staged_path": VENV})
    return {
        **restricted(copies),
        "checks": [],
        "auth": access["auth"],
        "region_name": access["region_name"],
        "computes": computes,
        "hosts": hosts,
        "software": software,
        "known_options": code["options"],
        "object_versions": code["objects"],
        "schema_changes": code["schema"],
    }


def look(cloud: Rehearsal, module: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """Return what a module says on a compute host."""
    payload = Payload(cloud, HOST, VENV, "/root/stackroll-payload-look")
    try:
        return {**payload.send(module, arguments), "invocation": None}
    finally:
        payload.remove()


def restricted(copies: Copies) -> dict[str, Any]:
    """Return the arguments of a run of the checks that the status commands make, too."""
    return {
        "target_release": RELEASE,
        "config_files": {"nova": [copies.nova_conf], "placement": [copies.placement_conf]},
        "checks": ["nova", "placement"],
        "fail_on": "never",
    }


def measure(cloud: Rehearsal, stack: ExitStack) -> tuple[dict[str, float], dict[str, Any]]:
    """Load the crowd, run everything, and return the seconds by command and the result of all checks."""
    copies = Copies(cloud, "bench")
    stack.callback(copies.remove)
    copies.make()
    copies.sync(VENV)
    copies.configure([("DEFAULT", "service_down_time", "3600")])  # nobody reports to a copy
    Crowd(copies, COMPUTES, SERVERS).load()
    payloads = {name: Payload(cloud, copies.host, VENV, f"/root/stackroll-payload-{name}") for name in ("all", "some")}
    for payload in payloads.values():
        stack.callback(payload.remove)
    everything = payloads["all"].send("upgrade_check", ask_all(cloud, copies))
    payloads["some"].send("upgrade_check", restricted(copies))
    seconds = clock(
        cloud,
        copies.host,
        {
            "all": payloads["all"].command,
            "some": payloads["some"].command,
            "nova-status": (f"{VENV}/bin/nova-status", "--config-file", copies.nova_conf, "upgrade", "check"),
            "placement-status": (
                *(f"{VENV}/bin/placement-status", "--config-file", copies.placement_conf),
                *("upgrade", "check"),
            ),
        },
    )
    return seconds, everything


def main() -> int:
    """Measure, print the table and write the figures."""
    with ExitStack() as stack:
        seconds, everything = measure(Rehearsal(), stack)
    commands = seconds["nova-status"] + seconds["placement-status"]
    ratio = commands / seconds["some"]
    checks, requests = len(everything["checks"]), everything["api"]["requests"]
    print(f"{COMPUTES} computes, {SERVERS} servers; whole processes, median of {TIMES}")
    print(f"  {'all checks (' + str(checks) + '), native':<44}{seconds['all']:>8.2f} s{requests:>6} requests")
    print(f"  {'nova-status upgrade check':<44}{seconds['nova-status']:>8.2f} s")
    print(f"  {'placement-status upgrade check':<44}{seconds['placement-status']:>8.2f} s")
    print(f"  {'both commands':<44}{commands:>8.2f} s")
    print(f"  {'the checks of both commands, native':<44}{seconds['some']:>8.2f} s")
    print(f"  {'ratio':<44}{ratio:>8.1f}")
    print(f"what all checks found: {everything['tally']}")
    figures = (
        ("seconds_native", seconds["all"], "s"),
        ("seconds_commands", commands, "s"),
        ("ratio", ratio, "1"),
        ("requests", requests, "requests"),
        ("checks", checks, "checks"),
    )
    measures.write("readiness", figures)
    return 0


if __name__ == "__main__":
    sys.exit(main())
