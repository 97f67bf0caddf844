# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of provider_tree_reshape as a task: who gets which layout, what is refused beforehand, how long a shape is watched."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import InvalidInput
from ansible_collections.stackroll.nova.plugins.module_utils.model.provider_tree import ProviderTree
from ansible_collections.stackroll.nova.plugins.module_utils.model.wording import some
from ansible_collections.stackroll.nova.plugins.module_utils.reshape import undo_files
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.hold import Watch, watch
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.layout import Layout
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.means import Means, OfHosts, Since
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.migrations import (
    Moving,
    elsewhere,
    refuse_moving,
    refuse_unsettled,
)
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.plan import plan
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.presets import expand
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.readers import mapping
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.request import Reshape
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.undo import Undo
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.undoing import plan_undo
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.vocabulary import Vocabulary
from ansible_collections.stackroll.nova.plugins.module_utils.runtime.deadline import Deadline
from ansible_collections.stackroll.nova.plugins.module_utils.runtime.reshaping import Surroundings

# Traits that nova-compute sets on its root providers begin with it, COMPUTE_NODE among them.
OF_NOVA = "COMPUTE_"
LOOKS_EVERY = 2.0


class ReshapeTask:
    """What the options ask for. Raises InvalidInput for what no host could have."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        self._params = params
        self.state: str = params["state"]
        self.hosts: list[str] = list(dict.fromkeys(params["hosts"]))
        if not self.hosts:
            raise InvalidInput("The option hosts is empty.", "Name the hosts.")
        for name in ("period", "periods", "retries", "wait_for_migrations"):
            if params[name] < 0:
                raise InvalidInput(f"The option {name} is {params[name]}.", "It must not be negative.")
        self._before = {tree.root.name: tree for tree in map(_tree, params["before"])}
        self._refuse_strangers()
        # One for the whole call, however often hosts are planned again.
        self._deadline = Deadline(params["wait_for_migrations"], LOOKS_EVERY)
        self._servers: set[str] = set()
        self._undos = {host: Undo.load(data) for host, data in params["undo"].items()}
        for layout in (params["layout"], *params["host_layouts"].values()):
            if layout is not None and "preset" not in mapping("layout", layout):
                Layout.parse(layout)

    def means(self, world: Surroundings) -> Means:
        """What carrying out needs."""
        return Means(
            api=world.api,
            read=world.read,
            read_vocabulary=world.read_vocabulary,
            decide=self._decide,
            admit=lambda trees, movers: self._admit(world, trees, movers),
            keep_undo=self._keep_undo,
            still_there=world.still_there,
            since=lambda consumers: self._since(world, consumers),
            retries=self._params["retries"],
        )

    def hold(self, world: Surroundings, *, may_undo: bool) -> None:
        """Watch the hosts for some periods, or look once if nothing may be undone. Raises StackrollError when a shape does not hold."""
        seconds = float(self._params["period"] * self._params["periods"])
        before = {host: self._before[host] for host in self.hosts}
        watch(
            self.means(world),
            Watch(
                before=before,
                layouts={host: self._layout(tree) for host, tree in before.items() if self._data(host) is not None},
                undos=self._undos,
                seconds=seconds if may_undo else 0.0,
                interval=max(1.0, self._params["period"] / 3),
                may_undo=may_undo,
            ),
        )

    def _keep_undo(self, host: str, undo: Undo) -> None:
        if self._params["undo_dir"]:
            undo_files.keep(self._params["undo_dir"], host, undo)

    def _refuse_strangers(self) -> None:
        """Every host has what its state needs, and nothing is for hosts that are not named."""
        for name in ("host_layouts", "undo"):
            others = sorted(set(self._params[name]) - set(self.hosts))
            if others:
                raise InvalidInput(
                    f"The option {name} has {some(others)}, which hosts does not name.",
                    "Name them there, or take them out.",
                )
        if self.state == "held":
            missing = sorted(set(self.hosts) - set(self._before))
            if missing:
                raise InvalidInput(
                    f"The option before has no tree of {some(missing)}.", "Hand in the trees of all hosts."
                )
        without = []
        if self.state in ("reshaped", "flat"):
            without = [host for host in self.hosts if self._data(host) is None]
        elif self.state == "undone":
            without = [host for host in self.hosts if host not in self._params["undo"]]
        if without:
            wanted = "undo" if self.state == "undone" else "layout"
            raise InvalidInput(f"The option {wanted} has nothing for {some(without)}.", f"state={self.state} needs it.")

    def _data(self, host: str) -> Any:
        return self._params["host_layouts"].get(host, self._params["layout"])

    def _layout(self, tree: ProviderTree) -> Layout:
        return Layout.parse(expand(self._data(tree.root.name), tree))

    def _decide(self, tree: ProviderTree, vocabulary: Vocabulary) -> Reshape:
        if self.state == "undone":
            found = plan_undo(tree, self._undos[tree.root.name], vocabulary)
        else:
            layout = self._layout(tree)
            found = plan(tree, layout.flat() if self.state == "flat" else layout, vocabulary)
        if found.changed and not self._params["nova_wants_layout"]:
            _refuse_what_nova_reports(tree)
        return found

    def _admit(self, world: Surroundings, trees: list[ProviderTree], movers: OfHosts) -> bool:
        """Refuse hosts whose servers come or go, after waiting as long as the option says; true when it has waited."""
        if not trees:
            return False
        waited = self._wait(lambda: _refuse_moving(world, trees))
        return waited or self._wait(lambda: self._refuse_unsettled(world, movers), once=True)

    def _refuse_unsettled(self, world: Surroundings, movers: OfHosts) -> None:
        servers = world.servers(movers)
        self._servers.update(servers)
        for host, uuids in movers.items():
            refuse_unsettled(host, {uuid: servers[uuid] for uuid in uuids if uuid in servers})

    def _since(self, world: Surroundings, consumers: OfHosts) -> Since:
        """What has become of the servers among consumers since they were planned."""
        servers = world.servers(consumers)
        away: dict[str, str] = {}
        for host, uuids in consumers.items():
            away.update(elsewhere(host, {uuid: servers[uuid] for uuid in uuids if uuid in servers}))
        planned = {uuid for uuids in consumers.values() for uuid in uuids} & self._servers
        return Since(away, planned - servers.keys())

    def _wait(self, refuse: Callable[[], None], *, once: bool = False) -> bool:
        """Wait until nothing is refused any more, or just once, where only other trees can tell; true when it has waited."""
        waited = False
        while True:
            try:
                refuse()
            except Moving:
                if self._deadline.expired:
                    raise
                self._deadline.pause()
                waited = True
            else:
                return waited
            if once:
                return True


def _tree(data: Any) -> ProviderTree:
    try:
        return ProviderTree.from_dict(data)
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise InvalidInput(
            f"The option before cannot be read ({error}).", "Hand in trees as the modules return them."
        ) from error


def _refuse_moving(world: Surroundings, trees: list[ProviderTree]) -> None:
    migrations = world.migrations()
    for tree in trees:
        refuse_moving(tree, migrations)


def _refuse_what_nova_reports(tree: ProviderTree) -> None:
    if any(name.startswith(OF_NOVA) for name in tree.root.traits):
        raise InvalidInput(
            f"{tree.root.name} is a compute node of Nova, and a nova-compute that reports another shape would put the resources back"
            " on the root and offer them twice.",
            "Stop it, and set nova_wants_layout if the one that is started afterwards reports this shape itself.",
        )
