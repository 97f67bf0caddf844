# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The figures of a bench, for machines."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from harness.cloud import PROJECT

FOLDER = PROJECT / "build" / "bench"


def path_of(bench: str) -> Path:
    """Return where the figures of a bench are."""
    return FOLDER / f"{bench}.json"


def write(bench: str, measures: Iterable[tuple[str, float, str]], more: Mapping[str, Any] | None = None) -> None:
    """Write names, values and units to build/bench/<bench>.json, and what else is worth keeping beside them."""
    path = path_of(bench)
    path.parent.mkdir(parents=True, exist_ok=True)
    figures = [{"name": name, "value": round(value, 3), "unit": unit} for name, value, unit in measures]
    path.write_text(json.dumps({"measures": figures, **(more or {})}, indent=2) + "\n", encoding="utf-8")


def read(bench: str) -> dict[str, Any]:
    """Return what was written last; nothing when there was nothing."""
    path = path_of(bench)
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return found
