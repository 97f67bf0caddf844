# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the reshapers of both releases take and refuse, and that it is what our planner believes; asked through api/direct.py.

No cloud is needed, only its virtual environments. Every question goes to both releases at the same time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import replace
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

import pytest
from harness.placement_in_process import PlacementInProcess
from harness.provider_trees import carry_out, claim, elsewhere, imitate, imitated, now, put, settle
from harness.random_reshapes import random_reshape, random_tree
from harness.reshaper_refusals import CONFLICT, DOES_NOT_FIT, IN_USE, MISTAKES, SOMEBODY_ELSE, UNDEFINED, Mistake
from harness.reshaper_scene import DROPPED, Scene
from harness.standing import Left
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.stackroll.nova.plugins.module_utils.api.errors import ApiError
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import InvalidInput
from ansible_collections.stackroll.nova.plugins.module_utils.model.provider_tree import ProviderTree
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.acceptance import (
    Unacceptable,
    objections,
    objections_to_undo,
)
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.layout import Layout
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.plan import plan
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.refusal import NoAssignment
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.undo import undo_of
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.undoing import plan_undo
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_placement_trees import PlacementTrees
from ansible_collections.stackroll.nova.tests.unit.plugins.module_utils.reshape.strategies import hosts, layouts
from ansible_collections.stackroll.nova.tests.unit.plugins.module_utils.reshape.trees import (
    VOCABULARY,
    FakePlacement,
    Refused,
    forget_generations,
)

pytestmark = pytest.mark.timeout(1800)
LEAVES = Left.AS_IT_WAS

ENOUGH = 4  # reshapes of each kind
NUMBERS = count(1)
Ask = Callable[[PlacementInProcess], None]


@pytest.fixture(autouse=True)
def accounted_for() -> None:
    """Account for nothing: no cloud is touched."""


@pytest.fixture(scope="module")
def scenes(placements: Mapping[str, PlacementInProcess]) -> dict[PlacementInProcess, Scene]:
    """Return a scene on each release for all tests that must not change it."""
    return {placement: Scene.make(placement) for placement in placements.values()}


Each = Callable[[Ask], None]


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
def test_a_mistake_is_refused_with_its_code(
    each: Each, scenes: Mapping[PlacementInProcess, Scene], mistake: Mistake
) -> None:
    """Status and code are the listed ones, the reason is the one that is meant, and nothing has changed."""

    def ask(placement: PlacementInProcess) -> None:
        scene = scenes[placement]
        with pytest.raises(ApiError) as caught:
            scene.post(scene.changed(mistake.path, mistake.value), mistake.microversion)
        assert (caught.value.status, caught.value.code) == (mistake.status, mistake.code), caught.value
        assert mistake.says in caught.value.reason
        assert scene.now() == scene.tree
        assert not scene.held("newcomer")

    each(ask)


@pytest.mark.parametrize("mistake", [*SOMEBODY_ELSE, *DOES_NOT_FIT], ids=lambda mistake: mistake.name)
def test_the_fake_of_the_unit_tests_refuses_it_as_well(
    scenes: Mapping[PlacementInProcess, Scene], mistake: Mistake
) -> None:
    """With the same code, so that what is tested with it is tested with Placement."""
    scene = next(iter(scenes.values()))
    imitation = imitate(scene.tree)
    imitation.providers[scene.uuids["shared"]]["inventories"]["DISK_GB"]["total"] = 100
    assert answer(imitation, scene.changed(mistake.path, mistake.value)) == (mistake.status, mistake.code)
    assert imitated(imitation, scene.tree) == scene.tree


def refused(ask: Callable[[], object]) -> tuple[int | None, str | None]:
    """Return status and code of the refusal."""
    with pytest.raises(ApiError) as caught:
        ask()
    return caught.value.status, caught.value.code


def test_who_may_reshape_and_how(each: Each, scenes: Mapping[PlacementInProcess, Scene]) -> None:
    """Wrong roles, microversions, methods and bodies; an admin without the role service may do all but this."""

    def ask(placement: PlacementInProcess) -> None:
        scene = scenes[placement]
        admin = replace(scene, placement=placement.with_roles("admin"))
        assert refused(lambda: admin.post(scene.body)) == (403, UNDEFINED)
        assert admin.placement.placement("GET", "/resource_classes")["resource_classes"]
        assert refused(lambda: scene.post(scene.body, "1.29")) == (404, UNDEFINED)
        assert refused(lambda: scene.post(scene.body, method="PUT")) == (405, UNDEFINED)
        assert refused(lambda: placement.placement("POST", "/reshaper")) == (415, UNDEFINED)
        without_type = {
            **scene.body,
            "allocations": {scene.uuids["vm1"]: scene.body["allocations"][scene.uuids["vm1"]]},
        }
        assert refused(lambda: scene.post(without_type, "1.38")) == (400, UNDEFINED)
        assert scene.now() == scene.tree

    each(ask)


