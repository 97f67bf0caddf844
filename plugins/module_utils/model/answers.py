# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is found out about a cloud, in the form in which it is judged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class PerCell(Generic[T]):
    """The answers of the cells by name, cell0 included, and the reasons of those that gave none."""

    answers: Mapping[str, T]
    silent: Mapping[str, str] = field(default_factory=dict)
    cell0: str | None = None

    def all(self) -> Iterable[tuple[str, T]]:
        """Every cell that answered."""
        return self.answers.items()

    def real(self) -> list[tuple[str, T]]:
        """Every cell that answered and can have hosts."""
        return [(name, answer) for name, answer in self.answers.items() if name != self.cell0]


@dataclass(frozen=True)
class Sample:
    """Some of many objects: their total number and the first names."""

    total: int = 0
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class ApiVersion:
    """The newest microversion of an API as (major, minor), or the sentence that says why there is none, in the words of
    nova-status. *configured* is false where the service has no credentials because it is not used."""

    newest: tuple[int, int] | None
    problem: str = ""
    configured: bool = True


@dataclass(frozen=True)
class PolicyFile:
    """A service's policy file. *rules* are the rules of a YAML file by name; None when it was not read."""

    path: str
    exists: bool
    is_json: bool = False
    rules: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Interface:
    """A server's port whose VIF type is of interest, from the network information that nova-compute starts with."""

    server_id: str
    host: str | None
    vif_type: str


@dataclass(frozen=True)
class Access:
    """What the account may do: the names of its roles, the reads it was refused (call to reason), and the newest microversions
    by service (``compute``, ``placement``)."""

    roles: tuple[str, ...]
    refused: Mapping[str, str] = field(default_factory=dict)
    versions: Mapping[str, tuple[int, int]] = field(default_factory=dict)
