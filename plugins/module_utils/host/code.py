# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Python code trees on a host: where a link points and which OpenStack versions lie there. Standard library only."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

_METADATA = re.compile(r"^(?P<name>[A-Za-z0-9_.]+)-(?P<version>[^-]+)\.dist-info$")


def describe(path: str, packages: list[str]) -> dict[str, Any]:
    """A virtual environment as ``{"path", "exists", "real_path", "versions": {package: version}}``."""
    real = Path(path).resolve()
    return {
        "path": path,
        "exists": real.is_dir(),
        "real_path": str(real),
        "versions": versions_in(str(real), packages),
    }


def versions_in(root: str, packages: list[str]) -> dict[str, str]:
    """The versions of *packages* installed under *root*, read from their metadata folders."""
    wanted = {normalise(package): package for package in packages}
    found: dict[str, str] = {}
    for folder in Path(root).glob("lib/python3*/site-packages/*.dist-info"):
        match = _METADATA.match(folder.name)
        if match and normalise(match["name"]) in wanted:
            found[wanted[normalise(match["name"])]] = match["version"]
    return found


def normalise(package: str) -> str:
    """A package name as indexes compare it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", package).lower()
