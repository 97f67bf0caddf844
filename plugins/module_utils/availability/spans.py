# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When what was done to the cloud, and so to which phase and which window a request belongs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from math import inf, isfinite
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import InvalidInput

BEFORE, DURING, AFTER, BETWEEN = "before", "during", "after", "between"
WINDOWS = (BEFORE, DURING, AFTER)


@dataclass(frozen=True)
class Span:
    """A phase from *start* until before *end*, epoch seconds."""

    name: str
    start: float
    end: float = inf


@dataclass(frozen=True)
class Spans:
    """All phases; where two overlap, the one named first counts. A request belongs to the phase in which it was begun."""

    spans: tuple[Span, ...] = ()

    @classmethod
    def parse(cls, phases: Iterable[Mapping[str, Any]]) -> Spans:
        """From dictionaries with name, start and end; moments are epoch seconds or ISO times, no end is not over yet. Raises InvalidInput."""
        return cls(tuple(map(_span, phases)))

    def phase(self, moment: float) -> str:
        """The phase at this moment: before, between or after all of them where none is."""
        for span in self.spans:
            if span.start <= moment < span.end:
                return span.name
        work = [span for span in self.spans if span.name not in (BEFORE, AFTER)]
        if not work:
            return DURING
        if moment < min(span.start for span in work):
            return BEFORE
        return AFTER if moment >= max(span.end for span in work) else BETWEEN


def window(phase: str) -> str:
    """Before, during or after the work as a whole; what is between two phases is during."""
    return phase if phase in (BEFORE, AFTER) else DURING


def _span(phase: Mapping[str, Any]) -> Span:
    name, start, end = str(phase.get("name") or ""), _moment(phase.get("start")), inf
    if phase.get("end") not in (None, ""):
        end = _moment(phase["end"])
    if not name or not start <= end:
        raise InvalidInput(
            f"The phase {dict(phase)!r} in the option phases cannot be used.", "Give name, start, and an end after it."
        )
    return Span(name, start, end)


def _moment(value: Any) -> float:
    """Epoch seconds of a number or an ISO time; a time without a zone is UTC."""
    try:
        moment = float(value)
        if isfinite(moment):
            return moment
    except (TypeError, ValueError):
        pass
    text = str(value)
    try:
        found = datetime.fromisoformat(text[:-1] + "+00:00" if text.endswith("Z") else text)
    except ValueError:
        raise InvalidInput(
            f"{value!r} in the option phases is not a moment.",
            "Give epoch seconds, or a time such as 2026-11-22T02:00:00Z.",
        ) from None
    return (found if found.tzinfo else found.replace(tzinfo=timezone.utc)).timestamp()
