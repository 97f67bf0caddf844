# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A backup of all databases of one service: made, verified, written down; or kept, when it is there already."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.backup import verify
from ansible_collections.stackroll.nova.plugins.module_utils.backup.dump import Counts, missing_tables
from ansible_collections.stackroll.nova.plugins.module_utils.backup.programs import CHUNK, Denied, Server, find_programs
from ansible_collections.stackroll.nova.plugins.module_utils.backup.record import (
    READ,
    RESTORE,
    Json,
    Source,
    file_entry,
    file_name,
    is_wanted,
    record_of,
    shown,
)
from ansible_collections.stackroll.nova.plugins.module_utils.database.connection import connect
from ansible_collections.stackroll.nova.plugins.module_utils.database.schema import Target
from ansible_collections.stackroll.nova.plugins.module_utils.database.url import DatabaseUrl
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError
from ansible_collections.stackroll.nova.plugins.module_utils.model.wording import some

COMPRESSION = 3
_LIVE = "SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = %s AND TABLE_TYPE = 'BASE TABLE'"


@dataclass(frozen=True)
class Account:
    """A server with one of its accounts, and the databases there; the *urls* are secrets, by database."""

    url: DatabaseUrl
    source: Source
    urls: Mapping[str, str]


def accounts(targets: Sequence[Target]) -> list[Account]:
    """The databases by server and account, so that what can be is dumped as of one moment."""
    found: dict[tuple[object, ...], dict[str, Target]] = {}
    parsed: dict[tuple[object, ...], DatabaseUrl] = {}
    for target in targets:
        url = DatabaseUrl.parse(target.connection)
        key = (url.host, url.port, url.user, url.password, url.tls)
        parsed.setdefault(key, url)
        found.setdefault(key, {}).setdefault(url.database, target)
    return [_account(parsed[key], databases) for key, databases in found.items()]


def _account(url: DatabaseUrl, databases: Mapping[str, Target]) -> Account:
    names = tuple(target.name for target in databases.values())
    source = Source(url.host, url.port, names, tuple(databases))
    return Account(url, source, {name: target.connection for name, target in databases.items()})


class Backup:
    """The backup of one service in one folder. *params*: service, dest, verify, admin_defaults_file, timeout."""

    def __init__(self, params: Mapping[str, Any], targets: Sequence[Target]) -> None:
        self._service: str = params["service"]
        self._verify: str = params["verify"]
        self._admin_file: str | None = params["admin_defaults_file"]
        self._timeout: float = params["timeout"]
        self._folder = Path(params["dest"])
        self._record = self._folder / f"{self._service}.json"
        self._accounts = accounts(targets)

    def kept(self) -> Json | None:
        """The backup that is there, whole and as it is wanted."""
        record = _read_json(self._record)
        sources = [account.source for account in self._accounts]
        if not isinstance(record, dict) or not is_wanted(record, self._service, sources, self._verify):
            return None
        for entry in record["files"]:
            path = self._folder / entry["name"]
            if not path.is_file() or path.stat().st_size != entry["bytes"] or sha256_of(path) != entry["sha256"]:
                return None
        return {**shown(record, str(self._folder)), "seconds": 0.0}

    def planned(self) -> Json:
        """Where it would be."""
        names = [file_name(self._service, number) for number in range(len(self._accounts))]
        return {"path": str(self._folder / names[0] if len(names) == 1 else self._folder)}

    def make(self) -> Json:
        """Make and verify it. Raises StackrollError; an earlier one stays as it is then."""
        programs = find_programs()
        begin, made = time.monotonic(), datetime.now(timezone.utc).isoformat(timespec="milliseconds")
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            files, checked = [], []
            for number, account in enumerate(self._accounts):
                server = Server(account.url, programs, self._timeout, self._admin_file)
                entry, how = self._one(account, server, file_name(self._service, number))
                files.append(entry)
                checked.append(how)
            record = record_of(self._service, made.replace("+00:00", "Z"), files, checked)
            _write_json(self._record, record)
        except OSError as error:
            raise StackrollError(
                f"The backup cannot be written to {self._folder}: {error.strerror}.", "Give it room, or another place."
            ) from error
        return {**shown(record, str(self._folder)), "seconds": round(time.monotonic() - begin, 1)}

    def _one(self, account: Account, server: Server, name: str) -> tuple[Json, tuple[str, str]]:
        part, path = self._folder / f".{name}.part", self._folder / name
        try:
            _dump(server, list(account.source.databases), part)
            tables, how = self._check(account, server, part, Scratch(self._folder / f".{name}.scratch"))
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
        entry = file_entry(account.source, name, path.stat().st_size, sha256_of(path), tables)
        return entry, how

    def _check(self, account: Account, server: Server, path: Path, scratch: Scratch) -> tuple[Counts, tuple[str, str]]:
        tables, how = self._read_or_restore(server, path, list(account.source.databases), scratch)
        missing = missing_tables(tables, {name: _live_tables(url, name) for name, url in account.urls.items()})
        if missing:
            raise StackrollError(
                f"The dump does not have the tables of the databases: {some(missing)}.",
                "See that nobody changes the schema, and that the account may read all tables.",
            )
        return tables, how

    def _read_or_restore(
        self, server: Server, path: Path, databases: list[str], scratch: Scratch
    ) -> tuple[Counts, tuple[str, str]]:
        if self._verify == READ:
            return verify.read(path, databases), (READ, "It was asked for no more.")
        try:
            verify.drop(server, scratch.left())
            return verify.restore(server, path, databases, scratch.note), (RESTORE, "")
        except Denied as error:
            if self._verify == RESTORE:
                raise StackrollError(
                    f"The backup cannot be restored for a proof: {error.message}",
                    "Give an account that may make and drop databases (admin_defaults_file), or verify it by reading.",
                ) from error
            return verify.read(path, databases), (READ, f"It could not be restored for a proof: {error.message}")


class Scratch:
    """Which scratch databases there may be, so that those of a module that was killed are dropped by the next."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def note(self, names: list[str]) -> None:
        """Remember them, or that there are none."""
        if names:
            _write_json(self._path, names)
        else:
            self._path.unlink(missing_ok=True)

    def left(self) -> list[str]:
        """Those that were not told to be gone."""
        names = _read_json(self._path)
        return [str(name) for name in names] if isinstance(names, list) else []


def _dump(server: Server, databases: list[str], path: Path) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "wb") as stream:
        with gzip.GzipFile(fileobj=stream, mode="wb", filename="", compresslevel=COMPRESSION) as packed:
            server.dump(databases, packed.write)
        stream.flush()
        os.fsync(stream.fileno())


def _live_tables(url: str, database: str) -> list[str]:
    with connect(url) as session:
        return [str(row["name"]) for row in session.rows(_LIVE, (database,))]


def sha256_of(path: Path) -> str:
    """The checksum of a file, as sha256sum shows it."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        for chunk in iter(lambda: stream.read(CHUNK), b""):
            digest.update(chunk)
    return digest.hexdigest()


def _read_json(path: Path) -> object:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _write_json(path: Path, document: object) -> None:
    draft = path.with_name(f".{path.name.lstrip('.')}.part")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        json.dump(document, stream, indent=1)
        stream.flush()
        os.fsync(stream.fileno())
    draft.replace(path)
