# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a dump can be restored: into databases of its own where the account may make some, else by reading it to its end."""

from __future__ import annotations

import gzip
import secrets
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from ansible_collections.stackroll.nova.plugins.module_utils.backup.dump import (
    Counts,
    DumpReader,
    differences,
    quoted,
    redirected,
)
from ansible_collections.stackroll.nova.plugins.module_utils.backup.programs import Denied, Server
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError
from ansible_collections.stackroll.nova.plugins.module_utils.model.wording import some

PREFIX = "stackroll_verify_"


@contextmanager
def _lines(path: Path) -> Iterator[Iterator[bytes]]:
    try:
        with gzip.open(path) as stream:
            yield iter(stream)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise StackrollError(
            f"{path} is not whole: {error}.", "Look at the disk that it is on, and make it again."
        ) from None


def read(path: Path, databases: list[str]) -> Counts:
    """Read it to its end; the rows of its tables. Raises StackrollError."""
    reader = DumpReader(databases)
    with _lines(path) as lines:
        for line in lines:
            reader.feed(line)
    reader.check()
    return reader.tables


def restore(server: Server, path: Path, databases: list[str], note: Callable[[list[str]], None]) -> Counts:
    """Restore it into scratch databases, which are gone afterwards, and count; the rows of its tables.

    *note* is told the scratch databases before they are made, and none when they are gone. Raises Denied where the account may not, and
    StackrollError when something is lost on the way.
    """
    server.require_client()
    token = secrets.token_hex(4)
    scratch = {name: f"{PREFIX}{token}_{number}" for number, name in enumerate(databases, start=1)}
    note(list(scratch.values()))
    try:
        server.ask(f"CREATE DATABASE {quoted(name)};\n".encode() for name in scratch.values())
        return _restored(server, path, scratch)
    finally:
        drop(server, list(scratch.values()))
        note([])


def _restored(server: Server, path: Path, scratch: Mapping[str, str]) -> Counts:
    reader = DumpReader(scratch)
    with _lines(path) as lines:
        server.ask(redirected(lines, reader, scratch))
    reader.check()
    different = differences(reader.tables, _count(server, reader.tables, scratch), "after its restore")
    if different:
        raise StackrollError(
            f"{path} does not restore as it was dumped: {some(different)}.",
            "Look at the server's log, and make it again.",
        )
    return reader.tables


def _count(server: Server, tables: Counts, scratch: Mapping[str, str]) -> Counts:
    every = [(database, table) for database, counts in tables.items() for table in counts]
    rows = server.ask(
        f"SELECT {number}, COUNT(*) FROM {quoted(scratch[database])}.{quoted(table)};\n".encode()  # noqa: S608  # quoted
        for number, (database, table) in enumerate(every)
    )
    found: Counts = {database: {} for database in tables}
    for number, count in rows:
        database, table = every[int(number)]
        found[database][table] = int(count)
    return found


def drop(server: Server, names: list[str]) -> None:
    """Drop scratch databases; those that are not there are gone already. Raises StackrollError when one is left."""
    mine = [name for name in names if name.startswith(PREFIX)]
    if not mine:
        return
    try:
        try:
            server.ask(f"DROP DATABASE IF EXISTS {quoted(name)};\n".encode() for name in mine)
        except Denied:  # who may not make one has none
            left = set(mine) & {row[0] for row in server.ask([b"SHOW DATABASES;\n"])}
            if left:
                raise
    except StackrollError as error:
        raise StackrollError(
            f"The scratch databases {some(mine)} may be left: {error.message}", "Drop them by hand."
        ) from error
