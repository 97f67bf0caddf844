# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Undo a reshape while others go on working: read, plan and write until nothing is left to be undone."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError
from ansible_collections.stackroll.nova.plugins.module_utils.model.provider_tree import Consumer, ProviderTree
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.means import Means
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.reading import read_trees
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.undo import Undo
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.undoing import plan_undo
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.writing import Conflict, Unfinished, write

ATTEMPTS = 6
PAUSE = 0.2


def revert(means: Means, host: str, undo: Undo, restore: Callable[[ProviderTree], Iterable[Consumer]]) -> None:
    """Undo, and see that it is undone. Raises StackrollError when that cannot be.

    *restore*: the consumers, as they were before the reshape, that have lost something on this tree.
    """
    vocabulary = means.read_vocabulary()
    last = StackrollError(f"{host} is still not as it was.", "Look at it in Placement.")
    for _attempt in range(ATTEMPTS):
        tree = read_trees(means.api, [host])[0]
        way = plan_undo(tree, undo, vocabulary, mend=True, restore=restore(tree))
        if not way.changed:
            return
        try:
            write(means.api, way)
        except (Conflict, Unfinished) as error:
            last = error
            time.sleep(PAUSE)
    raise last
