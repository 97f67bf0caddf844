# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the order guard looks at: service records, and what every host runs. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.model.database_rows import ServiceRecord
from ansible_collections.stackroll.nova.plugins.module_utils.model.release import Release
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.service_rules import counted

CONTROL_UNITS = ("nova-api", "nova-conductor", "nova-scheduler")


@dataclass(frozen=True)
class Cloud:
    """What the guard looks at. *services* are the records of service_info; *hosts* maps an inventory name to the result of
    service_unit_info there; *computes* are Nova's names of the hosts to roll, *earlier* those of
    the waves before this one."""

    target: Release
    services: tuple[ServiceRecord, ...]
    unknown_cells: list[dict[str, str]]
    hosts: dict[str, dict[str, Any]]
    computes: tuple[str, ...]
    staged_path: str
    earlier: tuple[str, ...] = ()

    def records(self, *binaries: str) -> tuple[ServiceRecord, ...]:
        """The live service records of these binaries; what is forced down does not count."""
        return counted(self.services, *binaries)

    @property
    def control_code(self) -> tuple[str, ...]:
        """The versions of Nova that control services run, oldest first; "unknown" for one whose code was not asked for."""
        found = {version for host in self.hosts.values() for version in _running(host)}
        return tuple(sorted(found, key=lambda version: [int(part) for part in re.findall(r"\d+", version)]))

    @property
    def source(self) -> Release | None:
        """The oldest release whose code any host still runs or links to; None when no version was seen."""
        majors = [
            int(tree["versions"]["nova"].split(".", 1)[0])
            for host in self.hosts.values()
            for path, tree in host.get("code", {}).items()
            if path != self.staged_path and "nova" in tree["versions"]
        ]
        return Release.parse(min(majors)) if majors else None


def _running(host: Mapping[str, Any]) -> Iterator[str]:
    """The version of Nova that each control service of a host has loaded."""
    versions = {tree["real_path"]: tree["versions"].get("nova", "unknown") for tree in host.get("code", {}).values()}
    for unit, state in host.get("units", {}).items():
        if unit in CONTROL_UNITS and state.get("active_state") == "active":
            yield from {versions.get(root, "unknown") for root in state.get("code_roots", ())} or ("unknown",)
