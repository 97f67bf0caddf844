# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Message brokers and their queues, as they were found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ansible_collections.stackroll.nova.plugins.module_utils.model.records import Record


@dataclass(frozen=True)
class QueueDepth(Record):
    """How many messages wait in a queue and how many consumers it has. *unacknowledged* messages were handed to consumers that
    have not confirmed them; only the management API tells, and nothing else means none of them."""

    messages: int
    consumers: int
    unacknowledged: int | None = None


@dataclass(frozen=True)
class BrokerNode(Record):
    """One node that a transport URL names; *error* says why it cannot be used."""

    host: str
    port: int
    product: str | None = None
    version: str | None = None
    cluster_name: str | None = None
    error: str | None = None


@dataclass(frozen=True)
class ClusterNode(Record):
    """One node as the management API of its cluster knows it."""

    name: str
    running: bool
    alarms: tuple[str, ...] = ()
    partitions: tuple[str, ...] = ()


@dataclass(frozen=True)
class TransportState(Record):
    """One look at a transport. *queues* is none when no node told; a queue that is not there is none as well.
    *cluster* is none when the management API was not asked or did not answer, which *management_error* tells."""

    names: tuple[str, ...]
    virtual_host: str
    brokers: tuple[BrokerNode, ...]
    queues: Mapping[str, QueueDepth | None] | None
    error: str | None = None
    cluster: tuple[ClusterNode, ...] | None = None
    management_error: str | None = None

    @property
    def name(self) -> str:
        """The transport as sentences name it."""
        return " and ".join(self.names)
