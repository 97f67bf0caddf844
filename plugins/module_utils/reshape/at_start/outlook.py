# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is to be expected of one reshape of one host."""

from __future__ import annotations

from dataclasses import dataclass

NONE, SUCCEEDS, UNKNOWN, FAILS, RESHAPED = "none", "succeeds", "unknown", "fails", "reshaped"


@dataclass(frozen=True)
class Outlook:
    """*outcome* is one of the words above; *reason* a clause without a full stop; *remedy* sentences; *consumers* how many are concerned.

    *reshapes*: whether nova-compute sends a reshape, None where that is not known. It is False as well where the configuration stands in
    the way, which is no other after somebody else has reshaped the host.
    """

    outcome: str
    reason: str = ""
    remedy: str = ""
    consumers: int = 0
    reshapes: bool | None = False


def none(reason: str) -> Outlook:
    """Nothing will be moved."""
    return Outlook(NONE, reason)


def succeeds(reason: str, consumers: int = 0, reshapes: bool | None = True) -> Outlook:
    """It will be moved."""
    return Outlook(SUCCEEDS, reason, AFTERWARDS, consumers, reshapes)


def fails(reason: str, remedy: str, consumers: int = 0, reshapes: bool | None = True) -> Outlook:
    """nova-compute will not start, not report the host any more, or do damage."""
    return Outlook(FAILS, reason, remedy, consumers, reshapes)


def unknown(reason: str, remedy: str, consumers: int = 0, reshapes: bool | None = None) -> Outlook:
    """It cannot be told whether it fails."""
    return Outlook(UNKNOWN, reason, remedy, consumers, reshapes)


def reshaped(outlook: Outlook) -> Outlook:
    """The same of a host that somebody else reshapes before nova-compute starts."""
    if outlook.reshapes is False:
        return outlook
    return Outlook(RESHAPED, "it is reshaped before nova-compute starts", consumers=outlook.consumers)


AFTERWARDS = (
    "Start no migration that touches the host before its turn; afterwards look for Reshape in the log of nova-compute."
)
ASK_HOST = "Run stackroll.nova.host_software_info on the host, with Nova's configuration files, and give its result in software."
