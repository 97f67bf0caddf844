# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""mariadb-dump and mariadb as programs on the PATH, with a server that is a JSON file between them."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

HEAD = "/*M!999999\\- enable the sandbox mode */\n-- MariaDB dump 10.19  Distrib 10.11.6-MariaDB\n/*!40101 SET NAMES utf8mb4 */;\n\n"
TAIL = "/*!40101 SET SQL_MODE=@OLD_SQL_MODE */;\n\n-- Dump completed on 2026-11-22  2:00:00\n"
PROGRAM = """#!{python} -SE
import json, os, re, stat, sys, time
from pathlib import Path

folder = Path({folder!r})
state = json.loads((folder / "server.json").read_text())
options = [one for one in sys.argv[1:] if one.startswith("--")]
path = options[0].partition("--defaults-file=")[2]
call = dict(
    argv=sys.argv,
    environment=dict(os.environ),
    mode=stat.S_IMODE(os.stat(path).st_mode),
    options=Path(path).read_text(),
)


def leave(words, code=1):
    print(words, file=sys.stderr)
    sys.exit(code)


def note(**more):
    with (folder / "calls.jsonl").open("a") as log:
        log.write(json.dumps(dict(call, **more)) + chr(10))


{body}
"""
DUMP = """
note()
if state["dump_error"]:
    leave(state["dump_error"])
time.sleep(state["dump_seconds"])
sys.stdout.write(state["dump"])
"""
CLIENT = """
text = sys.stdin.read()
note(sql=text)
databases, current = state["scratch"], None
for line in text.splitlines():
    create = re.match("CREATE DATABASE `(.*)`;", line)
    drop = re.match("DROP DATABASE IF EXISTS `(.*)`;", line)
    use = re.match("USE `(.*)`;", line)
    table = re.match("CREATE TABLE `(.*)` [(]", line)
    insert = re.match("INSERT INTO `(.*)` VALUES", line)
    count = re.match("SELECT ([0-9]+), COUNT[(][*][)] FROM `(.*)`.`(.*)`;", line)
    if (create or drop) and not state["may_create"]:
        leave("ERROR 1044 (42000) at line 1: Access denied for user 'nova'@'%%' to database '%s'" % (create or drop)[1])
    if create:
        databases[create[1]] = {}
    elif drop:
        databases.pop(drop[1], None)
    elif use:
        current = databases[use[1]]
    elif table:
        current[table[1]] = 0
    elif insert:
        last = insert[1]
        if state["restore_error"]:
            (folder / "server.json").write_text(json.dumps(state))
            leave(state["restore_error"])
    elif line.startswith("("):
        current[last] += 1
    elif count:
        print(count[1], databases[count[2]][count[3]] - state["lost"], sep=chr(9))
    elif line == "SHOW DATABASES;":
        print(chr(10).join(databases))
(folder / "server.json").write_text(json.dumps(state))
"""


def dump_of(databases: dict[str, dict[str, int]]) -> str:
    """What mariadb-dump of Debian 12 writes of tables with so many rows."""
    text = HEAD
    for database, tables in databases.items():
        text += (
            f"--\n-- Current Database: `{database}`\n--\n\nCREATE DATABASE /*!32312 IF NOT EXISTS*/ `{database}`;\n\n"
        )
        text += f"USE `{database}`;\n\n"
        for table, rows in tables.items():
            text += f"DROP TABLE IF EXISTS `{table}`;\nCREATE TABLE `{table}` (\n  `id` int(11) NOT NULL\n) ENGINE=InnoDB;\n"
            text += f"LOCK TABLES `{table}` WRITE;\n"
            if rows:
                text += f"INSERT INTO `{table}` VALUES\n" + ",\n".join(f"({row},'a (b')" for row in range(rows)) + ";\n"
            text += "UNLOCK TABLES;\n"
    return text + TAIL


class FakeServer:
    """The programs in a folder for the PATH, and what their server has and may."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.bin = folder / "bin"
        self.bin.mkdir(parents=True)
        self._write(dump=TAIL, dump_error="", dump_seconds=0, may_create=True, restore_error="", lost=0, scratch={})
        self.add_program("mariadb-dump", DUMP)
        self.add_program("mariadb", CLIENT)

    def add_program(self, name: str, body: str) -> None:
        """Put a program on the PATH."""
        path = self.bin / name
        path.write_text(PROGRAM.format(python=sys.executable, folder=str(self.folder), body=body), encoding="utf-8")
        path.chmod(0o755)

    def set(self, **state: Any) -> None:
        """Change what the server has and may."""
        self._write(**{**self.state, **state})

    @property
    def state(self) -> dict[str, Any]:
        """What the server has and may."""
        found: dict[str, Any] = json.loads((self.folder / "server.json").read_text(encoding="utf-8"))
        return found

    @property
    def calls(self) -> list[dict[str, Any]]:
        """How the programs were called."""
        path = self.folder / "calls.jsonl"
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        return [json.loads(line) for line in lines]

    def _write(self, **state: Any) -> None:
        (self.folder / "server.json").write_text(json.dumps(state), encoding="utf-8")
