# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests for whose rehearsal cloud is on the machine."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.stackroll.nova.plugins.plugin_utils import run_directory

FILES = Path(run_directory.__file__).parents[2] / "roles" / "rehearsal_cloud" / "files"


@pytest.fixture(name="hosts")
def fixture_hosts(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The file about the hosts, which belongs to no package here."""
    monkeypatch.syspath_prepend(str(FILES))
    yield importlib.import_module("rehearsal.hosts")
    for name in [name for name in sys.modules if name.partition(".")[0] == "rehearsal"]:
        del sys.modules[name]


@pytest.mark.parametrize(
    ("remains", "refused"),
    [({"directory", "process"}, True), ({"directory"}, False), ({"process"}, False), (set(), False)],
)
def test_a_foreign_cloud_is_left_alone_while_it_lives(
    hosts: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, remains: set[str], refused: bool
) -> None:
    """Podman lists the hosts of a run that was cut off as running: only what answers counts."""
    owner = tmp_path / "other"
    if "directory" in remains:
        owner.mkdir()
    listed = [{"Id": "17", "State": "running", "Labels": {hosts.OWNER_LABEL: str(owner)}}]
    asked: list[tuple[str, ...]] = []

    def answers(*args: str) -> bool:
        asked.append(args)
        return "process" in remains

    monkeypatch.setattr(hosts, "all_containers", lambda: listed)
    monkeypatch.setattr(hosts, "network_owner", lambda: str(owner))
    monkeypatch.setattr(hosts, "answers", answers)
    mine = SimpleNamespace(owner=tmp_path / "mine")
    if refused:
        with pytest.raises(hosts.RehearsalError, match=str(owner)):
            hosts.refuse_foreign(mine)
    else:
        hosts.refuse_foreign(mine)
    assert asked == ([("exec", "17", "true")] if owner.is_dir() else [])
