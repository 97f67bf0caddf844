# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fingerprint of all that a plan depends on: two fleets with the same one have the same plan."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.model.fleet import Fleet
from ansible_collections.stackroll.nova.plugins.module_utils.planning.plan_options import PlanOptions

# When a plan is made, or until when it may take, does not make it another plan for another cloud.
TIMES = frozenset(("now",))


def plan_hash(fleet: Fleet, options: PlanOptions) -> str:
    """SHA-256, in hexadecimal digits. Times of reading, heartbeats and generations do not count, and neither does any order."""
    digest = hashlib.sha256()
    wishes = {name: value for name, value in options.to_dict().items() if name not in TIMES}
    digest.update(_line(wishes))
    for part in (_services(fleet), _servers(fleet), _surroundings(fleet), _room(fleet)):
        for line in part:
            digest.update(line)
        digest.update(b"\n")
    return digest.hexdigest()


def _line(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode() + b"\n"


def _services(fleet: Fleet) -> Iterable[bytes]:
    for item in sorted(fleet.compute_services, key=lambda service: service.host):
        ours = item.disabled_reason if item.status == "disabled" else None
        yield _line([item.host, item.zone, item.cell, item.version, item.status, item.state, item.forced_down, ours])


def _servers(fleet: Fleet) -> Iterable[bytes]:
    for item in sorted(fleet.servers, key=lambda server: server.id):
        flavor = vars(item.flavor) | {"extra_specs": dict(item.flavor.extra_specs)}
        states = [item.vm_state, item.task_state, item.locked]
        yield _line([item.id, item.name, item.project_id, item.host, item.zone, item.volume_backed, states, flavor])


def _surroundings(fleet: Fleet) -> Iterable[bytes]:
    for migration in sorted(fleet.migrations, key=lambda item: item.uuid):
        yield _line([migration.uuid, migration.server_id, migration.type, migration.status])
    for group in sorted(fleet.server_groups, key=lambda item: item.id):
        yield _line([group.id, group.name, group.policy, sorted(group.members)])
    for aggregate in sorted(fleet.aggregates, key=lambda item: item.id):
        yield _line([aggregate.id, aggregate.zone, sorted(aggregate.hosts), dict(aggregate.metadata)])
    for unknown in sorted(fleet.unknown, key=lambda item: item.what):
        yield _line([unknown.what])


def _room(fleet: Fleet) -> Iterable[bytes]:
    for provider in sorted(fleet.providers, key=lambda item: item.uuid):
        inventory = fleet.inventories.get(provider.uuid, {})
        traits = sorted(fleet.traits.get(provider.uuid, ()))
        yield _line(
            [
                provider.uuid,
                provider.name,
                provider.root_uuid,
                {name: dict(value) for name, value in inventory.items()},
                traits,
            ]
        )
    for allocation in sorted(fleet.allocations, key=lambda item: (item.consumer_id, item.provider_uuid)):
        yield _line([allocation.consumer_id, allocation.provider_uuid, dict(allocation.resources)])
