# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Configuration left over from an earlier upgrade."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.model.release import RELEASES
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.checks.leftovers import COMPUTE_RPC
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.questions import NOVA_OPTIONS, SERVICES, UNITS
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.result import CheckResult
from ansible_collections.stackroll.nova.tests.unit.plugins import fake_evidence
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_evidence import Settings, cells, service

PIN = "Compute RPC pin"
GUARD = "Guard against old computes"


def ask(pin: str | None, oldest: int = 72, target: str = "2026.2", units: Any = None) -> CheckResult:
    answers: dict[Any, Any] = {
        NOVA_OPTIONS: Settings({"upgrade_levels.compute": pin} if pin else {}),
        SERVICES: cells(service(version=oldest), service(host="cmp2", version=99), service(host="cmp3", version=0)),
    }
    return fake_evidence.ask(PIN, answers if units is None else {**answers, UNITS: units}, target)


@pytest.mark.parametrize(
    ("pin", "oldest", "target", "result", "summary"),
    [
        ("auto", 72, "2026.2", "success", "auto"),
        (None, 72, "2026.2", "success", "Not set"),
        (None, 70, "2026.1", "failure", "newer compute RPC than 6.4, with the pin of nova.conf (not set)"),
        (None, 60, "2023.1", "failure", "than 6.0"),
        ("flamingo", 70, "2026.1", "warning", "must be lifted after the upgrade: nova.conf (flamingo)"),
        ("6.4", 70, "2026.1", "warning", "nova.conf (6.4)"),
        ("6.0", 72, "2026.2", "warning", "nova.conf (6.0)"),
        ("6.5", 70, "2026.1", "failure", "nova.conf (6.5)"),
        ("gazpacho", 70, "2026.1", "failure", "nova.conf (gazpacho)"),
        ("gazpacho", 72, "2026.2", "warning", "nova.conf (gazpacho)"),
        ("2026.1", 72, "2026.2", "failure", "nova.conf (2026.1)"),
        ("nonsense", 70, "2026.1", "failure", "nova.conf (nonsense)"),
    ],
)
def test_pins(pin: str | None, oldest: int, target: str, result: str, summary: str) -> None:
    found = ask(pin, oldest, target)
    assert found.result == result
    assert summary in found.summary


def unit(pin: str | None, config: bool = True) -> dict[str, Any]:
    return {"rpc_pin": pin, "shutdown": {"needed_timeout_stop_seconds": 200} if config else None}


def test_the_hosts_know_better_than_the_configuration_at_hand() -> None:
    hosts = {"cmp1": unit("6.4"), "cmp2": unit("auto"), "cmp3": unit(None, config=False)}
    assert ask("auto", 70, "2026.1", hosts).objects == ("cmp1 (6.4)",)
    assert ask("6.4", 70, "2026.1", {"cmp2": unit("auto")}).result == "success"
    assert ask("6.4", 70, "2026.1", {"cmp3": unit(None, config=False)}).objects == ("nova.conf (6.4)",)
    unset = ask("auto", 70, "2026.1", {"cmp1": unit("6.4"), "cmp2": unit(None)})
    assert (unset.result, unset.objects) == ("failure", ("cmp2 (not set)",))


def test_without_computes_nobody_is_spoken_to() -> None:
    answers: dict[Any, Any] = {NOVA_OPTIONS: Settings(), SERVICES: cells(service(forced_down=True, version=1))}
    assert fake_evidence.ask(PIN, answers).result == "success"


def test_unset_is_not_fine_while_the_computes_are_not_known() -> None:
    assert fake_evidence.ask(PIN, {NOVA_OPTIONS: Settings()}).result == "unknown"
    assert fake_evidence.ask(PIN, {NOVA_OPTIONS: Settings({"upgrade_levels.compute": "auto"})}).result == "success"
    assert fake_evidence.ask(PIN, {}).result == "unknown"
    silent = cells(service(), silent={"cell2": "timed out"})
    assert fake_evidence.ask(PIN, {NOVA_OPTIONS: Settings(), SERVICES: silent}).result == "unknown"


def test_the_rpc_version_of_every_release_is_known() -> None:
    assert set(COMPUTE_RPC) == {release.codename for release in RELEASES}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, "success"),
        ("False", "success"),
        ("true", "warning"),
        ("True", "warning"),
        ("1", "warning"),
        ("maybe", "unknown"),
    ],
)
def test_guard(text: str | None, expected: str) -> None:
    option = {"workarounds.disable_compute_service_check_for_ffu": text} if text else {}
    result = fake_evidence.ask(GUARD, {NOVA_OPTIONS: Settings(option)})
    assert result.result == expected
    assert bool(result.remedy) is (expected != "success")
