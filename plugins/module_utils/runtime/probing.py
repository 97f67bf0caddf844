# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the options of api_probe ask for: start a probe in the background, look at it, stop it."""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
from collections.abc import Mapping
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.api.errors import ApiError
from ansible_collections.stackroll.nova.plugins.module_utils.api.probe.account import account_of
from ansible_collections.stackroll.nova.plugins.module_utils.api.probe.boots import ServerSpec
from ansible_collections.stackroll.nova.plugins.module_utils.api.probe.find import (
    find_image,
    find_networks,
    find_target,
)
from ansible_collections.stackroll.nova.plugins.module_utils.api.probe.leftovers import delete_leftovers
from ansible_collections.stackroll.nova.plugins.module_utils.api.probe.operations import (
    DEFAULT_MIX,
    IMAGE,
    NAMES,
    NETWORK,
    OPERATIONS,
)
from ansible_collections.stackroll.nova.plugins.module_utils.api.probe.prober import Prober
from ansible_collections.stackroll.nova.plugins.module_utils.api.probe.run import CLEANING, Plan, Probe, settings_of
from ansible_collections.stackroll.nova.plugins.module_utils.api.probe.tryout import try_out
from ansible_collections.stackroll.nova.plugins.module_utils.api.probe.wire import Wire
from ansible_collections.stackroll.nova.plugins.module_utils.api.session import Cloud
from ansible_collections.stackroll.nova.plugins.module_utils.availability.evaluation import evaluate
from ansible_collections.stackroll.nova.plugins.module_utils.availability.mix import Mix
from ansible_collections.stackroll.nova.plugins.module_utils.availability.recording import (
    Recording,
    Session,
    read,
    session_line,
)
from ansible_collections.stackroll.nova.plugins.module_utils.availability.spans import Spans
from ansible_collections.stackroll.nova.plugins.module_utils.host import background
from ansible_collections.stackroll.nova.plugins.module_utils.host.probe_file import ProbeFile
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import (
    InvalidInput,
    StackrollError,
    WaitTimeout,
)
from ansible_collections.stackroll.nova.plugins.module_utils.runtime.deadline import Deadline

NAME = "stackroll-probe"
LOOK_EVERY = 0.2
MOST = {"rate": 100.0, "max_in_flight": 500, "duration": 7 * 86400.0}

Params = Mapping[str, Any]
Json = dict[str, Any]


class Probing:
    """One probe by its file."""

    def __init__(self, params: Params) -> None:
        self._params = params
        self._file = ProbeFile(params["path"])
        self._spans = Spans.parse(params["phases"])
        self.warnings: list[str] = []

    def running(self) -> int | None:
        """The process that writes the file. Raises StackrollError when the file is locked by one that does not say who it is."""
        deadline = Deadline(10.0, LOOK_EVERY)
        while self._file.is_held():
            sessions = self.recording().sessions
            pid = sessions[-1].settings.get("pid") if sessions else None
            if isinstance(pid, int) and pid > 1 and self._file.is_open_in(pid):
                return pid
            if deadline.expired:
                raise StackrollError(
                    f"{self._file.path} is locked, and not by the process that its last session names.",
                    "See which has it open (fuser).",
                )
            deadline.pause()
        return None

    def recording(self) -> Recording:
        """All that was seen so far."""
        with self._file.lines() as lines:
            return read(lines)

    def look(self) -> Json:
        """Whether it runs, its settings, and what it has seen."""
        pid, recording = self.running(), self.recording()
        settings = recording.sessions[-1].settings if recording.sessions else {}
        return {
            "running": pid is not None,
            "pid": pid,
            "settings": settings,
            "evaluation": evaluate(recording, self._spans),
        }

    def start(self, cloud: Cloud) -> Json:
        """Begin, unless it runs already. Raises StackrollError."""
        order = _Order(self._params)
        prober, plan, left_out = order.prepare(cloud)
        self.warnings += order.warnings
        if not self._file.hold():
            return {"changed": False, **self.brief()}
        probe = Probe(prober, plan, self._file.write)

        def work(ready: background.Ready) -> None:
            self._file.write(session_line(settings_of(plan, pid=os.getpid(), started=prober.now())))
            background.on_end(probe.stop)
            ready()
            probe.run()

        try:
            background.start(NAME, work, keep=[self._file.handle])
        finally:
            self._file.release()
        return {"changed": True, **self.brief(), "left_out": left_out}

    def brief(self) -> Json:
        """Which process runs, and with which settings; warns when they are not those that were asked for."""
        pid, sessions = self.running(), self.recording().sessions
        settings = sessions[-1].settings if pid and sessions else {}
        for name in ("rate", "seed", "boot_every"):
            if settings.get(name, self._params[name]) != self._params[name]:
                self.warnings.append(
                    f"A probe is running with {name}={settings[name]}. It was left as it is; stop it first to change that."
                )
        return {"running": pid is not None, "pid": pid, "settings": settings, "left_out": {}}

    def stop(self) -> bool:
        """End it, and wait for its end; true when it was running. One that does not end in time is killed."""
        pid = self.running()
        if pid is None:
            return False
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
        deadline = Deadline(self._params["stop_timeout"], LOOK_EVERY)
        while self._file.is_held() and not deadline.expired:
            deadline.pause()
        if self._file.is_held() and self._file.is_open_in(pid):
            os.kill(pid, signal.SIGKILL)
            self.warnings.append(f"The probe did not end within {self._params['stop_timeout']:g} s, and was killed.")
            deadline = Deadline(10.0, LOOK_EVERY)
            while self._file.is_held() and not deadline.expired:
                deadline.pause()
        if self._file.is_held():
            raise WaitTimeout(f"Process {pid} of the probe does not end.", "See what it waits for.")
        return True

    def littered(self) -> list[str]:
        """The sessions that may have left servers: they booted some, and did not end as they should or could not delete them."""
        return [str(session.settings.get("id")) for session in self.recording().sessions if _littered(session)]

    def clean(self, cloud: Cloud) -> int:
        """Delete what they have left; returns how many there were. Raises WaitTimeout with what is left."""
        sessions = self.littered()

        def ask(method: str, path: str) -> tuple[int | None, Any]:
            try:
                return 200, cloud.nova(method, path)
            except ApiError as error:
                return error.status, None

        count, left = delete_leftovers(ask, sessions, CLEANING)
        if left:
            raise WaitTimeout(
                f"{len(left)} servers of the probe are left: {', '.join(left[:5])}.",
                "Delete them, or run the same command again.",
                {"left": left},
            )
        return count


class _Order:
    """From options to a probe that is ready to run."""

    def __init__(self, params: Params) -> None:
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


def _littered(session: Session) -> bool:
    if not session.settings.get("boot_every"):
        return False
    return session.end is None or bool(session.end.get("left"))
