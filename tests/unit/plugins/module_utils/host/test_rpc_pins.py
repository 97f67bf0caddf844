# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which version of the compute RPC API each process has chosen."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.host import rpc_pins
from ansible_collections.stackroll.nova.plugins.module_utils.host.command import Outcome
from ansible_collections.stackroll.nova.plugins.module_utils.host.family import Process
from ansible_collections.stackroll.nova.plugins.module_utils.host.rpc_pins import Choice, pins, read_entry, read_line
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError

START = 1_795_300_000.0
MESSAGE = "Automatically selected compute RPC version 6.5 from minimum service version 72"
MAIN, WORKER, INNER = Process(10, None, START), Process(11, 10, START + 10), Process(12, 11, START + 20)


def choice(pid: int, at: float, service_version: int = 72) -> Choice:
    return Choice(pid, START + at, "6.5", service_version, "the journal")


def versions(*choices: Choice) -> list[tuple[int | None, int | None]]:
    """Of the main process, its worker and the worker's: what it has, and from whom."""
    return [(pin.service_version, pin.inherited_from) for pin in pins([MAIN, WORKER, INNER], choices, "why")]


def test_everybody_chose() -> None:
    assert versions(choice(10, 1, 72), choice(11, 12, 73), choice(12, 22, 74)) == [(72, None), (73, None), (74, None)]


def test_the_last_choice_counts() -> None:
    """A process chooses anew when it gets SIGHUP."""
    assert versions(choice(10, 1, 72), choice(10, 500, 74))[0] == (74, None)


def test_workers_have_what_their_parent_had_before_the_fork() -> None:
    assert versions(choice(10, 5, 72), choice(10, 500, 74)) == [(74, None), (72, 10), (72, 10)]
    assert versions(choice(10, 5, 70), choice(11, 15, 72)) == [(70, None), (72, None), (72, 11)]


def test_a_choice_after_the_fork_is_the_parents_alone() -> None:
    assert versions(choice(11, 30, 72)) == [(None, None), (72, None), (None, None)]


def test_a_process_that_had_the_same_number_before() -> None:
    assert versions(choice(10, -60, 70)) == [(None, None)] * 3
    assert versions(choice(10, -1, 72))[0] == (72, None), "clocks are not that exact"


def test_unknown_has_a_reason() -> None:
    (found, *_others) = pins([MAIN], [], "nobody told")
    assert (found.rpc_version, found.reason) == (None, "nobody told")
    (found, *_others) = pins([MAIN], [choice(10, 1)], "nobody told")
    assert (found.rpc_version, found.chosen_at, found.source, found.reason) == ("6.5", START + 1, "the journal", None)


def test_what_could_not_be_read_is_told_where_nothing_is_known() -> None:
    found = pins([MAIN, WORKER], [choice(10, 500)], "why", "The journal is locked.")
    assert [(pin.pid, pin.unread) for pin in found] == [(10, None), (11, "The journal is locked.")]


def entry(**fields: Any) -> str:
    return json.dumps({"_PID": "11", "__REALTIME_TIMESTAMP": "1795300001500000", "MESSAGE": MESSAGE, **fields})


def test_entries_of_the_journal() -> None:
    assert read_entry(entry()) == Choice(11, START + 1.5, "6.5", 72, "the journal")
    text = f"2026-11-22 10:00:00.123 12 INFO nova.compute.rpcapi [None req-1 - - - - - -] {MESSAGE}"
    assert read_entry(entry(MESSAGE=text)) == Choice(12, START + 1.5, "6.5", 72, "the journal")
    coloured = list(f"\x1b[01m{MESSAGE}".encode())
    assert read_entry(entry(MESSAGE=coloured)) == Choice(11, START + 1.5, "6.5", 72, "the journal")


@pytest.mark.parametrize(
    "line", ["", "{", "[]", "{}", entry(MESSAGE=None), entry(_PID="x"), entry(MESSAGE="Automatically")]
)
def test_entries_that_are_none(line: str) -> None:
    assert read_entry(line) is None


def test_lines_of_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Pacific/Auckland")
    time.tzset()
    when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(START))
    text = f"{when}.250 411 INFO nova.compute.rpcapi [-] {MESSAGE}"
    assert read_line(text, "/var/log/nova/nova-conductor.log") == Choice(
        411, START + 0.25, "6.5", 72, "/var/log/nova/nova-conductor.log"
    )
    monkeypatch.undo()
    time.tzset()
    assert read_line(f"INFO {MESSAGE}", "log") is None
    assert read_line(f"{when}.250 411 INFO something else", "log") is None


