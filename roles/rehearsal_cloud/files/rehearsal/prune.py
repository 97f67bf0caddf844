# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Old saved clouds and environments, which nothing will ask for again."""

from __future__ import annotations

import shutil
from pathlib import Path

from .podman import inspect, podman
from .spec import OWNER_LABEL, VENVS, Spec

KEPT = 4


def newest(paths: list[Path]) -> list[Path]:
    """In the order of their last use, the newest first."""
    return sorted(paths, key=lambda path: path.stat().st_mtime, reverse=True)


def prune(spec: Spec) -> None:
    """Keep what this cloud is made from and the newest few of each kind, for other checkouts and sizes."""
    for stale in [path for path in newest(list(spec.baseline.parent.iterdir())) if path != spec.baseline][KEPT - 1 :]:
        shutil.rmtree(stale, ignore_errors=True)
    kept = {path.name for path in spec.baseline.parent.iterdir()}
    for image in inspect("image", "ls", "--filter", "reference=localhost/stackroll-rehearsal-*"):
        for name in image.get("Names") or []:
            repository, _colon, tag = name.rpartition(":")
            if tag not in kept and not repository.endswith("-base"):
                podman("image", "rm", name, check=False)
    podman("image", "prune", "--force", "--filter", f"label={OWNER_LABEL}", check=False)
    bases = inspect("image", "ls", "--filter", "reference=localhost/stackroll-rehearsal-base", "--sort", "created")
    for image in bases[KEPT:]:
        podman("image", "rm", *(image.get("Names") or [image["Id"]]), check=False)
    for venv in VENVS:
        others = [path for path in newest(list(spec.venv(venv).parent.glob(f"{venv}-*"))) if path != spec.venv(venv)]
        for stale in others[KEPT - 1 :]:
            shutil.rmtree(stale, ignore_errors=True)
