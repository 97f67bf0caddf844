# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""api_probe as a module: a process that survives it, and what it has seen."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import stat
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.api.probe import leftovers
from ansible_collections.stackroll.nova.plugins.module_utils.host.probe_file import ProbeFile
from ansible_collections.stackroll.nova.plugins.module_utils.runtime import probing
from ansible_collections.stackroll.nova.plugins.modules import api_probe
from ansible_collections.stackroll.nova.plugins.plugin_utils.process import start_of
from ansible_collections.stackroll.nova.tests.unit.plugins.live_cloud import PASSWORD, LiveCloud
from ansible_collections.stackroll.nova.tests.unit.plugins.modules.conftest import RunModule

Json = dict[str, Any]


class Bench:
    """The module, a cloud, and a file that names the probe."""

    def __init__(self, run_module: RunModule, live: LiveCloud, path: Path) -> None:
        self.run_module = run_module
        self.live = live
        self.path = path

    def __call__(self, state: str, **more: Any) -> Json:
        """One call of the module."""
        options = {"rate": 20, "timeout": 2, "cloud": self.live.options(), **more}
        return self.run_module(api_probe, state=state, path=str(self.path), **options)

    def wait(self, met: Callable[[Json], bool]) -> Json:
        """Look until this is met."""
        end = time.monotonic() + 10
        while True:
            found = self("evaluated")
            if met(found):
                return found
            assert time.monotonic() < end, found
            time.sleep(0.05)


