# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""database_backup: dumped by programs on the PATH, verified, kept, and no password anywhere."""

from __future__ import annotations

import gzip
import json
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.stackroll.nova.plugins.modules import database_backup
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_dump import TAIL, FakeServer, dump_of
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_mysql import PASSWORD, FakeMySql, url_of
from ansible_collections.stackroll.nova.tests.unit.plugins.modules.conftest import RunModule

Call = Callable[..., dict[str, Any]]
TABLES = {
    "nova_api": {"cell_mappings": 2},
    "nova_cell0": {"instances": 3, "migrations": 0},
    "nova_cell1": {"instances": 5},
}


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeServer:
    """Programs whose dump has the tables of the databases."""
    fake = FakeServer(tmp_path / "server")
    fake.set(dump=dump_of(TABLES))
    monkeypatch.setenv("PATH", str(fake.bin))
    monkeypatch.setattr("ansible_collections.stackroll.nova.plugins.module_utils.backup.programs._FOLDERS", ())
    return fake


@pytest.fixture
def backup(run_module: RunModule, nova_conf: str, mysql: FakeMySql, server: FakeServer, tmp_path: Path) -> Call:
    """A function that backs an API database and two cells up."""
    mysql.add_nova(cell0=[], cell1=[])
    for database, tables in TABLES.items():
        mysql.tables[database]["information_schema.TABLES"] = [{"name": name} for name in tables]

    def run(**options: Any) -> dict[str, Any]:
        result = run_module(
            database_backup, service="nova", config_files=[nova_conf], dest=str(tmp_path / "backup"), **options
        )
        assert PASSWORD not in json.dumps(result)
        assert server.state["scratch"] == {}
        return result

    return run


def left(tmp_path: Path) -> list[str]:
    return sorted(path.name for path in (tmp_path / "backup").iterdir())


def test_a_backup_that_was_restored(backup: Call, server: FakeServer, tmp_path: Path) -> None:
    result = backup()
    path = tmp_path / "backup" / "nova.sql.gz"
    assert gzip.decompress(path.read_bytes()).decode() == dump_of(TABLES)
    assert (result["changed"], result["verified"], result["reason"]) == (True, "restore", "")
    assert (result["path"], result["bytes"]) == (str(path), path.stat().st_size)
    assert (result["tables"], result["rows"]) == (4, 10)
    assert result["files"][0]["databases"] == ["nova_api", "nova_cell0", "nova_cell1"]
    assert left(tmp_path) == ["nova.json", "nova.sql.gz"]
    for made in (path, path.with_name("nova.json"), path.parent):
        assert stat.S_IMODE(made.stat().st_mode) == (0o700 if made.is_dir() else 0o600)
    restore = next(call["sql"] for call in server.calls if "INSERT INTO" in call.get("sql", ""))
    assert "USE `nova" not in restore
    assert "CREATE DATABASE" not in restore


def test_the_password_is_in_a_file_in_memory_and_nowhere_else(backup: Call, server: FakeServer) -> None:
    backup()
    assert {Path(call["argv"][0]).name for call in server.calls} == {"mariadb-dump", "mariadb"}
    for call in server.calls:
        assert f'password="{PASSWORD}"' in call["options"]
        assert call["mode"] == 0o600
        assert call["argv"][1].startswith("--defaults-file=/proc/self/fd/")
        assert PASSWORD not in json.dumps([call["argv"], call["environment"], call.get("sql")])
    dump = server.calls[0]["argv"]
    assert {"--host=db", "--port=3306", "--protocol=TCP", "--single-transaction", "--quick"} <= set(dump)
    assert dump[-4:] == ["--databases", "nova_api", "nova_cell0", "nova_cell1"]


def test_a_verified_backup_is_kept(backup: Call, server: FakeServer) -> None:
    first, calls = backup(), len(server.calls)
    again = backup()
    assert {**first, "changed": False, "seconds": 0.0} == again
    assert len(server.calls) == calls


