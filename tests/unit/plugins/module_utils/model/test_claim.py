# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Claims survive the way through disabled_reason, and nothing else is taken for one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.stackroll.nova.plugins.module_utils.model.claim import MAX_REASON, Claim
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import InvalidInput

words = st.from_regex(r"[A-Za-z0-9_.-]{1,20}", fullmatch=True)
hosts = st.from_regex(r"[A-Za-z0-9_.:-]{1,60}", fullmatch=True)
texts = st.text(st.characters(codec="ascii", categories=("L", "N", "Zs")), max_size=300).map(str.strip)


@given(words, words, hosts, texts)
def test_round_trip(prefix: str, run_id: str, host: str, text: str) -> None:
    claim = Claim(prefix, run_id, host, text)
    written = str(claim)
    assert len(written) <= MAX_REASON
    read = Claim.parse(written, prefix, host)
    assert read is not None
    assert read.mark == claim.mark
    assert text.startswith(read.text.rstrip())


@given(st.none() | st.text(max_size=60), words)
def test_foreign_reasons(reason: str | None, host: str) -> None:
    if not (reason or "").startswith("stackroll:"):
        assert Claim.parse(reason, "stackroll", host) is None


@given(words, words, hosts, hosts)
def test_a_claim_holds_for_its_host_only(prefix: str, run_id: str, host: str, other: str) -> None:
    parsed = Claim.parse(str(Claim(prefix, run_id, host)), prefix, other)
    assert (parsed is not None) == (host == other)


@pytest.mark.parametrize(("prefix", "run_id"), [("", "a"), ("a", ""), ("a:b", "c"), ("a", "b c"), ("ä", "b")])
def test_bad_words(prefix: str, run_id: str) -> None:
    with pytest.raises(InvalidInput):
        Claim(prefix, run_id, "cmp1")
