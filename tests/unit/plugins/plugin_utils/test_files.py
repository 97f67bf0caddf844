# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that are whole at every instant."""

from __future__ import annotations

import json
import multiprocessing
import os
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import InvalidInput
from ansible_collections.stackroll.nova.plugins.plugin_utils import files


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_replace_keeps_the_old_file_when_it_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "run.json"
    files.replace_json(path, {"a": 1})

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        files.replace_json(path, {"a": 2})
    assert files.read_json(path) == {"a": 1}
    assert [entry.name for entry in tmp_path.iterdir()] == ["run.json"]


def test_modes(tmp_path: Path) -> None:
    files.make_directory(tmp_path / "a" / "b")
    files.replace(tmp_path / "private", "x")
    files.replace(tmp_path / "public", "x", files.PUBLIC)
    files.append(tmp_path / "journal", b"x\n")
    assert mode(tmp_path / "a" / "b") == 0o700
    assert [mode(tmp_path / name) for name in ("private", "public", "journal")] == [0o600, 0o644, 0o600]


def test_append_ends_a_line_that_was_cut_short(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    path.write_bytes(b'{"a":1}\n{"b"')
    files.append(path, b'{"c":3}\n')
    files.append(path, b'{"d":4}\n')
    assert path.read_bytes() == b'{"a":1}\n{"b"\n{"c":3}\n{"d":4}\n'


@pytest.mark.parametrize("content", ["", "{", "[1]", "\x00"])
def test_a_damaged_document_is_named_with_its_remedy(content: str, tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(InvalidInput, match=r"run\.json is damaged\. Move it away"):
        files.read_json(path)


def test_setting_aside_never_overwrites(tmp_path: Path) -> None:
    for text in ("one", "two", "three"):
        (tmp_path / "journal.jsonl").write_text(text, encoding="utf-8")
        files.set_aside(tmp_path / "journal.jsonl", "7f3a")
    files.set_aside(tmp_path / "journal.jsonl", "7f3a")
    found = {path.name: path.read_text(encoding="utf-8") for path in tmp_path.iterdir()}
    assert found == {"journal-7f3a.jsonl": "one", "journal-7f3a.1.jsonl": "two", "journal-7f3a.2.jsonl": "three"}


def write_many(arguments: Any) -> None:
    """For a worker: many long lines."""
    path, number = arguments
    for index in range(100):
        files.append(Path(path), (json.dumps({"worker": number, "index": index, "x": "y" * 9000}) + "\n").encode())


def test_lines_of_many_workers_do_not_mix(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    workers = [
        multiprocessing.get_context("fork").Process(target=write_many, args=((str(path), number),))
        for number in range(4)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]
    assert len(lines) == 400
    assert {line["worker"] for line in lines} == {0, 1, 2, 3}
