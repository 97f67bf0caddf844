# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a module in the background tells how far it is, and learns that nobody listens any more."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError

# The controller touches this file beside the progress as long as it waits, and removes it when it gives up. Seconds of silence
# after which it is taken for gone.
LISTENER = ".listener"
DEAF = 30.0


class ProgressFile:
    """One file, written as a whole; the controller reads it whenever it likes."""

    def __init__(self, path: str) -> None:
        self._path = Path(path)
        self._listener = Path(path + LISTENER)
        self._heard = time.time()
        self._was_heard = False

    def tell(self, news: Mapping[str, Any]) -> None:
        """Write the news; fails when the controller has given up or has been silent for too long."""
        self._listen()
        fresh = self._path.with_name(self._path.name + ".new")
        fresh.write_text(json.dumps({**news, "told": time.time()}) + "\n", encoding="utf-8")
        os.replace(fresh, self._path)

    def _listen(self) -> None:
        try:
            self._heard, self._was_heard = self._listener.stat().st_mtime, True
        except FileNotFoundError:
            self._heard = 0.0 if self._was_heard else self._heard
        if time.time() - self._heard > DEAF:
            self._path.unlink(missing_ok=True)
            raise StackrollError(
                "The playbook that has started this does not listen any more.",
                "What is under way goes on in Nova; run the same command again.",
            )
