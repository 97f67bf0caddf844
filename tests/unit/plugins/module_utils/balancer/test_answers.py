# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers as HAProxy 2.6.12 gave them, shortened."""

from __future__ import annotations

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.balancer import answers
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_haproxy import STATES

SERVERS = f"""1
{STATES}
3 compute 1 ctl1 127.0.0.1 2 0 1 1 22 15 3 2 6 0 0 0 - 28781 - 0 0 - - 0
3 compute 2 ctl2 127.0.0.1 0 8 1 1 22 15 3 2 6 0 0 0 - 28782 - 0 0 - - 0
3 compute 3 stackroll-hold 127.0.0.1 2 4 1 1 2 1 0 0 8 0 0 0 - 28799 - 0 0 - - 0
5 tls 1 ctl1 127.0.0.1 0 5 1 1 2 1 0 1 0 0 0 0 - 28783 - 1 0 - - 0

"""
STATISTICS = """# pxname,svname,qcur,scur,slim,status,check_status,last_chk,mode,
compute,ctl1,1,3,4,UP,* L7OK,"a check, passed",http,
compute,ctl2,0,0,,DRAIN,L4CON,,http,
compute,stackroll-hold,0,7,,no check,,,http,
compute,BACKEND,5,10,410,UP,,,http,
tls,ctl1,0,0,,MAINT,,,tcp,
tls,BACKEND,0,0,1,DOWN,,,tcp,
"""


def test_a_backend() -> None:
    states, statistics = answers.parse_states(SERVERS), answers.parse_statistics(STATISTICS)
    assert answers.backend_names(states) == ["compute", "tls"]
    backend = answers.build_backend("compute", states, statistics)
    first, second, hold = backend.servers
    assert (backend.mode, backend.queued) == ("http", 5)
    assert (first.port, first.admin, first.operational, first.limit, first.checked) == (
        28781,
        "ready",
        "running",
        4,
        True,
    )
    assert (first.sessions, first.queued, first.busy, first.check_status) == (3, 1, 4, "L7OK")
    assert (second.admin, second.up, second.usable, second.limit, second.check_status) == (
        "drain",
        False,
        False,
        None,
        "L4CON",
    )
    # Disabled in the configuration, and made ready since.
    assert (hold.admin, hold.usable, hold.checked, hold.sessions) == ("ready", True, False, 7)
    (other,) = answers.build_backend("tls", states, statistics).servers
    assert (other.admin, other.tls, other.usable) == ("maint", True, False)


@pytest.mark.parametrize(
    ("bits", "admin"),
    [
        (0, "ready"),
        (1, "maint"),
        (2, "maint"),
        (4, "ready"),
        (5, "maint"),
        (8, "drain"),
        (9, "maint"),
        (16, "drain"),
        (32, "maint"),
        (64, "maint"),
    ],
)
def test_admin_state(bits: int, admin: str) -> None:
    states = answers.parse_states(SERVERS.replace("127.0.0.1 2 0 1", f"127.0.0.1 2 {bits} 1"))
    assert answers.build_backend("compute", states, answers.parse_statistics(STATISTICS)).servers[0].admin == admin


def test_a_server_that_is_just_added_has_no_figures_yet() -> None:
    statistics = answers.parse_statistics(STATISTICS.replace("compute,ctl2", "compute,other"))
    backend = answers.build_backend("compute", answers.parse_states(SERVERS), statistics)
    assert [server.name for server in backend.servers] == ["ctl1", "stackroll-hold"]


@pytest.mark.parametrize("text", ["", "\n", "Unknown command\n", "1\n"])
def test_nothing(text: str) -> None:
    assert answers.parse_states(text) == []
    assert answers.parse_statistics(text) == []


@pytest.mark.parametrize(
    ("text", "version"),
    [("2.6.12-1+deb12u4", (2, 6, 12)), ("3.0-dev1", (3, 0)), ("2.10.0", (2, 10, 0)), ("", ()), ("dev", ())],
)
def test_version(text: str, version: tuple[int, ...]) -> None:
    info = answers.parse_info(f"Name: HAProxy\nVersion: {text}\nnode: a:b\n\n")
    assert (answers.parse_version(info["Version"]), info["node"]) == (version, "a:b")


def test_streams() -> None:
    text = (
        "0x1: proto=tcpv4 src=127.0.0.1:1 fe=f be=compute srv=ctl1 ts=00 age=1s\n"
        "0x2: proto=tcpv4 src=127.0.0.1:2 fe=f be=compute srv=ctl10 ts=00 age=1s\n"
        "0x3: proto=tcpv4 src=127.0.0.1:3 fe=f be=other srv=ctl1 ts=00 age=1s\n"
        "0x4: proto=unix_stream src=unix:1 fe=GLOBAL be=<NONE> srv=<none> ts=00 age=0s\n\n"
    )
    assert answers.streams_at(text, "compute", "ctl1") == 1
