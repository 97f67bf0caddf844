# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a module in the background tells, and when it gives up."""

from __future__ import annotations

import json
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError
from ansible_collections.stackroll.nova.plugins.module_utils.runtime import progress_file
from ansible_collections.stackroll.nova.plugins.module_utils.runtime.progress_file import DEAF, LISTENER, ProgressFile


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> Any:
    clock = SimpleNamespace(seconds=1000.0)
    monkeypatch.setattr(progress_file, "time", SimpleNamespace(time=lambda: clock.seconds))
    return clock


def touch(path: Path, seconds: float) -> None:
    listener = Path(f"{path}{LISTENER}")
    listener.touch()
    os.utime(listener, (seconds, seconds))


def test_the_latest_news_is_one_line(tmp_path: Path, now: Any) -> None:
    path = tmp_path / "progress"
    told = ProgressFile(str(path))
    for number in (1, 2):
        told.tell({"progress": number})
    assert path.read_text(encoding="utf-8").count("\n") == 1
    assert json.loads(path.read_text(encoding="utf-8")) == {"progress": 2, "told": 1000.0}
    assert [item.name for item in tmp_path.iterdir()] == ["progress"]


@pytest.mark.parametrize(
    ("first_touch", "silence", "gives_up"),
    [
        (None, DEAF - 1, False),
        (None, DEAF + 1, True),
        (1020.0, 20 + DEAF - 1, False),
        (1020.0, 20 + DEAF + 1, True),
    ],
)
def test_it_gives_up_when_nobody_listens(
    tmp_path: Path, now: Any, first_touch: float | None, silence: float, gives_up: bool
) -> None:
    told = ProgressFile(str(tmp_path / "progress"))
    if first_touch:
        touch(tmp_path / "progress", first_touch)
    now.seconds += silence
    if not gives_up:
        told.tell({})
        return
    with pytest.raises(StackrollError, match="does not listen any more"):
        told.tell({})
    assert not (tmp_path / "progress").exists()


def test_a_listener_that_says_goodbye_ends_it_at_once(tmp_path: Path, now: Any) -> None:
    told = ProgressFile(str(tmp_path / "progress"))
    told.tell({})
    touch(tmp_path / "progress", now.seconds)
    told.tell({})
    (tmp_path / f"progress{LISTENER}").unlink()
    with pytest.raises(StackrollError, match="same command again"):
        told.tell({})
