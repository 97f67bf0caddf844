# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What becomes of a reshape when Placement refuses it, when others write meanwhile, and when nobody finishes it; on both releases.

No cloud is needed, only its virtual environments.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import count
from typing import Any
from uuid import uuid4

import pytest
from harness.meddling import LAYOUT, Host, Meddled, vocabulary_of
from harness.placement_in_process import PlacementInProcess
from harness.provider_trees import put
from harness.reshaper_refusals import IN_USE, UNDEFINED, UNKNOWN_PROVIDER
from harness.standing import Left

from ansible_collections.stackroll.nova.plugins.module_utils.api.errors import ApiError
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError
from ansible_collections.stackroll.nova.plugins.module_utils.model.provider_tree import Inventory, ProviderTree, sums
from ansible_collections.stackroll.nova.plugins.module_utils.reshape import carry_out
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.plan import plan
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.request import Reshape
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.undoing import plan_undo
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.vocabulary import Vocabulary
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.writing import Conflict, write
from ansible_collections.stackroll.nova.tests.unit.plugins.module_utils.reshape.trees import forget_generations

pytestmark = pytest.mark.timeout(1800)
LEAVES = Left.AS_IT_WAS

Each = Callable[[Callable[[PlacementInProcess], None]], None]


@pytest.fixture(autouse=True)
def accounted_for() -> None:
    """Account for nothing: no cloud is touched."""


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """Try again at once."""
    monkeypatch.setattr(carry_out, "PAUSE", 0.0)


def test_a_host_gets_its_shape_and_its_old_one_back(each: Each) -> None:
    """Done once it is done, and the undo leads back to what was there, to the byte."""

    def ask(placement: PlacementInProcess) -> None:
        host = Host(placement)
        result = host.reshape()
        assert (result.error, result.attempts, result.changed) == (None, 1, True)
        assert forget_generations(host.now()) == forget_generations(result.reshape.after)
        assert not host.reshape().changed
        write(placement, plan_undo(host.now(), host.undos[0], vocabulary_of(placement)))
        assert forget_generations(host.now()) == forget_generations(host.before)

    each(ask)


def comes(host: Host) -> None:
    """A new server."""
    vm1 = host.before.consumers[0]
    host.hold(replace(vm1, uuid=str(uuid4())))


def goes(host: Host) -> None:
    """A server that is deleted: no provider has another generation then."""
    host.drop(host.before.consumers[0])


def goes_and_comes_back(host: Host) -> None:
    """A server with the generation it had, and less."""
    vm1 = host.before.consumers[0]
    host.drop(vm1)
    host.hold(vm1, allocations={host.before.root_uuid: {"VCPU": 1, "VGPU": 1}})


def gets_more_elsewhere(host: Host) -> None:
    """A server with more disk."""
    vm1 = host.before.consumers[0]
    outside = {uuid: {"DISK_GB": 30} for uuid in vm1.allocations if uuid != host.before.root_uuid}
    host.hold(vm1, allocations={**vm1.allocations, **outside})


def reports(host: Host) -> None:
    """A nova-compute that has found another CPU."""
    wanted = {name: item.to_dict() for name, item in host.before.root.inventories.items()}
    put(host.placement, host.before.root_uuid, "inventories", {**wanted, "VCPU": {"total": 9}})


def marks(host: Host) -> None:
    """Somebody who sets a trait of a child."""
    put(host.placement, host.spare.uuid, "traits", ["MISC_SHARES_VIA_AGGREGATE"])


@pytest.mark.parametrize("meddle", [comes, goes, goes_and_comes_back, gets_more_elsewhere, reports, marks])
def test_what_others_have_written_is_read_again(each: Each, meddle: Callable[[Host], None]) -> None:
    """Whatever changes between read and write is a conflict; the second attempt has it, and nobody loses anything."""

    def ask(placement: PlacementInProcess) -> None:
        host = Host(placement)
        left = [meddle]
        seen: list[ProviderTree] = []

        def once() -> None:
            if left:
                left.pop()(host)
                seen.append(host.now())

        result = host.reshape(Meddled(placement, once))
        assert (result.error, result.attempts) == (None, 2)
        assert host.is_as_laid_out
        assert {item.uuid: sums(item.allocations) for item in host.now().consumers} == {
            item.uuid: sums(item.allocations) for item in seen[0].consumers
        }

    each(ask)


def test_others_who_never_end_are_given_way(each: Each) -> None:
    """After all attempts the host is as the others have made it, with one sentence."""

    def ask(placement: PlacementInProcess) -> None:
        host = Host(placement)
        numbers = count(9)

        def again() -> None:
            wanted = {name: item.to_dict() for name, item in host.before.root.inventories.items()}
            put(placement, host.before.root_uuid, "inventories", {**wanted, "VCPU": {"total": next(numbers)}})

        result = host.reshape(Meddled(placement, again))
        assert result.attempts == 3
        assert isinstance(result.error, Conflict)
        there = host.now()
        assert there.root.inventories["VCPU"].total == 11
        assert there.consumers == host.before.consumers
        assert [item.name for item in there.providers] == [item.name for item in host.before.providers]

    each(ask)


