# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The versions of the programs that nova-compute drives. Standard library only."""

from __future__ import annotations

import os
import platform
import re
import shutil

from ansible_collections.stackroll.nova.plugins.module_utils.host.command import run_command
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError

LIBVIRT = ("virtqemud", "libvirtd")
# Where distributions keep what is not in the PATH of an account without rights.
_FOLDERS = ("/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/libexec")
_MACHINES = {"ppc64le": "ppc64", "i686": "i386", "armv7l": "arm"}
_VERSION = re.compile(r"\b\d+\.\d+(?:\.\d+)?\b")


def qemu_programs(machine: str) -> tuple[str, ...]:
    """The names that QEMU goes by on hosts of this architecture."""
    return f"qemu-system-{_MACHINES.get(machine, machine)}", "qemu-kvm"


def version_in(text: str) -> str | None:
    """The first version number of what a program says, such as ``QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7)``."""
    found = _VERSION.search(text)
    return found[0] if found else None


def version_of(programs: tuple[str, ...], timeout: float) -> str | None:
    """The version of the first of the programs that is installed; None when none is.

    Raises StackrollError when it is there but does not tell.
    """
    folders = os.pathsep.join((os.environ.get("PATH", os.defpath), *_FOLDERS))
    path = next(filter(None, (shutil.which(program, path=folders) for program in programs)), None)
    if path is None:
        return None
    outcome = run_command([path, "--version"], timeout)
    version = version_in(outcome.stdout) if outcome.rc == 0 else None
    if version is None:
        raise StackrollError(f"{path} --version did not tell a version: {outcome.last_error_line}")
    return version


def libvirt_version(timeout: float) -> str | None:
    """libvirt's version; None where it is not installed, or lives in a container."""
    return version_of(LIBVIRT, timeout)


def qemu_version(timeout: float) -> str | None:
    """The version of the QEMU for this host's architecture; None where it is not installed, or lives in a container."""
    return version_of(qemu_programs(platform.machine()), timeout)
