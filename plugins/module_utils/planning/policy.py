# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The operator's wishes about servers: rules by what a server is or carries, and what may be done to guests at all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import InvalidInput
from ansible_collections.stackroll.nova.plugins.module_utils.model.server import Labels, Server

LIVE, COLD, SUSPEND, STOP, STAY, BLOCK = "live", "cold", "suspend", "stop", "stay", "block"
STEPS = (LIVE, COLD, SUSPEND, STOP, STAY, BLOCK)
PARKING = (SUSPEND, STOP)
DEFAULT_STEPS = (LIVE, COLD)


@dataclass(frozen=True)
class Rule:
    """What to do with the servers that fit every condition given; without conditions, with all."""

    steps: tuple[str, ...]
    extra_specs: Mapping[str, str] = field(default_factory=dict)
    metadata: Mapping[str, str] = field(default_factory=dict)
    tag: str | None = None
    project: str | None = None
    image: str | None = None
    flavor: str | None = None
    server: str | None = None
    local_gib_over: int | None = None

    def __post_init__(self) -> None:
        if not self.steps:
            raise InvalidInput("A rule of the policy has no steps.", f"Give it some of {', '.join(STEPS)}.")
        if len(self.steps) > 1 and {STAY, BLOCK} & set(self.steps):
            raise InvalidInput(f"A rule of the policy mixes {', '.join(self.steps)}.", "stay and block stand alone.")
        if len(set(self.steps)) < len(self.steps):
            raise InvalidInput(f"A rule of the policy repeats itself: {', '.join(self.steps)}.", "Name a step once.")

    @classmethod
    def parse(cls, data: Mapping[str, Any]) -> Rule:
        """Read a rule as the option policy has it."""
        given = {name: value for name, value in data.items() if value is not None}
        given["steps"] = tuple(given.get("steps", ()))
        for name in ("extra_specs", "metadata"):
            given[name] = {key: str(value) for key, value in given.get(name, {}).items()}
        return cls(**given)

    def fits(self, server: Server, labels: Labels) -> bool:
        """Whether the rule is about this server."""
        wanted = (
            (self.tag, labels.tags),
            (self.project, (server.project_id,)),
            (self.image, (server.image_id,)),
            (self.flavor, (server.flavor.name,)),
            (self.server, (server.id, server.name)),
        )
        return (
            all(value is None or value in values for value, values in wanted)
            and self.extra_specs.items() <= dict(server.flavor.extra_specs).items()
            and self.metadata.items() <= dict(labels.metadata).items()
            and (self.local_gib_over is None or local_gib(server) > self.local_gib_over)
        )


@dataclass(frozen=True)
class Policy:
    """The rules, the first that fits counts, and what may be done to guests."""

    rules: tuple[Rule, ...] = ()
    allow_cold: bool = False
    park: tuple[str, ...] = ()
    verify_resize: str = BLOCK
    offload: bool = False
    may_stay: frozenset[str] = frozenset()

    @classmethod
    def read(cls, options: Mapping[str, Any]) -> Policy:
        """From the options that planning and draining share, by their names."""
        return cls(
            rules=parse_rules(options["policy"]),
            allow_cold=options["allow_cold"],
            park=tuple(options["park"]),
            verify_resize=options["verify_resize"],
            offload=options["shelved"] == "offload",
            may_stay=frozenset(options["may_stay"]),
        )

    def rule_for(self, server: Server, labels: Labels) -> Rule | None:
        """The first rule about a server."""
        return next((rule for rule in self.rules if rule.fits(server, labels)), None)

    def parking(self) -> Policy:
        """The policy for a host that no server leaves: rules without their moves, and what no rule is about is parked as well."""
        park = self.park or PARKING
        kept = [
            replace(rule, steps=tuple(step for step in rule.steps if step not in (LIVE, COLD)) or park)
            for rule in self.rules
        ]
        return replace(self, rules=(*kept, Rule(park)), park=park)


def parse_rules(rules: Iterable[Mapping[str, Any]]) -> tuple[Rule, ...]:
    """Read the option policy."""
    return tuple(Rule.parse(rule) for rule in rules)


def local_gib(server: Server) -> int:
    """Disk space on the host itself, all of which a move may have to copy."""
    flavor = server.flavor
    return (0 if server.volume_backed else flavor.disk_gib) + flavor.ephemeral_gib + -(-flavor.swap_mib // 1024)
