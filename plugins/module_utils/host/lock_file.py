# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A lock file that is whole at every instant, with its owner and its age inside. Standard library only."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError


@dataclass(frozen=True)
class Holder:
    """Who holds the lock: a process on a controller. *since* and *touched* are epoch seconds of the locked host's clock."""

    owner: str
    run_id: str
    since: float
    touched: float

    def to_dict(self) -> dict[str, Any]:
        """Plain data for a module's result."""
        return asdict(self)


class LockFile:
    """One lock at *path*."""

    def __init__(self, path: str) -> None:
        self.path = path

    @contextlib.contextmanager
    def exclusive(self, timeout: float = 10.0) -> Iterator[None]:
        """Keep other processes of this host from changing the lock between our look and our change."""
        Path(self.path).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        end = time.monotonic() + timeout
        with Path(f"{self.path}.guard").open("w", encoding="utf-8") as guard:
            while not try_flock(guard.fileno()):
                if time.monotonic() >= end:
                    raise StackrollError(
                        f"{self.path}.guard has been in use for {timeout:g} s.", "See which process holds it (fuser)."
                    )
                time.sleep(0.05)
            yield

    def read(self) -> Holder | None:
        """The present holder; None when the lock is free. A file that cannot be understood is an error, not a free lock."""
        try:
            data = json.loads(Path(self.path).read_text(encoding="utf-8"))
            return Holder(str(data["owner"]), str(data["run_id"]), float(data["since"]), float(data["touched"]))
        except FileNotFoundError:
            return None
        except (ValueError, TypeError, KeyError) as error:
            raise StackrollError(
                f"The lock file {self.path} is damaged.", "Look who wrote it, then remove it."
            ) from error

    def write(self, holder: Holder) -> None:
        """Put a holder in place; only inside exclusive()."""
        handle, name = tempfile.mkstemp(dir=Path(self.path).parent, prefix=".lock-")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as stream:
                json.dump(holder.to_dict(), stream)
                stream.flush()
                os.fsync(stream.fileno())
            Path(name).replace(self.path)
        except BaseException:
            Path(name).unlink()
            raise

    def remove(self) -> None:
        """Free the lock; only inside exclusive()."""
        Path(self.path).unlink(missing_ok=True)


def try_flock(descriptor: int) -> bool:
    """Lock an open file for this process alone; false when another has it locked."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
