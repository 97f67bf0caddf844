# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""upgrade_check: from options to judgement, and every bad input in one sentence."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pymysql
import pytest
import yaml

from ansible_collections.stackroll.nova.plugins.module_utils.api.session import Cloud
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.catalog import CATALOG
from ansible_collections.stackroll.nova.plugins.modules import fleet_info, upgrade_check
from ansible_collections.stackroll.nova.tests.unit.plugins import fake_evidence
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_http import FakeHttp, certificate
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_mysql import PASSWORD, url_of
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_openstack import FakeOpenStack
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_sql import CELL, FakeSql, ago
from ansible_collections.stackroll.nova.tests.unit.plugins.modules.conftest import RunModule

pytestmark = pytest.mark.filterwarnings("ignore:Support for InfluxDB")
Call = Callable[..., dict[str, Any]]
DATABASES = {"nova_api": url_of("nova_api"), "nova": url_of("nova_cell0"), "placement": url_of("placement")}


@pytest.fixture(autouse=True)
def no_cloud_around(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing in the environment names a cloud."""
    for name in ("OS_CLOUD", "OS_CLIENT_CONFIG_FILE", "OS_AUTH_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def check(run_module: RunModule, capfd: pytest.CaptureFixture[str]) -> Call:
    """A function that runs the module and makes sure that it tells no secret."""

    def run(**options: Any) -> dict[str, Any]:
        result = run_module(upgrade_check, **{"target_release": "2026.2", **options})
        assert PASSWORD not in json.dumps(result)
        assert "Traceback" not in json.dumps(result)
        assert PASSWORD not in "".join(capfd.readouterr())
        return result

    return run


@pytest.fixture
def configs(http: FakeHttp, sql: FakeSql, tmp_path: Path) -> dict[str, list[str]]:
    """The configuration files of a healthy control host, with its databases and APIs."""
    sql.insert("nova_api", "host_mappings", cell_id=2, host="cmp1")
    sql.insert("nova_cell1", "services", binary="nova-compute", host="cmp1", version=72, uuid="s1", last_seen_up=ago(3))
    nova, placement = tmp_path / "nova.conf", tmp_path / "placement.conf"
    nova.write_text(
        f"[api_database]\nconnection = {DATABASES['nova_api']}\n[database]\nconnection = {DATABASES['nova']}\n"
        f"{http.section('placement')}{http.section('cinder')}[service_user]\nsend_service_user_token = true\n",
        encoding="utf-8",
    )
    placement.write_text(f"[placement_database]\nconnection = {DATABASES['placement']}\n", encoding="utf-8")
    return {"nova": [str(nova)], "placement": [str(placement)]}


def named(result: dict[str, Any], name: str) -> dict[str, Any]:
    (found,) = [each for each in result["checks"] if each["check"] == name]
    return dict(found)


def test_a_healthy_control_host(check: Call, configs: dict[str, list[str]], http: FakeHttp, sql: FakeSql) -> None:
    result = check(config_files=configs, checks=["nova", "placement"])
    assert (result["code"], result["result"], result["changed"]) == (0, "success", False)
    assert {each["result"] for each in result["checks"]} == {"success"}
    assert {each["group"] for each in result["checks"]} == {"nova", "placement"}
    assert {each["release"] for each in result["checks"]} == {"2026.2"}
    assert result["tally"] == f"{len(result['checks'])} checks: {len(result['checks'])} success"
    assert result["table"][1] == f"| {'Upgrade Check Results'.ljust(68)} |"
    assert result["target"]["nova"] == 34
    assert result["api"] == {"requests": len(http.seen), "writes": 0}
    assert sql.open == 0


def test_only_what_the_checks_need_is_opened(
    check: Call, configs: dict[str, list[str]], http: FakeHttp, sql: FakeSql
) -> None:
    check(config_files=configs, checks=["Missing Root Provider IDs"], cloud="nope")
    assert [opened["database"] for opened in sql.connections] == ["placement"]
    assert http.seen == []


def test_a_failure_names_check_object_and_remedy(check: Call, configs: dict[str, list[str]], sql: FakeSql) -> None:
    sql.insert("nova_cell1", "services", binary="nova-compute", host="cmp2", version=50, uuid="s2")
    result = check(config_files=configs, checks=["nova", "placement"])
    assert result["failed"]
    assert result["msg"].startswith("Not ready for 2026.2. Older than N-1 computes (failure): ")
    assert "cmp2" in result["msg"]
    assert "openstack compute service delete" in result["msg"]
    assert (result["code"], result["result"]) == (2, "failure")
    found = named(result, "Older than N-1 computes")
    assert found["result"] == "failure"
    assert any("cmp2" in each for each in found["objects"])
    assert result["api"]["requests"] > 0


def test_never_fails_when_told_so(check: Call, configs: dict[str, list[str]], sql: FakeSql) -> None:
    sql.insert("placement", "resource_providers", uuid="u", name="cmp1")
    result = check(config_files=configs, checks=["placement"], fail_on="never")
    assert "failed" not in result
    assert result["code"] == 2


def test_warnings(check: Call, configs: dict[str, list[str]], sql: FakeSql) -> None:
    sql.insert("placement", "allocations", consumer_id="c", resource_provider_id=1, resource_class_id=1, used=1)
    options: dict[str, Any] = {"config_files": configs, "checks": ["placement"]}
    assert check(**options)["code"] == 1
    refused = check(**options, fail_on="warning")
    assert refused["msg"].startswith("Not ready for 2026.2. Incomplete Consumers (warning): ")
    result = check(**options, fail_on="warning", accepted_warnings=["Incomplete Consumers"])
    assert (result["code"], result["result"]) == (0, "success")
    assert named(result, "Incomplete Consumers")["accepted"]
    assert named(result, "Incomplete Consumers")["result"] == "warning"
    assert not named(result, "Missing Root Provider IDs")["accepted"]


def test_nothing_given_is_unknown_and_no_success(check: Call) -> None:
    result = check()
    assert result["failed"]
    assert {each["result"] for each in result["checks"]} == {"unknown"}
    assert result["code"] == 2
    assert "No Nova database given." in named(result, "Cells v2")["summary"]
    assert "No Placement database given." in named(result, "Missing Root Provider IDs")["summary"]
    assert result["api"] == {"requests": 0, "writes": 0}


def test_unknown_can_be_accepted_or_skipped(check: Call, sql: FakeSql) -> None:
    groups = sorted({each.group for each in CATALOG})
    result = check(accepted_unknown=groups)
    assert result["code"] == 0
    assert "failed" not in result
    result = check(skip=groups)
    assert {each["result"] for each in result["checks"]} == {"skipped"}
    assert result["code"] == 0
    assert sql.connections == []


def test_a_silent_cell_is_unknown_and_the_rest_goes_on(
    check: Call, configs: dict[str, list[str]], sql: FakeSql
) -> None:
    sql.add_cell("cell2", "c2")
    del sql.databases["nova_cell2"]
    result = check(config_files=configs, checks=["nova", "placement"], fail_on="never")
    old = named(result, "Older than N-1 computes")
    assert old["result"] == "unknown"
    assert "cell2 did not answer (Database nova_cell2 on db:3306 cannot be reached" in old["summary"]
    assert named(result, "Placement API")["result"] == "success"
    assert result["code"] == 2


def test_every_release_passed_through_is_asked(check: Call, configs: dict[str, list[str]]) -> None:
    result = check(
        config_files=configs, checks=["Older than N-1 computes"], target_release="2026.1", releases=["2025.2", "31"]
    )
    assert [(each["release"], each["result"]) for each in result["checks"]] == [
        ("2025.1", "success"), ("2025.2", "success"), ("2026.1", "success"),
    ]  # fmt: skip


def test_databases_without_any_configuration(check: Call, sql: FakeSql) -> None:
    result = check(databases=DATABASES, checks=["placement", "Cells v2", "Placement API"], fail_on="never")
    assert {each["check"]: each["result"] for each in result["checks"]} == {
        "Cells v2": "success",
        "Placement API": "unknown",
        "Missing Root Provider IDs": "success",
        "Incomplete Consumers": "success",
        **{each.name: "unknown" for each in CATALOG if each.group == "placement" and "Policy" in each.name},
    }


def test_a_configuration_without_databases(check: Call, tmp_path: Path) -> None:
    path = tmp_path / "nova.conf"
    path.write_text("[service_user]\nsend_service_user_token = yes\n", encoding="utf-8")
    result = check(config_files={"nova": [str(path)]}, checks=["nova"], fail_on="never")
    assert named(result, "Service User Token Configuration")["result"] == "success"
    assert named(result, "Cells v2")["summary"] == f"[api_database] connection is not set in {path}."


def test_the_fleet_comes_from_the_option_then_the_databases_then_the_cloud(
    check: Call, run_module: RunModule, openstack: FakeOpenStack, sql: FakeSql
) -> None:
    openstack.add_server("web", "cmp1")
    fleet = run_module(fleet_info)["fleet"]
    openstack.calls.clear()
    options = {"checks": ["Servers in ERROR"], "cloud": "there", "fail_on": "never"}
    assert check(**options, fleet=fleet, databases=DATABASES)["code"] == 0
    assert (openstack.calls, sql.connections) == ([], [])
    assert check(**options, databases=DATABASES)["code"] == 0
    assert openstack.calls == []
    assert sql.connections
    assert check(**options)["code"] == 0
    assert openstack.calls


def test_other_modules_results_reach_the_checks(check: Call) -> None:
    software = {"cmp1": {"host": "cmp1", "libvirt": "7.0.0", "qemu": "9.0.0", "units": {}, "configuration": {}}}
    result = check(software=software, checks=["libvirt version"], fail_on="never")
    assert named(result, "libvirt version")["result"] == "failure"


def test_results_of_other_calls_are_judged_too_and_not_asked_again(check: Call, sql: FakeSql) -> None:
    first = check(databases=DATABASES, checks=["Missing Root Provider IDs"])["checks"]
    sql.connections.clear()
    foreign = {"check": "Sample", "result": "warning", "summary": "Look at it.", "group": "cinder-status"}
    result = check(
        databases=DATABASES, checks=["Missing Root Provider IDs"], include_results=[*first, foreign], fail_on="warning"
    )
    assert [each["check"] for each in result["checks"]] == ["Missing Root Provider IDs", "Sample"]
    assert "Sample (warning): Look at it." in result["msg"]
    assert any("Sample" in line for line in result["table"])
    assert sql.connections == []


@pytest.mark.parametrize("old", [None, {"nova": {"known": ["DEFAULT/debug", "DEFAULT/gone"], "deprecated": []}}])
def test_options_that_hosts_set_and_codes_know(check: Call, old: dict[str, Any] | None) -> None:
    said = {"cmp1": {"configuration": {"nova": {"options": ["DEFAULT/debug", "DEFAULT/gone"], "problem": None}}}}
    known = {"new": {"nova": {"known": ["DEFAULT/debug"], "deprecated": []}}, **({"old": old} if old else {})}
    result = check(software=said, known_options=known, checks=["Configuration options"], fail_on="never")
    assert result["checks"][0]["objects"] == ["[DEFAULT] gone (cmp1)"]


@pytest.mark.parametrize(
    ("option", "name"), [("known_options", "Configuration options"), ("object_versions", "Object versions")]
)
def test_codes_that_could_not_be_listed(check: Call, option: str, name: str) -> None:
    listed = {"old": {"nova": {}}, "new": {"nova": {}}, "unknown": "The generator ended with 1."}
    (row,) = check(**{option: listed}, checks=[name], fail_on="never")["checks"]
    assert row["result"] == "unknown"
    assert "The generator ended with 1." in row["summary"]


def test_schema_changes_are_compared_with_the_databases(check: Call, sql: FakeSql) -> None:
    drop = {"line": 9, "kind": "contract", "what": "drop_table t", "table": "t", "column": "", "unused": False}
    scripts = {
        kind: [
            {"revision": "a", "after": [], "file": "a.py", "operations": []},
            {"revision": "b", "after": ["a"], "file": "b.py", "operations": [drop] if kind == "nova_cell" else []},
        ]
        for kind in ("nova_api", "nova_cell", "placement")
    }
    for database in ("nova_api", "nova_cell0", "nova_cell1", "placement"):
        sql.insert(database, "alembic_version", version_num="a")
    names = ["Schema changes of Nova", "Schema changes of Placement"]
    options = {"databases": DATABASES, "checks": names, "fail_on": "never"}
    found = check(**options, schema_changes=scripts)["checks"]
    assert [(row["check"], row["result"]) for row in found] == [(names[0], "failure"), (names[1], "success")]
    assert found[0]["objects"] == ["nova_cell drop_table t (b.py:9)"]
    rows = check(**options, schema_changes={})["checks"]
    assert rows[1]["summary"] == "The staged code has no schema scripts for placement."
    for given, words in (
        ({"unknown": "The script x cannot be read."}, "The script x cannot be read."),
        (None, "No schema scripts of the staged code given."),
    ):
        rows = check(**options, **({} if given is None else {"schema_changes": given}))["checks"]
        assert [(row["result"], row["summary"]) for row in rows] == [("unknown", words)] * 2


def test_a_schema_revision_that_is_none(check: Call, sql: FakeSql) -> None:
    (row,) = check(
        databases=DATABASES, checks=["Schema changes of Nova"], fail_on="never", schema_changes={"nova_api": [{"x": 1}]}
    )["checks"]
    assert row["result"] == "unknown"


def test_check_mode_is_the_same(check: Call, sql: FakeSql) -> None:
    assert check(check=True, databases=DATABASES, checks=["Cells v2"])["code"] == 0


def test_the_timeout_reaches_the_databases(check: Call, sql: FakeSql) -> None:
    check(databases=DATABASES, checks=["Cells v2"], timeout=4)
    assert {opened["connect_timeout"] for opened in sql.connections} == {4}


# Bad input: one sentence that names the option


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"target_release": "2019.7"}, "'2019.7' is not an OpenStack release known to this collection."),
        (
            {"releases": ["2026.2"]},
            "The option releases names 2026.2, which does not come before the target release 2026.2.",
        ),
        ({"releases": ["never"]}, "'never' is not an OpenStack release"),
        ({"checks": ["Nonsense"]}, "The option checks names 'Nonsense', which is no check and no group of checks."),
        ({"skip": ["Nonsense"]}, "The option skip names 'Nonsense'"),
        ({"fleet": {"schema": "x"}}, "The option fleet cannot be used: This is not a fleet"),
        ({"object_versions": {"old": {}}}, "The option object_versions lacks old or new."),
        ({"known_options": {"old": {}}}, "The option known_options lacks new."),
        ({"include_results": [{"check": "x", "result": "great"}]}, "The option include_results has an entry"),
        (
            {"config_files": {"nova": ["/nowhere/nova.conf"]}},
            "The option config_files.nova cannot be used: Configuration file",
        ),
        (
            {"config_files": {"placement": ["/nowhere/p.conf"]}},
            "The option config_files.placement cannot be used: Configuration file /nowhere/p.conf cannot be read",
        ),
        (
            {"databases": {"nova_api": url_of("gone", "db9")}},
            "The option databases.nova_api cannot be used: Database gone on db9:3306 cannot be reached",
        ),
        (
            {"databases": {"placement": url_of("gone")}},
            "The option databases.placement cannot be used: Database gone on db:3306 cannot be reached",
        ),
        (
            {"databases": {"nova_api": f"sqlite:///{PASSWORD}"}},
            "The option databases.nova_api cannot be used: A database URL uses 'sqlite'",
        ),
        (
            {"databases": {"placement": f"mysql://nova:{PASSWORD}@/placement"}},
            "The option databases.placement cannot be used: A database URL lacks its host",
        ),
        (
            {"databases": {"nova_api": url_of("placement")}},
            "The option databases.nova_api cannot be used: Database placement on db:3306 refused a read",
        ),
        (
            {"databases": {"placement": url_of("placement") + "&ssl_ca=/nowhere/ca.pem"}},
            "The option databases.placement cannot be used: Database placement on db:3306 cannot be reached",
        ),
        ({"cloud": "nope"}, "The cloud cannot be used: Cloud nope was not found"),
        ({"cloud": {"auth": {}}, "region_name": "one"}, "The option cloud holds a whole configuration"),
    ],
)
def test_bad_input(check: Call, sql: FakeSql, options: dict[str, Any], sentence: str) -> None:
    result = check(**options)
    assert result["failed"]
    assert result["msg"].startswith(sentence)
    assert "checks" not in result, "nothing was asked"


def test_a_wrong_password_of_a_database(check: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_arguments: Any) -> None:
        raise pymysql.err.OperationalError(1045, "Access denied for user 'nova'@'ctl1' (using password: YES)")

    monkeypatch.setattr(pymysql, "connect", refuse)
    result = check(databases=DATABASES)
    assert result["msg"].startswith("The option databases.nova_api cannot be used: Database nova_api on db:3306")
    assert "Access denied for user 'nova'@'ctl1'" in result["msg"]


def test_a_database_that_the_configuration_names(check: Call, configs: dict[str, list[str]], sql: FakeSql) -> None:
    del sql.databases["placement"]
    result = check(config_files=configs)
    assert result["msg"].startswith("The option config_files.placement cannot be used: Database placement on db:3306")
    del sql.databases["nova_api"]
    assert check(config_files=configs)["msg"].startswith(
        "The option config_files.nova cannot be used: Database nova_api"
    )


def test_a_configuration_that_is_not_valid_is_not_shown(check: Call, tmp_path: Path) -> None:
    path = tmp_path / "nova.conf"
    path.write_text(f"password = {PASSWORD}\n", encoding="utf-8")
    result = check(config_files={"nova": [str(path)]})
    assert result["msg"].startswith(
        f"The option config_files.nova cannot be used: Configuration file {path} is not valid"
    )


def test_a_template_with_missing_parts(check: Call, sql: FakeSql) -> None:
    sql.add_cell("cell2", "c2", url="{scheme}://{username}:{password}@{hostname}:{port}/nova?{query}")
    result = check(databases={"nova_api": DATABASES["nova_api"]}, checks=["Cells v2"])
    assert result["msg"].startswith(
        "The database URL of cell cell2 is a template with {scheme}, {username}, {password},"
    )
    assert "(the option databases.nova) would fill, but it is not given." in result["msg"]
    sql.add("nova", CELL)
    assert "failed" not in check(databases={**DATABASES, "nova": "mysql://nova:x@db:3306/nova"}, checks=["Cells v2"])


def test_a_wrong_password_of_the_cloud(check: Call, http: FakeHttp) -> None:
    secret = "wr0ng-Kx77"
    result = check(cloud=http.cloud(password=secret), checks=["access"])
    assert result["msg"].startswith("The cloud cannot be used: ")
    assert "401" in result["msg"]
    assert "Check the option cloud" in result["msg"]
    assert secret not in json.dumps(result)


def test_tls_of_the_cloud(check: Call, tmp_path: Path) -> None:
    server = FakeHttp(certificate(tmp_path))
    try:
        result = check(cloud=server.cloud(), checks=["access"])
        assert result["msg"].startswith("The cloud cannot be used: ")
        assert re.search("certificate", result["msg"], re.IGNORECASE)
        result = check(cloud=server.cloud(cacert="/nowhere/ca.pem"), checks=["access"])
        assert "Could not find a suitable TLS CA certificate bundle" in result["msg"]
    finally:
        server.stop()


def test_a_whole_cloud_configuration_hides_its_secrets_in_every_result(check: Call, http: FakeHttp) -> None:
    result = check(cloud=http.cloud(), checks=["Placement API"])
    assert result["code"] == 0
    assert result["invocation"]["module_args"]["cloud"]["auth"]["password"] == "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"
    assert result["invocation"]["module_args"]["cloud"]["auth"]["username"] == "nova"


def test_urls_are_hidden(check: Call, sql: FakeSql) -> None:
    result = check(databases=DATABASES, checks=["Cells v2"])
    assert set(result["invocation"]["module_args"]["databases"].values()) == {"VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"}


def test_no_log_tells_a_secret(check: Call, configs: dict[str, list[str]], caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    check(config_files=configs, checks=["nova", "placement"])
    ours = [record for record in caplog.records if not record.name.startswith("urllib3")]
    assert PASSWORD not in "".join(record.getMessage() for record in ours)


def test_the_environment_may_name_the_cloud(
    check: Call, openstack: FakeOpenStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = {"checks": ["Servers in ERROR"], "fail_on": "never"}
    assert "No cloud, fleet or databases given." in named(check(**options), "Servers in ERROR")["summary"]
    monkeypatch.setenv("OS_CLOUD", "there")
    assert check(**options)["code"] == 0


def test_hosts_that_are_reshaped_before(check: Call) -> None:
    seen = fake_evidence.fleet(
        ("cmp1",),
        inventories={"node-cmp1": fake_evidence.inventory(VCPU=8, MEM_ENCRYPTION_CONTEXT=1)},
    ).to_dict()
    options: dict[str, Any] = {"checks": ["Reshape of encrypted memory"], "fail_on": "never", "fleet": seen}
    assert check(**options)["result"] == "warning"
    (found,) = check(**options, reshaped_by_module=["cmp1"])["checks"]
    assert (found["result"], found["summary"].split(" by ")[0]) == ("success", "1 host is reshaped")


def test_missing_libraries_are_named(check: Call, sql: FakeSql, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pymysql", None)
    assert "PyMySQL" in check(databases=DATABASES)["msg"]


def test_the_documentation_names_every_group_and_every_option() -> None:
    documentation = yaml.safe_load(upgrade_check.DOCUMENTATION)
    text = " ".join(documentation["description"])
    assert {group for group in (each.group for each in CATALOG) if f"C({group})" not in text} == set()


def test_every_source_can_be_asked(check: Call, configs: dict[str, list[str]], openstack: FakeOpenStack) -> None:
    """No check breaks on evidence of a healthy cloud, wherever it comes from."""
    result = check(config_files=configs, cloud="there", fail_on="never", skip=["access"], computes=["cmp1"])
    broken = [each["summary"] for each in result["checks"] if "broke" in each["summary"]]
    assert broken == []
    assert Cloud.connect({}) is not None
