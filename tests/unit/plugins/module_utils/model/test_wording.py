# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sentences about lists."""

from __future__ import annotations

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError
from ansible_collections.stackroll.nova.plugins.module_utils.model.wording import count, some


@pytest.mark.parametrize(
    ("names", "text"),
    [([], ""), (["a"], "a"), (["a", "b", "c"], "a, b, c"), (["a", "b", "c", "d", "e"], "a, b, c and 2 more")],
)
def test_some(names: list[str], text: str) -> None:
    assert some(names) == text


@pytest.mark.parametrize(
    ("names", "total", "text"),
    [
        (["a", "b"], 2, "a, b"),
        (["a", "b"], 5, "a, b and 3 more"),
        (["a", "b", "c", "d"], 9, "a, b, c and 6 more"),
        ([], 4, "4"),
    ],
)
def test_some_of_which_not_all_are_known(names: list[str], total: int, text: str) -> None:
    assert some(names, total=total) == text


def test_count() -> None:
    assert (count(1, "server"), count(0, "server"), count(2, "server")) == ("1 server", "0 servers", "2 servers")


def test_an_error_reads_as_sentence_and_remedy() -> None:
    assert str(StackrollError("It broke.", "Mend it.")) == "It broke. Mend it."
    assert str(StackrollError("It broke.")) == "It broke."
