# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long things took, from a journal that was cut, repeated or garbled."""

from __future__ import annotations

from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.telling.events import Event
from ansible_collections.stackroll.nova.plugins.module_utils.telling.samples import samples


def story(*steps: tuple[str, float], attempt: int = 1, host: str = "cmp1") -> list[Event]:
    return [Event(f"host_{name}", at, "run", attempt, {"host": host}) for name, at in steps]


def test_moves_and_hosts() -> None:
    servers: Any = [{"id": "a", "step": "live", "seconds": 6.1}, {"id": "b", "step": "cold", "seconds": 0.0}, "odd"]
    events = [
        *story(("disabled", 100.0), ("draining", 101.0)),
        Event("servers_moved", 150.0, data={"servers": servers}),
        *story(("drained", 161.0), ("stopped", 162.0), ("enabled", 190.0)),
    ]
    assert list(samples(events)) == [
        {"kind": "live", "seconds": 6.1, "server": "a"},
        {"kind": "host", "seconds": 30.0},
    ]


def test_a_host_that_failed_on_the_way_says_nothing() -> None:
    assert list(samples(story(("disabled", 1.0), ("stopped", 2.0)))) == []
    again = [*story(("disabled", 1.0)), *story(("enabled", 999.0), attempt=2)]
    assert list(samples(again)) == []


def test_odd_events() -> None:
    assert list(samples([Event("servers_moved", 1.0, data={"servers": "x"}), Event("host_enabled", 1.0)])) == []
