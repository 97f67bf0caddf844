# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Copies of the cloud's databases and configuration, to be broken or filled without touching the cloud."""

from __future__ import annotations

import configparser
import io
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pymysql
from harness import state
from harness.cloud import Rehearsal

DATABASES = {"api": "nova_api", "cell0": "nova_cell0", "cell1": "nova_cell1", "placement": "placement"}
CHANGED = re.compile(r"\s*(?:UPDATE|DELETE FROM|INSERT INTO)\s+(\w+)")
FOLDER = "/root/stackroll-copies-"
Edits = Iterable[tuple[str, str, "str | None"]]

COPY = """
mariadb -e 'DROP DATABASE IF EXISTS {copy}; CREATE DATABASE {copy}; GRANT ALL ON {copy}.* TO {user}'
mariadb-dump --single-transaction {original} | mariadb {copy}
"""
DROP = """
mariadb -e 'DROP DATABASE IF EXISTS {copy}'
mariadb -e 'REVOKE ALL ON {copy}.* FROM {user}' 2>/dev/null || true
"""
SAVE = ("CREATE TABLE saved_{0} LIKE {0}", "INSERT INTO saved_{0} SELECT * FROM {0}")
RESTORE = ("DELETE FROM {0}", "INSERT INTO {0} SELECT * FROM saved_{0}", "DROP TABLE saved_{0}")


class Copies:
    """One set of copies, named after what it is for. Its configuration files lie on the first control host."""

    def __init__(self, cloud: Rehearsal, name: str) -> None:
        self.cloud = cloud
        self.host = cloud.controls[0]
        self.folder = f"{FOLDER}{name}"
        self.nova_conf = f"{self.folder}/nova.conf"
        self.placement_conf = f"{self.folder}/placement.conf"
        self._names = {key: f"copy_{name}_{key}" for key in DATABASES}
        originals = cloud.description["databases"]
        self.urls = {
            key: f"{originals[original].rpartition('/')[0]}/{self._names[key]}" for key, original in DATABASES.items()
        }
        self._live = {
            path: cloud.ssh(self.host, "cat", path) for path in ("/etc/nova/nova.conf", "/etc/placement/placement.conf")
        }

    def _each(self, script: str) -> None:
        parts = [
            script.format(
                copy=self._names[key], original=original, user=f'"{"placement" if key == "placement" else "nova"}"@"%"'
            )
            for key, original in DATABASES.items()
        ]
        self.cloud.ssh("infra", "bash", "-euo", "pipefail", "-s", text="".join(parts))

    def make(self) -> None:
        """Copy the databases; the copied cells are the copied API database's own."""
        self._each(COPY)
        for cell in ("cell0", "cell1"):
            self.run("api", "UPDATE cell_mappings SET database_connection = %s WHERE name = %s", self.urls[cell], cell)
        self.configure()

    def sync(self, venv: str) -> None:
        """Bring the copies to the schema of another release, with its own code."""
        nova = (f"{venv}/bin/nova-manage", "--config-file", self.nova_conf)
        placement = (f"{venv}/bin/placement-manage", "--config-file", self.placement_conf)
        for command in ((*nova, "api_db", "sync"), (*nova, "db", "sync"), (*placement, "db", "sync")):
            self.cloud.ssh(self.host, *command)

    def remove(self) -> None:
        """Leave nothing behind."""
        self._each(DROP)
        self.cloud.ssh(self.host, "rm", "-rf", self.folder)

    def connect(self, database: str) -> pymysql.Connection[pymysql.cursors.DictCursor]:
        """Open one of the copies; foreign keys are not enforced, because a broken state may break them."""
        connection = state.connect(self.urls[database])
        with connection.cursor() as cursor:
            cursor.execute("SET SESSION foreign_key_checks = 0")
        return connection

    def run(self, database: str, statement: str, *values: object) -> int:
        """Run one statement and return how many rows it changed."""
        with self.connect(database) as connection, connection.cursor() as cursor:
            return cursor.execute(statement, values)

    @contextmanager
    def changed(self, statements: Mapping[str, Iterable[str]]) -> Iterator[None]:
        """Keep the statements' effect for a while; a statement that changes no row is a mistake."""
        saved: list[tuple[str, str]] = []
        try:
            for database, wanted in statements.items():
                with self.connect(database) as connection, connection.cursor() as cursor:
                    for statement in wanted:
                        self._save(cursor, database, statement, saved)
                        assert cursor.execute(statement), f"no row is changed by: {statement}"
            yield
        finally:
            for database, table in saved:
                with self.connect(database) as connection, connection.cursor() as cursor:
                    for template in RESTORE:
                        cursor.execute(template.format(table))

    @staticmethod
    def _save(cursor: pymysql.cursors.Cursor, database: str, statement: str, saved: list[tuple[str, str]]) -> None:
        found = CHANGED.match(statement)
        assert found, f"which table does this change: {statement}"
        if (database, found[1]) not in saved:
            for template in SAVE:
                cursor.execute(template.format(found[1]))
            saved.append((database, found[1]))

    def configure(
        self, nova: Edits = (), placement: Edits = (), files: Mapping[str, str] | None = None, **values: str
    ) -> None:
        """Write both configuration files for the copies, edited, and *files* beside them.

        An edit is section, option and value; no value means that the option is not set. A value may hold references: to the
        copies' URLs ({api} and the like), to {folder}, to another option ({section[placement][password]}), to one of *values*.
        """
        own = [
            ("api_database", "connection", "{api}"),
            ("database", "connection", "{cell1}"),
            *((section, "max_retries", "1") for section in ("api_database", "database")),
        ]
        placements = [("placement_database", "connection", "{placement}"), ("placement_database", "max_retries", "1")]
        texts = {
            self.nova_conf: self._edited(self._live["/etc/nova/nova.conf"], [*own, *nova], values),
            self.placement_conf: self._edited(
                self._live["/etc/placement/placement.conf"], [*placements, *placement], values
            ),
            **{f"{self.folder}/{name}": content for name, content in (files or {}).items()},
        }
        script = [f"rm -rf {self.folder}"]
        for path, text in texts.items():
            mode = "0600" if path in (self.nova_conf, self.placement_conf) else "0644"
            script.append(f"printf %s {shlex.quote(text)} | install -D -m {mode} /dev/stdin {shlex.quote(path)}")
        self.cloud.ssh(self.host, "bash", "-euo", "pipefail", "-s", text="\n".join(script))

    def _edited(self, live: str, edits: Edits, values: Mapping[str, str]) -> str:
        parser = configparser.RawConfigParser(default_section="", strict=False)
        parser.read_string(live)
        sections = {name: dict(parser.items(name)) for name in parser.sections()}
        known: dict[str, Any] = {**self.urls, "folder": self.folder, "section": sections, **values}
        for section, option, value in edits:
            if not parser.has_section(section):
                parser.add_section(section)
            if value is None:
                parser.remove_option(section, option)
            else:
                parser.set(section, option, value.format(**known))
        text = io.StringIO()
        parser.write(text)
        return text.getvalue()
