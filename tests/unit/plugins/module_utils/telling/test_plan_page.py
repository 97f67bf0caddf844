# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page and the text of a plan: what is in the way on top, and nothing from outside gets in."""

from __future__ import annotations

from html.parser import HTMLParser

from ansible_collections.stackroll.nova.plugins.module_utils.telling.plan_page import render_plan
from ansible_collections.stackroll.nova.plugins.module_utils.telling.plan_text import plan_lines
from ansible_collections.stackroll.nova.tests.unit.plugins.module_utils.planning.clouds import Cloud

VOID = frozenset(("meta",))


class Reader(HTMLParser):
    """Notes texts, tags that do not match, and anything that comes from elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []
        self.outside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        self.outside += [name for name, _value in attrs if name in ("src", "href")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_whole_and_safe() -> None:
    cloud = (
        Cloud().hosts("new", "cmp1", "cmp2").server("<script>x</script>", "cmp1", 2).server("stuck\u202e", "cmp2", 9)
    )
    page = render_plan(cloud.plan(done=["new"], park=["stop"], hosts=["cmp1"]))
    reader = Reader()
    reader.feed(page)
    assert reader.open == []
    assert "script" not in reader.seen
    assert reader.outside == []
    assert "&lt;script&gt;x&lt;/script&gt;" in page


def test_the_page_begins_with_what_is_in_the_way() -> None:
    cloud = Cloud().host("new", vcpus=2).host("cmp1").host("cmp2", vcpus=16).fill("cmp1", 2).fill("cmp2", 9)
    page = render_plan(cloud.plan(done=["new"]))
    places = [
        page.index(text)
        for text in ("cannot be done", "In the way", "cmp2-vm1", "would be enough", "Wave 1", "Not upgraded")
    ]
    assert places == sorted(places)


def test_long_waves_are_cut_in_the_text() -> None:
    cloud = Cloud().hosts("new", "cmp1").fill("cmp1", 1, 1, 1, 1)
    plan = cloud.plan(done=["new"])
    assert plan_lines(plan, most_moves=3)[-1] == "  and 1 more server, see the plan"
    assert len(plan_lines(plan, most_moves=None)) == len(plan_lines(plan, most_moves=3))


def test_names_of_servers_stay_on_their_line() -> None:
    cloud = Cloud().hosts("new", "cmp1").server("two\nlines", "cmp1")
    assert not any("\n" in line for line in plan_lines(cloud.plan(done=["new"])))
