# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How units start APIs: systemd's words, scripts, modules and the files of uwsgi."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.host import unit_commands
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError

TIMES = "ignore_errors=no ; start_time=[n/a] ; stop_time=[n/a] ; pid=0 ; code=(null) ; status=0/0 }"


def test_exec_start() -> None:
    text = (
        f"{{ path=/usr/bin/uwsgi ; argv[]=/usr/bin/uwsgi --ini /etc/nova/api.ini ; {TIMES}\n"
        f"{{ path=/bin/sh ; argv[]=/bin/sh -c 'a ; b' ; {TIMES}"
    )
    assert unit_commands.parse_exec_start(text) == [
        ["/usr/bin/uwsgi", "--ini", "/etc/nova/api.ini"],
        ["/bin/sh", "-c", "a ; b"],
    ]
    assert unit_commands.parse_exec_start(f"{{ argv[]=it's open ; {TIMES}") == [["it's", "open"]]
    assert unit_commands.parse_exec_start("") == []


@pytest.mark.parametrize(
    ("command", "found"),
    [
        ("/opt/nova/bin/nova-api --config-file /etc/nova/nova.conf", ["nova-api"]),
        ("/opt/nova/bin/python3 -s /opt/nova/bin/nova-api-os-compute", ["nova-api-os-compute"]),
        ("/bin/sh -c exec nova-api-metadata", ["nova-api-metadata"]),
        ("/usr/bin/env PATH=/x nova-api", ["nova-api"]),
        ("uwsgi --wsgi-file /opt/nova/bin/nova-api-wsgi", ["nova-api-wsgi"]),
        ("uwsgi --wsgi-file=/opt/nova/bin/nova-metadata-wsgi --http :80", ["nova-metadata-wsgi"]),
        ("uwsgi --mount /placement=/usr/bin/placement-api", ["placement-api"]),
        ("uwsgi --module nova.wsgi.osapi_compute:application", ["nova.wsgi.osapi_compute"]),
        ("uwsgi --mount=/=nova.wsgi.metadata:application", ["nova.wsgi.metadata"]),
        ("gunicorn placement.wsgi.api:application", ["placement.wsgi.api"]),
        ("uwsgi --procname-prefix nova-api --module nova.wsgi.osapi_compute", ["nova.wsgi.osapi_compute"]),
        ("/etc/init.d/nova-api systemd-start", []),
        ("/opt/nova/bin/nova-conductor --config-file /etc/nova/nova-api", []),
        ("/opt/nova/bin/nova-api-proxy", []),
        ("", []),
    ],
)
def test_entry_points(command: str, found: list[str]) -> None:
    assert unit_commands.entry_points(command.split()) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("[uwsgi]\nwsgi-file = /usr/bin/nova-api-wsgi\nprocesses = 2\n", ["nova-api-wsgi"]),
        ("module=nova.wsgi.osapi_compute:application", ["nova.wsgi.osapi_compute"]),
        ("mount = /=/usr/bin/placement-api\n", ["placement-api"]),
        ("# wsgi-file = /usr/bin/nova-api-wsgi\n", []),
        ("name = nova-api\nlogto = /var/log/nova-api\n", []),
    ],
)
def test_entry_points_in_a_file_of_uwsgi(text: str, found: list[str]) -> None:
    assert unit_commands.entry_points_in_ini(text) == found


@pytest.mark.parametrize(
    ("command", "files"),
    [
        ("/usr/bin/uwsgi --ini /etc/nova/api.ini", ["/etc/nova/api.ini"]),
        ("uwsgi_python3 --ini=/etc/nova/api.ini:dev -p 2", ["/etc/nova/api.ini"]),
        ("uwsgi /etc/nova/api.ini", ["/etc/nova/api.ini"]),
        ("gunicorn --paste /etc/nova/api-paste.ini", []),
    ],
)
def test_files_given_to_uwsgi(command: str, files: list[str]) -> None:
    assert unit_commands.ini_files(command.split()) == files


def test_a_file_is_read_or_not_there(tmp_path: Path) -> None:
    file = tmp_path / "api.ini"
    file.write_text("module = x", encoding="utf-8")
    assert unit_commands.read_ini(str(file)) == "module = x"
    assert unit_commands.read_ini(str(tmp_path / "none.ini")) == ""


@pytest.mark.parametrize(
    ("command", "container"),
    [("/usr/bin/podman run nova-api", True), ("docker start -a nova_api", True), ("nova-api docker", False)],
)
def test_containers(command: str, container: bool) -> None:
    assert unit_commands.in_container(command.split()) is container


def test_no_secret_is_shown() -> None:
    words = [
        "x",
        "--db",
        "mysql://nova:Zq1@h/nova",
        "--password",
        "Zq2",
        "--token=Zq3",
        "-e",
        "OS_PASSWORD=Zq4",
        "-p=1",
    ]
    shown = unit_commands.without_secrets(words)
    assert "Zq" not in " ".join(shown)
    assert (shown[0], shown[2], shown[-1]) == ("x", "mysql://***@h/nova", "-p=1")


def test_a_running_process() -> None:
    with subprocess.Popen(["cat", "-", "/dev/null"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(b"it runs\n")
        process.stdin.flush()
        process.stdout.read(1)
        assert unit_commands.command_of(process.pid) == ["cat", "-", "/dev/null"]
        process.stdin.close()
    assert unit_commands.command_of(2**22 + 1) == []


def test_what_systemd_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tool = tmp_path / "systemctl"
    tool.write_text(
        '#!/bin/sh\n[ "$5" = nova-api ] || [ "$4" = nova-api ] || exit 1\n'
        "echo LoadState=loaded\necho ExecStart=one\necho ExecStart=two=2\necho MainPID=7\n",
        encoding="utf-8",
    )
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert unit_commands.show("nova-api") == {"LoadState": "loaded", "ExecStart": "one\ntwo=2", "MainPID": "7"}
    with pytest.raises(StackrollError, match="for the unit other"):
        unit_commands.show("other")
