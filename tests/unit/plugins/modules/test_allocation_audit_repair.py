# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""allocation_audit with the option repair: what is written, what is only shown, what is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.stackroll.nova.plugins.modules import allocation_audit, fleet_info
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_openstack import AMOUNTS, FakeOpenStack, uuid_of
from ansible_collections.stackroll.nova.tests.unit.plugins.modules.conftest import RunModule

pytestmark = pytest.mark.usefixtures("no_sleep")

STRANGER = uuid_of("stranger")
EVERYTHING = [{"kind": "orphaned"}, {"kind": "doubled"}, {"kind": "missing"}]
WEB = uuid_of("web")
PATH = f"/allocations/{WEB}"
Damage = Callable[[FakeOpenStack], object]


@pytest.fixture
def cloud(openstack: FakeOpenStack) -> FakeOpenStack:
    """A cloud with an orphan, a server on two hosts, one with nothing, and one in order."""
    openstack.allocate(STRANGER, "cmp1", AMOUNTS)
    openstack.add_server("web", "cmp1")
    openstack.allocate(WEB, "cmp2", AMOUNTS)
    openstack.add_server("db", "cmp2", held={})
    openstack.add_server("fine", "cmp2")
    return openstack


def repair(run_module: RunModule, *entries: dict[str, str], **options: Any) -> dict[str, Any]:
    return run_module(allocation_audit, repair=list(entries), timeout=4, **options)


def written(cloud: FakeOpenStack) -> list[str]:
    return sorted(path for _method, path, _body in cloud.writes())


def change(cloud: FakeOpenStack, consumer: str) -> None:
    """What Nova does when it writes allocations."""
    cloud.consumers[consumer]["consumer_generation"] += 1


def test_everything_is_repaired_and_judged_again(run_module: RunModule, cloud: FakeOpenStack) -> None:
    result = repair(run_module, *EVERYTHING, diff=True)
    assert (result["changed"], [item["result"] for item in result["repairs"]]) == (True, ["repaired"] * 3)
    assert [result["accounting"][kind] for kind in ("orphaned", "doubled", "missing")] == [[], [], []]
    assert (cloud.held(STRANGER), cloud.held(WEB), cloud.held(uuid_of("db"))) == (
        {},
        {"cmp1": AMOUNTS},
        {"cmp2": AMOUNTS},
    )
    assert result["diff"]["before"][WEB] == {"cmp1": AMOUNTS, "cmp2": AMOUNTS}
    assert result["diff"]["after"][STRANGER] == {}
    assert result["api"]["writes"] == 3
    assert result["looks"] == 4, "three until the timeout, and one after the writes"


def test_the_second_time_writes_nothing(run_module: RunModule, cloud: FakeOpenStack) -> None:
    repair(run_module, *EVERYTHING)
    again = repair(run_module, *EVERYTHING, diff=True)
    assert (again["changed"], again["repairs"], again["api"]["writes"]) == (False, [], 0)
    assert again["diff"] == {"before": {}, "after": {}}


def test_one_entry_tells_it_all(run_module: RunModule, cloud: FakeOpenStack) -> None:
    result = repair(run_module, {"consumer_id": WEB, "kind": "doubled"}, fail_on=[])
    assert result["repairs"] == [
        {
            "consumer_id": WEB,
            "name": "web",
            "kinds": ["doubled"],
            "result": "repaired",
            "reason": None,
            "remedy": None,
            "before": {"cmp1": AMOUNTS, "cmp2": AMOUNTS},
            "after": {"cmp1": AMOUNTS},
            "method": "PUT",
            "path": PATH,
            "body": {
                "allocations": {uuid_of("cmp1"): {"resources": AMOUNTS}},
                "consumer_generation": 1,
                "project_id": "project",
                "user_id": "user",
            },
        }
    ]
    assert "diff" not in result


@pytest.mark.parametrize(
    ("entry", "paths"),
    [
        ({"kind": "orphaned"}, [f"/allocations/{STRANGER}"]),
        ({"consumer_id": WEB}, [PATH]),
        ({"consumer_id": uuid_of("db"), "kind": "missing"}, [f"/allocations/{uuid_of('db')}"]),
    ],
)
def test_only_what_is_named_is_touched(
    run_module: RunModule, cloud: FakeOpenStack, entry: dict[str, str], paths: list[str]
) -> None:
    result = repair(run_module, entry)
    assert result["failed"], "what was not named is still wrong"
    assert result["changed"]
    assert written(cloud) == paths


