# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who answers the questions of the checks. A question that goes to something that was not given has no source: the checks that ask
it are unknown, and say what to give.

What only some questions need is imported with them: the status commands' checks alone shall be quick.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.api import versions
from ansible_collections.stackroll.nova.plugins.module_utils.api.session import Cloud
from ansible_collections.stackroll.nova.plugins.module_utils.database import placement
from ansible_collections.stackroll.nova.plugins.module_utils.host.policy import read_policy
from ansible_collections.stackroll.nova.plugins.module_utils.model.answers import Access
from ansible_collections.stackroll.nova.plugins.module_utils.model.dropped import VIF_TYPES
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import InvalidInput
from ansible_collections.stackroll.nova.plugins.module_utils.model.fleet import Fleet
from ansible_collections.stackroll.nova.plugins.module_utils.model.migrations import SCRIPTS, Revision
from ansible_collections.stackroll.nova.plugins.module_utils.readiness import questions
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.evidence import Evidence, Key, NotKnown
from ansible_collections.stackroll.nova.plugins.module_utils.runtime.inputs import (
    CLOUD,
    NOVA,
    PLACEMENT,
    Inputs,
)

Sources = dict[Key[Any], Callable[[], Any]]


def gather(inputs: Inputs, params: Mapping[str, Any], needed: Collection[Key[Any]]) -> Evidence:
    """Answers to the *needed* questions, as far as what was given can answer them.

    Raises StackrollError, naming the option, when something that they go to cannot be used at all.
    """
    offers: tuple[tuple[set[str], Sources], ...] = (  # later ones are preferred
        ({CLOUD}, _from_cloud(inputs)),
        ({NOVA}, _from_nova(inputs)),
        ({PLACEMENT}, _from_placement(inputs)),
        ({NOVA, PLACEMENT}, _from_both_databases(inputs)),
        (set(), _from_configuration(inputs)),
        (set(), _from_options(params)),
        (set(), _from_codes(params)),
    )
    chosen = {
        key: (opens, source) for opens, sources in offers for key, source in sources.items() if key in set(needed)
    }
    inputs.require({name for opens, _source in chosen.values() for name in opens})
    return Evidence({key: source for key, (_opens, source) in chosen.items()})


def _from_nova(inputs: Inputs) -> Sources:
    if not inputs.has_nova:
        return {}
    nova = inputs.nova
    return {
        questions.CELL_MAPPINGS: lambda: nova().cell_mappings(),
        questions.HOST_MAPPINGS: lambda: nova().host_mappings(),
        questions.REQUEST_SPECS: lambda: nova().request_specs(),
        questions.API_REVISION: lambda: nova().api_revision(),
        questions.CELL_REVISIONS: lambda: nova().cell_revisions(),
        questions.SERVICES: lambda: nova().services(),
        questions.COMPUTE_NODES: lambda: nova().compute_nodes(),
        questions.INSTANCES: lambda: nova().instances(),
        questions.MACHINE_TYPE_UNSET: lambda: nova().machine_type_unset(),
        questions.COMPUTE_ID_UNSET: lambda: nova().compute_id_unset(),
        questions.IRONIC_FLAVOR_UNMIGRATED: lambda: nova().ironic_flavor_unmigrated(),
        questions.PINNED_SERVERS: lambda: nova().pinned_servers(),
        questions.PCI_DEVICES: lambda: nova().pci_devices(),
        questions.INTERFACES: lambda: nova().interfaces(tuple(VIF_TYPES)),
    }


def _from_placement(inputs: Inputs) -> Sources:
    if not inputs.has_placement:
        return {}
    return {
        questions.ROOTLESS_PROVIDERS: lambda: placement.rootless_providers(inputs.placement()),
        questions.INCOMPLETE_CONSUMERS: lambda: placement.incomplete_consumers(inputs.placement()),
        questions.PLACEMENT_REVISION: lambda: inputs.placement().schema_revision(),
    }


def _from_both_databases(inputs: Inputs) -> Sources:
    return {questions.FLEET: lambda: _fleet(inputs)} if inputs.has_both_databases else {}


