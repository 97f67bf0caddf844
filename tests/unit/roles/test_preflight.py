# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The preflight playbook with modules that only note what they are asked: who is asked what, once, and what is told in the end."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.readiness.result import CheckResult, table, tally
from ansible_collections.stackroll.nova.plugins.plugin_utils import run_directory

COLLECTION = Path(run_directory.__file__).parents[2]
STUB = """
from __future__ import annotations
import json, os, pathlib, sys
from ansible.module_utils.basic import _load_params
params = _load_params()
asked = {key: value for key, value in params.items() if not key.startswith("_ansible")}
stubs = pathlib.Path(%(stubs)r)
with (stubs / "asked.jsonl").open("a") as log:
    cloud = os.environ.get("OS_CLIENT_CONFIG_FILE")
    log.write(json.dumps({"module": %(name)r, "check": params["_ansible_check_mode"], "cloud": cloud, **asked}) + "\\n")
answers = json.loads((stubs / "answers.json").read_text())[%(name)r]
number = sum(json.loads(line)["module"] == %(name)r for line in (stubs / "asked.jsonl").read_text().splitlines())
answer = answers[min(number, len(answers)) - 1]
print(json.dumps({"changed": False, **answer}))
sys.exit(1 if answer.get("failed") else 0)
"""
STUBBED = (
    "code_info",
    "fleet_info",
    "host_software_info",
    "service_info",
    "service_unit_info",
    "status_command",
    "upgrade_check",
    "upgrade_order",
)
ORDER = {
    "order": "one_window",
    "reason": "They differ.",
    "clients": "Requests wait.",
    "first": ["ctl1"],
    "last": ["ctl2"],
}
SERVICE = {"binary": "nova-compute", "host": "cmp1", "zone": "az1"}

Answers = dict[str, list[dict[str, Any]]]


def judged(*results: CheckResult, refused: str = "") -> dict[str, Any]:
    """An answer of upgrade_check."""
    checks = [result.to_dict() for result in results]
    answer = {
        "code": 0,
        "result": "success",
        "checks": checks,
        "table": table(list(results)),
        "tally": tally(list(results)),
    }
    return {**answer, "failed": True, "msg": refused} if refused else answer


def said(check: str, group: str, result: str = "success", summary: str = "", remedy: str = "") -> CheckResult:
    return CheckResult(check, result, summary, remedy, group=group, release="2026.2")


def answers(tmp_path: Path, **changes: list[dict[str, Any]]) -> Answers:
    versions = {"nova": "33.0.2", "openstack-placement": "15.0.0"}
    code = {
        str(tmp_path / "nova"): {"versions": versions},
        str(tmp_path / "placement"): {"versions": versions},
        str(tmp_path / "2026.2"): {"versions": {"nova": "34.0.0", "openstack-placement": "16.0.0"}},
    }
    native = judged(said("Cells v2", "nova"))
    return {
        "service_unit_info": [{"units": {}, "code": code, "now": 1.0}],
        "host_software_info": [{"units": {}, "libvirt": None}],
        "service_info": [{"services": [{"cell": "cell1"}], "unknown": [], "minimum_versions": {"nova-compute": 72}}],
        "fleet_info": [{"fleet": {"services": [SERVICE], "servers": [{}, {}], "unknown": []}}],
        "code_info": [
            {
                "options": {"old": {"nova": {"known": ["a/old"]}}, "new": {"nova": {"known": ["a/new"]}}},
                "objects": {"old": {"Instance": "1.0-old"}, "new": {"Instance": "1.0-new"}},
                "rpc": {"old": {"conductor": "3.0"}},
                "nova": {"old": "33.0.2"},
                "schema": {"nova_cell": [{"revision": "a"}]},
            },
            {
                "options": {"old": {"placement": {"known": ["b/old"]}}, "new": {"nova": {"known": ["a/new"]}}},
                "schema": {"placement": [{"revision": "b"}]},
            },
        ],
        "status_command": [
            judged(said("Cells v2", "nova-status"), said("Incomplete Consumers", "placement-status")),
            judged(said("Missing Root Provider IDs", "placement-status")),
        ],
        "upgrade_order": [
            {
                **judged(CheckResult("Supported release step", "success")),
                "source_release": "2026.1",
                "control_order": ORDER,
            }
        ],
        "upgrade_check": [native, judged(said("Cells v2", "nova"), said("Rights of the account", "access"))],
        **changes,
    }