def test_check_mode_shows_and_writes_nothing(run_module: RunModule, cloud: FakeOpenStack) -> None:
    result = repair(run_module, *EVERYTHING, check=True, diff=True)
    assert (result["changed"], result["api"]["writes"]) == (True, 0)
    assert [item["result"] for item in result["repairs"]] == ["planned"] * 3
    assert result["diff"]["after"] == {STRANGER: {}, WEB: {"cmp1": AMOUNTS}, uuid_of("db"): {"cmp2": AMOUNTS}}
    assert result["accounting"]["orphaned"] == [STRANGER], "the accounting tells of the cloud as it is"


def test_check_mode_fails_with_what_would_be_left(run_module: RunModule, cloud: FakeOpenStack) -> None:
    result = repair(run_module, {"kind": "orphaned"}, {"kind": "doubled"}, check=True)
    assert result["msg"].startswith("1 consumer missing (db: it has no allocations).")


def test_old_leaks_can_be_repaired_as_well(run_module: RunModule, cloud: FakeOpenStack) -> None:
    baseline = run_module(fleet_info)["fleet"]
    cloud.calls.clear()
    result = repair(run_module, {"kind": "orphaned"}, baseline=baseline)
    assert written(cloud) == [f"/allocations/{STRANGER}"]
    assert result["accounting"]["preexisting"]["doubled"] == [WEB]
    assert result["looks"] == 4


@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        ({"consumer_id": "nobody"}, "for consumer nobody: it is no server and holds nothing on a host."),
        ({"consumer_id": uuid_of("fine")}, f"for server fine ({uuid_of('fine')}): its allocations add up."),
        (
            {"consumer_id": WEB, "kind": "missing"},
            f"of the kind missing for server web ({WEB}): its finding is doubled.",
        ),
        ({"consumer_id": uuid_of("busy")}, f"for server busy ({uuid_of('busy')}): it is being built, moved or deleted"),
    ],
)
def test_a_consumer_without_a_finding_is_refused_before_the_first_write(
    run_module: RunModule, cloud: FakeOpenStack, entry: dict[str, str], sentence: str
) -> None:
    cloud.add_server("busy", "cmp1", held={}, **{"OS-EXT-STS:task_state": "migrating"})
    result = repair(run_module, {"kind": "orphaned"}, entry)
    assert result["msg"].startswith(f"There is nothing to repair {sentence}")
    assert (result["changed"], cloud.writes()) == (False, [])


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"repair": [{}]}, "one of the following is required: consumer_id, kind"),
        ({"repair": [{"kind": "lost"}]}, "value of kind must be one of: orphaned, doubled, missing, got: lost"),
        ({"repair": [{"kind": "missing"}], "timeout": 0}, "Nothing is repaired after a single look."),
        ({"repair": [{"kind": "missing"}], "fleet": {}}, "parameters are mutually exclusive: fleet|repair"),
    ],
)
def test_bad_options(run_module: RunModule, cloud: FakeOpenStack, options: dict[str, Any], sentence: str) -> None:
    result = run_module(allocation_audit, **options)
    assert sentence in result["msg"]
    assert cloud.calls == []


def test_a_passing_finding_is_not_repaired(run_module: RunModule, cloud: FakeOpenStack, no_sleep: list[float]) -> None:
    def leave(_method: str, path: str) -> None:
        if path == "/os-services" and len(no_sleep) == 1:
            cloud.allocations[uuid_of("cmp1")].pop(STRANGER, None)
        elif path == "/os-services" and len(no_sleep) == 2:
            cloud.allocate(STRANGER, "cmp1", AMOUNTS)

    cloud.before_request = leave
    result = repair(run_module, {"kind": "orphaned"}, fail_on=[])
    assert (result["changed"], result["repairs"], cloud.writes()) == (False, [], [])


def overtake(cloud: FakeOpenStack, times: int) -> None:
    """Somebody else writes the allocations between our question and our answer."""
    left = [times]

    def write(method: str, path: str) -> None:
        if (method, path) == ("PUT", PATH) and left[0]:
            left[0] -= 1
            change(cloud, WEB)

    cloud.before_request = write


def test_a_conflict_is_read_and_planned_again(run_module: RunModule, cloud: FakeOpenStack) -> None:
    overtake(cloud, 2)
    result = repair(run_module, {"kind": "doubled"}, fail_on=[])
    assert (result["repairs"][0]["result"], written(cloud)) == ("repaired", [PATH] * 3)
    assert result["repairs"][0]["body"]["consumer_generation"] == 3
    assert cloud.held(WEB) == {"cmp1": AMOUNTS}


def test_conflicts_are_bounded(run_module: RunModule, cloud: FakeOpenStack) -> None:
    overtake(cloud, 99)
    result = repair(run_module, {"kind": "doubled"}, fail_on=[])
    assert (result["failed"], result["changed"], written(cloud)) == (True, False, [PATH] * 3)
    assert f"Not repaired: web ({WEB}): PUT {PATH} answered 409: consumer generation conflict" in result["msg"]
    assert result["repairs"][0]["result"] == "conflict"


