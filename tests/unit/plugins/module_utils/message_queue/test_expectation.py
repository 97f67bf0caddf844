# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is waited for in queues, and what is wrong with brokers."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.stackroll.nova.plugins.module_utils.message_queue.expectation import (
    Wanted,
    pending,
    problems,
    read_wanted,
    sentence,
)
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import InvalidInput
from ansible_collections.stackroll.nova.plugins.module_utils.model.queues import (
    BrokerNode,
    ClusterNode,
    QueueDepth,
    TransportState,
)


def state(**fields: Any) -> TransportState:
    values = {"names": ("api",), "virtual_host": "/", "brokers": (BrokerNode("mq1", 5672),), "queues": {}}
    return TransportState(**{**values, **fields})


@pytest.mark.parametrize(
    ("value", "wanted", "words"),
    [
        (0, (0, 0), "0 consumers"),
        ("2", (2, 2), "2 consumers"),
        ({"at_least": 1}, (1, None), "at least 1 consumers"),
        ({"at_most": "3"}, (0, 3), "at most 3 consumers"),
        ({"at_least": 1, "at_most": 3}, (1, 3), "at least 1 and at most 3 consumers"),
    ],
)
def test_options(value: Any, wanted: tuple[int, int | None], words: str) -> None:
    (found,) = read_wanted("consumers", {"conductor": value})
    assert (found.at_least, found.at_most) == wanted
    assert str(found) == words


@pytest.mark.parametrize("value", [-1, "many", None, True, {}, {"at_least": 1, "exactly": 2}, [1], {"at_most": 1.5}])
def test_options_that_are_none(value: Any) -> None:
    with pytest.raises(InvalidInput, match=r"The option consumers has .* for queue conductor"):
        read_wanted("consumers", {"conductor": value})


@given(st.integers(0, 9), st.integers(0, 9), st.none() | st.integers(0, 9))
def test_a_number_holds_within_its_bounds(number: int, least: int, most: int | None) -> None:
    depth = state(queues={"conductor": QueueDepth(0, number)})
    left = pending([depth], [Wanted("conductor", "consumers", least, most)])
    assert bool(left) == (number < least or (most is not None and number > most))


def test_a_queue_that_is_not_there_is_empty() -> None:
    gone = state(queues={"conductor": None})
    assert pending([gone], [Wanted("conductor", "consumers", 0, 0), Wanted("conductor", "messages", 0, 0)]) == []
    (left,) = pending([gone], [Wanted("conductor", "consumers", 1)])
    assert left == {"transport": "api", "queue": "conductor", "waiting_for": "at least 1 consumers", "found": 0}


def test_unknown_is_not_fine() -> None:
    wanted = [Wanted("conductor", "consumers", 0, 0)]
    (left,) = pending([state(queues=None)], wanted)
    assert left["found"] is None
    assert sentence([left]) == ["conductor of api: 0 consumers (nobody tells)"]


@pytest.mark.parametrize(
    ("queue", "cluster", "left"),
    [
        (QueueDepth(0, 1, None), None, True),
        (QueueDepth(0, 1, None), (), True),
        (QueueDepth(0, 1, 0), (), False),
        (QueueDepth(0, 1, 4), (), True),
        (None, None, True),
        (None, (), False),
    ],
)
def test_unacknowledged_messages(queue: QueueDepth | None, cluster: Any, left: bool) -> None:
    seen = state(queues={"conductor": queue}, cluster=cluster)
    assert bool(pending([seen], [Wanted("conductor", "unacknowledged", 0, 0)])) is left


def test_every_transport_counts() -> None:
    both = [state(queues={"conductor": QueueDepth(0, 1)}), state(names=("cell1", "cell2"), queues={"conductor": None})]
    left = pending(both, [Wanted("conductor", "consumers", 1, 1)])
    assert [item["transport"] for item in left] == ["cell1 and cell2"]


def test_problems() -> None:
    brokers = (
        BrokerNode("mq1", 5672, cluster_name="one"),
        BrokerNode("mq2", 5672, error="The message broker mq2:5672 cannot be used: refused."),
        BrokerNode("mq3", 5672, cluster_name="two"),
    )
    cluster = (
        ClusterNode("rabbit@mq1", running=True),
        ClusterNode("rabbit@mq2", running=False),
        ClusterNode("rabbit@mq3", running=True, alarms=("memory",), partitions=("rabbit@mq1",)),
    )
    assert problems([state(brokers=brokers, cluster=cluster, management_error="It is off.")]) == [
        "api: The message broker mq2:5672 cannot be used: refused.",
        "api: the nodes of its URL are in different clusters: one, two.",
        "api: It is off.",
        "api: node rabbit@mq2 of the cluster does not run.",
        "api: node rabbit@mq3 has an alarm for memory; publishers are blocked.",
        "api: node rabbit@mq3 sees a partition: rabbit@mq1.",
    ]
    assert problems([state()]) == []
