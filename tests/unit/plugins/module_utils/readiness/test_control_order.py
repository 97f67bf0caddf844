# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""In which order controllers change, for the pairs of releases that were read, and for all that is not known."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.stackroll.nova.plugins.module_utils.readiness.control_order import (
    CONTROL_RPC,
    ONE_BY_ONE,
    ONE_WINDOW,
    ControlOrder,
    decide,
)
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.object_versions import BESIDE, STORED

SAME = {"Instance": "2.8-2727", "RequestSpec": "1.15-c1c9"}
RPC = {"compute": "6.5", "conductor": "3.0", "compute_task": "1.26", "scheduler": "4.5"}
BOTH = ("ctl1", "ctl2")


def told(old: dict[str, str], new: dict[str, str], **rpc: str) -> dict[str, Any]:
    """What code_info returns of two codes; *rpc* are versions of the new one that differ."""
    return {
        "objects": {"old": {**SAME, **old}, "new": {**SAME, **new}},
        "rpc": {"old": RPC, "new": {**RPC, **rpc}},
        "nova": {"old": "33.0.2", "new": "34.0.0"},
    }


def test_2026_1_to_2026_2_is_one_window() -> None:
    found = decide(
        told(
            {"ImageMetaProps": "1.42-e2e8", "ShareMappingList": "1.0-6349"},
            {"ImageMetaProps": "1.44-fd4f", "ShareMappingList": "1.1-4b83"},
        ),
        BOTH,
    )
    assert found.to_dict() == {
        "order": ONE_WINDOW,
        "known": True,
        "reason": "Old and new services cannot read each other: ImageMetaProps 1.42 to 1.44 differs.",
        "objects": ["ImageMetaProps 1.42 to 1.44"],
        "others": ["ShareMappingList 1.0 to 1.1"],
        "first": ["ctl1"],
        "last": ["ctl2"],
        "clients": found.clients,
    }


LIVE = ({"LibvirtLiveMigrateData": "1.13-a"}, {"LibvirtLiveMigrateData": "1.14-b"})


def test_2025_2_to_2026_1_is_one_window_for_an_rpc_version() -> None:
    """New APIs attach volumes through the conductor, and an old one does not know that method."""
    code = {**told(*LIVE), "rpc": {"old": {**RPC, "compute": "6.4", "compute_task": "1.25"}, "new": RPC}}
    found = decide(code, BOTH)
    assert (found.order, found.objects) == (ONE_WINDOW, ("RPC version of compute_task 1.25 to 1.26",))


def test_what_only_nova_compute_makes_does_not_count() -> None:
    found = decide(told(*LIVE), BOTH)
    assert (found.order, found.objects, found.others) == (ONE_BY_ONE, (), ("LibvirtLiveMigrateData 1.13 to 1.14",))
    assert "LibvirtLiveMigrateData 1.13 to 1.14" in found.reason
    assert found.clients == "Nothing: another controller serves while one changes."


@pytest.mark.parametrize("service", CONTROL_RPC)
def test_a_newer_rpc_version_of_a_control_service_is_one_window(service: str) -> None:
    found = decide(told({}, {}, **{service: "9.9"}), BOTH)
    assert (found.order, found.objects) == (ONE_WINDOW, (f"RPC version of {service} {RPC[service]} to 9.9",))


def test_the_rpc_version_of_compute_does_not_count() -> None:
    assert decide(told({}, {}, compute="6.6"), BOTH).order == ONE_BY_ONE


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"objects": {"unknown": "It ended with 1."}}, "It ended with 1"),
        ({"objects": {"old": SAME}}, "staged code"),
        ({"objects": {"new": SAME}}, "running code"),
        ({"objects": {}, "rpc": {}}, "running code and the staged code"),
        ({"objects": None}, "running code and the staged code"),
        ({"rpc": {"new": RPC}}, "running code"),
        ({"rpc": {"old": RPC, "new": {"conductor": "3.0"}}}, "RPC version of compute_task 1.26 to unknown"),
    ],
)
def test_what_is_not_known_is_one_window_and_says_so(change: dict[str, Any], word: str) -> None:
    found = decide({**told({}, {}), **change}, BOTH)
    assert found.order == ONE_WINDOW
    assert "known" in found.reason
    assert word in found.reason
    assert found.known == (word.startswith("RPC"))


@pytest.mark.parametrize(
    ("running", "order"),
    [
        ((), ONE_BY_ONE),
        (("33.0.2",), ONE_BY_ONE),
        (("33.0.2", "34.0.0"), ONE_BY_ONE),
        (("32.0.0",), ONE_WINDOW),
        (("unknown",), ONE_WINDOW),
    ],
)
def test_codes_that_are_not_those_that_run(running: tuple[str, ...], order: str) -> None:
    found = decide(told({}, {}), BOTH, running)
    assert (found.order, found.known) == (order, order == ONE_BY_ONE)


def test_after_a_window_that_was_cut_short_the_links_tell_nothing() -> None:
    code = {**told({}, {}), "nova": {"old": "34.0.0", "new": "34.0.0"}}
    assert decide(code, BOTH, ("33.0.2", "34.0.0")).order == ONE_WINDOW


@pytest.mark.parametrize(
    ("controllers", "can_hold", "differs", "words"),
    [
        (1, False, True, "out for about one restart"),
        (1, False, False, "out for about one restart"),
        (1, True, True, "Requests wait for about one restart"),
        (2, False, True, "Requests fail for some seconds"),
        (2, True, True, "Requests wait for some seconds"),
        (2, False, False, "Nothing"),
        (3, True, False, "Nothing"),
    ],
)
def test_what_clients_notice(controllers: int, can_hold: bool, differs: bool, words: str) -> None:
    names = [f"ctl{number}" for number in range(controllers)]
    code = told({}, {"Tag": "1.2-x"} if differs else {})
    assert (
        decide(code, names, can_hold=can_hold).clients.startswith(words)
        or words in decide(code, names, can_hold=can_hold).clients
    )


VERSIONS = st.dictionaries(
    st.sampled_from(sorted({*STORED, *BESIDE, "Selection", "NobodyKnows"})),
    st.sampled_from(["1.0-a", "1.0-b", "1.1-a"]),
)


@given(VERSIONS, VERSIONS, st.lists(st.text(min_size=1, max_size=3), unique=True, max_size=4))
def test_one_by_one_only_when_nothing_that_is_sent_differs(
    old: dict[str, str], new: dict[str, str], names: list[str]
) -> None:
    found: ControlOrder = decide(told(old, new), names)
    differ = {name for name in {*old, *new} if old.get(name) != new.get(name)}
    assert (found.order == ONE_BY_ONE) == (differ <= BESIDE)
    assert {text.split()[0] for text in (*found.objects, *found.others)} == differ
    assert [*found.first, *found.last] == names
    assert len(found.last) == min(1, len(names))
    assert decide(told(old=new, new=old), names).order == found.order, "going back is no other matter"


def test_no_object_is_stored_and_never_sent() -> None:
    assert not STORED & BESIDE
