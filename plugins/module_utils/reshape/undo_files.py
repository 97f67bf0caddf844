# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The undo of every reshape in a file of its own, on disk before the first write."""

from __future__ import annotations

import json
import os
from datetime import datetime, timezone
from pathlib import Path

from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import InvalidInput
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.undo import Undo


def keep(directory: str, host: str, undo: Undo) -> str:
    """Write the undo of one host, readable by its owner only; returns the path. Raises InvalidInput."""
    moment = datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%S.%fZ")
    path = Path(directory, f"{host.replace('/', '_')}.{moment}.json")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            json.dump(undo.to_dict(), stream, indent=1, sort_keys=True)
            stream.flush()
            os.fsync(stream.fileno())
    except OSError as error:
        raise InvalidInput(
            f"The option undo_dir cannot be used: {path}: {os.strerror(error.errno or 0)}.",
            "Name a directory that this module may write to.",
        ) from error
    return str(path)
