# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether Placement and Nova know the same hosts: a resource provider for every compute node, and the other way round."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.model.fleet import Fleet


@dataclass(frozen=True)
class Unmatched:
    """A compute node without resource provider, or a provider without node; both have the same UUID."""

    uuid: str
    name: str
    reason: str

    def to_dict(self) -> dict[str, Any]:
        """The finding as data."""
        return dict(vars(self))


def unmatched(fleet: Fleet) -> Iterator[Unmatched]:
    """What one side has and the other has not. Nothing is said where the compute nodes are not known."""
    nodes = {node.uuid: node.name for node in fleet.nodes or ()}
    if fleet.nodes is None:
        return
    providers = {provider.uuid for provider in fleet.providers}
    for uuid, name in nodes.items():
        if uuid not in providers:
            yield Unmatched(uuid, name, "this compute node has no resource provider")
    for provider in fleet.compute_roots:
        if provider.uuid not in nodes:
            yield Unmatched(provider.uuid, provider.name, "this resource provider has no compute node")
