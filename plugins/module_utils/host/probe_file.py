# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The file of a probe: for its owner alone, locked by the process that writes it for as long as that lives. Standard library only."""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
import time
from collections.abc import Iterator
from pathlib import Path

from ansible_collections.stackroll.nova.plugins.module_utils.host.lock_file import try_flock
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import InvalidInput, StackrollError

# Who only looks whether the file is locked locks it for an instant himself.
PATIENCE = 1.0


class ProbeFile:
    """One file, at an absolute path or one below the current directory."""

    def __init__(self, path: str) -> None:
        self.path = Path(path).absolute()
        self._handle: int | None = None

    @property
    def handle(self) -> int:
        """The open file, after hold()."""
        if self._handle is None:
            raise StackrollError(f"{self.path} is not open.")
        return self._handle

    def hold(self) -> bool:
        """Open it, new or to go on with, and lock it; false when another process has. Raises InvalidInput for a file that is not ours."""
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            handle = os.open(self.path, flags, 0o600)
        except OSError as error:
            raise InvalidInput(f"{self.path} cannot be written: {error.strerror}.", "Give another path.") from error
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid():
            os.close(handle)
            raise InvalidInput(f"{self.path} belongs to somebody else or is no file.", "Give another path.")
        if not _lock(handle):
            os.close(handle)
            return False
        os.fchmod(handle, 0o600)
        if found.st_size:
            os.write(handle, b"\n")  # a kill may have cut the last line
        self._handle = handle
        return True

    def write(self, line: str) -> None:
        """Add a line with one write. Raises OSError."""
        os.write(self.handle, line.encode("ascii"))

    def release(self) -> None:
        """Close it here; it stays locked as long as another process has the same open file."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def is_held(self) -> bool:
        """Whether a process has locked it."""
        try:
            handle = os.open(self.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        except OSError as error:
            raise InvalidInput(
                f"{self.path} cannot be read: {error.strerror}.", "Look at its owner and mode."
            ) from error
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(handle)
        return False

    def is_open_in(self, pid: int) -> bool:
        """Whether this process has it open: the number of a process that is gone may be another's today."""
        with contextlib.suppress(OSError):
            for entry in Path(f"/proc/{pid}/fd").iterdir():
                with contextlib.suppress(OSError):
                    if entry.samefile(self.path):
                        return True
        return False

    @contextlib.contextmanager
    def lines(self) -> Iterator[Iterator[str]]:
        """Its lines so far; none when there is no file. Raises InvalidInput."""
        try:
            stream = self.path.open(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            yield iter(())
            return
        except OSError as error:
            raise InvalidInput(
                f"{self.path} cannot be read: {error.strerror}.", "Look at its owner and mode."
            ) from error
        with stream:
            yield iter(stream)


def _lock(handle: int) -> bool:
    end = time.monotonic() + PATIENCE
    while not try_flock(handle):
        if time.monotonic() >= end:
            return False
        time.sleep(0.05)
    return True
