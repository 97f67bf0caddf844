# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts as the two APIs know them: a nova-compute service here, a tree of resource providers there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ansible_collections.stackroll.nova.plugins.module_utils.api import convert, nova, placement
from ansible_collections.stackroll.nova.plugins.module_utils.api.session import Cloud
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import InvalidInput
from ansible_collections.stackroll.nova.plugins.module_utils.model.fleet import Provider, Service
from ansible_collections.stackroll.nova.plugins.module_utils.model.wording import some

NOVA_COMPUTE = "nova-compute"


def compute_services(cloud: Cloud) -> dict[str, Service]:
    """The nova-compute services of all cells, by host; one request."""
    services = (convert.service(item) for item in nova.services(cloud, NOVA_COMPUTE))
    return {service.host: service for service in services}


def refuse_duplicates(hosts: Sequence[str]) -> None:
    """Say which hosts are named twice."""
    twice = sorted({host for host in hosts if hosts.count(host) > 1})
    if twice:
        raise InvalidInput(f"Named more than once: {some(twice)}.", "Name every host once.")


def require_services(hosts: Iterable[str], services: dict[str, Service]) -> None:
    """Say which hosts have no usable nova-compute service; nothing is written before this."""
    hosts = list(hosts)
    absent = [host for host in hosts if host not in services]
    if absent:
        known = some(sorted(services), 8) or "none"
        raise InvalidInput(f"No nova-compute service has the host name {some(absent)}.", f"Nova knows {known}.")
    silent = [host for host in hosts if services[host].id is None]
    if silent:
        raise InvalidInput(f"The cell of {some(silent)} does not answer.", "Mend its database first.")


def host_trees(cloud: Cloud, hosts: Iterable[str]) -> dict[str, list[Provider]]:
    """The resource providers of each host, roots first; almost always one tree whose root has the host's name.

    Only when a name is not found (a service named cmp1 on a node named cmp1.example.org, or Ironic) the hypervisors are
    asked as well.
    """
    hosts = list(hosts)
    providers = [convert.provider(item) for item in placement.providers(cloud)]
    roots = {item.name: item.uuid for item in providers if item.parent_uuid is None}
    found = {host: {roots[host]} for host in hosts if host in roots}
    if len(found) < len(hosts):
        for node in nova.detailed_hypervisors(cloud):
            host, name = node["service"]["host"], node["hypervisor_hostname"]
            if host in hosts and host not in roots and name in roots:
                found.setdefault(host, set()).add(roots[name])
    providers.sort(key=lambda item: item.parent_uuid is not None)
    return {host: [item for item in providers if item.root_uuid in found.get(host, ())] for host in hosts}
