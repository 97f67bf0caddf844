# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of a compute host that decide what nova-compute moves when it starts, as they are written in its files."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# nova.conf, each option with its older names. Of the repeated ones every value counts, of the others the last.
DRIVER = ("DEFAULT/compute_driver",)
PIN_SET = ("DEFAULT/vcpu_pin_set",)
DEDICATED = ("compute/cpu_dedicated_set",)
SHARED = ("compute/cpu_shared_set",)
MDEV_TYPES = ("devices/enabled_mdev_types", "devices/enabled_vgpu_types")
ENCRYPTED_GUESTS = ("libvirt/num_memory_encrypted_guests",)
IN_PLACEMENT = ("pci/report_in_placement",)
DEVICE_SPEC = ("pci/device_spec", "pci/passthrough_whitelist", "DEFAULT/pci_passthrough_whitelist")
REPEATED = DEVICE_SPEC
WANTED = (*DRIVER, *PIN_SET, *DEDICATED, *SHARED, *MDEV_TYPES, *ENCRYPTED_GUESTS, *IN_PLACEMENT, *DEVICE_SPEC)

# oslo_config.types.Boolean
_TRUTH = {**dict.fromkeys(("true", "1", "on", "yes"), True), **dict.fromkeys(("false", "0", "off", "no"), False)}
# The drivers that Nova has or had; nova-compute loads them from nova.virt.
_LIBVIRT = "libvirt."
_OTHERS = ("fake.", "hyperv.", "ironic.", "powervm.", "vmwareapi.", "xenapi.", "zvm.")


@dataclass(frozen=True)
class HostOptions:
    """*values*: what is set, by ``section/option``; what is absent has Nova's default."""

    values: Mapping[str, Sequence[str]]

    @classmethod
    def of_software(cls, result: Mapping[str, Any] | None) -> HostOptions | None:
        """From what stackroll.nova.host_software_info has returned; None where it could not read Nova's options."""
        nova = ((result or {}).get("configuration") or {}).get("nova") or {}
        return None if nova.get("problem") or nova.get("values") is None else cls(nova["values"])

    @property
    def driver(self) -> str:
        """[DEFAULT] compute_driver; empty where these files do not name it."""
        return self._text(DRIVER)

    @property
    def is_foreign(self) -> bool:
        """Whether the driver is none of Nova's, so that nobody can tell what it does."""
        return bool(self.driver) and not self.driver.startswith((_LIBVIRT, *_OTHERS))

    @property
    def is_other(self) -> bool:
        """Whether the driver is one of Nova's that moves nothing between providers: all but libvirt's."""
        return self.driver.startswith(_OTHERS)

    @property
    def dedicated(self) -> str:
        """[compute] cpu_dedicated_set."""
        return self._text(DEDICATED)

    @property
    def shared(self) -> str:
        """[compute] cpu_shared_set."""
        return self._text(SHARED)

    @property
    def pin_set(self) -> str:
        """[DEFAULT] vcpu_pin_set."""
        return self._text(PIN_SET)

    @property
    def has_vgpus(self) -> bool:
        """Whether [devices] enabled_mdev_types names any."""
        return bool(self._text(MDEV_TYPES).strip(", "))

    @property
    def encrypted_guests(self) -> int | None:
        """[libvirt] num_memory_encrypted_guests, if it is set to a number."""
        text = self._text(ENCRYPTED_GUESTS)
        return int(text) if text.isdigit() else None

    @property
    def in_placement(self) -> bool | None:
        """[pci] report_in_placement; None for a text that oslo.config takes for neither true nor false."""
        return _TRUTH.get((self._text(IN_PLACEMENT) or "false").lower())

    @property
    def device_specs(self) -> tuple[Mapping[str, Any], ...] | None:
        """The entries of [pci] device_spec; None where one of them is no JSON object or list of such."""
        try:
            entries = [json.loads(text) for text in self._all(DEVICE_SPEC)]
        except ValueError:
            return None
        found = [item for entry in entries for item in (entry if isinstance(entry, list) else [entry])]
        return tuple(found) if all(isinstance(item, dict) for item in found) else None

    def _text(self, names: Iterable[str]) -> str:
        return next((values[-1].strip() for values in map(self.values.get, names) if values), "")

    def _all(self, names: Iterable[str]) -> Sequence[str]:
        return next((values for values in map(self.values.get, names) if values), ())


def cpus(text: str) -> frozenset[int] | None:
    """A set of CPUs such as ``4-12,^8,15`` (nova.virt.hardware.parse_cpu_spec); None for what Nova does not read either."""
    chosen: dict[bool, set[int]] = {True: set(), False: set()}
    for rule in filter(None, map(str.strip, text.split(","))):
        first, _dash, last = rule.lstrip("^").partition("-")
        try:
            low, high = int(first), int(last or first)
        except ValueError:
            return None
        if low > high:
            return None
        chosen[rule[0] != "^"].update(range(low, high + 1))
    return frozenset(chosen[True] - chosen[False])
