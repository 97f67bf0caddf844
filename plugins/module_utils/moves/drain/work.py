# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What draining and restoring share: the wheels, the lists, how far it is, and how it ends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.api.session import Cloud
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError
from ansible_collections.stackroll.nova.plugins.module_utils.moves.drain.engine import Clock, Engine, Judgement
from ansible_collections.stackroll.nova.plugins.module_utils.moves.drain.order import Order
from ansible_collections.stackroll.nova.plugins.module_utils.moves.drain.parked import ParkedServer
from ansible_collections.stackroll.nova.plugins.module_utils.moves.drain.report import lists, progress
from ansible_collections.stackroll.nova.plugins.module_utils.moves.drain.slots import Choice
from ansible_collections.stackroll.nova.plugins.module_utils.moves.drain.world import World
from ansible_collections.stackroll.nova.plugins.module_utils.planning.policy import STAY
from ansible_collections.stackroll.nova.plugins.module_utils.planning.surroundings import Surroundings
from ansible_collections.stackroll.nova.plugins.module_utils.planning.verdicts import BLOCKED, WAIT

Result = dict[str, Any]


def quietly() -> None:
    """Tell nobody."""


class Work:
    """Work on the servers of the hosts of one order."""

    def __init__(self, cloud: Cloud, order: Order, clock: Clock) -> None:
        self.cloud = cloud
        self.order = order
        self.clock = clock
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
        choice = Choice(self.order.destinations, self.around.zones, self.around.groups, self.around.staying)
        self.engine = Engine(self.world, self.order.pace, choice, self.clock, self.judgement())

    @staticmethod
    def would_change(verdicts: list[Result]) -> bool:
        """Whether any verdict asks for something."""
        return any(verdict["action"] not in (STAY, BLOCKED, WAIT) for verdict in verdicts)

    def news(self) -> Result:
        """What is told while the work goes on: how far each host is, and what was parked."""
        moves = list(self.engine.moves.values())
        return {
            "progress": progress(self.order.hosts, moves, self.clock.now()),
            "parked": lists(moves)["parked"],
        }

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
