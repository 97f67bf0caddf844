# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What stackroll.nova.host_software_info has returned, by host."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Software = Mapping[str, Mapping[str, Any]]


def by_any_name(software: Software) -> Software:
    """The results of the hosts by all names that Nova may have for them."""
    return {
        name: result
        for host, result in software.items()
        for name in (result.get("hostname"), host, result.get("host"))
        if name
    }