def test_the_policy_of_the_service_is_in_force(each: Each) -> None:
    """What the file beside the configuration says counts for us, too (placement_in_process.POLICY)."""

    def ask(placement: PlacementInProcess) -> None:
        def usages(who: PlacementInProcess) -> Any:
            return who.placement("GET", "/usages", params={"project_id": "nobody"}, microversion="1.37")

        assert refused(lambda: usages(placement)) == (403, UNDEFINED)
        assert usages(placement.with_roles("auditor")) == {"usages": {}}

    each(ask)


def generations(there: ProviderTree) -> dict[str, int]:
    """Return the generations of all providers and consumers."""
    found = {item.uuid: item.generation for item in there.providers}
    found.update({item.uuid: item.generation for item in there.consumers})
    return {uuid: int(generation or 0) for uuid, generation in found.items()}


@pytest.mark.parametrize("microversion", ["1.30", "1.34", "1.37"])
def test_a_reshape_is_taken(each: Each, microversion: str) -> None:
    """With the role service alone; generations rise, of consumers by 1; who is not named and what is elsewhere stays."""

    def ask(placement: PlacementInProcess) -> None:
        scene = Scene.make(placement.with_roles("service"))
        wanted = (
            scene.changed("allocations/vm1/mappings", {"": [scene.uuids["root"]]})
            if microversion == "1.34"
            else scene.body
        )
        scene.post(wanted, microversion)
        after = scene.now()
        assert scene.held("vm1") == {"root": {"VCPU": 2}, "gpu": {"VGPU": 2}, "shared": {"DISK_GB": 10}}
        assert scene.held("vm2") == {"root": {"VCPU": 1}}
        assert [len(item.inventories) for item in after.providers] == [1, 0, 1, 1]
        before, now = generations(scene.tree), generations(after)
        rises = {key: now[uuid] - before[uuid] for key, uuid in scene.uuids.items() if uuid in now}
        assert rises == {"root": 3, "gpu": 3, "numa": 2, "empty": 1, "vm1": 1, "vm2": 0}

    each(ask)


def test_what_is_not_named_of_a_consumer_is_lost(each: Each) -> None:
    """Also what it holds elsewhere; a consumer with nothing at all is deleted without a word. Our body is always complete."""

    def ask(placement: PlacementInProcess) -> None:
        scene = Scene.make(placement)
        scene.post(scene.changed("allocations/vm1/allocations/shared", DROPPED))
        assert scene.held("vm1") == {"root": {"VCPU": 2}, "gpu": {"VGPU": 2}}
        scene = Scene.make(placement)
        scene.post(scene.changed("allocations/vm1/allocations", {}))
        assert scene.held("vm1") == {}
        assert [item.uuid for item in scene.now().consumers] == [scene.uuids["vm2"]]

    each(ask)


def test_more_than_there_is_may_stay_but_not_move(each: Each) -> None:
    """Over capacity is fine where it was so before, and not on a new child, which has no earlier usage."""

    def ask(placement: PlacementInProcess) -> None:
        scene = Scene.make(placement)
        put(placement, scene.uuids["root"], "inventories", {"VCPU": {"total": 1}, "VGPU": {"total": 1}})
        scene = replace(scene, tree=scene.now())
        scene.body["inventories"][scene.uuids["root"]]["resource_provider_generation"] = scene.tree.root.generation
        scene.body["inventories"][scene.uuids["root"]]["inventories"] = {"VCPU": {"total": 1}}
        too_small = scene.changed("inventories/gpu/inventories/VGPU", {"total": 1})
        assert refused(lambda: scene.post(too_small)) == (409, UNDEFINED)
        more = scene.changed("allocations/vm1/allocations/root/resources/VCPU", 3)
        assert refused(lambda: scene.post(more)) == (409, UNDEFINED)
        scene.post(scene.body)
        assert scene.held("vm1")["root"] == {"VCPU": 2}

    each(ask)


def test_a_type_stays_when_it_is_not_named(each: Each) -> None:
    """A consumer with a type keeps it at 1.37, which knows none; at 1.38 it must be named."""

    def ask(placement: PlacementInProcess) -> None:
        scene = Scene.make(placement)
        vm2 = scene.uuids["vm2"]
        consumer = scene.tree.consumers[1]
        typed = {**claim(consumer), "consumer_generation": consumer.generation, "consumer_type": "INSTANCE"}
        placement.placement("PUT", f"/allocations/{vm2}", body=typed, microversion="1.38")
        now = scene.now()
        body = {
            "inventories": {
                now.root_uuid: {
                    "resource_provider_generation": now.root.generation,
                    "inventories": {name: item.to_dict() for name, item in now.root.inventories.items()},
                }
            },
            "allocations": {vm2: {**claim(consumer), "consumer_generation": now.consumers[1].generation}},
        }
        scene.post(body)
        found = placement.placement("GET", f"/allocations/{vm2}", microversion="1.38")
        assert found["consumer_type"] == "INSTANCE"

    each(ask)


