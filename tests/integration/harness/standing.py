# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cloud between two modules: what the last one has left, and what the next one needs."""

from __future__ import annotations

import enum
import json
from collections import Counter
from collections.abc import Mapping

from harness.cloud import FOLDER
from harness.commands import rehearse

USUAL = {"rehearsal_cloud_controllers": 2, "rehearsal_cloud_computes": 4}


class Left(enum.IntEnum):
    """What a module leaves of the cloud."""

    ANYTHING = 0
    OLD_RELEASE = 1  # with other servers
    AS_IT_WAS = 2


class Standing:
    """The cloud that is up, as far as the tests know."""

    def __init__(self) -> None:
        self.left = Left.ANYTHING

    def provide(self, shape: Mapping[str, int], needed: Left) -> None:
        """Bring up a cloud of a shape on which at least so much is as it was."""
        found = standing_shape()
        if found not in ({}, {**USUAL, **shape}):
            rehearse("down")
            found = {}
        rehearse("up", **shape)
        if found and self.left < needed:
            rehearse("reset", **shape)
        self.left = Left.ANYTHING


def standing_shape() -> dict[str, int]:
    """Return the shape of the cloud that is up; nothing without one."""
    described = FOLDER / "rehearsal.json"
    if not described.exists():
        return {}
    kinds = Counter(name[:3] for name in json.loads(described.read_text(encoding="utf-8"))["hosts"])
    return {"rehearsal_cloud_controllers": kinds["ctl"], "rehearsal_cloud_computes": kinds["cmp"]}
