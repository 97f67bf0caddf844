# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page: whole, self-contained, and not to be broken by what tenants call their servers."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.telling.fold import fold
from ansible_collections.stackroll.nova.plugins.module_utils.telling.page import render
from ansible_collections.stackroll.nova.plugins.module_utils.telling.states import server_states

VOID = {"meta", "rect", "line", "circle"}
HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</title></style></svg><iframe src=//evil>",
    "<!--",
    "]]><svg/onload=alert(1)>",
    "&lt;b&gt;",
    "a\u202egnp.exe\x00\ud800",
    "{{ lookup('pipe', 'id') }}",
    "javascript:alert(1)",
]
TAGS = {
    *(
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "main",
        "header",
        "section",
        "div",
        "span",
        "h1",
        "h2",
        "p",
        "table",
        "thead",
    ),
    *(
        "tbody",
        "tr",
        "th",
        "td",
        "svg",
        "rect",
        "line",
        "circle",
        "text",
        "code",
        "strong",
        "details",
        "summary",
        "i",
        "footer",
    ),
}
ATTRIBUTES = {
    *("lang", "charset", "http-equiv", "content", "name", "class", "viewbox", "role", "aria-label", "open"),
    *("x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "r", "width", "height", "text-anchor"),
}


class Reader(HTMLParser):
    """Checks that tags are nested, and collects what there is."""

    def __init__(self) -> None:
        super().__init__()
        self.stack: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _value in attrs}
        if tag not in VOID:
            self.stack.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _value in attrs}

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.stack.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    reader.close()
    assert reader.stack == []
    return reader


def fleet(*names: str, status: str = "ACTIVE") -> dict[str, Any]:
    servers = [{"id": str(index), "name": name, "status": status, "host": "cmp1"} for index, name in enumerate(names)]
    return {"taken_at": "2026-11-21T22:26:44Z", "servers": servers}


@pytest.mark.parametrize("kind", ["success", "failure", "resumed", "story"])
def test_the_page_is_whole(kind: str, request: pytest.FixtureRequest) -> None:
    report = fold(request.getfixturevalue(kind).journal())
    reader = read(render(report, server_states(fleet("db-1"), fleet("db-1"))))
    assert reader.tags <= TAGS
    assert reader.attributes <= ATTRIBUTES


def test_nothing_comes_from_elsewhere(success: Any) -> None:
    page = render(fold(success.journal()), server_states(None, None))
    assert "default-src 'none'" in page
    assert not re.search(r"https?:|src=|href=|url\(|@import", page)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_stay_text(name: str, story: Any) -> None:
    story.run_id = "7f3a91c2"
    story.open(versions={name: name}, hosts=[name]).tell("phase_started", phase=name).tell(
        "check", name=name, result=name, summary=name, remedy=name, objects=[name], group=name, release=name
    )
    story.tell("control_step", 3, step=name, hosts=[name]).tell("host_disabled", 5, host=name, wave=1, claim=name)
    story.tell("host_result", 5, host=name, result="failed", reason=name).module(
        failed=True, msg=name, task=name, host=name
    )
    row = {"id": name, "name": name, "field": name, "before": name, "after": {name: name}}
    story.tell(
        "servers",
        total=3,
        unchanged=0,
        moved=0,
        deleted=1,
        deletions=[row, name],
        lost=[row, name],
        changed=[row, name],
    )
    story.tell("rpc_pins", host=name, pins=[name, {"unit": name, "rpc_version": name, "service_version": 74}])
    finding = {"kind": name, "name": name, "host": name, "reason": name}
    story.tell("accounting", consumers=1, orphaned=[name], details=[finding, name], preexisting={"doubled": [name]})
    story.tell("versions", versions={name: [name]}).tell("x", 3, target_release=name)
    story.lines = [line.replace('"2026.1"', json.dumps(name)) for line in story.lines]
    states = server_states(fleet(name, status=name), fleet(name, status="x"))
    reader = read(render(fold(story.journal()), states))
    assert reader.tags <= TAGS
    assert reader.attributes <= ATTRIBUTES
    shown = " ".join(reader.words)
    assert name[:12].rstrip("\u202e") in shown or "\ufffd" in shown


