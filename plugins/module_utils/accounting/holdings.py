# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All that one consumer holds, as Placement reads and writes it: by provider, as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError
from ansible_collections.stackroll.nova.plugins.module_utils.model.fleet import Allocation, Fleet

# Provider UUID: resource class: amount
Holdings = Mapping[str, Mapping[str, int]]


class Refused(StackrollError):  # noqa: N818  # what happened reads better than a suffix
    """A finding is not repaired: a clause that says why, and what to do instead."""


def held_by(fleet: Fleet, consumer_id: str) -> Holdings:
    """What a consumer holds in a snapshot."""
    return {item.provider_uuid: dict(item.resources) for item in fleet.allocations if item.consumer_id == consumer_id}


def with_holdings(fleet: Fleet, consumer_id: str, holdings: Holdings) -> Fleet:
    """The snapshot as it would be with these holdings of one consumer."""
    others = tuple(item for item in fleet.allocations if item.consumer_id != consumer_id)
    own = tuple(Allocation(consumer_id, provider, dict(resources)) for provider, resources in holdings.items())
    return replace(fleet, allocations=others + own)
