# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Random hosts, carried out on a Placement that answers requests while others work on it: nothing is lost, and undo undoes."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError
from ansible_collections.stackroll.nova.plugins.module_utils.model.provider_tree import ProviderTree
from ansible_collections.stackroll.nova.plugins.module_utils.reshape import carry_out as acting
from ansible_collections.stackroll.nova.plugins.module_utils.reshape import proving, reading, reverting
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.acceptance import Unacceptable
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.layout import Layout
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.means import HostResult, Means
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.plan import plan
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.request import Reshape
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.undo import Undo
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.undoing import plan_undo
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_placement_trees import TreeCloud
from ansible_collections.stackroll.nova.tests.unit.plugins.module_utils.reshape.strategies import hosts, layouts
from ansible_collections.stackroll.nova.tests.unit.plugins.module_utils.reshape.trees import (
    HOST,
    VOCABULARY,
    tree,
    uuid_of,
)

SHARED = "shared storage"


@pytest.fixture(autouse=True, scope="module")
def haste() -> Iterator[None]:
    """No pauses."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (acting, proving, reverting):
            patch.setattr(module, "PAUSE", 0.0)
        yield


def cloud_of(there: ProviderTree) -> TreeCloud:
    """A cloud with this host, and with the storage that its servers share."""
    fake = TreeCloud()
    fake.trees.resource_classes.append("NET_BW")
    fake.trees.load(there.to_dict())
    fake.trees.add(SHARED, {"DISK_GB": 10000})
    return fake


def means_of(fake: TreeCloud, decide: Any, **more: Any) -> Means:
    """A cloud whose Nova says that all servers stay where they are."""
    api = fake.cloud()
    return Means(
        **{
            "api": api,
            "read": lambda names, known: reading.read_trees(api, names, known),
            "read_vocabulary": lambda: reading.read_vocabulary(api),
            "decide": decide,
            "admit": lambda _trees, _movers: False,
            "keep_undo": lambda _host, _undo: None,
            "still_there": lambda _consumers: [],
            **more,
        }
    )


def reshape(fake: TreeCloud, layout: Any, **more: Any) -> HostResult | None:
    """The result, or nothing when it was refused beforehand, with no write."""
    means = means_of(fake, lambda tree, known: plan(tree, Layout.parse(layout), known), **more)
    try:
        return acting.carry_out(means, [HOST])[0]
    except StackrollError as refused:
        event(type(refused).__name__)
        assert fake.writes() == []
        return None


def undo(fake: TreeCloud, document: Undo) -> HostResult:
    """Carry out an undo."""
    means = means_of(fake, lambda tree, known: plan_undo(tree, document, known))
    return acting.carry_out(means, [HOST])[0]


@settings(max_examples=30, deadline=None)
@given(hosts(), st.data())
def test_totals_are_kept_and_undo_is_the_identity(there: ProviderTree, data: st.DataObject) -> None:
    layout = data.draw(layouts(there))
    fake = cloud_of(there)
    before, sums = fake.trees.state(), fake.trees.sums()
    result = reshape(fake, layout)
    if result is None:
        assert fake.trees.state() == before
        return
    assert result.error is None
    assert fake.trees.sums() == sums
    again = reshape(fake, layout)
    assert again is not None
    assert not again.changed
    assert fake.trees.sums() == sums
    try:
        back = undo(fake, Undo.load(result.undo.to_dict()))
    except Unacceptable:  # what was over capacity cannot become so again
        return
    assert back.error is None
    assert fake.trees.state() == before


def test_who_is_known_and_has_not_changed_is_not_asked_for() -> None:
    fake = cloud_of(
        tree({"VGPU": 8}, {"same": {HOST: {"VGPU": 1}}, "written": {HOST: {"VGPU": 1}, SHARED: {"DISK_GB": 5}}})
    )
    api = fake.cloud()
    known = {item.uuid: item for item in reading.read_trees(api, [HOST])[0].consumers}
    fake.calls.clear()
    assert reading.read_trees(api, [HOST], known)[0].consumers == tuple(known[uuid] for uuid in sorted(known))
    assert not [path for _method, path, _params in fake.calls if path.startswith("/allocations/")]
    fake.trees.claim("written", {HOST: {"VGPU": 1}, SHARED: {"DISK_GB": 6}})
    fake.trees.consumers[uuid_of("same")]["allocations"][uuid_of(HOST)] = {"VGPU": 2}
    (now,) = reading.read_trees(api, [HOST], known)
    assert {item.uuid: item.allocations for item in now.consumers} == {
        uuid_of("same"): {uuid_of(HOST): {"VGPU": 2}},
        uuid_of("written"): {uuid_of(HOST): {"VGPU": 1}, uuid_of(SHARED): {"DISK_GB": 6}},
    }


CHILD = {"children": [{"name": "{root}_gpu0", "inventories": {"VGPU": 4}}]}


class Replica:
    """A node of a database cluster that is behind for some looks."""

    def __init__(self, fake: TreeCloud, behind: float) -> None:
        self._api = fake.cloud()
        self._behind = behind
        self._old: list[ProviderTree] = []
        self.looks = 0

    def read(self, names: Any, _known: Any) -> list[ProviderTree]:
        """What a query finds."""
        self.looks += 1
        if self.looks == 1:
            self._old = reading.read_trees(self._api, names)
        return self._old if self.looks <= self._behind else reading.read_trees(self._api, names)


@pytest.mark.parametrize(("behind", "looks"), [(1, 2), (4, 5)])
def test_a_database_that_is_behind_is_waited_for(behind: int, looks: int) -> None:
    fake = cloud_of(tree({"VGPU": 4}, {"vm0": {HOST: {"VGPU": 2}}}))
    replica = Replica(fake, behind)
    result = reshape(fake, CHILD, read=replica.read)
    assert result is not None
    assert (result.error, replica.looks) == (None, looks)


def test_a_database_that_stays_behind_is_not_asked_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proving, "STALE_SECONDS", 0.05)
    fake = cloud_of(tree({"VGPU": 4}, {"vm0": {HOST: {"VGPU": 2}}}))
    result = reshape(fake, CHILD, read=Replica(fake, 1e9).read)
    assert result is not None
    assert result.error is None


def test_of_a_reshape_without_answer_the_database_cannot_be_behind() -> None:
    fake = cloud_of(tree({"VGPU": 4}, {"vm0": {HOST: {"VGPU": 2}}}))
    fake.broken_once("/reshaper", done=False, status=None)
    replica = Replica(fake, 1)
    result = reshape(fake, CHILD, read=replica.read)
    assert result is not None
    assert (result.undone, replica.looks) == (True, 2)


def test_one_host_is_written_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[str] = []
    busy = threading.Lock()

    def write(_api: object, reshape: Reshape) -> None:
        assert busy.acquire(blocking=False), "two at the same time"
        time.sleep(0.01)
        begun.append(reshape.before.consumers[0].name)
        busy.release()

    monkeypatch.setattr(acting, "write", write)
    monkeypatch.setattr(acting, "prove", lambda *_given: None)
    names = ["a", "b", "c"]
    results = [
        HostResult(plan(tree({"VGPU": 4}, {name: {HOST: {"VGPU": 1}}}), Layout.parse(CHILD), VOCABULARY))
        for name in names
    ]
    fake = cloud_of(tree({"VGPU": 4}, {}))
    means = Means(
        api=fake.cloud(),
        read=lambda *_given: [],
        read_vocabulary=lambda: VOCABULARY,
        decide=lambda *_given: results[0].reshape,
        admit=lambda *_given: False,
        keep_undo=lambda *_given: None,
        still_there=lambda _consumers: [],
    )
    acting._carry_out(means, results)
    assert begun == names


class Others:
    """Servers that come, grow and go on the host between any two requests, and an agent that reports; they know what they have done."""

    def __init__(self, fake: TreeCloud, dice: random.Random, often: float) -> None:
        self._fake, self._dice, self._often = fake, dice, often
        self._new = 0

    def __call__(self, _method: str, _path: str) -> None:
        with self._fake.trees.lock:
            self._work()

    def _work(self) -> None:
        if self._dice.random() < self._often:
            self._dice.choice((self.come, self.grow, self.go, self.vanish, self.report))()

    def come(self) -> None:
        """A server takes CPUs, from whoever has them."""
        self._new += 1
        offers = [item["name"] for item in self._fake.trees.providers.values() if "VCPU" in item["inventories"]]
        if offers:
            self._fake.trees.claim(f"new{self._new}", {self._dice.choice(offers): {"VCPU": 1}})

    def grow(self) -> None:
        """A server has more disk on the shared storage."""
        name = self._dice.choice([f"vm{number}" for number in range(7)] + ["new1"])
        held = self._fake.trees.held(name)
        if held:
            self._fake.trees.claim(name, {**held, SHARED: {"DISK_GB": self._dice.randint(1, 9)}})

    def go(self) -> None:
        """A server is deleted."""
        name = f"vm{self._dice.randrange(7)}"
        if self._fake.trees.held(name):
            self._fake.trees.claim(name, {})

    def vanish(self) -> None:
        """A server is deleted in the way that changes no generation."""
        name = f"vm{self._dice.randrange(7)}"
        if self._fake.trees.held(name):
            self._fake.trees.forget(name)

    def report(self) -> None:
        """An agent changes what it reports."""
        self._fake.trees.report("cmp1_agent", "NET_BW", self._dice.randint(1000, 1009))


class Ledger:
    """What everybody should hold: what others have written last, by consumer."""

    def __init__(self, fake: TreeCloud) -> None:
        self._fake = fake
        self.sums = self._read()
        claim, forget = fake.trees.claim, fake.trees.forget

        def claim_noted(name: str, held: Any) -> str:
            uuid = claim(name, held)
            self._note(uuid, held)
            return uuid

        def forget_noted(name: str) -> None:
            forget(name)
            self._note(next(uuid for uuid in list(self.sums) if uuid not in fake.trees.consumers), {})

        fake.trees.claim, fake.trees.forget = claim_noted, forget_noted  # type: ignore[method-assign]

    def _note(self, uuid: str, held: Any) -> None:
        self.sums.pop(uuid, None)
        if held:
            found: dict[str, int] = {}
            for amounts in held.values():
                for name, amount in amounts.items():
                    found[name] = found.get(name, 0) + amount
            self.sums[uuid] = found

    def _read(self) -> dict[str, dict[str, int]]:
        found: dict[str, dict[str, int]] = {}
        for (uuid, name), amount in self._fake.trees.sums()[1].items():
            found.setdefault(uuid, {})[name] = amount
        return found

    def check(self) -> None:
        """Compare with what Placement has."""
        assert self._read() == self.sums


@settings(max_examples=60, deadline=None)
@given(hosts(), st.data(), st.integers(0, 2**32), st.sampled_from((0.01, 0.05, 0.2)))
def test_nothing_is_lost_or_doubled_while_others_work(
    there: ProviderTree, data: st.DataObject, seed: int, often: float
) -> None:
    layout = data.draw(layouts(there))
    fake = cloud_of(there)
    ledger = Ledger(fake)
    totals = {name: amount for name, amount in fake.trees.sums()[0].items() if name != "NET_BW"}
    fake.before_request = Others(fake, random.Random(seed), often)
    result = reshape_or_refuse(fake, layout)
    fake.before_request = lambda *_request: None
    ledger.check()
    assert {name: amount for name, amount in fake.trees.sums()[0].items() if name != "NET_BW"} == totals
    if result is not None and result.error is not None:
        event("failed")
        assert "did not end as it must" not in result.error.message
        assert not [item for item in fake.trees.providers.values() if item["name"].startswith("cmp1_part")]
    elif result is not None:
        event("reshaped")
        try:
            assert undo(fake, result.undo).error is None
        except StackrollError as refused:
            event(f"not undone: {type(refused).__name__}")
        ledger.check()


def reshape_or_refuse(fake: TreeCloud, layout: Any) -> HostResult | None:
    """The result, or nothing when it was refused beforehand."""
    means = means_of(fake, lambda tree, known: plan(tree, Layout.parse(layout), known))
    try:
        return acting.carry_out(means, [HOST])[0]
    except StackrollError:
        assert fake.writes() == []
        return None
