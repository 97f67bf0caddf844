# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The questions that checks ask, with the types of their answers. Who answers: see the source of each and runtime/evidence.py."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from ansible_collections.stackroll.nova.plugins.module_utils.model.answers import (
    Access,
    ApiVersion,
    Interface,
    PolicyFile,
)
from ansible_collections.stackroll.nova.plugins.module_utils.model.database_rows import (
    CellMapping,
    ComputeNode,
    HostMapping,
    InstanceRow,
    PciDevices,
    ServiceRecord,
)
from ansible_collections.stackroll.nova.plugins.module_utils.model.fleet import Fleet
from ansible_collections.stackroll.nova.plugins.module_utils.model.migrations import Revision
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.evidence import Key, NotKnown, PerCell, Sample

NOVA_DATABASE = "Nova database"
PLACEMENT_DATABASE = "Placement database"
CLOUD = "cloud"
NOVA_CONFIG = "configuration of Nova"
PLACEMENT_CONFIG = "configuration of Placement"
HOSTS = "results from the hosts"
STAGED_CODE = "object versions of both codes"
STAGED_SCHEMA = "schema scripts of the staged code"
OPTION_NAMES = "names of the options of both codes"

# oslo_config.types.Boolean
_TRUE = ("true", "1", "on", "yes")
_FALSE = ("false", "0", "off", "no")


class Options(Protocol):
    """A service's configuration."""

    def get(self, section: str, option: str) -> str | None:
        """The option's text, or None when it is not set."""


def is_on(options: Options, section: str, option: str) -> bool:
    """A boolean option, off by default. Raises NotKnown for a text that oslo.config does not take either."""
    text = options.get(section, option) or "false"
    if text.strip().lower() not in (*_TRUE, *_FALSE):
        raise NotKnown(
            f"[{section}] {option} is {text!r}, which is neither true nor false",
            f"Set [{section}] {option} to true or false.",
        )
    return text.strip().lower() in _TRUE


# Nova's API database
CELL_MAPPINGS: Key[tuple[CellMapping, ...]] = Key("cell mappings", NOVA_DATABASE)
HOST_MAPPINGS: Key[tuple[HostMapping, ...]] = Key("host mappings", NOVA_DATABASE)
REQUEST_SPECS: Key[frozenset[str]] = Key("request specs", NOVA_DATABASE)
API_REVISION: Key[str] = Key("schema revision of the API database", NOVA_DATABASE)

# Nova's cells
SERVICES: Key[PerCell[tuple[ServiceRecord, ...]]] = Key("services", NOVA_DATABASE)
COMPUTE_NODES: Key[PerCell[tuple[ComputeNode, ...]]] = Key("compute nodes", NOVA_DATABASE)
INSTANCES: Key[PerCell[tuple[InstanceRow, ...]]] = Key("instances", NOVA_DATABASE)
MACHINE_TYPE_UNSET: Key[PerCell[Sample]] = Key("instances without hw_machine_type", NOVA_DATABASE)
COMPUTE_ID_UNSET: Key[PerCell[Sample]] = Key("instances without compute_id", NOVA_DATABASE)
IRONIC_FLAVOR_UNMIGRATED: Key[PerCell[Sample]] = Key("ironic instances with unmigrated flavors", NOVA_DATABASE)
PINNED_SERVERS: Key[PerCell[frozenset[str]]] = Key("servers with dedicated CPUs", NOVA_DATABASE)
PCI_DEVICES: Key[PerCell[tuple[PciDevices, ...]]] = Key("PCI devices by compute node", NOVA_DATABASE)
CELL_REVISIONS: Key[PerCell[str]] = Key("schema revisions of the cells", NOVA_DATABASE)
INTERFACES: Key[PerCell[tuple[Interface, ...]]] = Key("interfaces of dropped VIF types", NOVA_DATABASE)

# Placement's database
ROOTLESS_PROVIDERS: Key[Sample] = Key("resource providers without a root", PLACEMENT_DATABASE)
INCOMPLETE_CONSUMERS: Key[Sample] = Key("consumers of allocations without a record", PLACEMENT_DATABASE)
PLACEMENT_REVISION: Key[str] = Key("schema revision of Placement's database", PLACEMENT_DATABASE)

# Configuration
NOVA_OPTIONS: Key[Options] = Key("options of Nova", NOVA_CONFIG)
NOVA_POLICY: Key[PolicyFile] = Key("policy of Nova", NOVA_CONFIG)
PLACEMENT_POLICY: Key[PolicyFile] = Key("policy of Placement", PLACEMENT_CONFIG)
PLACEMENT_API: Key[ApiVersion] = Key("versions of the Placement API", f"{CLOUD} or {NOVA_CONFIG}")
CINDER_API: Key[ApiVersion] = Key("versions of the Cinder API", f"{CLOUD} or {NOVA_CONFIG}")

# The cloud: by its APIs, or by both databases, which is faster
FLEET: Key[Fleet] = Key("the fleet", f"{CLOUD}, fleet or databases")
ACCESS: Key[Access] = Key("rights of the account", CLOUD)

# What the modules that run on the hosts have returned
UNITS: Key[Mapping[str, Mapping[str, Any]]] = Key("units by host", HOSTS)
SOFTWARE: Key[Mapping[str, Mapping[str, Any]]] = Key("software by host", HOSTS)
OBJECT_VERSIONS: Key[tuple[Mapping[str, str], Mapping[str, str]]] = Key("object versions, old and new", STAGED_CODE)
SCHEMA_CHANGES: Key[Mapping[str, Sequence[Revision]]] = Key("schema revisions of the staged code", STAGED_SCHEMA)
KNOWN_OPTIONS: Key[tuple[Mapping[str, Any], Mapping[str, Any]]] = Key("known options, old and new", OPTION_NAMES)

# The inventory
COMPUTES: Key[tuple[str, ...]] = Key("compute hosts of the inventory", "computes")
RESHAPED_BY_MODULE: Key[tuple[str, ...]] = Key("hosts that are reshaped before", "reshaped_by_module")
NOW: Key[float] = Key("the time", "clock")
