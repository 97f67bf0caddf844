# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reshapes of a host in a real Placement as the module carries them out, while others do what they do there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import cache
from itertools import count
from typing import Any, TypeVar

from harness.placement_in_process import PlacementInProcess
from harness.provider_trees import claim, elsewhere, now, settle

from ansible_collections.stackroll.nova.plugins.module_utils.model.microversions import PLACEMENT_MICROVERSION
from ansible_collections.stackroll.nova.plugins.module_utils.model.provider_tree import Consumer, ProviderTree
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.carry_out import carry_out
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.layout import Layout
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.means import HostResult, Means
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.plan import plan
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.reading import read_trees, read_vocabulary
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.request import Reshape
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.undo import Undo
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.vocabulary import Vocabulary
from ansible_collections.stackroll.nova.tests.unit.plugins.module_utils.reshape.trees import (
    inventory,
    provider,
    tree,
    uuid_of,
)

T = TypeVar("T")
U = TypeVar("U")
Act = Callable[[], object]
Decide = Callable[[ProviderTree, Vocabulary], Reshape]
NUMBERS = count(1)
HOST = tree(
    {"VCPU": inventory(8), "VGPU": inventory(8)},
    {name: {"cmp1": {"VCPU": 1, "VGPU": 2}, "shared": {"DISK_GB": 10}} for name in ("vm1", "vm2")},
    [provider("cmp1_spare", {})],
    traits=("COMPUTE_NODE", "HW_CPU_X86_AMD_SEV"),
)
LAYOUT = Layout.parse(
    {
        "children": [
            {
                "name": "{root}_gpu0",
                "inventories": {"VGPU": 4},
                "traits": ["CUSTOM_FAST"],
                "aggregates": [uuid_of("a")],
            },
            {"name": "{root}_gpu1", "inventories": {"VGPU": 4}},
        ],
        "root_traits": ["CUSTOM_NESTED"],
        "root_without_traits": ["HW_CPU_X86_AMD_SEV"],
    }
)


class Meddled:
    """A way to Placement on which something is done before and after every reshape, or every write."""

    def __init__(self, placement: PlacementInProcess, before: Act = lambda: None, after: Act = lambda: None) -> None:
        self._placement, self._before, self._after = placement, before, after
        self.all_writes = False

    def placement(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        body: Any = None,
        microversion: str = PLACEMENT_MICROVERSION,
    ) -> Any:
        """Make one request."""
        counts = method != "GET" if self.all_writes else (method, path) == ("POST", "/reshaper")
        if counts:
            self._before()
        result = self._placement.placement(method, path, params=params, body=body, microversion=microversion)
        if counts:
            self._after()
        return result

    def map(self, function: Callable[[T], U], items: Iterable[T]) -> list[U]:
        """Call the function for all items."""
        return self._placement.map(function, items)

    def counters(self) -> dict[str, int]:
        """Return the counts."""
        return self._placement.counters()


@cache
def vocabulary_of(placement: PlacementInProcess) -> Vocabulary:
    """Return what a Placement knew at first."""
    return read_vocabulary(placement)


class Host:
    """A host of its own: two servers with two virtual GPUs each on the root, and disk outside."""

    def __init__(self, placement: PlacementInProcess) -> None:
        self.placement = placement
        self.undos: list[Undo] = []
        made = settle(placement, elsewhere(HOST, f"{next(NUMBERS)}/"))
        self.before = replace(made, consumers=tuple(sorted(made.consumers, key=lambda item: item.uuid)))
        self.spare = made.providers[1]

    def reshape(self, api: Meddled | PlacementInProcess | None = None, decide: Decide | None = None) -> HostResult:
        """Carry out the reshape to LAYOUT, or another one."""
        way = api or self.placement
        means = Means(
            api=way,
            read=lambda hosts, known: read_trees(way, hosts, known),
            read_vocabulary=lambda: vocabulary_of(self.placement),
            decide=decide or (lambda there, vocabulary: plan(there, LAYOUT, vocabulary)),
            admit=lambda *_given: False,
            keep_undo=lambda _host, undo: self.undos.append(undo),
            still_there=lambda _consumers: [],
            retries=2,
        )
        (result,) = carry_out(means, [self.before.root.name])
        return result

    def now(self) -> ProviderTree:
        """Return the tree as it is stored."""
        return now(self.placement, self.before)

    @property
    def is_as_laid_out(self) -> bool:
        """Whether there is nothing left to do."""
        return not plan(self.now(), LAYOUT, vocabulary_of(self.placement)).changed

    def hold(self, consumer: Consumer, **changes: Any) -> None:
        """Write all that a consumer holds from now on, as the scheduler does."""
        there = self.placement.database.consumer(consumer.uuid)
        body = claim(replace(consumer, **changes), consumer_generation=there and there.generation)
        self.placement.placement("PUT", f"/allocations/{consumer.uuid}", body=body)

    def drop(self, consumer: Consumer) -> None:
        """Delete all that a consumer holds."""
        self.placement.placement("DELETE", f"/allocations/{consumer.uuid}")
