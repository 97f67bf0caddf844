# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write what modules return into the file that KEEP_RESULTS names, a line for each, without tasks of its own."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from ansible.plugins.callback import CallbackBase


class CallbackModule(CallbackBase):  # type: ignore[misc]
    """Keeps all results."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "keep_results"
    CALLBACK_NEEDS_ENABLED = True

    def v2_runner_on_ok(self, result: Any) -> None:
        """Keep the result of a task that went well."""
        with Path(os.environ["KEEP_RESULTS"]).open("a", encoding="utf-8") as file:
            file.write(self._dump_results(result.result) + "\n")

    def v2_runner_on_failed(self, result: Any, **_how: Any) -> None:
        """Keep the result of a task that failed."""
        self.v2_runner_on_ok(result)

    def v2_runner_on_unreachable(self, result: Any) -> None:
        """Keep what is known of a host that does not answer."""
        self.v2_runner_on_ok(result)
