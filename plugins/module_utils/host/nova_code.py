# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Nova of a code tree, as the tree's own interpreter describes it. Standard library only."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.host import nova_objects
from ansible_collections.stackroll.nova.plugins.module_utils.host.command import run_for_json

# Its text, because Ansible keeps the file in an archive that only the module's own interpreter sees. Read once: inspect reads through
# a cache, which threads that describe two codes at the same time empty for one another.
_PROGRAM = inspect.getsource(nova_objects)


def describe_nova(root: str, timeout: float) -> dict[str, Any]:
    """What nova_objects tells of the Nova in the tree. Raises StackrollError."""
    argv = [str(Path(root, "bin/python3")), "-I", "-B", "-W", "ignore", "-"]
    answer: dict[str, Any] = run_for_json(f"The description of Nova in {root}", argv, timeout, _PROGRAM)
    return answer