@pytest.fixture
def journal(monkeypatch: pytest.MonkeyPatch) -> Callable[[Outcome | StackrollError], list[list[str]]]:
    """A function that lets journalctl answer this; returns its calls."""

    def answer(outcome: Outcome | StackrollError) -> list[list[str]]:
        calls: list[list[str]] = []

        def run(argv: list[str], timeout: float) -> Outcome:
            calls.append(argv)
            assert timeout > 0
            if isinstance(outcome, StackrollError):
                raise outcome
            return outcome

        monkeypatch.setattr(rpc_pins, "run_command", run)
        return calls

    return answer


def test_the_journal_is_asked_since_the_start(journal: Any) -> None:
    calls = journal(Outcome(0, f"{entry()}\nnoise\n{entry(_PID='12')}\n", ""))
    assert [found.pid for found in rpc_pins.journal_choices("nova-conductor", START)] == [11, 12]
    words = calls[0]
    assert words[words.index("--since") + 1] == "@1795299998"
    assert words[words.index("--unit") + 1] == "nova-conductor"
    assert {"--lines", "--reverse", "--grep"} <= set(words), "bounded"


def test_a_journal_without_a_match_is_no_error(journal: Any) -> None:
    journal(Outcome(1, "", ""))
    assert rpc_pins.journal_choices("nova-conductor", START) == []


def test_a_journal_that_cannot_be_searched(journal: Any) -> None:
    journal(Outcome(1, "", "Compiled without pattern matching support"))
    with pytest.raises(StackrollError, match="journal of nova-conductor cannot be searched: Compiled without"):
        rpc_pins.journal_choices("nova-conductor", START)


def test_a_unit_that_logs_to_a_file(journal: Any, tmp_path: Path) -> None:
    journal(StackrollError("journalctl does not exist on this host."))
    path = tmp_path / "nova-conductor.log"
    now = time.time()
    when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(now))
    with path.open("a", encoding="utf-8") as log:
        log.write(f"{when}.000 {os.getpid()} INFO nova.compute.rpcapi [-] {MESSAGE}\n")
        log.flush()
        (pin, *_children) = rpc_pins.rpc_pins("nova-conductor", os.getpid())
    assert (pin["pid"], pin["service_version"], pin["source"]) == (os.getpid(), 72, str(path))
    assert pin["chosen_at"] == int(now)


def test_what_is_not_found_says_where_it_was_looked_for(journal: Any, tmp_path: Path) -> None:
    journal(StackrollError("journalctl does not exist on this host."))
    path = tmp_path / "nova-conductor.log"
    with path.open("a", encoding="utf-8"):
        (pin, *_children) = rpc_pins.rpc_pins("nova-conductor", os.getpid())
    assert pin["rpc_version"] is None
    assert "Since its start it has told nothing in the journal, " in pin["reason"]
    assert str(path) in pin["reason"]
    assert pin["reason"].endswith("journalctl does not exist on this host.")


def test_a_unit_that_does_not_run() -> None:
    assert rpc_pins.rpc_pins("nova-conductor", 0) == []
    assert rpc_pins.rpc_pins("nova-conductor", 2**22 + 1) == []


def test_what_cannot_be_read(journal: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unread() -> str | None:
        found: str | None = rpc_pins.rpc_pins("nova-conductor", os.getpid())[0]["unread"]
        return found

    def forbidden(_pids: list[int]) -> list[str]:
        raise StackrollError("Run as root.")

    log = tmp_path / "nova-conductor.log"
    log.touch()
    monkeypatch.setattr(rpc_pins, "appended_files", lambda _pids: [])
    journal(Outcome(1, "", ""))
    assert unread() is None
    journal(StackrollError("There is no journal."))
    assert unread() == "There is no journal."
    monkeypatch.setattr(rpc_pins, "appended_files", lambda _pids: [str(log)])
    assert unread() is None, "it writes to a file"
    monkeypatch.setattr(rpc_pins, "appended_files", forbidden)
    assert unread() == "There is no journal. Run as root."
    journal(Outcome(1, "", ""))
    assert unread() == "Run as root."