def test_checks_are_shown_with_objects_and_remedy(story: Any) -> None:
    found = {"result": "failure", "summary": "Two hosts.", "remedy": "Upgrade them first.", "objects": ["cmp3", "cmp4"]}
    story.open().tell("check", name="Too old", **found, total=5)
    words = " ".join(read(render(fold(story.journal()), server_states(None, None))).words)
    for shown in ("Too old", "failure", "Two hosts.", "Upgrade them first.", "cmp3, cmp4 and 3 more"):
        assert shown in words


def test_deleted_servers_are_named_and_lost_ones_have_a_reason(story: Any) -> None:
    gone = [{"id": "1", "name": "db-1", "deleted_at": None}]
    lost = [{"id": "2", "name": "db-2", "status": "ACTIVE", "reason": "Nova has no record of it"}]
    story.open().tell("servers", total=2, unchanged=0, moved=0, deleted=1, new=0, deletions=gone, lost=lost, changed=[])
    before = {
        "servers": [{"id": "1", "name": "db-1", "status": "ACTIVE"}, {"id": "2", "name": "db-2", "status": "ACTIVE"}]
    }
    text = render(fold(story.journal()), server_states(before, {"servers": []}))
    words = " ".join(read(text).words)
    for shown in ("Deleted by their owners meanwhile: db-1 (1).", "db-2 (2)", "Nova has no record of it", "1 deleted"):
        assert shown in words
    assert (text.count('<td class="">deleted</td>'), text.count('<span class="pill bad">gone</span>')) == (1, 1)


def test_hosts_that_one_side_does_not_know_are_shown(story: Any) -> None:
    found = {"uuid": "7d25", "name": "cmp9", "reason": "this resource provider has no compute node"}
    story.open().tell("accounting", consumers=1, providers=[found], preexisting={"providers": ["3f1c"]})
    words = " ".join(read(render(fold(story.journal()), server_states(None, None))).words)
    for shown in ("cmp9", found["reason"], "1 finding did not add up before this run either"):
        assert shown in words


def test_the_page_shows_what_it_is_for(failure: Any) -> None:
    text = " ".join(read(render(fold(failure.journal()), server_states(fleet("db-1"), None))).words)
    for words in (
        "Failed: the upgrade",
        "cmp2 stays disabled",
        "the same command again",
        "not started",
        "72",
        "74",
        "db-1",
    ):
        assert words in text


def test_states_before_and_after() -> None:
    before = fleet("a", "b", "c10", "c9")
    after = fleet("a", "b", "c10")
    after["servers"][1].update(status="SHUTOFF", host="cmp2")
    after["servers"].append({"id": "9", "name": "new", "status": "BUILD", "host": None})
    states = server_states(before, after)
    assert states["counts"] == [
        {"state": "ACTIVE", "before": 4, "after": 2},
        {"state": "BUILD", "before": 0, "after": 1},
        {"state": "SHUTOFF", "before": 0, "after": 1},
    ]
    shown = [(row["name"], row["before"], row["after"], row["host_after"]) for row in states["servers"]]
    assert shown == [
        ("a", "ACTIVE", "ACTIVE", "cmp1"),
        ("b", "ACTIVE", "SHUTOFF", "cmp2"),
        ("c9", "ACTIVE", "gone", ""),
        ("c10", "ACTIVE", "ACTIVE", "cmp1"),
        ("new", "new", "BUILD", ""),
    ]


@pytest.mark.parametrize("fleet_", [None, {}, {"servers": None}, {"servers": [1, {}, {"id": "1"}]}])
def test_odd_snapshots_are_tolerated(fleet_: Any) -> None:
    server_states(fleet_, fleet_)


def test_without_a_closing_snapshot_nothing_is_claimed() -> None:
    states = server_states(fleet("a"), None)
    assert states["counts"] == [{"state": "ACTIVE", "before": 1, "after": None}]
    assert states["servers"][0]["after"] is None


def test_a_large_cloud_gives_a_page_of_bearable_size(story: Any) -> None:
    story.open()
    for number in range(1500):
        story.tell("host_result", 1, host=f"cmp{number}", wave=1, result="upgraded")
    large = fleet(*(f"vm-{number}" for number in range(20_000)))
    page = render(fold(story.close().journal()), server_states(large, large))
    assert len(page) < 2_000_000
    assert "All 20,000 servers, the first 500 of them" in page
