# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What service records say, for the checks before an upgrade and for the order guard in its midst. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from ansible_collections.stackroll.nova.plugins.module_utils.model.claim import DEFAULT_PREFIX, Claim
from ansible_collections.stackroll.nova.plugins.module_utils.model.database_rows import ServiceRecord

COMPUTE = "nova-compute"
CONTROL = ("nova-conductor", "nova-scheduler", "nova-osapi_compute")
# The services that report; nova-api writes its record at its start only.
REPORTING = ("nova-conductor", "nova-scheduler", COMPUTE)

# Nova's default of [DEFAULT] service_down_time.
DOWN_AFTER = 60.0
STALE_AFTER = 24 * 3600.0
MOST_DELETED = 10

Records = tuple[ServiceRecord, ...]


def counted(records: Iterable[ServiceRecord], *binaries: str) -> Records:
    """The records of these binaries, as Nova counts them for versions: what is forced down does not count."""
    return tuple(record for record in records if record.binary in binaries and not record.forced_down)


def is_ours(record: ServiceRecord) -> bool:
    """Whether the collection itself holds the host out of service."""
    return record.disabled and Claim.parse(record.disabled_reason, DEFAULT_PREFIX, record.host) is not None


def silent_since(record: ServiceRecord, now: float, seconds: float) -> bool:
    """Whether the last heartbeat is older than so many seconds, or never came."""
    return record.seen_at is None or now - record.seen_at > seconds


def too_old(records: Iterable[ServiceRecord], floor: int) -> Records:
    """Computes older than a release supports. Version 0 is a record that its service has never written."""
    return tuple(record for record in counted(records, COMPUTE) if 0 < record.version < floor)


def outside(records: Iterable[ServiceRecord], computes: Collection[str]) -> Records:
    """Computes that nobody is going to roll; their versions hold the automatic RPC version cap all the same."""
    return tuple(record for record in counted(records, COMPUTE) if record.host not in computes)


def with_version(record: ServiceRecord) -> str:
    """A record by name."""
    return f"{record.binary} on {record.host} (service version {record.version})"


def delete_records(records: Iterable[ServiceRecord]) -> str:
    """The command for the first of them; a record too old to have a UUID is left to the operator's eyes."""
    uuids = [record.uuid for record in records if record.uuid]
    if not uuids:
        return "openstack compute service list --service nova-compute, then openstack compute service delete <id>"
    more = "" if len(uuids) <= MOST_DELETED else f" (and so on: {len(uuids)} in all)"
    return f"If the hosts are gone for good: openstack compute service delete {' '.join(uuids[:MOST_DELETED])}{more}"


def last_seen(record: ServiceRecord, now: float) -> str:
    """When the service reported last."""
    return "last seen never" if record.seen_at is None else f"last seen {_span(now - record.seen_at)} ago"


def _span(seconds: float) -> str:
    for unit, length in (("days", 86400.0), ("h", 3600.0), ("min", 60.0)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} s"
