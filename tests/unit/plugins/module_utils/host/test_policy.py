# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a policy file is found, and what it says."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.host.config import ServiceConfig
from ansible_collections.stackroll.nova.plugins.module_utils.host.policy import read_policy
from ansible_collections.stackroll.nova.plugins.module_utils.model.answers import PolicyFile
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError


@pytest.fixture
def conf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A function from the text of [oslo_policy] to a configuration, in a home of its own."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for variable in ("SNAP", "SNAP_COMMON"):
        monkeypatch.delenv(variable, raising=False)

    def write(text: str = "", folder: str = "etc", *more: str) -> ServiceConfig:
        paths = [put(tmp_path / name / "nova.conf", f"[oslo_policy]\n{text}\n") for name in (folder, *more)]
        return ServiceConfig([str(path) for path in paths])

    return write


def put(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_no_policy_file(conf: Any) -> None:
    assert read_policy("nova", conf()) == PolicyFile("policy.yaml", exists=False, rules={})


def test_yaml_beside_the_configuration(conf: Any, tmp_path: Path) -> None:
    path = put(tmp_path / "etc" / "policy.yaml", "# mine\nadmin: 'role:admin'\n")
    assert read_policy("nova", conf()) == PolicyFile(str(path), exists=True, rules={"admin": "role:admin"})


@pytest.mark.parametrize(
    ("name", "text", "is_json"),
    [
        ("policy.yaml", '{"admin": "role:admin"}', True),
        ("policy.json", "admin: role:admin", False),
        ("policy.yaml", "", False),
        ("policy.yaml", "# nothing", False),
    ],
)
def test_the_content_decides(conf: Any, tmp_path: Path, name: str, text: str, is_json: bool) -> None:
    put(tmp_path / "etc" / name, text)
    found = read_policy("nova", conf(f"policy_file = {name}"))
    assert (found.exists, found.is_json) == (True, is_json)
    assert found.rules == ({"admin": "role:admin"} if "admin" in text else {})


def test_an_absolute_path(conf: Any, tmp_path: Path) -> None:
    path = put(tmp_path / "elsewhere" / "p.yaml", "a: b")
    assert read_policy("nova", conf(f"policy_file = {path}")).path == str(path)


def test_the_last_configuration_file_is_looked_beside_first_and_the_home_last(conf: Any, tmp_path: Path) -> None:
    places = ["two", "one", "home/.nova", "home"]
    for place in places:
        put(tmp_path / place / "policy.yaml", "a: b")
    config = conf("", "one", "two")
    for place in places:
        path = tmp_path / place / "policy.yaml"
        assert read_policy("nova", config).path == str(path)
        path.unlink()
    assert not read_policy("nova", config).exists


def test_a_home_of_another_project_does_not_count(conf: Any, tmp_path: Path) -> None:
    put(tmp_path / "home" / ".placement" / "policy.yaml", "a: b")
    assert not read_policy("nova", conf()).exists
    assert read_policy("placement", conf()).exists


def test_a_snap(conf: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SNAP", str(tmp_path / "snap"))
    path = put(tmp_path / "snap" / "etc" / "nova" / "policy.yaml", "a: b")
    assert read_policy("nova", conf()).path == str(path)


def test_folders_lie_over_the_file(conf: Any, tmp_path: Path) -> None:
    put(tmp_path / "etc" / "policy.yaml", "a: file\nb: file")
    for number in "85273946":
        put(tmp_path / "etc" / "policy.d" / f"{number}.yaml", f"b: '{number}'")
    put(tmp_path / "etc" / "policy.d" / "1.yaml", "b: first\nc: first")
    put(tmp_path / "etc" / "policy.d" / ".hidden", "a: hidden")
    assert read_policy("nova", conf()).rules == {"a": "file", "b": "9", "c": "first"}
    assert read_policy("nova", conf("policy_dirs = other")).rules == {"a": "file", "b": "file"}


@pytest.mark.parametrize("text", ["a: [", "- a", '["a"]'])
def test_rules_that_cannot_be_read(conf: Any, tmp_path: Path, text: str) -> None:
    put(tmp_path / "etc" / "policy.yaml", text)
    found = read_policy("nova", conf())
    assert found.exists
    assert found.rules is None


def test_without_pyyaml_there_are_no_rules(conf: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path / "etc" / "policy.yaml", "a: b")
    monkeypatch.setitem(sys.modules, "yaml", None)
    found = read_policy("nova", conf())
    assert (found.is_json, found.rules) == (False, None)


def test_a_file_that_is_no_text(conf: Any, tmp_path: Path) -> None:
    path = put(tmp_path / "etc" / "policy.yaml", "")
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(StackrollError, match=r"The policy file .*policy.yaml cannot be read"):
        read_policy("nova", conf())
