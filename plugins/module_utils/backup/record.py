# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is written down beside a backup, and whether it still is what is wanted. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.backup.dump import Counts

SCHEMA = "stackroll.nova/database_backup/1"
AUTO, RESTORE, READ = "auto", "restore", "read"
HOW = (AUTO, RESTORE, READ)

_KEYS = frozenset(("name", "bytes", "sha256", "source", "tables"))

Json = dict[str, Any]


@dataclass(frozen=True)
class Source:
    """The databases of one server that one account may read: *names* are ours, of the same length as *databases*."""

    host: str
    port: int
    names: tuple[str, ...]
    databases: tuple[str, ...]

    def to_dict(self) -> Json:
        """Plain data, as JSON gives it back."""
        return {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(self).items()}


def file_name(service: str, number: int) -> str:
    """The file of the service's source with this number, from 0 on."""
    return f"{service}.sql.gz" if number == 0 else f"{service}-{number + 1}.sql.gz"


def file_entry(source: Source, name: str, size: int, sha256: str, tables: Counts) -> Json:
    """What a record says of one file; *size* in bytes."""
    return {"name": name, "bytes": size, "sha256": sha256, "source": source.to_dict(), "tables": tables}


def record_of(service: str, made: str, files: Sequence[Mapping[str, Any]], checked: Sequence[tuple[str, str]]) -> Json:
    """The record of a whole backup; *checked* has for each file how it was verified and why not better.

    It is verified as its weakest file is.
    """
    weakest = next((entry for entry in checked if entry[0] == READ), (RESTORE, ""))
    return {
        "schema": SCHEMA,
        "service": service,
        "made": made,
        "verified": weakest[0],
        "reason": weakest[1],
        "files": [dict(entry) for entry in files],
    }


def is_wanted(record: object, service: str, sources: Sequence[Source], verify: str) -> bool:
    """Whether it is of these databases and was verified well enough. Whether the files are there and whole is another question."""
    if not isinstance(record, Mapping) or (record.get("schema"), record.get("service")) != (SCHEMA, service):
        return False
    if record.get("verified") not in ((RESTORE,) if verify == RESTORE else (RESTORE, READ)):
        return False
    files = record.get("files")
    if not isinstance(files, list) or not all(isinstance(entry, Mapping) and set(entry) >= _KEYS for entry in files):
        return False
    return [entry.get("source") for entry in files] == [source.to_dict() for source in sources]


def shown(record: Mapping[str, Any], folder: str) -> Json:
    """The result of the module: the record without its numbers of rows, and their sums."""
    files = [
        {
            "path": f"{folder}/{entry['name']}",
            **{key: entry[key] for key in ("bytes", "sha256")},
            **{key: entry["source"][key] for key in ("host", "port", "databases")},
        }
        for entry in record["files"]
    ]
    counts = [rows for entry in record["files"] for rows in entry["tables"].values()]
    return {
        **{key: record[key] for key in ("service", "made", "verified", "reason")},
        "path": files[0]["path"] if len(files) == 1 else folder,
        "files": files,
        "bytes": sum(entry["bytes"] for entry in files),
        "tables": sum(map(len, counts)),
        "rows": sum(sum(rows.values()) for rows in counts),
    }
