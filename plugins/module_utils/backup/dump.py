# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What mariadb-dump and mysqldump write, line by line: which databases and tables are in it, and how many rows each has. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping

from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError
from ansible_collections.stackroll.nova.plugins.module_utils.model.wording import some

_NAME = rb"`((?:[^`]|``)+)`"
_USE = re.compile(rb"USE " + _NAME + rb";\s*")
_TABLE = re.compile(rb"CREATE TABLE " + _NAME + rb" \(")
_INSERT = re.compile(rb"INSERT INTO " + _NAME + rb"[^']*? VALUES\s*")
_END = b"-- Dump completed"
# What would leave the databases that the dump is of.
_LEAVING = re.compile(rb"\s*(?:USE|(?:CREATE|DROP|ALTER)\s+(?:DATABASE|SCHEMA))\s", re.IGNORECASE)

Counts = dict[str, dict[str, int]]


def quoted(name: str) -> str:
    """A name as SQL writes it."""
    return f"`{name.replace('`', '``')}`"


class DumpReader:
    """Reads a dump of these databases; *tables* has the number of rows by database and table.

    Raises StackrollError for a line that no dump of them has.
    """

    def __init__(self, databases: Collection[str]) -> None:
        self.tables: Counts = {}
        self._databases = frozenset(databases)
        self._database = ""
        self._table: str | None = None  # whose rows are being read
        self._complete = False

    def feed(self, line: bytes) -> None:
        """The next line, with its end."""
        if self._table is not None:
            self._rows(self._table, line)
        elif line.startswith(b"INSERT INTO "):
            self._insert(line)
        elif line.startswith(b"CREATE TABLE "):
            self._open(line)
        elif line.startswith(b"USE "):
            self._use(line)
        elif _LEAVING.match(line) and not line.startswith(b"CREATE DATABASE "):
            raise _damaged(f"it has the line {_shown(line)}")
        elif line.strip():
            self._complete = line.startswith(_END)

    def check(self) -> None:
        """Raise StackrollError unless everything has been there, to the last line."""
        if self._table is not None or not self._complete:
            raise _damaged(f"its last line is not '{_END.decode()}'")
        missing = self._databases - set(self.tables)
        if missing:
            raise _damaged(f"it lacks {some(sorted(missing))}")

    def _use(self, line: bytes) -> None:
        found = _USE.fullmatch(line)
        name = _name(found[1]) if found else ""
        if name not in self._databases:
            raise _damaged(f"it has the line {_shown(line)}")
        self._database = name
        self.tables.setdefault(name, {})

    def _open(self, line: bytes) -> None:
        found = _TABLE.match(line)
        if found is None or not self._database:
            raise _damaged(f"it has the line {_shown(line)}")
        self.tables[self._database].setdefault(_name(found[1]), 0)

    def _insert(self, line: bytes) -> None:
        found = _INSERT.match(line)
        table = _name(found[1]) if found else ""
        if found is None or table not in self.tables.get(self._database, {}):
            raise _damaged(f"it has rows of a table that it does not make: {_shown(line)}")
        self._table = table
        rest = line[found.end() :]
        if rest:
            self._rows(table, rest)

    def _rows(self, table: str, line: bytes) -> None:
        """Rows such as ``(1,'it\\'s'),(2,NULL);``; in newer dumps each is a line."""
        texts = line.replace(rb"\\", b"").replace(rb"\'", b"").split(b"'")
        if len(texts) % 2 == 0 or not texts[0].startswith(b"("):
            raise _damaged(f"a row of {self._database}.{table} is not whole")
        self.tables[self._database][table] += sum(text.count(b"(") for text in texts[::2])
        if texts[-1].rstrip().endswith(b";"):
            self._table = None


def redirected(lines: Iterable[bytes], reader: DumpReader, names: Mapping[str, str]) -> Iterator[bytes]:
    """The dump as it is to be restored into other databases, which exist: *names* has them by their names in the dump.

    Everything is read by *reader* first, which refuses what would leave them.
    """
    uses = {f"USE {quoted(old)};".encode(): f"USE {quoted(new)};\n".encode() for old, new in names.items()}
    for line in lines:
        reader.feed(line)
        if line.startswith(b"USE "):
            yield uses[line.strip()]
        elif not line.startswith(b"CREATE DATABASE "):
            yield line


def differences(wanted: Counts, found: Counts, what: str) -> list[str]:
    """The tables that the one has and the other has not, or with another number of rows, in sentences."""
    sentences = []
    for database in sorted({*wanted, *found}):
        here, there = wanted.get(database, {}), found.get(database, {})
        for table in sorted({*here, *there}):
            if here.get(table) != there.get(table):
                numbers = f"{_count(here.get(table))} in the dump and {_count(there.get(table))} {what}"
                sentences.append(f"{database}.{table} has {numbers}")
    return sentences


def missing_tables(dumped: Counts, live: Mapping[str, Collection[str]]) -> list[str]:
    """The tables that are in only one of the two, in sentences."""
    sentences = []
    for database, tables in sorted(live.items()):
        there = dumped.get(database, {})
        sentences += [f"{database}.{table} is not in the dump" for table in sorted(set(tables) - set(there))]
        sentences += [f"{database}.{table} is only in the dump" for table in sorted(set(there) - set(tables))]
    return sentences


def _count(rows: int | None) -> str:
    return "no table" if rows is None else f"{rows} rows"


def _name(text: bytes) -> str:
    return text.replace(b"``", b"`").decode("utf-8", "replace")


def _shown(line: bytes) -> str:
    return line[:80].decode("utf-8", "replace").strip()


def _damaged(reason: str) -> StackrollError:
    return StackrollError(f"The dump cannot be restored: {reason}.", "Look at it, or give a way of your own (hook).")
