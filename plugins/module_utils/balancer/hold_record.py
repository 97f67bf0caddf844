# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is kept of a hold on the balancer's host, so that it can be read, and ended by whoever comes later.

A directory holds for each backend a lock that lives as long as the relay or its guard does, the socket at which the relay takes
orders, and the record, which is whole at every instant.
"""

from __future__ import annotations

import json
import os
import tempfile
import zlib
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.balancer.hold_plan import HoldPlan
from ansible_collections.stackroll.nova.plugins.module_utils.host.lock_file import try_flock
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError

NONE, OPENING, HELD, RELEASING, RELEASED = "none", "opening", "held", "releasing", "released"


@dataclass
class HoldRecord:
    """A hold: its plan and what has become of it. Times are seconds since the epoch, *seconds* is how long requests were held.

    *cause* says who released it: V(asked), V(watchdog), V(drain timeout), V(relay lost) or V(failed).
    """

    plan: HoldPlan
    state: str = OPENING
    pid: int = 0
    port: int = 0
    added: bool = False
    since: float = 0.0
    held_since: float | None = None
    released_at: float | None = None
    cause: str = ""
    to: list[str] | None = None
    error: str = ""
    problems: list[str] = field(default_factory=list)
    connections: dict[str, float] = field(default_factory=dict)
    open: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Plain data for the file."""
        return {**asdict(self), "plan": self.plan.to_dict()}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> HoldRecord:
        """The record of a file."""
        return cls(**{**data, "plan": HoldPlan.from_dict(data["plan"])})


class HoldFiles:
    """The files of one backend behind one runtime socket, below *directory*."""

    def __init__(self, directory: str, socket: str, backend: str) -> None:
        # The path of a Unix socket has at most 107 bytes: no long names in it.
        stem = f"hold-{zlib.crc32(f'{socket} {backend}'.encode()):08x}"
        self._directory = Path(directory)
        self._record = self._directory / f"{stem}.json"
        self._lock = self._directory / f"{stem}.lock"
        self.control = str(self._directory / f"{stem}.sock")

    def prepare(self) -> None:
        """Make the directory, for this account alone."""
        try:
            self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise self._unusable(error) from error

    def try_lock(self) -> int | None:
        """A descriptor that holds the lock; None when a relay, its guard or another module has it."""
        try:
            descriptor = os.open(self._lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise self._unusable(error) from error
        if not try_flock(descriptor):
            os.close(descriptor)
            return None
        return descriptor

    def exists(self) -> bool:
        """Whether there ever was a hold here."""
        return self._lock.exists()

    def read(self) -> HoldRecord | None:
        """The record of the last hold; None when there was none."""
        try:
            data = json.loads(self._record.read_text(encoding="utf-8"))
            return HoldRecord.from_dict(data)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._unusable(error) from error
        except (ValueError, TypeError, KeyError) as error:
            raise StackrollError(
                f"The record of a hold {self._record} is damaged, or of another release of this collection.",
                "Look with haproxy_server which servers are drained, give them back, then remove the file.",
            ) from error

    def write(self, record: HoldRecord) -> None:
        """Put a record in place of the last one."""
        handle, name = tempfile.mkstemp(dir=self._directory, prefix=".hold-")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as stream:
                json.dump(record.to_dict(), stream)
            Path(name).replace(self._record)
        except BaseException:
            Path(name).unlink()
            raise

    def remove_control(self) -> None:
        """Take away the socket of a relay that is gone."""
        Path(self.control).unlink(missing_ok=True)

    def _unusable(self, error: OSError) -> StackrollError:
        return StackrollError(
            f"The directory {self._directory} cannot be used: {error.strerror}.",
            "Become a user that may write there (become: true), or set run_dir.",
        )
