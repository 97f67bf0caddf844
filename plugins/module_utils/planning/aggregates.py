# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What host aggregates demand of servers, by the rules of Nova's scheduler filters."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ansible_collections.stackroll.nova.plugins.module_utils.model.fleet import Aggregate

SCOPE = "aggregate_instance_extra_specs"
TENANTS = "filter_tenant_id"
FLAVORS = "instance_type"
MOST_SERVERS = "max_instances_per_host"
Pairs = frozenset[tuple[str, str]]


@dataclass(frozen=True)
class Demands:
    """What all aggregates of one host say together; hosts that say the same are alike.

    *tenants* and *flavors* admit only those named (AggregateMultiTenancyIsolation, AggregateTypeAffinityFilter), *traits* are
    those that a server must ask for (isolated aggregates), *pairs* is the metadata that flavors may ask for
    (AggregateInstanceExtraSpecsFilter), *most_servers* a number of servers (AggregateNumInstancesFilter).
    """

    tenants: frozenset[str] = frozenset()
    flavors: frozenset[str] = frozenset()
    traits: frozenset[str] = frozenset()
    pairs: Pairs = frozenset()
    most_servers: int | None = None


NOTHING = Demands()


def demands_by_host(aggregates: Iterable[Aggregate], asked: frozenset[str]) -> Mapping[str, Demands]:
    """The demands of hosts in aggregates; of other metadata only the keys that some flavor asks for."""
    by_host: dict[str, list[Mapping[str, str]]] = defaultdict(list)
    for aggregate in aggregates:
        for host in aggregate.hosts if aggregate.metadata else ():
            by_host[host].append(aggregate.metadata)
    return {host: _joined(metadata, asked) for host, metadata in by_host.items()}


def _joined(several: list[Mapping[str, str]], asked: frozenset[str]) -> Demands:
    pairs = [(key, str(value)) for metadata in several for key, value in metadata.items()]
    limits = [int(value) for key, value in pairs if key == MOST_SERVERS and value.strip().isdigit()]
    return Demands(
        tenants=frozenset(name for key, value in pairs if key.startswith(TENANTS) for name in _words(value)),
        flavors=frozenset(name for key, value in pairs if key == FLAVORS for name in _words(value)),
        traits=frozenset(
            key[len("trait:") :] for key, value in pairs if key.startswith("trait:") and value == "required"
        ),
        pairs=frozenset((key, word) for key, value in pairs if key in asked for word in _words(value)),
        most_servers=min(limits) if limits else None,
    )


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def asked_keys(specs: Mapping[str, str], known: frozenset[str]) -> list[tuple[str, str]]:
    """What a flavor asks of aggregates: keys of the filter's scope, and bare keys that some aggregate has."""
    found = []
    for key, value in specs.items():
        scope, colon, rest = key.partition(":")
        if colon and scope == SCOPE:
            found.append((rest, str(value)))
        elif not colon and key in known:
            found.append((key, str(value)))
    return sorted(found)


def satisfied(wanted: tuple[tuple[str, str], ...], pairs: Pairs) -> bool:
    """Whether the metadata has what a flavor asks for: the value, or one of those behind <or>."""
    return all(any((key, option) in pairs for option in _options(value)) for key, value in wanted)


def _options(value: str) -> list[str]:
    words = value.split()
    if "<or>" in words:
        return [word for word in words if word != "<or>"]
    return [words[-1] if len(words) == 2 and words[0] in ("s==", "=", "==", "<in>") else value]
