# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Nova of two code trees is described at the same time."""

from __future__ import annotations

import linecache
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.host import nova_code, nova_objects


def test_threads_give_the_whole_program(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody reads it through linecache while another thread empties that: it then reads as nothing."""
    given: list[str] = []

    def run(_what: str, _argv: list[str], _timeout: float, program: str) -> dict[str, Any]:
        given.append(program)
        return {}

    monkeypatch.setattr(nova_code, "run_for_json", run)
    monkeypatch.setattr(linecache, "getlines", lambda *_arguments: [])
    with ThreadPoolExecutor() as pool:
        list(pool.map(nova_code.describe_nova, ["/opt/old", "/opt/new"], [1.0, 1.0]))
    assert given == [Path(str(nova_objects.__file__)).read_text(encoding="utf-8")] * 2
