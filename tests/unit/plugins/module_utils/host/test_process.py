# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What systemd and /proc say, with real processes."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.stackroll.nova.plugins.module_utils.host import process
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError

Start = Callable[..., int]
GONE = 2**22 + 1  # above the kernel's largest process number
UNITS = (("y", 31557600), ("month", 2629800), ("w", 604800), ("d", 86400), ("h", 3600), ("min", 60), ("s", 1))


@pytest.fixture
def start() -> Iterator[Start]:
    """A function that starts a process and returns its number once it runs its program."""
    running: list[subprocess.Popen[bytes]] = []

    def begin(*argv: str) -> int:
        running.append(subprocess.Popen(argv))
        for _attempt in range(100):
            if Path(f"/proc/{running[-1].pid}/cmdline").read_bytes().startswith(argv[0].encode()):
                break
            time.sleep(0.02)
        return running[-1].pid

    yield begin
    for each in running:
        each.kill()
        each.wait()


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1min 30s", 90.0),
        ("3min", 180.0),
        ("90s", 90.0),
        ("500ms", 0.5),
        ("1.500s", 1.5),
        ("10us", 1e-5),
        ("2h 5min 4s 250ms", 7504.25),
        ("1month 1w 1d", 2629800.0 + 604800 + 86400),
        ("1y", 31557600.0),
        ("0", 0.0),
        ("infinity", None),
        ("", None),
    ],
)
def test_time_spans(text: str, seconds: float | None) -> None:
    assert process.parse_time_span(text) == pytest.approx(seconds) if seconds is not None else True
    assert (process.parse_time_span(text) is None) == (seconds is None)


@given(st.integers(min_value=1, max_value=10**9))
def test_any_span_that_systemd_prints(seconds: int) -> None:
    words, left = [], seconds
    for unit, size in UNITS:
        count, left = divmod(left, size)
        if count:
            words.append(f"{count}{unit}")
    assert process.parse_time_span(" ".join(words)) == seconds


def test_properties_of_a_unit(monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(command: list[str], **_keywords: Any) -> subprocess.CompletedProcess[str]:
        assert command[-2:] == ["--", "nova-compute"]
        text = "LoadState=loaded\nActiveState=active\nTimeoutStopUSec=1min 30s\nMainPID=411\nnoise\nX=a=b\n"
        return subprocess.CompletedProcess(command, 0, text, "")

    monkeypatch.setattr(subprocess, "run", answer)
    shown = process.show_unit("nova-compute")
    assert shown == {
        "LoadState": "loaded",
        "ActiveState": "active",
        "TimeoutStopUSec": "1min 30s",
        "MainPID": "411",
        "X": "a=b",
    }


@pytest.mark.parametrize("error", [FileNotFoundError(2, "no systemctl"), subprocess.TimeoutExpired("systemctl", 30)])
def test_a_host_without_systemd(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def fail(*_arguments: Any, **_keywords: Any) -> None:
        raise error

    monkeypatch.setattr(subprocess, "run", fail)
    with pytest.raises(StackrollError, match="systemd did not answer for the unit nova-compute"):
        process.show_unit("nova-compute")


def test_code_roots_are_those_with_mapped_files(start: Start) -> None:
    pid = start("/bin/sleep", "60")
    real = Path("/bin/sleep").resolve().parents[1]
    assert process.code_roots(pid, ["/nowhere", str(real), f"{real}/", str(real)[:-1], "/opt"]) == [
        str(real),
        f"{real}/",
    ]
    assert process.code_roots(GONE, [str(real)]) == []


def test_a_link_that_was_switched_after_the_start_does_not_show(start: Start, tmp_path: Path) -> None:
    for release in ("old", "new"):
        (tmp_path / release).mkdir()
        (tmp_path / release / "sleep").write_bytes(Path("/bin/sleep").read_bytes())
        (tmp_path / release / "sleep").chmod(0o755)
    link = tmp_path / "link"
    link.symlink_to("old")
    pid = start(str(link / "sleep"), "60")
    link.unlink()
    link.symlink_to("new")
    roots = [str(tmp_path / "new"), str(tmp_path / "old")]
    assert process.code_roots(pid, roots) == [str(tmp_path / "old")]
    (tmp_path / "old" / "sleep").unlink()
    assert process.code_roots(pid, roots) == [str(tmp_path / "old")], "also when its files are gone"


def test_start_time(start: Start) -> None:
    pid = start("/bin/sleep", "60")
    began = process.started_at(pid)
    assert began is not None
    assert abs(began - time.time()) < 3
    assert process.started_at(GONE) is None


@pytest.mark.parametrize(
    "title", ["nova-titled: ServiceWrapper worker(0)", "nova-titled: master process [/opt/nova/bin/nova-titled --x y]"]
)
def test_a_process_that_has_given_itself_a_title(start: Start, title: str) -> None:
    pid = start("/bin/bash", "-c", 'exec -a "$0" sleep 60', title)
    end = time.monotonic() + 5
    while process.processes_running("nova-titled") != [pid]:
        assert time.monotonic() < end
        time.sleep(0.01)


def test_processes_running(start: Start, tmp_path: Path) -> None:
    program = tmp_path / "nova-rehearsed"
    program.symlink_to("/bin/sleep")
    script = tmp_path / "script" / "nova-rehearsed"
    script.parent.mkdir()
    script.write_text("import time\ntime.sleep(60)\n", encoding="utf-8")
    found = [
        start(str(program), "60"),
        start(sys.executable, str(script)),
    ]
    log = tmp_path / "log" / "nova-rehearsed"
    log.parent.mkdir()
    log.touch()
    start("/usr/bin/tail", "-f", str(log))
    start("/bin/tail", "--follow", str(log))
    bystander = start("tail", str(log), "-f")
    assert process.processes_running("nova-rehearsed") == sorted(found), f"{bystander} only looks at a file"
    assert process.processes_running("nova-rehearse") == []
    assert os.getpid() not in process.processes_running("pytest")
