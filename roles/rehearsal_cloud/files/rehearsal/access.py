# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a client needs beside the configuration files: the keys of the hosts."""

from __future__ import annotations

from .podman import podman
from .spec import Spec


def host_keys(spec: Spec) -> None:
    """Write the real keys of the hosts, as known_hosts wants them."""
    lines = []
    for host, address in spec.addresses.items():
        key = podman("exec", spec.container(host), "cat", "/etc/ssh/ssh_host_ed25519_key.pub").split()
        lines.append(f"{address},{host} {key[0]} {key[1]}\n")
    (spec.baseline / "known_hosts").write_text("".join(lines), encoding="utf-8")