@pytest.mark.parametrize("damage", ["cut", "gone", "other bytes", "no record", "damaged record", "another cell"])
def test_a_backup_that_is_not_as_it_was_is_made_again(
    backup: Call, tmp_path: Path, mysql: FakeMySql, server: FakeServer, damage: str
) -> None:
    backup()
    path, record = tmp_path / "backup" / "nova.sql.gz", tmp_path / "backup" / "nova.json"
    data = path.read_bytes()
    if damage == "another cell":
        mysql.tables["nova_api"]["cell_mappings"].append(
            {"uuid": "u", "name": "cell2", "database_connection": url_of("nova_cell2")}
        )
        mysql.add("nova_cell2", **{"information_schema.TABLES": []})
        server.set(dump=dump_of({**TABLES, "nova_cell2": {}}))
    elif damage == "gone":
        path.unlink()
    elif "record" in damage:
        record.write_text("{" if damage == "damaged record" else "[]", encoding="utf-8")
    else:
        path.write_bytes(data[:-1] if damage == "cut" else data[:-1] + b"x")
    assert backup()["changed"]
    assert not backup()["changed"]


def test_an_account_that_may_not_make_databases(backup: Call, server: FakeServer, tmp_path: Path) -> None:
    server.set(may_create=False)
    result = backup()
    assert (result["verified"], result["tables"], result["rows"]) == ("read", 4, 10)
    assert "It could not be restored for a proof: mariadb ended with exit code 1." in result["reason"]
    assert "Access denied for user 'nova'@'%'" in result["reason"]
    assert left(tmp_path) == ["nova.json", "nova.sql.gz"]
    refusal = backup(verify="restore")
    assert "Give an account that may make and drop databases (admin_defaults_file)" in refusal["msg"]
    assert not backup()["changed"], "the backup of before is still good"


def test_without_a_client_it_is_read(backup: Call, server: FakeServer) -> None:
    (server.bin / "mariadb").unlink()
    result = backup()
    assert result["verified"] == "read"
    assert "There is no client beside" in result["reason"]


def test_reading_makes_no_database(backup: Call, server: FakeServer) -> None:
    assert backup(verify="read")["verified"] == "read"
    assert [Path(call["argv"][0]).name for call in server.calls] == ["mariadb-dump"]


def test_another_account(backup: Call, server: FakeServer, tmp_path: Path) -> None:
    path = tmp_path / "admin.cnf"
    path.write_text("[client]\nuser=root\n", encoding="utf-8")
    assert backup(admin_defaults_file=str(path))["verified"] == "restore"
    assert {call["argv"][1] for call in server.calls} == {f"--defaults-file={path}"}


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ({"dump": TAIL}, "The dump cannot be restored: it lacks nova_api, nova_cell0, nova_cell1."),
        ({"dump": dump_of(TABLES)[:-45]}, "The dump cannot be restored: its last line is not"),
        ({"dump": ""}, "The dump cannot be restored: its last line is not"),
        (
            {"dump_error": "mariadb-dump: Got error: 2013: Lost connection"},
            "mariadb-dump ended with exit code 1. It said:",
        ),
        (
            {"lost": 1},
            "does not restore as it was dumped: nova_api.cell_mappings has 2 rows in the dump and 1 rows after",
        ),
        (
            {"restore_error": "ERROR 1118 (42000): Row size too large"},
            "mariadb ended with exit code 1. It said: ERROR 1118",
        ),
        ({"dump": dump_of({**TABLES, "nova_cell1": {}})}, "nova_cell1.instances is not in the dump"),
        ({"dump": dump_of({**TABLES, "nova_cell1": {"instances": 5, "x": 0}})}, "nova_cell1.x is only in the dump"),
    ],
)
def test_what_is_not_a_backup_is_none(
    backup: Call, server: FakeServer, tmp_path: Path, state: dict[str, Any], words: str
) -> None:
    server.set(**state)
    result = backup()
    assert words in result["msg"]
    assert left(tmp_path) == []


