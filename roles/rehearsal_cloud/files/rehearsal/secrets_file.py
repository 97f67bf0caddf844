# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Passwords and keys: made once for a saved cloud and kept beside it."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess

from .spec import Spec

DATABASE_USERS = ("keystone", "glance", "neutron", "placement", "nova")
USERS = ("admin", "nova", "placement", "glance", "neutron", "rehearsal-service", "rehearsal-a", "rehearsal-b")


def make(spec: Spec) -> None:
    """Start a new directory of a saved cloud; what an earlier, cut-off run left is dropped."""
    shutil.rmtree(spec.baseline, ignore_errors=True)
    spec.baseline.mkdir(parents=True, mode=0o700)
    (spec.baseline / "files").mkdir()
    key = spec.baseline / "id_ed25519"
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "rehearsal", "-f", str(key)], check=True, timeout=60
    )
    data = {
        "database": {name: secrets.token_hex(16) for name in DATABASE_USERS},
        "user": {name: secrets.token_hex(16) for name in USERS},
        "rabbit_user": "openstack",
        "rabbit": secrets.token_hex(16),
        "ssh_public_key": key.with_suffix(".pub").read_text(encoding="utf-8").strip(),
    }
    write(spec, data)


def write(spec: Spec, data: dict[str, object]) -> None:
    """Write the file whole, readable by its owner only."""
    draft = spec.baseline / "secrets.json.new"
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as handle:
        json.dump(data, handle, indent=1)
    os.replace(draft, spec.baseline / "secrets.json")
