# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The versions of libvirt and QEMU: absent is None, present but silent is an error."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.host import programs
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError


def install(folder: Path, name: str, body: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    (folder / name).chmod(0o755)


@pytest.fixture
def bin_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder in which programs are looked for."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(programs, "_FOLDERS", ())
    monkeypatch.setattr(programs.platform, "machine", lambda: "x86_64")
    return tmp_path


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("libvirtd (libvirt) 9.0.0", "9.0.0"),
        ("virtqemud (libvirt) 10.0.0\n", "10.0.0"),
        ("QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7+deb12u18)\nCopyright (c) 2003-2022", "7.2.22"),
        ("QEMU emulator version 8.2 (v8)", "8.2"),
        ("usage: libvirtd [options]", None),
    ],
)
def test_version_in(text: str, version: str | None) -> None:
    assert programs.version_in(text) == version


def test_nothing_is_installed(bin_folder: Path) -> None:
    assert (programs.libvirt_version(5), programs.qemu_version(5)) == (None, None)


def test_the_first_that_is_installed(bin_folder: Path) -> None:
    install(bin_folder, "libvirtd", 'echo "libvirtd (libvirt) 9.0.0"')
    install(bin_folder, "qemu-kvm", '[ "$1" = --version ] && echo "QEMU emulator version 9.1.0"')
    assert (programs.libvirt_version(5), programs.qemu_version(5)) == ("9.0.0", "9.1.0")
    install(bin_folder, "virtqemud", 'echo "virtqemud (libvirt) 10.0.0"')
    install(bin_folder, "qemu-system-x86_64", 'echo "QEMU emulator version 7.2.22"')
    assert (programs.libvirt_version(5), programs.qemu_version(5)) == ("10.0.0", "7.2.22")


@pytest.mark.parametrize("body", ["exec sleep 30", "echo 9.0.0; exit 1", "echo hello"])
def test_present_but_silent_is_no_version(bin_folder: Path, monkeypatch: pytest.MonkeyPatch, body: str) -> None:
    install(bin_folder, "libvirtd", body)
    monkeypatch.setenv("PATH", f"{bin_folder}:/usr/bin:/bin")
    with pytest.raises(StackrollError, match="libvirtd"):
        programs.libvirt_version(0.3)


def test_the_architecture_decides() -> None:
    assert programs.qemu_programs("ppc64le")[0] == "qemu-system-ppc64"
    assert programs.qemu_programs("aarch64")[0] == "qemu-system-aarch64"