def test_a_dump_that_takes_too_long(backup: Call, server: FakeServer, tmp_path: Path) -> None:
    server.set(dump_seconds=20)
    assert backup(timeout=1)["msg"] == "mariadb-dump did not end within 1 s and was killed."
    assert left(tmp_path) == []


def test_scratch_databases_of_a_module_that_was_killed_are_dropped(
    backup: Call, server: FakeServer, tmp_path: Path
) -> None:
    (tmp_path / "backup").mkdir()
    note = tmp_path / "backup" / ".nova.sql.gz.scratch"
    note.write_text('["stackroll_verify_aa_1", "nova_api"]', encoding="utf-8")
    server.set(scratch={"stackroll_verify_aa_1": {}})
    backup()
    drops = [call["sql"] for call in server.calls if call.get("sql", "").startswith("DROP")]
    assert drops[0] == "DROP DATABASE IF EXISTS `stackroll_verify_aa_1`;\n"
    assert not note.exists()


def test_several_servers_are_several_files(backup: Call, mysql: FakeMySql, server: FakeServer, tmp_path: Path) -> None:
    mysql.tables["nova_api"]["cell_mappings"][1]["database_connection"] = url_of("nova_cell1", host="db2")
    some = 'wanted = sys.argv[sys.argv.index("--databases") + 1 :]\n'
    dumps = {name: dump_of({name: TABLES[name]}) for name in TABLES}
    first = dump_of({name: TABLES[name] for name in ("nova_api", "nova_cell0")})
    server.add_program(
        "mariadb-dump", some + f"sys.stdout.write({first!r} if len(wanted) == 2 else {dumps['nova_cell1']!r})"
    )
    result = backup()
    assert [(entry["host"], entry["databases"]) for entry in result["files"]] == [
        ("db", ["nova_api", "nova_cell0"]),
        ("db2", ["nova_cell1"]),
    ]
    assert (result["path"], result["tables"]) == (str(tmp_path / "backup"), 4)
    assert left(tmp_path) == ["nova-2.sql.gz", "nova.json", "nova.sql.gz"]


def test_mysqldump_where_there_is_no_mariadb(backup: Call, server: FakeServer) -> None:
    for old, new in (("mariadb-dump", "mysqldump"), ("mariadb", "mysql")):
        (server.bin / old).rename(server.bin / new)
    assert backup()["verified"] == "restore"


def test_without_a_program_the_remedy_is_named(backup: Call, server: FakeServer) -> None:
    (server.bin / "mariadb-dump").unlink()
    message = backup()["msg"]
    assert message.startswith("There is no mariadb-dump and no mysqldump on this host. Install mariadb-client")


def test_check_mode_makes_nothing(backup: Call, server: FakeServer, tmp_path: Path) -> None:
    result = backup(check=True)
    assert (result["changed"], result["path"]) == (True, str(tmp_path / "backup" / "nova.sql.gz"))
    assert (server.calls, (tmp_path / "backup").exists()) == ([], False)
    backup()
    assert not backup(check=True)["changed"]


def test_a_place_that_cannot_be_written(backup: Call, tmp_path: Path) -> None:
    (tmp_path / "backup").write_text("a file", encoding="utf-8")
    message = backup()["msg"]
    assert message.startswith(f"The backup cannot be written to {tmp_path}/backup: ")
    assert os.path.isfile(tmp_path / "backup")


def test_placement(run_module: RunModule, mysql: FakeMySql, server: FakeServer, tmp_path: Path) -> None:
    mysql.add("placement", **{"information_schema.TABLES": [{"name": "allocations"}]})
    server.set(dump=dump_of({"placement": {"allocations": 1}}))
    path = tmp_path / "placement.conf"
    path.write_text(f"[placement_database]\nconnection = {url_of('placement')}\n", encoding="utf-8")
    result = run_module(database_backup, service="placement", config_files=[str(path)], dest=str(tmp_path / "backup"))
    assert (result["path"], result["verified"]) == (str(tmp_path / "backup" / "placement.sql.gz"), "restore")
