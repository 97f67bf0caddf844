# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The boot loop and its leftovers."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.api.probe import boots as boots_module
from ansible_collections.stackroll.nova.plugins.module_utils.api.probe import leftovers as leftovers_module
from ansible_collections.stackroll.nova.plugins.module_utils.api.probe.boots import BootLoop, ServerSpec
from ansible_collections.stackroll.nova.plugins.module_utils.api.probe.leftovers import delete_leftovers
from ansible_collections.stackroll.nova.plugins.module_utils.api.probe.prober import Prober
from ansible_collections.stackroll.nova.plugins.module_utils.availability.samples import Boot, Sample
from ansible_collections.stackroll.nova.tests.unit.plugins.live_cloud import LiveCloud

SPEC = ServerSpec("f1", "i1", "none", "session-1")


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looks that come soon."""
    monkeypatch.setattr(boots_module, "LOOK_EVERY", 0.02)
    monkeypatch.setattr(boots_module, "SETTLE", 0.3)
    monkeypatch.setattr(leftovers_module, "LOOK_EVERY", 0.02)


def loop(prober: Prober, seconds: float = 0.25, every: float = 0.1, timeout: float = 5.0) -> list[Boot]:
    found: list[Boot] = []
    stop = threading.Event()
    threading.Timer(seconds, stop.set).start()
    BootLoop(prober, SPEC, every, timeout, found.append).run(stop)
    return sorted(found, key=lambda boot: boot.started)


def test_servers_come_and_go(live: LiveCloud, prober: Prober, samples: list[Sample]) -> None:
    found = loop(prober)
    assert len(found) > 1
    assert [boot.name for boot in found] == [f"stackroll-probe-{number}" for number in range(1, len(found) + 1)]
    assert all(not boot.failed and boot.seconds and boot.seconds_deleting for boot in found)
    assert live.servers == {}
    assert {sample.operation for sample in samples} >= {"boot", "boot_show", "boot_delete"}
    assert all(sample.succeeded for sample in samples)


def test_what_is_asked_for(live: LiveCloud, prober: Prober) -> None:
    live.undeletable = {"s1"}
    loop(prober, 0.05, every=9, timeout=0.1)
    expected = {"name": "stackroll-probe-1", "flavorRef": "f1", "imageRef": "i1", "networks": "none"}
    assert {key: live.servers["s1"][key] for key in expected} == expected
    assert live.servers["s1"]["metadata"] == {"stackroll_probe": "session-1"}


@pytest.mark.parametrize(
    ("fault", "failure"),
    [
        ("No valid host was found. There are not enough hosts available.", "no valid host"),
        ("Build aborted.", "error"),
        ("", "error"),
    ],
)
def test_errors(live: LiveCloud, prober: Prober, fault: str, failure: str) -> None:
    live.boot_status, live.boot_fault = "ERROR", fault
    boot = loop(prober, 0.05)[0]
    assert (boot.failure, boot.message) == (failure, fault.rstrip("."))
    assert live.servers == {}


@pytest.mark.parametrize(("fault", "message"), [(503, "503"), ("reset", "reset"), (403, "403")])
def test_a_boot_that_is_not_accepted(live: LiveCloud, prober: Prober, fault: Any, message: str) -> None:
    live.fault = lambda method, path: fault if (method, path) == ("POST", "/compute/v2.1/servers") else None
    boot = loop(prober, 0.05)[0]
    assert (boot.failure, boot.message) == ("not accepted", message)


def test_a_server_that_hangs_in_build(live: LiveCloud, prober: Prober) -> None:
    live.boot_status = "BUILD"
    boot = loop(prober, 0.05, timeout=0.2)[0]
    assert (boot.failure, boot.seconds) == ("not active in time", None)
    assert live.servers == {}


def test_the_end_of_the_probe_does_not_hide_a_server_that_hangs(live: LiveCloud, prober: Prober) -> None:
    live.boot_status = "BUILD"
    begin = time.monotonic()
    boot = loop(prober, 0.05, timeout=60)[0]
    assert boot.failure == "not active in time"
    assert time.monotonic() - begin < 20


def test_a_server_that_does_not_go(live: LiveCloud, prober: Prober) -> None:
    live.undeletable = {"s1"}
    assert loop(prober, 0.05, timeout=0.2)[0].failure == "not deleted in time"


def test_an_api_that_is_away_for_a_moment_is_asked_again(
    live: LiveCloud, prober: Prober, samples: list[Sample]
) -> None:
    left = {"GET": 2, "DELETE": 2}

    def fault(method: str, path: str) -> Any:
        if "/servers/" in path and left.get(method):
            left[method] -= 1
            return 503
        return None

    live.fault = fault
    boot = loop(prober, 0.05)[0]
    assert not boot.failed
    assert sum(1 for sample in samples if sample.failure == "5xx") == 4


def test_not_more_than_some_at_once(live: LiveCloud, prober: Prober, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boots_module, "MOST_AT_ONCE", 2)
    live.boot_status = "BUILD"
    found = loop(prober, 0.35, every=0.1)
    assert len(found) > 2
    assert [boot.failure for boot in found].count("skipped") == len(found) - 2


class Nova:
    """Servers to be deleted, some of which stay for some time."""

    def __init__(self, *sessions: str, stays: int = 0, broken: int = 0) -> None:
        self.servers = [
            {"id": f"s{index}", "metadata": {"stackroll_probe": name}} for index, name in enumerate(sessions)
        ]
        self.servers.append({"id": "other", "metadata": {}})
        self.stays, self.broken = stays, broken
        self.deleted: list[str] = []

    def ask(self, method: str, path: str) -> tuple[int | None, Any]:
        if method == "DELETE":
            self.deleted.append(path)
            if self.stays:
                self.stays -= 1
            else:
                self.servers = [item for item in self.servers if not path.endswith(f"/{item['id']}")]
            return 204, None
        if self.broken:
            self.broken -= 1
            return None, None
        return 200, {"servers": self.servers}


def test_leftovers_are_deleted_and_nobody_elses() -> None:
    nova = Nova("a", "a", "b", stays=1, broken=1)
    assert delete_leftovers(nova.ask, ["a"], 5) == (2, [])
    assert [item["id"] for item in nova.servers] == ["s2", "other"]
    assert nova.deleted == ["/servers/s0", "/servers/s1", "/servers/s0"]


def test_leftovers_that_stay_are_named() -> None:
    assert delete_leftovers(Nova("a", stays=10**9).ask, ["a"], 0.1) == (1, ["s0"])
    assert delete_leftovers(Nova("a", broken=10**9).ask, ["a"], 0.1) == (0, ["unknown"])


def test_leftovers_on_several_pages() -> None:
    pages = {
        "/servers/detail?name=stackroll-probe-&limit=500": [{"id": "s1", "metadata": {"stackroll_probe": "a"}}],
        "/servers/detail?name=stackroll-probe-&limit=500&marker=s1": [
            {"id": "s2", "metadata": {"stackroll_probe": "a"}}
        ],
    }

    def ask(method: str, path: str) -> tuple[int | None, Any]:
        if method == "DELETE":
            for servers in pages.values():
                servers[:] = [item for item in servers if not path.endswith(str(item["id"]))]
            return 204, None
        return 200, {"servers": pages[path], **({"servers_links": ["next"]} if "marker" not in path else {})}

    assert delete_leftovers(ask, ["a"], 1) == (2, [])