@pytest.fixture
def bench(run_module: RunModule, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    """A healthy cloud; whatever probe is left in the end is killed."""
    for name in ("OS_CLOUD", "OS_AUTH_URL", "OS_CLIENT_CONFIG_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(leftovers, "LOOK_EVERY", 0.05)
    found = Bench(run_module, LiveCloud(), tmp_path / "probe.jsonl")
    yield found
    with contextlib.suppress(ProcessLookupError):
        pid = found("evaluated")["pid"]
        if pid:
            os.kill(pid, signal.SIGKILL)
    found.live.close()


def test_from_start_to_stop(bench: Bench) -> None:
    started = bench("started")
    assert (started["changed"], started["running"], started["left_out"]) == (True, True, {})
    assert started["pid"] not in (None, os.getpid())
    assert started["settings"]["rate"] == 20
    bench.wait(lambda found: found["evaluation"]["requests"] >= 15)
    stopped = bench("stopped")
    seen = stopped["evaluation"]
    assert (stopped["changed"], stopped["running"], stopped["pid"]) == (True, False, None)
    assert (seen["failures"], seen["skipped"], seen["boots"]) == (0, 0, 0)
    assert set(seen["apis"]) == {"identity", "compute", "placement"}
    assert seen["probe"]["ended"] == ["stopped"]
    assert seen["probe"]["damaged"] == 0
    assert start_of(started["pid"]) is None
    assert seen["requests"] == len([line for line in bench.path.read_text().splitlines() if '"operation"' in line])


def test_again_changes_nothing(bench: Bench) -> None:
    first = bench("started")
    again = bench("started", rate=10)
    assert (again["changed"], again["pid"]) == (False, first["pid"])
    assert again["settings"]["rate"] == 20
    assert "running with rate=20" in json.dumps(again["warnings"])
    bench("stopped")
    assert bench("stopped")["changed"] is False


def test_check_mode_starts_and_stops_nothing(bench: Bench) -> None:
    assert bench("started", check=True)["changed"] is True
    assert (bench.live.seen, bench.path.exists()) == ([], False)
    assert bench("stopped", check=True)["changed"] is False
    pid = bench("started")["pid"]
    assert bench("started", check=True)["changed"] is False
    assert bench("stopped", check=True)["changed"] is True
    assert bench("evaluated")["pid"] == pid


def test_the_process_belongs_to_nobody_and_shows_nothing(bench: Bench) -> None:
    pid = bench("started")["pid"]
    status = Path(f"/proc/{pid}/stat").read_text().rpartition(")")
    assert (status[0].partition("(")[2], status[2].split()[3] == str(os.getsid(0))) == ("stackroll-probe", False)
    for handle in ("0", "1", "2"):
        assert os.readlink(f"/proc/{pid}/fd/{handle}") == "/dev/null"
    files = {os.readlink(entry) for entry in Path(f"/proc/{pid}/fd").iterdir() if entry.exists()}
    assert {name for name in files if name.startswith("/") and name != "/dev/null"} == {str(bench.path)}
    assert PASSWORD not in Path(f"/proc/{pid}/cmdline").read_text()
    bench.wait(lambda found: found["evaluation"]["requests"] >= 5)
    result = bench("stopped")
    assert PASSWORD not in bench.path.read_text()
    assert PASSWORD not in json.dumps(result)
    assert stat.S_IMODE(bench.path.stat().st_mode) == 0o600


def test_failures_by_kind_and_phase(bench: Bench) -> None:
    bench("started")
    bench.wait(lambda found: found["evaluation"]["requests"] >= 8)
    begin = time.time()
    bench.live.fault = lambda _method, path: 503 if "placement" in path else None
    bench.wait(lambda found: found["evaluation"]["failures"] >= 2)
    bench.live.close()
    bench.wait(lambda found: "refused" in found["evaluation"]["failures_by_kind"])
    bench.live.fault = lambda _method, _path: None
    bench.live.open()
    end = time.time()
    count = bench("evaluated")["evaluation"]["requests"]
    bench.wait(lambda found: found["evaluation"]["requests"] >= count + 10)
    seen = bench("stopped", phases=[{"name": "control plane", "start": str(begin), "end": str(end)}])["evaluation"]
    # What waits to be accepted when a port is closed is reset.
    assert {"5xx", "refused"} <= set(seen["failures_by_kind"]) <= {"5xx", "refused", "reset"}
    assert seen["failures_by_phase"] == {"control plane": seen["failures"]}
    assert 0 < seen["outage_seconds"]["placement"] < end - begin + 1
    assert seen["latency"]["before"]["count"] > 0
    assert seen["latency"]["after"]["count"] > 0


def test_servers_are_booted_and_gone(bench: Bench) -> None:
    boot = {"boot_every": 1, "flavor": "m1.tiny", "image": "cirros", "network": "net"}
    bench("started", **boot)
    bench.wait(lambda found: found["evaluation"]["boots"] >= 1)
    result = bench("stopped")
    assert (result["evaluation"]["boot_failures"], result["leftovers"], bench.live.servers) == (0, 0, {})
    assert result["evaluation"]["failures"] == 0


def test_the_servers_of_a_probe_that_was_killed_are_deleted(bench: Bench) -> None:
    bench.live.boot_status = "BUILD"
    pid = bench("started", boot_every=1, flavor="m1.tiny", image="cirros")["pid"]
    end = time.monotonic() + 5
    while not bench.live.servers and time.monotonic() < end:
        time.sleep(0.02)
    bench.live.servers["x"] = {
        "id": "x",
        "name": "stackroll-probe-1",
        "metadata": {"stackroll_probe": "of another"},
        "status": "ACTIVE",
    }
    os.kill(pid, signal.SIGKILL)
    bench.wait(lambda found: not found["running"])
    result = bench("stopped")
    assert (result["changed"], result["leftovers"], list(bench.live.servers)) == (True, 1, ["x"])
    assert result["evaluation"]["probe"]["ended"] == ["killed, or still running"]
    assert bench("stopped")["changed"] is False


def test_its_time_is_up(bench: Bench) -> None:
    bench("started", duration=0.3)
    bench.wait(lambda found: not found["running"])
    result = bench("stopped")
    assert (result["changed"], result["evaluation"]["probe"]["ended"]) == (False, ["its time was up"])


def test_a_recording_is_gone_on_with(bench: Bench) -> None:
    for _session in range(2):
        bench("started", duration=0.3)
        bench.wait(lambda found: not found["running"])
    assert bench("evaluated")["evaluation"]["probe"]["sessions"] == 2


def test_what_an_ordinary_user_may_not_do_is_left_out_and_told(bench: Bench) -> None:
    bench.live.fault = lambda _method, path: 403 if "resource_" in path else None
    result = bench("started")
    assert set(result["left_out"]) == {"placement_providers", "placement_class"}
    assert "placement_providers" not in result["settings"]["mix"]
    bench.wait(lambda found: found["evaluation"]["requests"] >= 12)
    assert bench("stopped")["evaluation"]["failures"] == 0


def test_an_api_that_is_down_at_the_start_is_probed_all_the_same(bench: Bench) -> None:
    bench.live.fault = lambda _method, path: 503 if "placement" in path else None
    result = bench("started", mix={"placement_version": 1, "identity_version": 1})
    assert "placement_version does not work at the start" in json.dumps(result["warnings"])
    bench.wait(lambda found: found["evaluation"]["failures"] >= 2)


def test_a_probe_that_does_not_end_is_killed(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    pid = bench("started")["pid"]
    os.kill(pid, signal.SIGSTOP)
    result = bench("stopped", stop_timeout=0.3)
    assert "was killed" in json.dumps(result["warnings"])
    assert (result["changed"], result["running"]) == (True, False)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"rate": 0}, "The option rate is 0."),
        ({"rate": 1000}, "at most 100"),
        ({"duration": 0}, "duration"),
        ({"timeout": -1}, "timeout is -1"),
        ({"mix": {"nova": 1}}, "names nova"),
        ({"mix": {}}, "nothing to ask for"),
        ({"mix": {"compute_services": 1}}, "cannot use: the API answers 404"),
        ({"boot_every": 5}, "Booting needs a flavor"),
        ({"boot_every": 0.1, "flavor": "f1", "image": "i1"}, "Booting needs"),
        ({"boot_every": 5, "flavor": "f1", "image": "windows"}, "sees none"),
        ({"phases": [{"name": "x", "start": "soon"}]}, "not a moment"),
    ],
)
def test_refusals(bench: Bench, options: Json, words: str) -> None:
    result = bench("started", **options)
    assert result["failed"] is True
    assert words in result["msg"]
    assert bench("evaluated")["running"] is False


