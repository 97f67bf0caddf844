# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of the actions that tell; shared by the action plugins and the modules that document them."""

from __future__ import annotations

from typing import Any

Spec = dict[str, dict[str, Any]]

RUN_DIR: Spec = {"run_dir": {"type": "path"}}

RUN: Spec = {
    **RUN_DIR,
    "state": {"type": "str", "choices": ["opened", "closed"], "default": "opened"},
    "target_release": {"type": "str"},
    "source_release": {"type": "str"},
    "snapshot": {"type": "dict"},
    "result": {"type": "str", "choices": ["success", "failed"], "default": "success"},
    "reason": {"type": "str", "default": ""},
    "return_snapshot": {"type": "bool", "default": True},
}
RUN_REQUIRED_IF: list[Any] = [("state", "opened", ("target_release",))]

JOURNAL: Spec = {
    **RUN_DIR,
    "event": {"type": "str", "required": True},
    "data": {"type": "dict", "default": {}},
}

REPORT: Spec = {**RUN_DIR}

CHECKS_REPORT: Spec = {
    **RUN_DIR,
    "checks": {"type": "list", "elements": "dict", "required": True},
    "facts": {"type": "dict", "default": {}},
    "show": {"type": "list", "elements": "str", "default": []},
    "verdict": {"type": "str", "default": ""},
}


def refusal(action: str) -> str:
    """What the module of that name says when it is run on a host, where it has nothing to do."""
    return (
        f"stackroll.nova.{action} works on the Ansible controller and cannot run on a host."
        f" Call it from a playbook by its full name, stackroll.nova.{action}."
    )
