# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nobody forgets the second place where the version stands."""

from __future__ import annotations

from pathlib import Path

import yaml

from ansible_collections.stackroll.nova.plugins.module_utils.runtime.version import VERSION


def test_the_version_is_that_of_the_collection() -> None:
    root = next(parent for parent in Path(__file__).parents if (parent / "galaxy.yml").exists())
    assert yaml.safe_load((root / "galaxy.yml").read_text(encoding="utf-8"))["version"] == VERSION
