# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes on in a living cloud: allocations of servers come and go while somebody else works on the same providers."""

from __future__ import annotations

import random
import threading
import time
import uuid
from collections.abc import Sequence
from typing import Any

from harness import api
from harness.cloud import Rehearsal

MICROVERSION = "1.37"
BUILT = {"VCPU": 1, "MEMORY_MB": 64}


class Churn:
    """Builds on random providers and deletions of given consumers, in turns, at a rate per second, until it is left."""

    def __init__(
        self,
        cloud: Rehearsal,
        providers: Sequence[str],
        doomed: Sequence[str],
        *,
        owner: tuple[str, str] = ("churn", "churn"),
        rate: float = 10,
    ) -> None:
        self._adapter = api.connect(cloud).placement
        self._providers = providers
        self._doomed = list(doomed)
        self._project, self._user = owner
        self._pause = 1 / rate
        self._dice = random.Random(6)
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._error: BaseException | None = None
        self.built: list[str] = []
        self.deleted: list[str] = []

    def __enter__(self) -> Churn:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._ending.set()
        self._thread.join(timeout=60)
        assert self._error is None, f"the churn has ended: {self._error}"

    @property
    def held(self) -> dict[tuple[str, str], int]:
        """What must be held in the end by those that were built, by consumer and resource class."""
        return {(consumer, name): amount for consumer in self.built for name, amount in BUILT.items()}

    def _run(self) -> None:
        try:
            beat = time.monotonic()
            while not self._ending.is_set():
                if len(self.built) <= len(self.deleted) or not self._doomed:
                    self._build()
                else:
                    self._delete()
                beat += self._pause
                self._ending.wait(max(0.0, beat - time.monotonic()))
        except BaseException as error:  # noqa: BLE001  # shown where the churn is left
            self._error = error

    def _build(self) -> None:
        consumer = str(uuid.uuid4())
        body = {
            "allocations": {self._dice.choice(self._providers): {"resources": BUILT}},
            "project_id": self._project,
            "user_id": self._user,
            "consumer_generation": None,
        }
        self._send("PUT", f"/allocations/{consumer}", body)
        self.built.append(consumer)

    def _delete(self) -> None:
        consumer = self._doomed.pop()
        self.deleted.append(consumer)  # as Nova deletes the server first, and then its allocations
        self._send("DELETE", f"/allocations/{consumer}")

    def _send(self, method: str, path: str, body: Any = None) -> None:
        """One request, again when somebody else was faster, as Nova does it."""
        for _attempt in range(20):
            answer = self._adapter.request(path, method, json=body, microversion=MICROVERSION, raise_exc=False)
            if answer.status_code != 409:
                break
            time.sleep(0.05)
        fine = answer.status_code < 300 or (method == "DELETE" and answer.status_code == 404)
        assert fine, f"{method} {path} answered {answer.status_code}: {answer.text}"
