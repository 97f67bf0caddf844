# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is a failure, and of which kind."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.availability.samples import Boot
from ansible_collections.stackroll.nova.tests.unit.plugins.module_utils.availability.seen import sample


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ({}, None),
        ({"status": 202}, None),
        ({"status": 500}, "5xx"),
        ({"status": 503}, "5xx"),
        ({"status": 503, "provoked": True}, "5xx"),
        ({"status": 404}, "unexpected"),
        ({"status": 302}, "unexpected"),
        ({"status": 404, "provoked": True}, None),
        ({"status": None}, "other"),
        ({"error": "refused"}, "refused"),
        ({"error": "timeout"}, "timeout"),
        ({"error": "skipped"}, None),
    ],
)
def test_failures(given: dict[str, Any], kind: str | None) -> None:
    found = sample(0, **given)
    assert found.failure == kind
    assert found.succeeded == (kind is None and given.get("error") != "skipped")


def test_a_boot_that_was_not_tried_has_not_failed() -> None:
    assert not Boot(0, "x", failure="skipped").failed
    assert not Boot(0, "x", "1", seconds=3.0).failed
    assert Boot(0, "x", "1", failure="no valid host").failed
