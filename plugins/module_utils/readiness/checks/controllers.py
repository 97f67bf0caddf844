# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How many controllers serve each API: with one, clients notice its restart."""

from __future__ import annotations

from ansible_collections.stackroll.nova.plugins.module_utils.model.release import Release
from ansible_collections.stackroll.nova.plugins.module_utils.model.wording import some
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.check import Check, Finding, success, warning
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.evidence import NotKnown, View
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.questions import SERVICES, UNITS
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.service_rules import counted

NOVA_API, COMPUTE_API, PLACEMENT_API = "nova-osapi_compute", "Compute API", "Placement API"
UNIT_OF = {COMPUTE_API: "nova-api", PLACEMENT_API: "placement-api"}


def single_controllers(evidence: View, _target: Release) -> Finding:
    """Each API by the units of the hosts; the Compute API also by its service records."""
    hosts = {api: _by_unit(evidence, unit) for api, unit in UNIT_OF.items()}
    if not hosts[COMPUTE_API]:
        hosts[COMPUTE_API] = _by_record(evidence)
    alone = [f"{api} ({names[0]})" for api, names in hosts.items() if len(names) == 1]
    missing = [api for api, names in hosts.items() if not names]
    if alone:
        also = f" Where the {' and the '.join(missing)} runs is not known." if missing else ""
        return warning(f"Only one controller serves the {some(alone)}: {OUTAGE}.{also}", (*alone, *missing))
    if missing:
        raise NotKnown(f"where the {' and the '.join(missing)} runs is not known", ASK)
    return success("; ".join(f"{api}: {some(names)}" for api, names in hosts.items()) + ".")


def _by_unit(evidence: View, unit: str) -> list[str]:
    """The hosts whose unit runs."""
    units = {name: host.get("units", {}) for name, host in sorted((evidence.get(UNITS) or {}).items())}
    names = (unit, f"{unit}.service")
    return [
        host
        for host, states in units.items()
        if any(states[name].get("active_state") == "active" for name in names if name in states)
    ]


def _by_record(evidence: View) -> list[str]:
    """The hosts with a record. An API writes its record only when it starts, so that one which is gone cannot be told apart."""
    cells = evidence.get(SERVICES)
    records = [record for _cell, found in cells.all() for record in found] if cells else []
    return sorted({record.host for record in counted(records, NOVA_API)})


OUTAGE = "it is out for about one restart of the service when its turn comes (some 6 s for nova-api under uwsgi)"
ASK = "Run stackroll.nova.service_unit_info on the controllers and give its results in hosts."

CHECKS = (
    Check(
        name="Single controllers",
        group="services",
        judge=single_controllers,
        reads=(UNITS, SERVICES),
        rule="The Compute API and the Placement API each run on two controllers or more, so that one serves while the other changes. With"
        " one, clients get errors for about one restart: from the stop, in which requests under way end, to the first answer of the new"
        " code. A warning, because there is nothing wrong with it but the outage.",
        remedy="Announce the outage, or start the API on a second controller behind the load balancer. A load balancer that lets"
        " requests wait meanwhile makes a delay of it.",
        history="Measured with 33.0.2 and 34.0.0 on two cores: nova-api stops in 2.8 to 3.0 s and starts in 2.9 to 3.0 s.",
    ),
)
