# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is to be expected of one reshape of one host."""

from __future__ import annotations

from dataclasses import dataclass

NONE, SUCCEEDS, UNKNOWN, FAILS = "none", "succeeds", "unknown", "fails"


@dataclass(frozen=True)
class Outlook:
    """*outcome* is one of the words above; *reason* a clause without a full stop; *remedy* sentences; *consumers* how many are concerned."""

    outcome: str
    reason: str = ""
    remedy: str = ""
    consumers: int = 0


def none(reason: str) -> Outlook:
    """Nothing will be moved."""
    return Outlook(NONE, reason)


def succeeds(reason: str, consumers: int = 0) -> Outlook:
    """It will be moved."""
    return Outlook(SUCCEEDS, reason, AFTERWARDS, consumers)


def fails(reason: str, remedy: str, consumers: int = 0) -> Outlook:
    """nova-compute will not start, or not report the host any more."""
    return Outlook(FAILS, reason, remedy, consumers)


def unknown(reason: str, remedy: str, consumers: int = 0) -> Outlook:
    """It cannot be told whether it fails."""
    return Outlook(UNKNOWN, reason, remedy, consumers)


AFTERWARDS = (
    "Start no migration that touches the host before its turn; afterwards look for Reshape in the log of nova-compute."
)
ASK_HOST = "Run stackroll.nova.host_software_info on the host, with Nova's configuration files, and give its result in software."
