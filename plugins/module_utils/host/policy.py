# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A service's policy, found and read as the service does (oslo_config.cfg.find_file, oslo_policy.policy, oslo_utils.fileutils)."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.host.config import ServiceConfig
from ansible_collections.stackroll.nova.plugins.module_utils.model.answers import PolicyFile
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError

DEFAULT_FILE = "policy.yaml"
DEFAULT_FOLDER = "policy.d"
Rules = Mapping[str, str]


def read_policy(project: str, config: ServiceConfig) -> PolicyFile:
    """The policy of a project, ``nova`` or ``placement``. The file's content decides what it is, not its name.

    The rules are those of the file with those of the policy folders laid over them, or None when one cannot be read.
    """
    name = config.get("oslo_policy", "policy_file") or DEFAULT_FILE
    path = _find(project, config, name)
    is_json, rules = _parse(_read(path)) if path else (False, {})
    for folder in (config.get("oslo_policy", "policy_dirs") or DEFAULT_FOLDER).split(","):
        for extra in _files_in(_find(project, config, folder.strip())):
            more = _parse(_read(extra))[1]
            rules = None if rules is None or more is None else {**rules, **more}
    return PolicyFile(str(path or name), exists=path is not None, is_json=is_json, rules=rules)


def _find(project: str, config: ServiceConfig, name: str) -> Path | None:
    return next((path for path in _candidates(project, config, name) if path.exists()), None)


def _candidates(project: str, config: ServiceConfig, name: str) -> Iterator[Path]:
    for path in reversed(config.paths):
        yield Path(path).expanduser().absolute().parent / name
    for folder in (f"~/.{project}", "~", f"/etc/{project}", "/etc"):
        yield Path(folder).expanduser() / name
    for variable in ("SNAP_COMMON", "SNAP"):
        if os.environ.get(variable):
            yield Path(os.environ[variable]) / "etc" / project / name


def _files_in(folder: Path | None) -> list[Path]:
    if folder is None or not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise StackrollError(
            f"The policy file {path} cannot be read: {type(error).__name__}.", "Run this with the right to read it."
        ) from error


def _parse(text: str) -> tuple[bool, Rules | None]:
    """Whether the text is JSON, and its rules; None for none that can be read here."""
    try:
        return True, _rules(json.loads(text))
    except ValueError:
        return False, _parse_yaml(text)


def _parse_yaml(text: str) -> Rules | None:
    try:
        import yaml  # Nova's own interpreter has it
    except ImportError:
        return None
    try:
        return _rules(yaml.safe_load(text) or {})
    except yaml.YAMLError:
        return None


def _rules(data: Any) -> Rules | None:
    return {str(name): str(rule) for name, rule in data.items()} if isinstance(data, dict) else None
