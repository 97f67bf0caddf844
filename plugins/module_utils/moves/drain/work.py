# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A task of many moves that several calls can share: between two of them it is plain data."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.api.session import Cloud
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import InvalidInput, StackrollError
from ansible_collections.stackroll.nova.plugins.module_utils.moves.drain import move as at
from ansible_collections.stackroll.nova.plugins.module_utils.moves.drain.engine import Clock, Engine, Judgement
from ansible_collections.stackroll.nova.plugins.module_utils.moves.drain.move import Move
from ansible_collections.stackroll.nova.plugins.module_utils.moves.drain.order import Order
from ansible_collections.stackroll.nova.plugins.module_utils.moves.drain.parked import ParkedServer
from ansible_collections.stackroll.nova.plugins.module_utils.moves.drain.report import lists, progress
from ansible_collections.stackroll.nova.plugins.module_utils.moves.drain.slots import Choice
from ansible_collections.stackroll.nova.plugins.module_utils.moves.drain.world import World
from ansible_collections.stackroll.nova.plugins.module_utils.planning.policy import STAY
from ansible_collections.stackroll.nova.plugins.module_utils.planning.surroundings import Surroundings
from ansible_collections.stackroll.nova.plugins.module_utils.planning.verdicts import BLOCKED, WAIT

Result = dict[str, Any]


class Work:
    """What draining and restoring share."""

    def __init__(self, cloud: Cloud, order: Order, clock: Clock) -> None:
        self.cloud = cloud
        self.order = order
        self.clock = clock
        self.settling: float | None = None
        self.around = Surroundings({})
        self.parked: Mapping[str, ParkedServer] = {}
        self.world = World(cloud)

    def judgement(self) -> Judgement:
        """Who decides on servers."""
        raise NotImplementedError

    def hosts_result(self) -> list[Result]:
        """What is proven of each host so far."""
        return []

    def trouble(self, result: Result) -> str:
        """Why the task fails; empty when it does not."""
        raise NotImplementedError

    def make_engine(self) -> None:
        """Wheels for this work."""
        choice = Choice(self.order.destinations, self.around.zones, self.around.groups)
        self.engine = Engine(self.world, self.order.pace, choice, self.clock, self.judgement())

    @staticmethod
    def would_change(verdicts: list[Result]) -> bool:
        """Whether any verdict asks for something."""
        return any(verdict["action"] not in (STAY, BLOCKED, WAIT) for verdict in verdicts)

    def result(self) -> Result:
        """The lists, the hosts and the progress; what is not over yet is remaining."""
        moves = list(self.engine.moves.values())
        return {
            "changed": self.engine.sent > 0,
            **lists(moves),
            "hosts": self.hosts_result(),
            "progress": progress(self.order.hosts, moves, self.clock.now()),
        }

    def finish(self) -> Result:
        """The result of work that is over; raises when not everything is as agreed."""
        result = self.result()
        trouble = self.trouble(result)
        if trouble:
            raise StackrollError(f"{trouble}.", "Mend what is named, then run the same command again.", result)
        return result

    def token(self) -> Result:
        """What a later call needs to go on."""
        return {
            "now": self.clock.now(),
            "at": time.time(),
            "since": self.world.since,
            "settling": self.settling,
            "sent": self.engine.sent,
            "zones": dict(self.around.zones),
            "forbidden": dict(self.around.forbidden),
            "groups": dict(self.around.groups),
            "parked": [record.to_dict() for record in self.parked.values()],
            "moves": [move.to_dict() for move in self.engine.moves.values()],
        }

    def go_on(self, token: Mapping[str, Any]) -> None:
        """Take up the work where an earlier call has left it."""
        try:
            self.world.since = str(token["since"])
            self.settling = token["settling"]
            self.around = Surroundings(dict(token["zones"]), dict(token["forbidden"]), dict(token["groups"]))
            self.parked = {item["id"]: ParkedServer.from_dict(item) for item in token["parked"]}
            moves = [Move.from_dict(item) for item in token["moves"]]
            self.make_engine()
            self.engine.sent = int(token["sent"])
        except (KeyError, TypeError, ValueError) as error:
            raise _unusable() from error
        self.engine.moves = {move.id: move for move in moves}
        self.world.servers = {move.id: move.server for move in moves if move.phase != at.LEFT}
        self.engine.resume()


def clock_of(token: Mapping[str, Any] | None) -> Clock:
    """The clock of a task, which has not stood still between two calls."""
    if not token:
        return Clock()
    try:
        return Clock(float(token["now"]) + max(0.0, time.time() - float(token["at"])))
    except (KeyError, TypeError, ValueError) as error:
        raise _unusable() from error


def _unusable() -> InvalidInput:
    return InvalidInput("The continuation is not one of ours.", "Leave it to the action plugin.")
