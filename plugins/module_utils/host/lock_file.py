# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A lock file that is created whole or not at all, with its owner and its age inside. Standard library only."""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import asdict, dataclass
from typing import Any, Optional

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

    def read(self) -> Optional[Holder]:
        """The present holder; None when the lock is free. A file that cannot be understood is an error, not a free lock."""
        try:
            with open(self.path, encoding="utf-8") as stream:
                return Holder(**json.load(stream))
        except FileNotFoundError:
            return None
        except (ValueError, TypeError) as error:
            raise StackrollError(
                f"The lock file {self.path} is damaged.", "Look who wrote it, then remove it."
            ) from error

    def create(self, holder: Holder) -> bool:
        """Take a free lock; False when somebody else was faster."""
        written = self._write(holder)
        try:
            os.link(written, self.path)
            return True
        except FileExistsError:
            return False
        finally:
            os.unlink(written)

    def replace(self, holder: Holder) -> bool:
        """Put another holder in place; True when it is still there when read back."""
        os.replace(self._write(holder), self.path)
        return self.read() == holder

    def remove(self) -> None:
        """Free the lock."""
        try:
            os.unlink(self.path)
        except FileNotFoundError:
            pass

    def _write(self, holder: Holder) -> str:
        folder = os.path.dirname(self.path)
        os.makedirs(folder, mode=0o700, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=folder, prefix=".lock-")
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            json.dump(holder.to_dict(), stream)
            stream.flush()
            os.fsync(stream.fileno())
        return name
