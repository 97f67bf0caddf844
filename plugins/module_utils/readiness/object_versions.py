# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Nova's versioned objects in two codes: which differ, and between which services they travel. Pure.

Read in 33.0.2 and 34.0.0: the arguments in nova/conductor/rpcapi.py, nova/scheduler/rpcapi.py and nova/compute/rpcapi.py with the
fields of these objects and theirs, and what nova/objects keeps as JSON in a database.
"""

from __future__ import annotations

from collections.abc import Mapping

# fmt: off
# What Nova keeps as JSON in its databases: all that a request spec, a build request or an instance is made of.
STORED = frozenset((
    "BlockDeviceMapping", "BlockDeviceMappingList", "BuildRequest", "Destination", "DeviceBus",
    "DeviceMetadata", "DiskMetadata", "EC2Ids", "Flavor", "IDEDeviceBus", "ImageMeta", "ImageMetaProps",
    "Instance", "InstanceDeviceMetadata", "InstanceFault", "InstanceGroup", "InstanceInfoCache",
    "InstanceNUMACell", "InstanceNUMATopology", "InstancePCIRequest", "InstancePCIRequests", "KeyPair",
    "KeyPairList", "LibvirtVPMEMDevice", "MigrationContext", "NetworkInterfaceMetadata", "NetworkMetadata",
    "NetworkRequest", "NetworkRequestList", "NUMATopologyLimits", "PCIDeviceBus", "PciDevice", "PciDeviceList",
    "PciDevicePool", "PciDevicePoolList", "RequestGroup", "RequestLevelParams", "RequestSpec", "Resource",
    "ResourceList", "ResourceMetadata", "SCSIDeviceBus", "SchedulerLimits", "SchedulerRetries", "SecurityGroup",
    "SecurityGroupList", "ShareMetadata", "Tag", "TagList", "TrustedCerts", "USBDeviceBus", "VirtCPUFeature",
    "VirtCPUModel", "VirtCPUTopology", "XenDeviceBus",
))
# What no API, conductor or scheduler hands to another service: each reads it from the columns of a table itself, or nova-compute
# makes it, in its own version, and all others only pass it on.
BESIDE = frozenset((
    "AggregateList", "BuildRequestList", "CellMappingList", "ConsoleAuthToken", "CpuDiagnostics", "Diagnostics",
    "DiskDiagnostics", "EC2InstanceMapping", "FlavorList", "HostMapping", "HostMappingList", "HyperVLiveMigrateData",
    "InstanceAction", "InstanceActionEvent", "InstanceActionEventList", "InstanceActionList", "InstanceFaultList",
    "InstanceGroupList", "InstanceList", "InstanceMapping", "InstanceMappingList", "LibvirtLiveMigrateBDMInfo",
    "LibvirtLiveMigrateData", "LibvirtLiveMigrateNUMAInfo", "MemoryDiagnostics", "MigrationList", "MonitorMetric",
    "MonitorMetricList", "NUMACell", "NUMAPagesTopology", "NUMATopology", "NicDiagnostics", "Quotas", "QuotasNoOp",
    "S3ImageMapping", "ShareMappingList", "TaskLog", "TaskLogList", "VMwareLiveMigrateData", "VirtualInterface",
    "VirtualInterfaceList", "VolumeUsage",
))
# fmt: on


def differences(old: Mapping[str, str], new: Mapping[str, str]) -> dict[str, str]:
    """What has become of every object that differs in version or shape, such as ``1.42 to 1.44``, by name."""
    return {
        name: change(old.get(name), new.get(name)) for name in sorted({*old, *new}) if old.get(name) != new.get(name)
    }


def change(old: str | None, new: str | None) -> str:
    """The difference between two versions with fingerprints."""
    before, after = (text.partition("-")[0] if text else None for text in (old, new))
    if before is None:
        return f"{after} (new)"
    if after is None:
        return f"{before} (gone)"
    return f"{before} with other contents" if before == after else f"{before} to {after}"
