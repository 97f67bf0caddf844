# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A readiness check: its rule in words and in code. A new check is one function, its Check entry, and a line in the catalog."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.model.release import Release
from ansible_collections.stackroll.nova.plugins.module_utils.model.wording import some
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.evidence import Key, Sample, View
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.questions import (
    NOVA_DATABASE,
    PLACEMENT_DATABASE,
)

NOVA_STATUS = "nova-status"
PLACEMENT_STATUS = "placement-status"


@dataclass(frozen=True)
class Finding:
    """What a check has to say. *objects* are all objects concerned; *remedy* replaces the check's usual one."""

    result: str
    summary: str = ""
    objects: tuple[str, ...] = ()
    remedy: str = ""
    total: int | None = None


@dataclass(frozen=True)
class Check:
    """One rule. *group* is selectable as a whole; *command* is the command that makes the same check, if one does, and
    *command_name* the name it prints for it.

    *since* and *until* are the first and the last major version of Nova (15 is Ocata) whose upgrade it belongs to.
    *rule*, *remedy* and *history* are for people and go into the documentation as they are.
    """

    name: str
    group: str
    judge: Callable[[View, Release], Finding]
    reads: tuple[Key[Any], ...]
    rule: str
    remedy: str = ""
    history: str = ""
    since: int = 15
    until: int | None = None
    command: str = ""
    command_name: str = ""

    def __post_init__(self) -> None:
        """Most commands print the check's own name."""
        if self.command and not self.command_name:
            object.__setattr__(self, "command_name", self.name)

    @property
    def words(self) -> tuple[str, ...]:
        """What selects the check: its name, its group, and ``database`` when it asks a database."""
        sources = {key.source for key in self.reads}
        return (self.name, self.group, *(("database",) if sources & {NOVA_DATABASE, PLACEMENT_DATABASE} else ()))

    def belongs_to(self, release: Release) -> bool:
        """Whether an upgrade to this release asks the check."""
        return self.since <= release.nova and (self.until is None or release.nova <= self.until)


def success(summary: str = "") -> Finding:
    """Nothing to mend."""
    return Finding("success", summary)


def warning(summary: str, objects: Iterable[str] = (), remedy: str = "", total: int | None = None) -> Finding:
    """Something to know before going on."""
    return Finding("warning", summary, tuple(objects), remedy, total)


def failure(summary: str, objects: Iterable[str] = (), remedy: str = "", total: int | None = None) -> Finding:
    """Something to mend before going on."""
    return Finding("failure", summary, tuple(objects), remedy, total)


def listed(result: str, what: str, objects: Iterable[str]) -> Finding:
    """Success without objects; otherwise the result with *what* followed by the first of them."""
    found = tuple(objects)
    return Finding(result, f"{what} {some(found)}.", found) if found else success()


def sampled(result: str, what: str, sample: Sample) -> Finding:
    """As *listed*, for objects of which only the first names are known."""
    if not sample.total:
        return success()
    return Finding(result, f"{what} {some(sample.names, total=sample.total)}.", sample.names, total=sample.total)
