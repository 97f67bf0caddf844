# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The parts of the rehearsal cloud's virt driver that do without Nova."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

from ansible_collections.stackroll.nova.plugins.plugin_utils import run_directory

FOLDER = Path(run_directory.__file__).parents[2] / "roles" / "rehearsal_cloud" / "files" / "virt"


def load(name: str) -> Any:
    """Load one of the files, which belong to no package here."""
    spec = importlib.util.spec_from_file_location(name, FOLDER / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