def test_what_somebody_else_repairs_meanwhile_is_fine(run_module: RunModule, cloud: FakeOpenStack) -> None:
    def mend(method: str, path: str) -> None:
        if (method, path) == ("PUT", PATH):
            cloud.allocations[uuid_of("cmp2")].pop(WEB, None)
            change(cloud, WEB)

    cloud.before_request = mend
    result = repair(run_module, {"kind": "doubled"}, fail_on=[])
    assert (result["changed"], result["repairs"][0]["result"]) == (False, "gone")


def move_away(cloud: FakeOpenStack) -> None:
    cloud.servers[0]["OS-EXT-STS:task_state"] = "migrating"


def hold_more(cloud: FakeOpenStack) -> None:
    cloud.allocate(WEB, "cmp1", {**AMOUNTS, "VCPU": 1})


def delete(cloud: FakeOpenStack) -> None:
    cloud.servers.pop(0)


@pytest.mark.parametrize("damage", [move_away, hold_more, delete])
def test_what_changes_after_the_last_look_is_not_written_blindly(
    run_module: RunModule, cloud: FakeOpenStack, damage: Damage
) -> None:
    done: list[str] = []

    def act(_method: str, path: str) -> None:
        if path == PATH and not done:
            done.append(path)
            damage(cloud)

    cloud.before_request = act
    result = repair(run_module, {"consumer_id": WEB}, fail_on=[])
    first = [call for call in cloud.calls if call[1] == PATH]
    assert first[0][0] == "GET"
    if damage is hold_more:  # the new look shows a finding of the same kind, and the plan is made anew
        assert written(cloud) == [PATH]
        assert cloud.held(WEB) == {"cmp1": {**AMOUNTS, "VCPU": 1}}
    else:
        assert (cloud.writes(), result["repairs"][0]["result"]) == ([], "gone")


def test_a_cell_that_falls_silent_after_the_last_look_stops_the_repair(
    run_module: RunModule, cloud: FakeOpenStack
) -> None:
    def fall_silent(_method: str, path: str) -> None:
        if path == PATH:
            cloud.servers[0]["status"] = "UNKNOWN"

    cloud.before_request = fall_silent
    result = repair(run_module, {"consumer_id": WEB}, fail_on=[])
    assert f"Not repaired: web ({WEB}): its cell does not answer" in result["msg"]
    assert cloud.writes() == []


def unlist(cloud: FakeOpenStack) -> None:
    cloud.unlisted.append({"id": STRANGER, "status": "ACTIVE"})


def silence(cloud: FakeOpenStack) -> None:
    cloud.unlisted.append({"id": STRANGER, "status": "UNKNOWN"})


def keep_moving(cloud: FakeOpenStack) -> None:
    cloud.add_migration("gone", "live-migration", "running", "cmp1", "cmp2")
    cloud.migrations[-1]["uuid"] = STRANGER


def belong_to_another_service(cloud: FakeOpenStack) -> None:
    cloud.consumers[STRANGER] = {
        "consumer_generation": 1,
        "project_id": "p",
        "user_id": "u",
        "consumer_type": "CONTAINER",
    }


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (unlist, "Nova has a server of this UUID, of status ACTIVE, which is not in its list of servers"),
        (silence, "its cell does not answer"),
        (keep_moving, "its live-migration is running"),
        (belong_to_another_service, "it is a consumer of the type CONTAINER, which is not Nova's"),
    ],
)
def test_an_orphan_is_one_only_when_nova_says_so(
    run_module: RunModule, cloud: FakeOpenStack, damage: Damage, reason: str
) -> None:
    damage(cloud)
    result = repair(run_module, {"kind": "orphaned"}, {"kind": "doubled"}, fail_on=[])
    assert f"Not repaired: consumer ({STRANGER}): {reason}" in result["msg"]
    assert (result["changed"], written(cloud)) == (True, [PATH]), "the other one is repaired all the same"
    refused = next(item for item in result["repairs"] if item["result"] == "refused")
    assert (refused["reason"], refused["before"], refused["body"]) == (reason, None, None)


def test_a_migration_that_has_just_begun_is_not_disturbed(run_module: RunModule, cloud: FakeOpenStack) -> None:
    def begin(_method: str, path: str) -> None:
        if path == PATH and not cloud.migrations:
            cloud.add_migration("web", "live-migration", "queued", "cmp1", "cmp2")

    cloud.before_request = begin
    result = repair(run_module, {"consumer_id": WEB}, fail_on=[])
    assert "its live-migration is queued" in result["msg"]
    assert cloud.writes() == []


