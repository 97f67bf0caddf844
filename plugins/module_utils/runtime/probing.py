# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the options of api_probe ask for: start a probe in the background, look at it, stop it."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Mapping
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.api.errors import ApiError
from ansible_collections.stackroll.nova.plugins.module_utils.api.probe.leftovers import delete_leftovers
from ansible_collections.stackroll.nova.plugins.module_utils.api.probe.run import CLEANING, Probe, settings_of
from ansible_collections.stackroll.nova.plugins.module_utils.api.session import Cloud
from ansible_collections.stackroll.nova.plugins.module_utils.availability.evaluation import evaluate
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
    StackrollError,
    WaitTimeout,
)
from ansible_collections.stackroll.nova.plugins.module_utils.runtime.deadline import Deadline
from ansible_collections.stackroll.nova.plugins.module_utils.runtime.probe_order import ProbeOrder

NAME = "stackroll-probe"
LOOK_EVERY = 0.2

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
        order = ProbeOrder(self._params)
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


def _littered(session: Session) -> bool:
    if not session.settings.get("boot_every"):
        return False
    return session.end is None or bool(session.end.get("left"))
