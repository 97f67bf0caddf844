# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Locks that end with the process that holds them, so that a cut-off run leaves none behind."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import RehearsalError


@contextmanager
def locked(path: Path, timeout: int) -> Iterator[None]:
    """Hold an exclusive lock on a file; somebody else may have finished the work meanwhile."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as handle:
        end = time.monotonic() + timeout
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError as exc:
                if time.monotonic() > end:
                    raise RehearsalError(f"another run has held {path} for {timeout} s; wait for it or end it") from exc
                time.sleep(0.5)
        yield
