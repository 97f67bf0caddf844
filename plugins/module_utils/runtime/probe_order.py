# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the options of api_probe to a probe that is ready to run."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.api.probe.account import account_of
from ansible_collections.stackroll.nova.plugins.module_utils.api.probe.boots import ServerSpec
from ansible_collections.stackroll.nova.plugins.module_utils.api.probe.find import (
    find_image,
    find_networks,
    find_target,
)
from ansible_collections.stackroll.nova.plugins.module_utils.api.probe.operations import (
    DEFAULT_MIX,
    IMAGE,
    NAMES,
    NETWORK,
    OPERATIONS,
)
from ansible_collections.stackroll.nova.plugins.module_utils.api.probe.prober import Prober
from ansible_collections.stackroll.nova.plugins.module_utils.api.probe.run import Plan
from ansible_collections.stackroll.nova.plugins.module_utils.api.probe.tryout import try_out
from ansible_collections.stackroll.nova.plugins.module_utils.api.probe.wire import Wire
from ansible_collections.stackroll.nova.plugins.module_utils.api.session import Cloud
from ansible_collections.stackroll.nova.plugins.module_utils.availability.mix import Mix
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import InvalidInput

MOST = {"rate": 100.0, "max_in_flight": 500, "duration": 7 * 86400.0}


class ProbeOrder:
    """What the options ask for. Raises InvalidInput for what no cloud could have."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        self._params = params
        self.warnings: list[str] = []
        self._mix = Mix.parse(DEFAULT_MIX if params["mix"] is None else params["mix"], NAMES)
        for name, most in MOST.items():
            if not 0 < params[name] <= most:
                raise InvalidInput(f"The option {name} is {params[name]:g}.", f"Give more than 0 and at most {most:g}.")
        for name in ("timeout", "boot_timeout", "stop_timeout"):
            if not params[name] > 0:
                raise InvalidInput(f"The option {name} is {params[name]:g}.", "Give more than 0.")
        self._boots = params["boot_every"] > 0
        if params["boot_every"] and (params["boot_every"] < 1 or not (params["flavor"] and params["image"])):
            raise InvalidInput(
                "Booting needs a flavor, an image and at least 1 s from one to the next.",
                "Give flavor, image and boot_every.",
            )

    def prepare(self, cloud: Cloud) -> tuple[Prober, Plan, dict[str, str]]:
        """Find out everything that can be wrong before anything is started; also says what is left out and why."""
        params = self._params
        account = account_of(cloud.session)
        target = find_target(cloud, account, params["flavor"], self._others())
        session = secrets.token_hex(8)
        server = None
        if self._boots:
            image, networks = (
                find_image(cloud, target, params["image"]),
                find_networks(cloud, target, params["network"]),
            )
            server = ServerSpec(target.flavor_id, image, networks, session)
        prober = Prober(Wire(account.trust, params["timeout"]), account, target)
        left_out, failing = try_out(prober, self._mix.operations)
        if left_out and params["mix"] is not None:
            name, reason = next(iter(left_out.items()))
            raise InvalidInput(
                f"The option mix names {name}, which this account cannot use: {reason}.", "Take it out of the mix."
            )
        self.warnings += [f"{name} does not work at the start: {reason}." for name, reason in failing.items()]
        mix = self._mix.without(left_out)
        mix.schedule(params["rate"], params["seed"])
        plan = Plan(
            mix=mix,
            rate=params["rate"],
            seed=params["seed"],
            duration=params["duration"],
            most_in_flight=params["max_in_flight"],
            session=session,
            boot_timeout=params["boot_timeout"],
            boot_every=params["boot_every"],
            server=server,
        )
        return prober, plan, left_out

    def _others(self) -> list[str]:
        """The APIs beside Compute and Placement that are needed."""
        used = {OPERATIONS[name].api for name in self._mix.operations if name in OPERATIONS}
        return [api for api in (IMAGE, NETWORK) if api in used or self._boots]