@dataclass(frozen=True)
class Lie:
    """A reshape that ours would never be, and the refusal."""

    name: str
    tell: Callable[[Reshape], Reshape]
    status: int
    code: str


def forgets_a_server(reshape: Reshape) -> Reshape:
    """One server would stay on what goes away."""
    vm1 = reshape.before.consumers[0]
    return replace(reshape, after=reshape.after.with_holdings({vm1.uuid: vm1.allocations}))


def offers(**inventories: Inventory) -> Callable[[Reshape], Reshape]:
    """The children would offer something else."""

    def tell(reshape: Reshape) -> Reshape:
        changed = (
            replace(item, inventories={**item.inventories, **inventories}) if "_gpu" in item.name else item
            for item in reshape.after.providers
        )
        return replace(reshape, after=replace(reshape.after, providers=tuple(changed)))

    return tell


LIES = (
    Lie("it forgets a server", forgets_a_server, 409, IN_USE),
    Lie("a child is too small", offers(VGPU=Inventory(1)), 409, UNDEFINED),
    Lie("a child gives too little at once", offers(VGPU=Inventory(4, max_unit=1)), 409, UNDEFINED),
    Lie("there is no such class", offers(CUSTOM_UNHEARD_OF=Inventory(1)), 400, UNDEFINED),
)


@pytest.mark.parametrize("lie", LIES, ids=lambda lie: lie.name)
def test_a_refusal_is_final_and_leaves_nothing(each: Each, lie: Lie) -> None:
    """Nothing but a conflict is tried again; what was created for the reshape goes away with it."""

    def ask(placement: PlacementInProcess) -> None:
        host = Host(placement)

        def decide(there: ProviderTree, vocabulary: Vocabulary) -> Reshape:
            return lie.tell(plan(there, LAYOUT, vocabulary))

        refused_as(host.reshape(decide=decide), lie.status, lie.code)
        assert host.now() == host.before

    each(ask)


def refused_as(result: Any, status: int, code: str) -> None:
    """Expect one attempt and one sentence with the answer of Placement."""
    assert isinstance(result.error, StackrollError)
    assert (result.attempts, result.changed) == (1, False)
    assert (result.error.details["status"], result.error.details["code"]) == (status, code), result.error
    assert result.host in str(result.error)


def test_a_provider_that_others_delete_ends_the_reshape(each: Each) -> None:
    """It is named in the body, since all are."""

    def ask(placement: PlacementInProcess) -> None:
        host = Host(placement)
        away = Meddled(placement, lambda: placement.placement("DELETE", f"/resource_providers/{host.spare.uuid}"))
        refused_as(host.reshape(away), 400, UNKNOWN_PROVIDER)
        assert host.now() == replace(host.before, providers=host.before.providers[:1])

    each(ask)


def test_an_account_without_the_role_is_told_which(each: Each) -> None:
    """An admin may create providers and not reshape; what it has created goes away."""

    def ask(placement: PlacementInProcess) -> None:
        host = Host(placement)
        result = host.reshape(placement.with_roles("admin"))
        refused_as(result, 403, UNDEFINED)
        assert "the role service" in str(result.error)
        assert host.now() == host.before

    each(ask)


def test_a_nova_compute_that_reports_the_old_shape_ends_in_the_old_shape(each: Each) -> None:
    """What was moved and comes back on the root would be there twice: the proof notices, and the undo takes it away."""

    def ask(placement: PlacementInProcess) -> None:
        host = Host(placement)
        left = [True]

        def doubled() -> None:
            if left:
                left.pop()
                wanted = {name: item.to_dict() for name, item in host.before.root.inventories.items()}
                put(placement, host.before.root_uuid, "inventories", wanted)

        result = host.reshape(Meddled(placement, after=doubled))
        assert result.undone, result.error
        assert "VGPU" in str(result.error)
        assert forget_generations(host.now()) == forget_generations(host.before)

    each(ask)


def test_an_answer_that_gets_lost_is_found_done(each: Each) -> None:
    """Nobody knows whether the reshape was carried out: the next run does."""

    def ask(placement: PlacementInProcess) -> None:
        host = Host(placement)

        left = [ApiError("POST", "/reshaper", "timed out")]

        def lost() -> None:
            if left:
                raise left.pop()

        result = host.reshape(Meddled(placement, after=lost))
        assert "timed out" in str(result.error)
        assert host.reshape().error is None
        assert host.is_as_laid_out

    each(ask)


class Killed(BaseException):
    """The end of the process."""


def test_runs_that_are_killed_go_on_where_the_last_one_was(each: Each) -> None:
    """The first run is killed at its first write, the next one at its second, until one has no more of them."""

    def ask(placement: PlacementInProcess) -> None:
        host = Host(placement)
        for last in count(1):
            numbers = count(1)

            def kill(numbers: Any = numbers, last: int = last) -> None:
                if next(numbers) == last:
                    raise Killed

            api = Meddled(placement, kill)
            api.all_writes = True
            try:
                result = host.reshape(api)
            except Killed:
                continue
            break
        assert result.error is None
        assert last > 5
        assert host.is_as_laid_out
        before, after = (
            {item.uuid: sums(item.allocations) for item in there.consumers} for there in (host.before, host.now())
        )
        assert before == after

    each(ask)
