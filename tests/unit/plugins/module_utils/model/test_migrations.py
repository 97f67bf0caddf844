# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which schema revisions are ahead of a database."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import InvalidInput
from ansible_collections.stackroll.nova.plugins.module_utils.model.migrations import (
    Operation,
    Revision,
    ahead,
    heads,
    in_order,
)


@st.composite
def histories(draw: st.DrawFn) -> list[Revision]:
    """Revisions with up to two before each, in any order; the first is 0."""
    length = draw(st.integers(1, 8))
    after = [
        draw(st.sets(st.integers(0, number - 1), min_size=1, max_size=2)) if number else set()
        for number in range(length)
    ]
    made = [Revision(str(number), tuple(map(str, sorted(before))), "f") for number, before in enumerate(after)]
    return draw(st.permutations(made))


@given(histories())
def test_ahead_is_what_is_left_in_an_order_that_can_be_gone(history: list[Revision]) -> None:
    known = {revision.revision: revision for revision in history}
    assert in_order(history)[0].revision == "0"
    for current in known:
        left = ahead(history, current)
        assert left is not None
        names = [revision.revision for revision in left]
        assert current not in names
        for place, revision in enumerate(left):
            assert not set(revision.after) & set(names[place:])
        done = set(known) - set(names)
        assert {before for name in done for before in known[name].after} <= done


@given(histories())
def test_nothing_is_ahead_of_the_only_head(history: list[Revision]) -> None:
    newest = heads(history)
    assert newest
    if len(newest) == 1:
        assert ahead(history, newest[0]) == []


def test_a_revision_that_nobody_knows() -> None:
    assert ahead([Revision("a", (), "f")], "z") is None


def test_what_follows_itself_comes_last() -> None:
    loop = [Revision("a", ("b",), "f"), Revision("b", ("a",), "f"), Revision("c", (), "f")]
    assert [revision.revision for revision in in_order(loop)] == ["c", "a", "b"]


def test_as_data_and_back() -> None:
    revision = Revision("b", ("a",), "f", (Operation(3, "contract", "drop_table t", "t", unused=True),))
    assert Revision.from_dict(revision.to_dict()) == revision


@pytest.mark.parametrize("data", [{}, {"revision": "b", "after": [], "file": "f", "operations": [{"x": 1}]}])
def test_what_is_no_revision(data: dict[str, object]) -> None:
    with pytest.raises(InvalidInput, match="not what code_info returns"):
        Revision.from_dict(data)
