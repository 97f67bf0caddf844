# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The file of a probe: whose it is, who may see it, and who has it locked."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.host import probe_file
from ansible_collections.stackroll.nova.plugins.module_utils.host.probe_file import ProbeFile
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import InvalidInput, StackrollError


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who finds the file locked does not wait."""
    monkeypatch.setattr(probe_file, "PATIENCE", 0.1)


def test_one_holder_at_a_time(tmp_path: Path) -> None:
    first, second = ProbeFile(str(tmp_path / "p")), ProbeFile(str(tmp_path / "p"))
    assert not first.is_held()
    assert first.hold()
    assert (second.is_held(), second.hold()) == (True, False)
    first.release()
    assert (second.is_held(), second.hold()) == (False, True)
    second.release()


def test_it_is_for_its_owner_alone_also_when_it_was_there(tmp_path: Path) -> None:
    path = tmp_path / "p"
    path.write_text("cut sho")
    path.chmod(0o644)
    file = ProbeFile(str(path))
    file.hold()
    file.write("line\n")
    file.release()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_text() == "cut sho\nline\n"
    with file.lines() as lines:
        assert list(lines) == ["cut sho\n", "line\n"]


def test_links_and_other_things_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "target")
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    for name in ("link", "pipe", "none/p"):
        with pytest.raises(InvalidInput, match="Give another path"):
            ProbeFile(str(tmp_path / name)).hold()
    os.close(reader)
    assert not (tmp_path / "target").exists()


def test_no_file_has_no_lines_and_no_holder(tmp_path: Path) -> None:
    file = ProbeFile(str(tmp_path / "p"))
    with file.lines() as lines:
        assert list(lines) == []
    assert not file.is_held()
    with pytest.raises(StackrollError, match="not open"):
        file.write("x")


def test_who_has_it_open(tmp_path: Path) -> None:
    file = ProbeFile(str(tmp_path / "p"))
    file.hold()
    assert file.is_open_in(os.getpid())
    assert not file.is_open_in(os.getppid())
    assert not file.is_open_in(2**22 + 1)
    file.release()
