# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run a module as Ansible does, and read its JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from ansible.module_utils import _internal
from ansible.module_utils.common import warnings
from ansible.module_utils.testing import patch_module_args

from ansible_collections.stackroll.nova.plugins.module_utils.api.session import Cloud
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_openstack import FakeOpenStack
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_placement_trees import TreeCloud

RunModule = Callable[..., dict[str, Any]]


@pytest.fixture
def run_module(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> RunModule:
    """A function that runs a module with options (check=True, diff=True for the modes) and returns its result."""
    # Another test of this process may have loaded the controller; then warnings would go to the screen.
    monkeypatch.setattr(_internal, "is_controller", False)

    def run(module: ModuleType, check: bool = False, diff: bool = False, **options: Any) -> dict[str, Any]:
        # Ansible keeps the warnings of a process, which is one module's.
        monkeypatch.setattr(warnings, "_global_warnings", type(warnings._global_warnings)())
        arguments = {**options, "_ansible_check_mode": check, "_ansible_diff": diff}
        with patch_module_args(arguments), pytest.raises(SystemExit) as leaving:
            module.main()
        result: dict[str, Any] = json.loads(capfd.readouterr().out.strip().splitlines()[-1])
        assert bool(result.get("failed")) == bool(leaving.value.code)
        return result

    return run


@pytest.fixture
def openstack(monkeypatch: pytest.MonkeyPatch) -> FakeOpenStack:
    """A cloud of two hosts to which every module connects."""
    fake = FakeOpenStack("cmp1", "cmp2")
    monkeypatch.setattr(Cloud, "connect", lambda _params: fake.cloud())
    return fake


@pytest.fixture
def trees(monkeypatch: pytest.MonkeyPatch) -> TreeCloud:
    """A cloud whose Placement has provider trees, none so far; every module connects to it."""
    fake = TreeCloud()
    monkeypatch.setattr(Cloud, "connect", lambda _params: fake.cloud())
    return fake


@pytest.fixture
def no_sleep(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Time that only passes in pauses; returns the pauses."""
    now = [1000.0]
    pauses: list[float] = []

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        now[0] += max(seconds, 0.001)

    deadline = "ansible_collections.stackroll.nova.plugins.module_utils.runtime.deadline.time"
    monkeypatch.setattr(f"{deadline}.monotonic", lambda: now[0])
    monkeypatch.setattr(f"{deadline}.sleep", sleep)
    return pauses
