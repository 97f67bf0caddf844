# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What HAProxy answers at its runtime socket, parsed. Pure; columns are found by their header, because each release adds some."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable

from ansible_collections.stackroll.nova.plugins.module_utils.balancer.backend import (
    DRAIN,
    MAINT,
    READY,
    Backend,
    Server,
)

Row = dict[str, str]

# Bits of srv_admin_state (include/haproxy/server-t.h): maintenance forced, inherited, by DNS, by host name; drain forced, inherited.
# 0x04 only says that the configuration has 'disabled': it stays when such a server was made ready.
_MAINT_BITS = 0x01 | 0x02 | 0x20 | 0x40
_DRAIN_BITS = 0x08 | 0x10
_OPERATIONAL = {"0": "stopped", "1": "starting", "2": "running", "3": "stopping"}
_CHECK_ENABLED = 0x04


def parse_states(text: str) -> list[Row]:
    """The rows of ``show servers state``: a version, a header, one line for each server."""
    lines = [line for line in text.splitlines() if line.strip()]
    header = next((line for line in lines if line.startswith("# ")), "")
    names = header[2:].split()
    rows = [line.split() for line in lines[lines.index(header) + 1 :]] if header else []
    return [dict(zip(names, row)) for row in rows if len(row) >= len(names)]


def parse_statistics(text: str) -> list[Row]:
    """The rows of ``show stat``: CSV with a header behind ``# ``."""
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines or not lines[0].startswith("# "):
        return []
    return list(csv.DictReader([lines[0][2:], *lines[1:]]))


def parse_info(text: str) -> Row:
    """``show info`` by its names."""
    pairs = [line.split(":", 1) for line in text.splitlines() if ":" in line]
    return {name.strip(): value.strip() for name, value in pairs}


def parse_version(text: str) -> tuple[int, ...]:
    """Major, minor and patch of a version such as ``2.6.12-1+deb12u4``; empty when it is none."""
    found = re.match(r"\d+(\.\d+)*", text)
    return tuple(int(part) for part in found.group().split(".")) if found else ()


def backend_names(states: Iterable[Row]) -> list[str]:
    """The backends that have servers."""
    return sorted({row["be_name"] for row in states})


def build_backend(name: str, states: Iterable[Row], statistics: Iterable[Row]) -> Backend:
    """The backend of that name, from both answers. Servers that are missing in one of them are just coming or going."""
    counts = {row["svname"]: row for row in statistics if row["pxname"] == name}
    whole = counts.get("BACKEND", {})
    servers = [
        _server(row, counts[row["srv_name"]]) for row in states if row["be_name"] == name and row["srv_name"] in counts
    ]
    return Backend(name, whole.get("mode") or "http", _number(whole.get("qcur")), tuple(servers))


def streams_at(text: str, backend: str, server: str) -> int:
    """How many streams of ``show sess`` name that server."""
    pattern = re.compile(rf"\bbe={re.escape(backend)} srv={re.escape(server)}(?= |$)", re.MULTILINE)
    return len(pattern.findall(text))


def _server(state: Row, counts: Row) -> Server:
    limit = _number(counts.get("slim"))
    return Server(
        name=state["srv_name"],
        address=state["srv_addr"],
        port=_number(state.get("srv_port")),
        admin=_admin(_number(state["srv_admin_state"])),
        operational=_OPERATIONAL.get(state["srv_op_state"], "unknown"),
        status=counts.get("status") or "",
        # An asterisk in front says that a check is under way.
        check_status=(counts.get("check_status") or "").lstrip("* "),
        checked=bool(_number(state.get("srv_check_state")) & _CHECK_ENABLED),
        sessions=_number(counts.get("scur")),
        queued=_number(counts.get("qcur")),
        weight=_number(state.get("srv_uweight")),
        limit=limit or None,
        tls=state.get("srv_use_ssl") == "1",
    )


def _admin(bits: int) -> str:
    if bits & _MAINT_BITS:
        return MAINT
    return DRAIN if bits & _DRAIN_BITS else READY


def _number(text: str | None) -> int:
    return int(text) if text and text.isdigit() else 0
