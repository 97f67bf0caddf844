# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests for the time and trouble of moves in the rehearsal cloud's virt driver."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.stackroll.nova.tests.unit.roles.virt_files import load

SERVER = SimpleNamespace(uuid="5e6f", display_name="plain-1")


trouble = load("rehearsal_trouble")


class Migration(SimpleNamespace):
    """A migration record that counts how often it was written."""

    saved = 0

    def save(self) -> None:
        """Count."""
        self.saved += 1


class Host:
    """One rehearsal host: its file, its live migrations."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "trouble.json"
        self.file = trouble.TroubleFile(str(self.path))
        self.moves = trouble.LiveMigrations(self.file)

    def say(self, **record: Any) -> None:
        """Write the file."""
        self.path.write_text(json.dumps(record), encoding="utf-8")


@pytest.fixture(name="host")
def fixture_host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    """Return a host without trouble that looks often."""
    monkeypatch.setattr(trouble, "LOOKS_EVERY", 0.05)
    return Host(tmp_path)


def run(host: Host) -> tuple[str, float, Migration]:
    """Run one live migration to its end."""
    start, migration = time.monotonic(), Migration()
    return host.moves.run(SERVER, migration), time.monotonic() - start, migration


def test_without_a_file_moves_are_instant_and_work(host: Host) -> None:
    """The default costs no time and no write."""
    ending, seconds, migration = run(host)
    assert (ending, migration.saved) == ("done", 0)
    assert seconds < 1


@pytest.mark.parametrize("ending", ["done", "failed"])
def test_a_move_takes_its_time(host: Host, ending: str) -> None:
    """It ends as it should, and not before."""
    host.say(live_seconds=0.2, live_ends=ending)
    found, seconds, migration = run(host)
    assert found == ending
    assert 0.2 <= seconds < 2
    assert migration.memory_total == migration.memory_processed + migration.memory_remaining
    assert migration.saved >= 2


@pytest.mark.parametrize("how", ["done", "cancelled"])
def test_an_endless_move_ends_when_an_operator_wants_it(host: Host, how: str) -> None:
    """By an abort or a forced completion."""
    host.say(live_ends="never")
    timer, start = threading.Timer(0.3, host.moves.end, (SERVER, how)), time.monotonic()
    timer.start()
    found, _seconds, migration = run(host)
    assert time.monotonic() - start >= 0.3
    timer.join()
    assert found == how
    assert migration.memory_remaining > 0


def test_an_endless_move_ends_when_the_trouble_ends(host: Host) -> None:
    """So that a test can tidy up behind itself."""
    host.say(live_ends="never")
    timer = threading.Timer(0.2, host.path.unlink)
    timer.start()
    assert run(host)[0] == "done"
    timer.join()


def test_ending_what_is_over_does_nothing(host: Host) -> None:
    """A late abort must not hit the next move of that server."""
    host.moves.end(SERVER, "cancelled")
    assert run(host)[0] == "done"


@pytest.mark.parametrize("only", [["5e6f"], ["plain-1"]])
def test_trouble_for_some_servers_only(host: Host, only: list[str]) -> None:
    """They are named by UUID or by name; others have none."""
    host.say(live_ends="failed", cold_fails=True, cold_seconds=3, only=only)
    mine = host.file.of(SERVER)
    assert (mine.live_ends, mine.cold_fails, mine.cold_seconds) == ("failed", True, 3)
    other = host.file.of(SimpleNamespace(uuid="77", display_name="plain-2"))
    assert (other.live_ends, other.cold_fails, other.cold_seconds) == ("done", False, 0)


def test_a_wrong_word_is_no_ending(host: Host) -> None:
    """A misspelt ending would otherwise be a move that works."""
    host.say(live_ends="fails")
    with pytest.raises(ValueError, match="live_ends"):
        host.file.of(SERVER)
