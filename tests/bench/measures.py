# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The figures of a bench, for machines."""

from __future__ import annotations

import json
from collections.abc import Iterable

from harness.cloud import PROJECT


def write(bench: str, measures: Iterable[tuple[str, float, str]]) -> None:
    """Write names, values and units to build/bench/<bench>.json."""
    path = PROJECT / "build" / "bench" / f"{bench}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    figures = [{"name": name, "value": round(value, 3), "unit": unit} for name, value, unit in measures]
    path.write_text(json.dumps({"measures": figures}, indent=2) + "\n", encoding="utf-8")
