# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Results of reshapes as data, as text before and after, and as one sentence when something went wrong."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError
from ansible_collections.stackroll.nova.plugins.module_utils.model.provider_tree import ProviderTree
from ansible_collections.stackroll.nova.plugins.module_utils.model.wording import count
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.means import HostResult
from ansible_collections.stackroll.nova.plugins.module_utils.telling.provider_tree import tree_lines

Json = dict[str, Any]


def told(result: HostResult, details: bool) -> Json:
    """One host."""
    reshape = result.reshape
    found: Json = {
        "host": result.host,
        "changed": result.changed,
        "error": str(result.error) if result.error else "",
        "undone": result.undone,
        "attempts": result.attempts,
        "creates": [item.name for item in reshape.creates],
        "deletes": [item.name for item in reshape.deletes],
        "written_since": list(result.written),
    }
    if details:
        new = {item.uuid: 0 for item in reshape.creates}
        found.update(
            before=reshape.before.to_dict(),
            after=reshape.after.to_dict(),
            body=reshape.body(new) if reshape.reshapes else {},
            moves=list(reshape.moves()),
        )
    return found


def diff(results: Iterable[HostResult]) -> dict[str, str]:
    """The trees of the hosts that change, with who holds what."""
    changed = [item.reshape for item in results if item.changed]
    return {"before": _text(item.before for item in changed), "after": _text(item.after for item in changed)}


def fail_if_any(results: Iterable[HostResult], details: Mapping[str, Any]) -> None:
    """Raise StackrollError for the first host with an error, with its details; the others are counted, and all are in *details*."""
    errors = [item.error for item in results if item.error]
    if not errors:
        return
    others = len(errors) - 1
    more = f" {count(others, 'other host')} failed as well, see hosts." if others else ""
    raise StackrollError(errors[0].message, f"{errors[0].remedy}{more}", {**errors[0].details, **details})


def _text(trees: Iterable[ProviderTree]) -> str:
    return "".join(f"{line}\n" for tree in trees for line in tree_lines(tree, consumers=True))
