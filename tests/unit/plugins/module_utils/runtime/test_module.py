# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The wrapper: results, one clear sentence, and bugs."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from ansible.module_utils.testing import patch_module_args

from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import MissingLibrary, StackrollError
from ansible_collections.stackroll.nova.plugins.module_utils.runtime.module import StackrollModule

Body = Callable[[StackrollModule], dict[str, Any]]


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Callable[..., dict[str, Any]]:
    """Run a body as a module and return its result."""

    def run_body(body: Body, **modes: bool) -> dict[str, Any]:
        with patch_module_args({f"_ansible_{name}": value for name, value in modes.items()}):
            module = StackrollModule({})
            module.always(lambda: {"api": {"requests": 3}})
            with pytest.raises(SystemExit):
                module.run(body)
        result: dict[str, Any] = json.loads(capfd.readouterr().out.strip().splitlines()[-1])
        return result

    return run_body


def test_a_result(run: Callable[..., dict[str, Any]]) -> None:
    result = run(lambda _module: {"x": 1, "diff": {"before": 1, "after": 2}})
    assert (result["x"], result["changed"], result["api"]) == (1, False, {"requests": 3})
    assert "diff" not in result


def test_diff_is_shown_when_asked_for(run: Callable[..., dict[str, Any]]) -> None:
    assert run(lambda _module: {"changed": True, "diff": {"before": 1, "after": 2}}, diff=True)["diff"]["after"] == 2


@pytest.mark.parametrize("diff", [True, False])
def test_a_failure_has_its_diff_only_when_asked_for(run: Callable[..., dict[str, Any]], diff: bool) -> None:
    def body(_module: StackrollModule) -> dict[str, Any]:
        raise StackrollError("Half done.", details={"diff": {"before": 1, "after": 2}})

    assert ("diff" in run(body, diff=diff)) == diff


def test_check_mode_is_passed_on(run: Callable[..., dict[str, Any]]) -> None:
    assert run(lambda module: {"check": module.check_mode}, check_mode=True)["check"]


def test_an_error_is_one_sentence_with_its_details(run: Callable[..., dict[str, Any]]) -> None:
    def body(_module: StackrollModule) -> dict[str, Any]:
        raise StackrollError("cmp1 is gone.", "Bring it back.", {"hosts": ["cmp1"], "changed": True})

    result = run(body)
    assert (result["failed"], result["changed"], result["hosts"]) == (True, True, ["cmp1"])
    assert result["msg"] == "cmp1 is gone. Bring it back."
    assert result["api"] == {"requests": 3}
    assert "exception" not in result


def test_a_missing_library(run: Callable[..., dict[str, Any]]) -> None:
    def body(_module: StackrollModule) -> dict[str, Any]:
        raise MissingLibrary("openstacksdk", "Traceback …")

    assert "openstacksdk" in run(body)["msg"]


def test_a_bug_says_that_it_is_one(run: Callable[..., dict[str, Any]]) -> None:
    def body(_module: StackrollModule) -> dict[str, Any]:
        raise KeyError("x")

    result = run(body)
    assert "KeyError: 'x'. Please report it with the traceback." in result["msg"]
    assert "test_module.py" in "".join(result["traceback"])