@pytest.fixture
def preflight(tmp_path: Path) -> Callable[..., str]:
    """Runs the playbook with these answers, and gives back what was printed."""
    copy = tmp_path / "ansible_collections" / "stackroll" / "nova"
    (copy / "plugins" / "modules").mkdir(parents=True)
    for name in ("galaxy.yml", "meta", "roles", "playbooks"):
        (copy / name).symlink_to(COLLECTION / name)
    for path in (COLLECTION / "plugins").iterdir():
        if path.name != "modules":
            (copy / "plugins" / path.name).symlink_to(path)
    for path in (COLLECTION / "plugins" / "modules").glob("*.py"):
        (copy / "plugins" / "modules" / path.name).symlink_to(path)
    for name in STUBBED:
        stub = copy / "plugins" / "modules" / f"{name}.py"
        stub.unlink(missing_ok=True)
        stub.write_text(STUB % {"name": name, "stubs": str(tmp_path)}, encoding="utf-8")
    for link in ("nova", "placement", "2026.2"):
        (tmp_path / link / "bin").mkdir(parents=True)
        (tmp_path / link / "bin" / "python").symlink_to(sys.executable)

    def run(given: Answers, *arguments: str, inventory: str = "all.yml", fails: bool = False, **variables: Any) -> str:
        (tmp_path / "answers.json").write_text(json.dumps(given), encoding="utf-8")
        (tmp_path / "all.yml").write_text(json.dumps(INVENTORY), encoding="utf-8")
        (tmp_path / "far.yml").write_text(
            json.dumps({"all": {"children": {**CHILDREN, "placement": FAR}}}), encoding="utf-8"
        )
        (tmp_path / "ansible.cfg").write_text(
            "[defaults]\nlocalhost_warning=false\n[inventory]\ninventory_unparsed_warning=false\n"
        )
        given_variables = {
            "stackroll_target_release": "2026.2",
            "stackroll_venv_root": str(tmp_path),
            "stackroll_nova_link": str(tmp_path / "nova"),
            "stackroll_placement_link": str(tmp_path / "placement"),
            "stackroll_lock_path": str(tmp_path / "lock.json"),
            "stackroll_run_dir": str(tmp_path / "run"),
            "stackroll_api_environment": {"OS_CLIENT_CONFIG_FILE": "clouds.yaml"},
            "ansible_python_interpreter": sys.executable,
            "ansible_connection": "local",
            **variables,
        }
        hosts = ["-i", inventory] if inventory else []
        command = [sys.executable, "-m", "ansible.cli.playbook", "stackroll.nova.preflight", *hosts, *arguments]
        # Interpreters of single tasks must win, which they do not over extra variables.
        python = given_variables.pop("ansible_python_interpreter")
        (tmp_path / "group_vars").mkdir(exist_ok=True)
        (tmp_path / "group_vars" / "all.yml").write_text(
            json.dumps({"ansible_python_interpreter": python}), encoding="utf-8"
        )
        environment = {
            **os.environ,
            "ANSIBLE_COLLECTIONS_PATH": str(tmp_path),
            "ANSIBLE_LOCAL_TEMP": str(tmp_path / "tmp"),
            "ANSIBLE_REMOTE_TEMP": str(tmp_path / "tmp"),
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_CONFIG": str(tmp_path / "ansible.cfg"),
        }
        done = subprocess.run(
            [*command, "-e", json.dumps(given_variables)],
            cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=180, check=False,
        )  # fmt: skip
        assert (done.returncode != 0) == fails, done.stdout + done.stderr
        return done.stdout + done.stderr

    return run


CONTROLS: dict[str, Any] = {"hosts": {"ctl1": None, "ctl2": None}}
FAR: dict[str, Any] = {"hosts": {"plc1": None}}
CHILDREN = {
    **dict.fromkeys(("nova_api", "nova_conductor", "nova_scheduler"), CONTROLS),
    "nova_compute": {"hosts": {"cmp1": None, "cmp2": None}},
}
INVENTORY = {"all": {"children": {**CHILDREN, "placement": CONTROLS}}}


def asked(tmp_path: Path, module: str) -> list[dict[str, Any]]:
    lines = (tmp_path / "asked.jsonl").read_text(encoding="utf-8").splitlines()
    return [entry for entry in map(json.loads, lines) if entry.pop("module") == module]