def test_what_a_migration_has_left_behind_is_repaired(run_module: RunModule, cloud: FakeOpenStack) -> None:
    left = cloud.add_migration("web", "resize", "confirmed", "cmp2", "cmp1")
    cloud.allocate(left, "cmp2", AMOUNTS)
    result = repair(run_module, {"consumer_id": left}, fail_on=[])
    assert (result["repairs"][0]["result"], cloud.held(left)) == ("repaired", {})


def test_the_reason_names_the_migration(run_module: RunModule, cloud: FakeOpenStack) -> None:
    left = cloud.add_migration("web", "resize", "confirmed", "cmp2", "cmp1")
    cloud.allocate(left, "cmp2", AMOUNTS)
    details = run_module(allocation_audit, fail_on=[])["accounting"]["details"]
    found = next(item for item in details if item["consumer_id"] == left)
    assert found["reason"] == f"it was left by a resize from cmp2 to cmp1 (confirmed) of server {WEB}"
    assert found["server_id"] == WEB


def test_the_reason_names_an_unfinished_migration_without_server(run_module: RunModule, cloud: FakeOpenStack) -> None:
    keep_moving(cloud)
    details = run_module(allocation_audit, fail_on=[])["accounting"]["details"]
    found = next(item for item in details if item["consumer_id"] == STRANGER)
    way = "live-migration from cmp1 to cmp2 (running)"
    assert found["reason"] == f"it is a {way} of server {uuid_of('gone')}, which Nova does not list"


def test_only_for_orphans_the_migrations_are_searched(run_module: RunModule, cloud: FakeOpenStack) -> None:
    cloud.allocations[uuid_of("cmp1")].pop(STRANGER)
    run_module(allocation_audit, fail_on=[])
    assert [
        params for _method, path, params in cloud.calls if path == "/os-migrations" and "status" not in params
    ] == []


@pytest.mark.parametrize(("newer", "pages", "known"), [(2, 3, True), (4, 5, True), (5, 5, False)])
def test_the_search_for_the_migration_is_bounded(
    run_module: RunModule, cloud: FakeOpenStack, newer: int, pages: int, known: bool
) -> None:
    cloud.page_limit = 1
    for number in range(newer):
        cloud.add_migration(f"newer {number}", "resize", "confirmed", "cmp2", "cmp1")
    left = cloud.add_migration("web", "resize", "confirmed", "cmp2", "cmp1")
    cloud.allocate(left, "cmp2", AMOUNTS)
    cloud.allocations[uuid_of("cmp1")].pop(STRANGER)
    for number in range(9):
        cloud.add_migration(f"older {number}", "resize", "confirmed", "cmp2", "cmp1")
    details = run_module(allocation_audit, fail_on=[], timeout=0)["accounting"]["details"]
    found = next(item for item in details if item["consumer_id"] == left)
    assert (found["server_id"] == WEB) == known
    asked = [params for _method, path, params in cloud.calls if path == "/os-migrations" and "status" not in params]
    assert len(asked) == pages


def test_a_refused_write_is_told_with_its_error(run_module: RunModule, cloud: FakeOpenStack) -> None:
    def refuse(method: str, path: str) -> None:
        if (method, path) == ("PUT", PATH):
            cloud.broken[PATH] = 403

    cloud.before_request = refuse
    result = repair(run_module, {"kind": "doubled"}, fail_on=[])
    assert f"Not repaired: web ({WEB}): PUT {PATH} answered 403: it is broken (request req-1)" in result["msg"]
    assert "Use an account with the admin role" in result["msg"]
    assert (result["changed"], result["repairs"][0]["result"]) == (False, "failed")


def test_an_answer_that_is_lost_is_read_back(run_module: RunModule, cloud: FakeOpenStack) -> None:
    def lose(method: str, path: str) -> None:
        if (method, path) == ("PUT", PATH):
            cloud.allocations[uuid_of("cmp2")].pop(WEB)
            cloud.broken[PATH] = 504

    cloud.before_request = lose
    result = repair(run_module, {"kind": "doubled"}, fail_on=[])
    assert (result["changed"], result["repairs"][0]["result"], result["repairs"][0]["reason"]) == (
        True,
        "repaired",
        None,
    )


def test_a_cloud_that_falls_silent_after_the_write_does_not_hide_it(
    run_module: RunModule, cloud: FakeOpenStack
) -> None:
    def fall_silent(method: str, path: str) -> None:
        if (method, path) == ("PUT", PATH):
            cloud.broken["/servers/detail"] = 503

    cloud.before_request = fall_silent
    result = repair(run_module, {"kind": "doubled"})
    assert result["msg"].startswith("The cloud cannot be judged")
    assert (result["changed"], result["repairs"][0]["result"]) == (True, "written")
