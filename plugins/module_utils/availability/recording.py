# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The file of a probe: one JSON line per request and per boot, between the lines of each session."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, TypeVar

from ansible_collections.stackroll.nova.plugins.module_utils.availability.samples import Boot, Sample

BOOT, SESSION, END = "boot", "session", "end"
DIGITS = 4
_SAMPLE = {item.name: item for item in fields(Sample)}
_BOOT = {item.name: item for item in fields(Boot)}
_MAYBE = (int, float, type(None))
_NUMBERS: dict[type, dict[str, Any]] = {
    Sample: {"started": (int, float), "seconds": (int, float), "lag": (int, float), "status": (int, type(None))},
    Boot: {"started": (int, float), "seconds": _MAYBE, "seconds_deleting": _MAYBE},
}

T = TypeVar("T", Sample, Boot)


@dataclass
class Session:
    """One process: its settings (id, pid, started, rate, mix and more), what it saw, and how it ended, which a kill leaves out."""

    settings: dict[str, Any] = field(default_factory=dict)
    samples: list[Sample] = field(default_factory=list)
    boots: list[Boot] = field(default_factory=list)
    end: dict[str, Any] | None = None


@dataclass(frozen=True)
class Recording:
    """All sessions of a file in order, and how many lines could not be read."""

    sessions: tuple[Session, ...] = ()
    damaged: int = 0

    @property
    def samples(self) -> list[Sample]:
        """Of all sessions."""
        return [sample for session in self.sessions for sample in session.samples]

    @property
    def boots(self) -> list[Boot]:
        """Of all sessions."""
        return [boot for session in self.sessions for boot in session.boots]


def sample_line(sample: Sample) -> str:
    """One line, without what is as always."""
    return _dump(_told(sample, _SAMPLE))


def boot_line(boot: Boot) -> str:
    """One line."""
    return _dump({BOOT: _told(boot, _BOOT)})


def session_line(settings: Mapping[str, Any]) -> str:
    """The first line of a process."""
    return _dump({SESSION: dict(settings)})


def end_line(end: Mapping[str, Any]) -> str:
    """Its last line."""
    return _dump({END: dict(end)})


def read(lines: Iterable[str]) -> Recording:
    """All that can be read; a line that a kill has cut short is counted and left out."""
    sessions: list[Session] = []
    damaged = 0
    for line in lines:
        if line.strip() and not _take(line, sessions):
            damaged += 1
    return Recording(tuple(sessions), damaged)


def _take(line: str, sessions: list[Session]) -> bool:
    try:
        data = json.loads(line)
        if SESSION in data:
            sessions.append(Session(dict(data[SESSION])))
            return True
        if not sessions:
            sessions.append(Session())
        if END in data:
            sessions[-1].end = dict(data[END])
        elif BOOT in data:
            sessions[-1].boots.append(_made(Boot, data[BOOT], _BOOT))
        else:
            sessions[-1].samples.append(_made(Sample, data, _SAMPLE))
    except (AttributeError, ValueError, TypeError, RecursionError):
        return False
    return True


def _made(kind: type[T], data: Mapping[str, Any], known: Mapping[str, Any]) -> T:
    # Many lines hold few different texts.
    values: dict[str, Any] = {
        key: sys.intern(value) if isinstance(value, str) else value for key, value in data.items() if key in known
    }
    if kind is Sample:
        values = {"status": None, "error": None, **values}
    for name, allowed in _NUMBERS[kind].items():
        if not isinstance(values.get(name, 0), allowed):
            raise TypeError(name)
    return kind(**values)


def _told(record: Any, known: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, item in known.items():
        value = getattr(record, name)
        if value is None or value == item.default:
            continue
        found[name] = round(value, DIGITS) if isinstance(value, float) else value
    return found


def _dump(data: Mapping[str, Any]) -> str:
    return json.dumps(data, separators=(",", ":"), ensure_ascii=True) + "\n"