def test_who_goes_and_comes_back_between_read_and_write_is_noticed(each: Each) -> None:
    """A consumer that was deleted and made anew has the generation it had, but the provider it came to has not."""

    def ask(placement: PlacementInProcess) -> None:
        scene = Scene.make(placement)
        vm1 = scene.tree.consumers[0]
        placement.placement("DELETE", f"/allocations/{vm1.uuid}")
        again = {**vm1.allocations, scene.uuids["numa"]: {"MEMORY_MB": 1}}
        placement.placement("PUT", f"/allocations/{vm1.uuid}", body=claim(replace(vm1, allocations=again)))
        assert scene.now().consumers[0].generation == vm1.generation
        assert refused(lambda: scene.post(scene.body)) == (409, CONFLICT)
        assert scene.held("vm1")["numa"] == {"MEMORY_MB": 1}

    each(ask)


def test_more_reserved_than_there_is_is_taken(each: Each) -> None:
    """Placement refuses it everywhere but here, so the layout has to."""

    def ask(placement: PlacementInProcess) -> None:
        scene = Scene.make(placement)
        scene.post(scene.changed("inventories/empty/inventories/VGPU", {"total": 1, "reserved": 2}))
        wanted = {"VGPU": {"total": 1, "reserved": 2}}
        with pytest.raises(ApiError, match="400"):
            put(placement, scene.uuids["empty"], "inventories", wanted)
        with pytest.raises(InvalidInput, match="reserves more than its total"):
            Layout.parse({"children": [{"name": "x", "inventories": wanted}]})

    each(ask)


@pytest.mark.parametrize("seed", range(5))
def test_placement_takes_what_has_no_objections(each: Each, seed: int) -> None:
    """Random reshapes one after the other: refused are exactly those that we, and both fakes of the unit tests, would refuse."""

    def ask(placement: PlacementInProcess) -> None:
        random = Random(seed)
        there = settle(placement, random_tree(random))
        imitation = imitate(there)
        been, refusals = [there], 0
        while len(been) <= ENOUGH or refusals < ENOUGH:
            reshape = random_reshape(random, there, been)
            body = reshape.body({})
            ours, fake, others = objections(reshape), refuses(FakePlacement(there), body), answer(imitation, body)
            error = refusal(placement, body)
            assert (bool(ours), fake) == (bool(error), bool(error)), f"{ours}, {fake}, {error}"
            assert others == ((error.status, error.code) if error else (204, None)), error
            if error:
                assert others in ((409, UNDEFINED), (409, IN_USE))
                refusals += 1
            else:
                there = now(placement, there)
                assert forget_generations(there) == forget_generations(reshape.after)
                assert imitated(imitation, there) == there
                been.append(there)

    each(ask)


def refusal(placement: PlacementInProcess, body: Mapping[str, Any]) -> ApiError | None:
    """Return why a body is refused; nothing when it is taken."""
    try:
        placement.placement("POST", "/reshaper", body=body)
    except ApiError as error:
        return error
    return None


def refuses(placement: FakePlacement, body: Mapping[str, Any]) -> bool:
    """Return whether the fake of one tree refuses a body."""
    try:
        placement.reshape(body)
    except Refused:
        return True
    return False


def answer(imitation: PlacementTrees, body: Mapping[str, Any]) -> tuple[int, str | None]:
    """Return status and code of the fake that answers requests."""
    found = imitation.answer("POST", "/reshaper", {}, body, (1, 37))
    return found.status_code, found.json()["errors"][0]["code"] if found.content else None


@settings(max_examples=6, deadline=None, derandomize=True)
@given(hosts(), st.data())
def test_what_is_planned_is_taken_and_can_be_undone(each: Each, wanted: ProviderTree, data: st.DataObject) -> None:
    """Random hosts and layouts: the tree is as planned afterwards, and as before after the undo."""
    layout = Layout.parse(data.draw(layouts(wanted)))
    try:
        plan(wanted, layout, VOCABULARY)
    except (InvalidInput, NoAssignment, Unacceptable):
        return
    tag = f"{next(NUMBERS)}+"

    def ask(placement: PlacementInProcess) -> None:
        there = settle(placement, elsewhere(wanted, tag))
        reshape = plan(there, layout, VOCABULARY)
        after = carry_out(placement, reshape)
        assert forget_generations(after) == forget_generations(reshape.after)
        assert not plan(after, layout, VOCABULARY).changed
        if not objections_to_undo(reshape):
            back = carry_out(placement, plan_undo(after, undo_of(reshape), VOCABULARY))
            assert forget_generations(back) == forget_generations(there)

    each(ask)


def test_looking_writes_nothing(tmp_path: Path) -> None:
    """Without the right to write, not even the traits that the code knows are stored."""
    with closing(PlacementInProcess.start("2026.2", tmp_path, may_write=False)) as placement:
        assert placement.placement("GET", "/traits") == {"traits": []}
        assert placement.counters() == {"requests": 1, "writes": 0}


def test_it_says_nothing_but_answers(placements: Mapping[str, PlacementInProcess]) -> None:
    """None of Placement's warnings about all these refusals was printed."""
    assert {release: placement.complaints for release, placement in placements.items()} == dict.fromkeys(placements, "")
