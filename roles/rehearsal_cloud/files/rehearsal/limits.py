# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Resource limits of the hosts, never above what this machine allows itself."""

from __future__ import annotations

import resource

WANTED = {"nofile": (resource.RLIMIT_NOFILE, 65536), "nproc": (resource.RLIMIT_NPROC, 32768)}


def ulimits() -> list[str]:
    """The options for podman; its own defaults may lie above the hard limit, which the kernel refuses."""
    options = []
    for name, (kind, wanted) in WANTED.items():
        hard = resource.getrlimit(kind)[1]
        value = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        options += ["--ulimit", f"{name}={value}:{value}"]
    return options
