# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What carrying out a reshape needs of the world, and what it says of each host."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field

from ansible_collections.stackroll.nova.plugins.module_utils.api.placement import PlacementApi
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError
from ansible_collections.stackroll.nova.plugins.module_utils.model.provider_tree import Consumer, ProviderTree
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.request import Reshape
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.undo import Undo, undo_of
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.vocabulary import Vocabulary

# The names of hosts, and consumers that are known already, by UUID (see reading.read_trees).
ReadTrees = Callable[[Collection[str], Mapping[str, Consumer]], list[ProviderTree]]
# By host, the UUIDs of consumers.
OfHosts = Mapping[str, Collection[str]]
BATCH = 32


@dataclass(frozen=True)
class Since:
    """*elsewhere*: by UUID of a consumer that is a server on another host, its name. *deleted*: who was a server and is none."""

    elsewhere: Mapping[str, str] = field(default_factory=dict)
    deleted: Collection[str] = ()


@dataclass(frozen=True)
class Means:
    """What carrying out needs of the world.

    *read*: the trees of hosts. *decide*: the reshape of a tree. *admit*: refuses hosts that must not be reshaped now, given their trees
    and who is going to be written; true when it had to wait, so that everything is to be read again. *keep_undo*: called before the
    first write to a host. *still_there*: those of the consumers that exist and hold nothing anywhere. *since*: what has become of
    consumers since they were planned.
    """

    api: PlacementApi
    read: ReadTrees
    read_vocabulary: Callable[[], Vocabulary]
    decide: Callable[[ProviderTree, Vocabulary], Reshape]
    admit: Callable[[list[ProviderTree], OfHosts], bool]
    keep_undo: Callable[[str, Undo], None]
    still_there: Callable[[Iterable[Consumer]], list[Consumer]]
    since: Callable[[OfHosts], Since] = lambda _consumers: Since()
    retries: int = 5
    batch: int = BATCH


@dataclass
class HostResult:
    """What became of one host; *written* are consumers that others have written since.

    *touched*: the reshape was carried out, or may have been. *undone*: the host is as it was before.
    """

    reshape: Reshape
    attempts: int = 0
    written: tuple[str, ...] = ()
    error: StackrollError | None = None
    touched: bool = False
    undone: bool = False
    undo: Undo = field(init=False)

    def __post_init__(self) -> None:
        self.undo = undo_of(self.reshape)

    @property
    def host(self) -> str:
        """The name of the host."""
        return self.reshape.before.root.name

    @property
    def changed(self) -> bool:
        """Whether the host is another now than it was, or would be."""
        return self.reshape.changed and (self.error is None or (self.touched and not self.undone))
