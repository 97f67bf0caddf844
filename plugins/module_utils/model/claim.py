# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The claim: our mark in a service's disabled_reason. What has none of ours is somebody else's."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import InvalidInput

# The API refuses longer reasons.
MAX_REASON = 255
DEFAULT_PREFIX = "stackroll"
WORD = re.compile(r"[A-Za-z0-9_.-]+")


@dataclass(frozen=True)
class Claim:
    """Who disabled a host: prefix, run and host, and a text for people."""

    prefix: str
    run_id: str
    host: str
    text: str = ""

    def __post_init__(self) -> None:
        for name, value in (("claim_prefix", self.prefix), ("run_id", self.run_id)):
            if not WORD.fullmatch(value):
                raise InvalidInput(
                    f"{value!r} cannot be a {name}.", "Use letters, digits, dots, dashes and underscores."
                )

    def __str__(self) -> str:
        """The claim as it stands in the disabled_reason; a text too long is cut, the mark never is."""
        return f"{self.mark} {self.text}".strip()[: max(MAX_REASON, len(self.mark))]

    @property
    def mark(self) -> str:
        """The claim without its text."""
        return f"{self.prefix}:{self.run_id}:{self.host}"

    @classmethod
    def parse(cls, reason: str | None, prefix: str, host: str) -> Claim | None:
        """The claim on this host in a disabled_reason, or None when the reason is somebody else's."""
        mark, _space, text = (reason or "").partition(" ")
        parts = mark.split(":", 2)
        if len(parts) != 3 or parts[0] != prefix or parts[2] != host or not WORD.fullmatch(parts[1]):
            return None
        return cls(prefix, parts[1], host, text)
