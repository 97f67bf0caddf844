# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""host_software_info: programs, the way APIs are started, and the names of the options that are set."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.host import programs, unit_commands
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError
from ansible_collections.stackroll.nova.plugins.modules import host_software_info
from ansible_collections.stackroll.nova.tests.unit.plugins.modules.conftest import RunModule

SECRET = "s3cr3t-Zq"
CONFIG = f"""
[DEFAULT]
host = cmp1.example.org
debug = true
[neutron]
auth_type = v3applicationcredential
application_credential_secret = {SECRET}
[OS_VIF_linux_bridge]
flat_interface = eth0
"""


@pytest.fixture(autouse=True)
def shown(monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, str]]:
    """What systemd shows, by unit; and a host with neither libvirt nor QEMU."""
    units: dict[str, dict[str, str]] = {}
    monkeypatch.setattr(unit_commands, "show", lambda unit: units.get(unit, {"LoadState": "not-found", "MainPID": "0"}))
    monkeypatch.setattr(programs, "libvirt_version", lambda _timeout: None)
    monkeypatch.setattr(programs, "qemu_version", lambda _timeout: None)
    return units


@pytest.fixture
def config(tmp_path: Path) -> str:
    """Nova's configuration."""
    path = tmp_path / "nova.conf"
    path.write_text(CONFIG, encoding="utf-8")
    return str(path)


def starts(command: str, pid: int = 0) -> dict[str, str]:
    return {"LoadState": "loaded", "MainPID": str(pid), "ExecStart": f"{{ argv[]={command} ; ignore_errors=no }}"}


def test_nothing_is_asked(run_module: RunModule) -> None:
    result = run_module(host_software_info)
    assert (result["units"], result["configuration"], result["libvirt"], result["qemu"]) == ({}, {}, None, None)
    assert result["host"] == result["hostname"] == os.uname().nodename
    assert result["changed"] is False


def test_programs(run_module: RunModule, monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(_timeout: float) -> str:
        raise StackrollError("libvirtd --version did not end within 60 s and was killed.")

    monkeypatch.setattr(programs, "libvirt_version", silent)
    monkeypatch.setattr(programs, "qemu_version", lambda _timeout: "7.2.22")
    result = run_module(host_software_info)
    assert (result["libvirt"], result["qemu"]) == (None, "7.2.22")
    assert "did not end" in json.dumps(result["warnings"])


def test_units(run_module: RunModule, shown: dict[str, Any], tmp_path: Path) -> None:
    ini = tmp_path / "api.ini"
    ini.write_text("[uwsgi]\nwsgi-file = /usr/bin/nova-api-wsgi\n", encoding="utf-8")
    shown["nova-api"] = starts(f"/opt/nova/bin/uwsgi --ini {ini} --token={SECRET}")
    shown["placement-api"] = starts("/usr/bin/podman start -a placement_api")
    units = run_module(host_software_info, units=["nova-api", "placement-api", "nova-nothing"])["units"]
    assert units["nova-api"] == {
        "load_state": "loaded",
        "commands": [["/opt/nova/bin/uwsgi", "--ini", str(ini), "--token=***"]],
        "container": False,
        "entry_points": ["nova-api-wsgi"],
        "files": [str(ini)],
    }
    assert (units["placement-api"]["container"], units["placement-api"]["entry_points"]) == (True, [])
    assert (units["nova-nothing"]["load_state"], units["nova-nothing"]["commands"]) == ("not-found", [])


def test_the_main_process_tells_what_an_init_script_hides(
    run_module: RunModule, shown: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    running = {7: ["/usr/bin/python3", "/usr/bin/nova-api"], 8: ["/usr/bin/nova-api-wsgi"]}
    monkeypatch.setattr(unit_commands, "command_of", running.get)
    shown["nova-api"] = starts("/etc/init.d/nova-api systemd-start", 7)
    shown["changed"] = starts("uwsgi --module nova.wsgi.osapi_compute", 8)
    units = run_module(host_software_info, units=["nova-api", "changed"])["units"]
    assert units["nova-api"]["entry_points"] == ["nova-api"]
    assert units["changed"]["entry_points"] == ["nova.wsgi.osapi_compute"], "the next start counts"


def test_names_of_options_without_values(run_module: RunModule, config: str) -> None:
    result = run_module(host_software_info, nova_config_files=[config])
    names = [
        "DEFAULT/debug",
        "DEFAULT/host",
        "neutron/application_credential_secret",
        "neutron/auth_type",
        "os_vif_linux_bridge/flat_interface",
    ]
    assert result["configuration"] == {"nova": {"options": names, "problem": None, "values": {}}}
    assert result["host"] == "cmp1.example.org"
    assert SECRET not in json.dumps({**result, "invocation": None})


def test_values_of_the_options_that_decide_about_reshapes(run_module: RunModule, tmp_path: Path) -> None:
    first, second = tmp_path / "nova.conf", tmp_path / "nova-compute.conf"
    first.write_text(
        "[DEFAULT]\nmy_ip = 10.0.0.1\n[pci]\nreport_in_placement = false\nalias = {}\n"
        '# device_spec = {}\ndevice_spec = { "address": "0000:81:00.0",\n  # not the end\n  "traits": "A" }\n'
        'device_spec : \'[{"vendor_id": "8086"}]\'\n[compute]\ncpu_dedicated_set=$my_set\nmy_set = 2-5\n[other]\ndevice_spec = x\n',
        encoding="utf-8",
    )
    second.write_text(
        f"[pci]\nreport_in_placement = true\ndevice_spec = {{}}\n[placement]\npassword = {SECRET}\n", encoding="utf-8"
    )
    result = run_module(host_software_info, nova_config_files=[str(first), str(second)])
    values = result["configuration"]["nova"]["values"]
    assert values == {
        "pci/report_in_placement": ["true"],
        "compute/cpu_dedicated_set": ["2-5"],
        "pci/device_spec": [
            '{ "address": "0000:81:00.0",\n# not the end\n"traits": "A" }',
            '[{"vendor_id": "8086"}]',
            "{}",
        ],
    }
    assert SECRET not in json.dumps({**result, "invocation": None})


def test_both_services(run_module: RunModule, config: str, tmp_path: Path) -> None:
    other = tmp_path / "placement.conf"
    other.write_text("[api]\nauth_strategy = keystone\n", encoding="utf-8")
    options = {"nova_config_files": [config, str(other)], "placement_config_files": [str(other)]}
    result = run_module(host_software_info, **options)["configuration"]
    assert {"DEFAULT/debug", "api/auth_strategy"} < {*result["nova"]["options"]}
    assert result["placement"] == {"options": ["api/auth_strategy"], "problem": None}


def test_a_file_that_cannot_be_read(run_module: RunModule) -> None:
    nova = run_module(host_software_info, nova_config_files=["/nowhere/nova.conf"])["configuration"]["nova"]
    assert nova["options"] == []
    assert "/nowhere/nova.conf" in nova["problem"]


def test_no_program_is_started_for_options(run_module: RunModule, config: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: Any, **_options: Any) -> None:
        pytest.fail(f"started {arguments}")

    monkeypatch.setattr(subprocess, "Popen", refuse)
    assert run_module(host_software_info, nova_config_files=[config])["configuration"]["nova"]["options"]
