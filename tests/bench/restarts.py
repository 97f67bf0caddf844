# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long a restart of an API takes by itself: from the stop to the first answer, asked on its own host."""

from __future__ import annotations

import json
import statistics
import time

from harness.cloud import Rehearsal

UNITS = {"compute": ("nova-api", 8774), "placement": ("placement-api", 8778)}
TIMES = 3
PAUSE = 8.0  # the load balancer has to see it, twice
LONGEST = 120

RESTART = """
import http.client, json, subprocess, sys, time
unit, port, longest = json.loads(sys.argv[1])
start = time.monotonic()
subprocess.run(["systemctl", "stop", unit], check=True)
subprocess.run(["systemctl", "start", unit], check=True)
while True:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", "/")
        if connection.getresponse().status < 400:
            break
    except OSError:
        pass
    finally:
        connection.close()
    if time.monotonic() - start > longest:
        sys.exit(unit + " does not answer")
    time.sleep(0.02)
print(time.monotonic() - start)
"""


def restart_seconds(cloud: Rehearsal) -> dict[str, float]:
    """Restart each API of the first controller a few times, and return the median of the seconds by API."""
    found = {}
    for api, (unit, port) in UNITS.items():
        taken = []
        for _time in range(TIMES):
            question = json.dumps([unit, port, LONGEST])
            said = cloud.ssh(cloud.controls[0], "python3", "-c", RESTART, question, timeout=LONGEST + 60)
            taken.append(float(said))
            time.sleep(PAUSE)
        found[api] = statistics.median(taken)
    return found
