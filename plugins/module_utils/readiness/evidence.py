# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What checks judge: answers to named questions, each asked once, however many checks want it. No I/O of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar

from ansible_collections.stackroll.nova.plugins.module_utils.model.answers import PerCell, Sample
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError
from ansible_collections.stackroll.nova.plugins.module_utils.model.fleet import Fleet

__all__ = ["Evidence", "Key", "NotKnown", "PerCell", "Sample", "View"]
GIVE = (
    "Give it in an option of stackroll.nova.upgrade_check, or name the check or its group in skip or accepted_unknown."
)
T = TypeVar("T")


class NotKnown(Exception):  # noqa: N818  # not an error: it is the result "unknown"
    """A question has no answer; the text says why, such as ``no database given``."""

    def __init__(self, reason: str, remedy: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.remedy = remedy


@dataclass(frozen=True)
class Key(Generic[T]):
    """One question with the type of its answer. *source* is what must be given to answer it: a sentence can say
    ``no <source> given``."""

    name: str
    source: str


class Evidence:
    """All answers; a source is called at the first need, once, and may raise NotKnown or StackrollError."""

    def __init__(self, sources: Mapping[Key[Any], Callable[[], Any]]) -> None:
        self._sources = dict(sources)
        self._answers: dict[str, tuple[Any, NotKnown | None]] = {}
        self._locks = {key.name: threading.Lock() for key in sources}

    def ask(self, key: Key[T]) -> T:
        """The answer. Raises NotKnown when there is none, always with the same reason."""
        if key not in self._sources:
            raise NotKnown(f"no {key.source} given", GIVE)
        with self._locks[key.name]:
            if key.name not in self._answers:
                self._answers[key.name] = self._find(key)
        answer, reason = self._answers[key.name]
        if reason is not None:
            raise NotKnown(reason.reason, reason.remedy)
        return answer  # type: ignore[no-any-return]

    def _find(self, key: Key[T]) -> tuple[T | None, NotKnown | None]:
        try:
            return self._sources[key](), None
        except NotKnown as reason:
            return None, reason
        except StackrollError as error:
            return None, NotKnown(error.message, error.remedy)

    @classmethod
    def of(cls, answers: Mapping[Key[Any], Any]) -> Evidence:
        """Evidence that is all there."""
        return cls({key: partial(_same, answer) for key, answer in answers.items()})


def _same(answer: T) -> T:
    return answer


class View:
    """The evidence as one check sees it: it remembers which parts of the cloud were silent, so that no check can forget."""

    def __init__(self, evidence: Evidence, allowed: Iterable[Key[Any]]) -> None:
        self._evidence = evidence
        self._allowed = frozenset(key.name for key in allowed)
        self.silent: dict[str, str] = {}

    def __getitem__(self, key: Key[T]) -> T:
        """The answer to a question the check has declared. Raises NotKnown."""
        if key.name not in self._allowed:
            raise LookupError(f"the check does not declare that it reads {key.name}")
        answer = self._evidence.ask(key)
        if isinstance(answer, PerCell):
            self.silent.update(answer.silent)
        elif isinstance(answer, Fleet):
            self.silent.update({part.what: part.error for part in answer.unknown})
        return answer

    def get(self, key: Key[T]) -> T | None:
        """The answer, or None without one: for what a check can do without."""
        try:
            return self[key]
        except NotKnown:
            return None