def test_a_wrong_password(bench: Bench) -> None:
    cloud = bench.live.options()
    cloud["auth"]["password"] = "wr0ng"
    result = bench("started", cloud=cloud)
    assert result["failed"] is True
    assert "wr0ng" not in json.dumps(result)


def test_a_file_that_cannot_be_written(bench: Bench, tmp_path: Path) -> None:
    bench.path = tmp_path / "none" / "probe.jsonl"
    assert "cannot be written" in bench("started")["msg"]
    target = tmp_path / "target"
    target.write_text("mine")
    bench.path = tmp_path / "link"
    bench.path.symlink_to(target)
    assert "cannot be" in bench("started")["msg"]
    assert target.read_text() == "mine"
    bench.path = tmp_path / "probe.jsonl"


def test_what_goes_wrong_at_the_start_is_told(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_args: Any, **_more: Any) -> None:
        raise OSError(5, "x")

    monkeypatch.setattr(probing, "session_line", fail)
    result = bench("started")
    assert result["msg"] == "stackroll-probe could not be started: OSError."
    assert bench("evaluated")["running"] is False


def test_a_process_that_has_not_locked_the_file_is_never_taken_for_the_probe(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Soon(probing.Deadline):
        def __init__(self, *_args: Any) -> None:
            super().__init__(0.1, 0.05)

    monkeypatch.setattr(probing, "Deadline", Soon)
    file = ProbeFile(str(bench.path))
    with subprocess.Popen(["sleep", "20"]) as other:
        bench.path.write_text(json.dumps({"session": {"id": "a", "pid": other.pid, "boot_every": 0}}) + "\n")
        file.hold()
        for state in ("started", "stopped", "evaluated"):
            assert "not by the process that its last session names" in bench(state)["msg"]
        file.release()
        assert other.poll() is None
        other.kill()


def test_the_number_of_a_process_that_is_gone_is_not_trusted(bench: Bench) -> None:
    bench.path.write_text(json.dumps({"session": {"id": "a", "pid": 2**22 + 1, "boot_every": 0}}) + "\n")
    result = bench("stopped")
    assert (result["changed"], result["running"]) == (False, False)