def _fleet(inputs: Inputs) -> Fleet:
    from ansible_collections.stackroll.nova.plugins.module_utils.database.fleet import DOWN_AFTER, read_fleet

    config = inputs.nova_config
    down_after = config.get_seconds("DEFAULT", "service_down_time", DOWN_AFTER) if config else DOWN_AFTER
    return read_fleet(inputs.nova(), inputs.placement(), down_after)


def _from_configuration(inputs: Inputs) -> Sources:
    sources: Sources = {}
    nova, other = inputs.nova_config, inputs.placement_config
    if nova is not None:
        account = versions.NovaAccount(nova.get, inputs.timeout, inputs.counter)
        sources[questions.NOVA_OPTIONS] = lambda: nova
        sources[questions.NOVA_POLICY] = lambda: read_policy("nova", nova)
        sources[questions.PLACEMENT_API] = account.placement
        sources[questions.CINDER_API] = account.cinder
    if other is not None:
        sources[questions.PLACEMENT_POLICY] = lambda: read_policy("placement", other)
    return sources


def _from_cloud(inputs: Inputs) -> Sources:
    if not inputs.has_cloud:
        return {}
    return {
        questions.ACCESS: lambda: _access(inputs.cloud()),
        questions.FLEET: lambda: _observed_fleet(inputs.cloud()),
        questions.PLACEMENT_API: lambda: versions.placement_of(inputs.cloud()),
        questions.CINDER_API: lambda: versions.cinder_of(inputs.cloud()),
    }


def _access(cloud: Cloud) -> Access:
    from ansible_collections.stackroll.nova.plugins.module_utils.api.access import read_access

    return read_access(cloud)


def _observed_fleet(cloud: Cloud) -> Fleet:
    from ansible_collections.stackroll.nova.plugins.module_utils.api.observe import read_fleet

    return read_fleet(cloud)


def _given_fleet(data: Any) -> Fleet | None:
    if data is None:
        return None
    from ansible_collections.stackroll.nova.plugins.module_utils.moves.proof import load_fleet

    return load_fleet(data, "fleet")


def _from_options(params: Mapping[str, Any]) -> Sources:
    hosts = params["hosts"]
    given: dict[Key[Any], Any] = {
        questions.FLEET: _given_fleet(params["fleet"]),
        questions.UNITS: hosts,
        questions.SOFTWARE: params["software"],
        questions.COMPUTES: tuple(params["computes"]),
        questions.RESHAPED_BY_MODULE: tuple(params["reshaped_by_module"]),
        # The clock of the hosts, which also write the heartbeats; ours may be that of somebody's laptop.
        questions.NOW: max((host["now"] for host in hosts.values() if "now" in host), default=time.time()),
    }
    return {key: partial(_same, answer) for key, answer in given.items() if answer}


def _from_codes(params: Mapping[str, Any]) -> Sources:
    objects, options = params["object_versions"], params["known_options"]
    if objects and not objects["unknown"] and (objects["old"] is None or objects["new"] is None):
        raise InvalidInput("The option object_versions lacks old or new.", "Give the object versions of both codes.")
    if options and not options["unknown"] and not options["new"]:
        raise InvalidInput("The option known_options lacks new.", "Give the options that the staged code knows.")
    codes = {questions.OBJECT_VERSIONS: objects, questions.KNOWN_OPTIONS: options}
    found: Sources = {key: partial(_old_and_new, listed) for key, listed in codes.items() if listed}
    if params["schema_changes"]:
        found[questions.SCHEMA_CHANGES] = partial(_revisions, params["schema_changes"])
    return found


def _revisions(listed: Mapping[str, Any]) -> dict[str, list[Revision]]:
    if listed["unknown"]:
        raise NotKnown(listed["unknown"], "Mend it, then check again.")
    return {database: [Revision.from_dict(data) for data in listed[database] or ()] for database in SCRIPTS}


def _old_and_new(listed: Mapping[str, Any]) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    if listed["unknown"]:
        raise NotKnown(listed["unknown"], "Mend it, then check again.")
    return listed["old"] or {}, listed["new"]


def _same(answer: Any) -> Any:
    return answer