def kept(tmp_path: Path, *parts: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(tmp_path.joinpath("run", *parts, "checks.json").read_text(encoding="utf-8"))
    return document


def events(tmp_path: Path, name: str) -> list[dict[str, Any]]:
    lines = (tmp_path / "run" / "journal.jsonl").read_text(encoding="utf-8").splitlines()
    return [event for event in map(json.loads, lines) if event["event"] == name]


def test_a_cloud_that_is_ready(preflight: Callable[..., str], tmp_path: Path) -> None:
    output = preflight(
        answers(tmp_path), stackroll_accepted_warnings=["Stop timeouts"], stackroll_skip_checks=["VIF types"]
    )
    for line in (
        "Cloud   2 controllers, 1 compute hosts in 1 zones, 2 servers",
        "From    2026.1 (Nova 33.0.2, Placement 15.0.0)  to  2026.2",
        "Order   all controllers in one window. They differ.",
        "        Requests wait.",
        "Backup  yours to make: none is made before the schemas change (stackroll_database_backup is none)",
        "| Check: Rights of the account                         Result: Success |",
        "2 checks: 2 success",
        "Ready. Nothing was changed.     details: run/checks.json",
    ):
        assert line in output.splitlines()
    calls = {module: len(asked(tmp_path, module)) for module in STUBBED}
    assert calls.pop("service_unit_info") == calls.pop("host_software_info") == 4
    assert calls == {
        **dict.fromkeys(("code_info", "fleet_info", "service_info", "status_command", "upgrade_order"), 1),
        "upgrade_check": 2,
    }
    control, last = asked(tmp_path, "upgrade_check")
    assert control["config_files"] == {"nova": ["/etc/nova/nova.conf"], "placement": ["/etc/placement/placement.conf"]}
    assert set(control["hosts"]) == set(control["software"]) == {"ctl1", "ctl2", "cmp1", "cmp2"}
    assert control["object_versions"] == {"old": {"Instance": "1.0-old"}, "new": {"Instance": "1.0-new"}}
    assert control["known_options"] == {"old": {"nova": {"known": ["a/old"]}}, "new": {"nova": {"known": ["a/new"]}}}
    assert control["schema_changes"] == {"nova_cell": [{"revision": "a"}]}
    (order,) = asked(tmp_path, "upgrade_order")
    assert order["controllers"] == ["ctl1", "ctl2"]
    assert order["code"] == {
        "objects": control["object_versions"],
        "rpc": {"old": {"conductor": "3.0"}},
        "nova": {"old": "33.0.2"},
    }
    assert events(tmp_path, "control_order")[0]["reason"] == "They differ."
    (listing,) = asked(tmp_path, "code_info")
    assert listing["running_paths"] == [str(tmp_path / "nova"), str(tmp_path / "placement")]
    assert listing["staged_path"] == str(tmp_path / "2026.2")
    assert "include" not in listing
    assert (control["fail_on"], control["cloud"], control["skip"]) == ("never", "", ["VIF types"])
    assert (last["fail_on"], last["cloud"], last["skip"]) == ("failure", "clouds.yaml", ["VIF types"])
    assert last["accepted_warnings"] == ["Stop timeouts"]
    assert {(entry["check"], entry["group"]) for entry in last["include_results"]} == {
        ("Cells v2", "nova"),
        ("Cells v2", "nova-status"),
        ("Incomplete Consumers", "placement-status"),
        ("Supported release step", ""),
    }
    (commands,) = asked(tmp_path, "status_command")
    assert commands["commands"] == [
        {"project": "nova", "config_files": ["/etc/nova/nova.conf"]},
        {"project": "placement", "config_files": ["/etc/placement/placement.conf"]},
    ]
    document = kept(tmp_path)
    assert (document["schema"], document["ready"], document["source_release"]) == (
        "stackroll.nova/checks/1",
        True,
        "2026.1",
    )
    assert [entry["check"] for entry in document["checks"]] == ["Cells v2", "Rights of the account"]
    assert [event["name"] for event in events(tmp_path, "check")] == ["Cells v2", "Rights of the account"]
    assert (tmp_path / "run" / "snapshot.json").exists()


def test_a_cloud_that_is_not_ready(preflight: Callable[..., str], tmp_path: Path) -> None:
    old = said(
        "Older than N-1 computes", "nova", "failure", "cmp3 reports 66 at mysql://nova:hunter2@db.", "Upgrade cmp3."
    )
    reason = "Not ready for 2026.2. Older than N-1 computes (failure): cmp3 reports 66."
    last = judged(old, refused=reason)
    output = preflight(answers(tmp_path, upgrade_check=[judged(old), last]), fails=True)
    assert "| Remedy: Upgrade cmp3.                                                |" in output.splitlines()
    assert "Not ready. Nothing was changed.     details: run/checks.json" in output.splitlines()
    assert f"{reason} Nothing was changed. Details: {tmp_path}/run/checks.json" in " ".join(output.split())
    assert "hunter2" not in (tmp_path / "run" / "checks.json").read_text(encoding="utf-8")
    assert "hunter2" not in (tmp_path / "run" / "journal.jsonl").read_text(encoding="utf-8")
    assert kept(tmp_path)["ready"] is False
    assert not (tmp_path / "run" / "snapshot.json").exists()
    report = json.loads((tmp_path / "run" / "report.json").read_text(encoding="utf-8"))
    assert [(check["name"], check["remedy"]) for check in report["checks"]] == [(old.check, "Upgrade cmp3.")]


def test_nothing_but_credentials(preflight: Callable[..., str], tmp_path: Path) -> None:
    known = judged(said("Servers in ERROR", "servers"))
    given = answers(tmp_path, upgrade_check=[known])
    output = preflight(given, inventory="", stackroll_skip_checks=["nova"], stackroll_checks=["nova", "servers"])
    assert "Cloud   1 compute hosts in 1 zones, 2 servers" in output.splitlines()
    assert "To      2026.2" in output.splitlines()
    assert {module for module in STUBBED if asked(tmp_path, module)} == {"fleet_info", "upgrade_check"}
    (only,) = asked(tmp_path, "upgrade_check")
    assert (only["checks"], only["skip"], only["include_results"]) == (["nova", "servers"], ["nova"], [])
    assert only["reshaped_by_module"] == []
    assert only["fleet"] == given["fleet_info"][0]["fleet"]
    assert not (tmp_path / "lock.json").exists()


def test_credentials_that_do_not_work(preflight: Callable[..., str], tmp_path: Path) -> None:
    given = answers(tmp_path, fleet_info=[{"failed": True, "msg": "The cloud cannot be used: wrong password."}])
    assert "The cloud cannot be used: wrong password." in preflight(given, inventory="", fails=True)


def test_code_that_is_not_staged_is_not_asked(preflight: Callable[..., str], tmp_path: Path) -> None:
    given = answers(tmp_path)
    given["service_unit_info"][0]["code"].pop(str(tmp_path / "2026.2"))
    given["service_unit_info"][0]["code"][str(tmp_path / "2026.2")] = {"versions": {}}
    preflight(given)
    assert asked(tmp_path, "status_command") == asked(tmp_path, "code_info") == []
    assert {"object_versions", "known_options", "schema_changes"}.isdisjoint(asked(tmp_path, "upgrade_check")[0])


def test_placement_on_a_host_of_its_own(preflight: Callable[..., str], tmp_path: Path) -> None:
    chain = [judged(said(name, "nova")) for name in ("first", "second", "third")]
    preflight(answers(tmp_path, upgrade_check=chain), inventory="far.yml")
    control, placement, last = asked(tmp_path, "upgrade_check")
    assert control["config_files"] == {"nova": ["/etc/nova/nova.conf"]}
    assert placement["config_files"] == {"placement": ["/etc/placement/placement.conf"]}
    assert [entry["check"] for entry in placement["include_results"]] == ["first"]
    assert last["include_results"][0]["check"] == "second"
    known = control["known_options"]
    assert known["old"] == {"nova": {"known": ["a/old"]}, "placement": {"known": ["b/old"]}}
    for given in (control, placement):
        assert set(given["schema_changes"]) == {"nova_cell", "placement"}
    listing = asked(tmp_path, "code_info")[1]
    assert (listing["running_paths"], listing["include"]) == ([str(tmp_path / "placement")], ["options", "schema"])
    calls = [[command["project"] for command in call["commands"]] for call in asked(tmp_path, "status_command")]
    assert calls == [["nova"], ["placement"]]
    assert {entry["check"] for entry in last["include_results"] if entry["group"] == "placement-status"} == {
        "Incomplete Consumers",
        "Missing Root Provider IDs",
    }


def test_hosts_that_our_module_reshapes(preflight: Callable[..., str], tmp_path: Path) -> None:
    (tmp_path / "host_vars").mkdir()
    (tmp_path / "host_vars" / "cmp2.yml").write_text("stackroll_reshape: module\n", encoding="utf-8")
    preflight(answers(tmp_path))
    assert [call.get("reshaped_by_module") for call in asked(tmp_path, "upgrade_check")] == [["cmp2"], ["cmp2"]]


def test_status_commands_that_nobody_wants(preflight: Callable[..., str], tmp_path: Path) -> None:
    preflight(answers(tmp_path), stackroll_checks=["nova", "placement"], stackroll_skip_checks=["nova", "placement"])
    assert asked(tmp_path, "status_command") == []


def test_code_that_does_not_tell(preflight: Callable[..., str], tmp_path: Path) -> None:
    preflight(answers(tmp_path, code_info=[{"failed": True, "msg": "Internal error."}]))
    control = asked(tmp_path, "upgrade_check")[0]
    assert control["known_options"] == control["object_versions"] == {"unknown": "Internal error."}


def test_options_that_are_not_known_where_placement_is(preflight: Callable[..., str], tmp_path: Path) -> None:
    given = answers(tmp_path)
    given["code_info"][1] = {"failed": True, "msg": "It ended with 1."}
    preflight(given, inventory="far.yml")
    assert asked(tmp_path, "upgrade_check")[0]["known_options"]["unknown"] == "It ended with 1."


def test_a_check_run_keeps_to_itself(preflight: Callable[..., str], tmp_path: Path) -> None:
    preflight(answers(tmp_path), "--check")
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["check"]
    assert kept(tmp_path, "check")["ready"] is True
    assert all(entry["check"] for module in STUBBED for entry in asked(tmp_path, module))
