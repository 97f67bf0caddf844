# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that are whole at every instant, whatever is killed when."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import InvalidInput

PRIVATE, PUBLIC = 0o600, 0o644


def make_directory(path: Path) -> None:
    """Make a directory that is ours alone; one that exists stays as it is."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)


def replace(path: Path, text: str, mode: int = PRIVATE) -> None:
    """Write a file beside its place, make sure that it is on the disk, and only then put it there."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).chmod(mode)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    _sync_directory(path.parent)


def replace_json(path: Path, document: Any, mode: int = PRIVATE) -> None:
    """Write a document as JSON that people can read as well."""
    replace(path, json.dumps(document, indent=2, ensure_ascii=True) + "\n", mode)


def read_json(path: Path) -> dict[str, Any] | None:
    """A document of ours, or nothing when there is none."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    try:
        document = json.loads(text)
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise InvalidInput(f"{path} is damaged.", "Move it away and run the same command again.")
    return document


def append(path: Path, line: bytes) -> None:
    """Add a line with one write; a line that a crash has cut short is ended first.

    What looks cut short may be a line that another process is writing at this moment; then an empty line follows it, which is harmless.
    """
    handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, PRIVATE)
    try:
        size = os.fstat(handle).st_size
        broken = size > 0 and os.pread(handle, 1, size - 1) != b"\n"
        os.write(handle, b"\n" + line if broken else line)
    finally:
        os.close(handle)


def from_here(path: Path) -> str:
    """The path as seen from where Ansible was started, when it lies below."""
    relative = os.path.relpath(path)
    return str(path) if relative.startswith("..") else relative


def set_aside(path: Path, tag: str) -> None:
    """Rename name.ext to name-tag.ext, never over a file that is there."""
    if not path.exists():
        return
    number = 0
    target = path.with_name(f"{path.stem}-{tag}{path.suffix}")
    while target.exists():
        number += 1
        target = path.with_name(f"{path.stem}-{tag}.{number}{path.suffix}")
    path.rename(target)


def _sync_directory(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
