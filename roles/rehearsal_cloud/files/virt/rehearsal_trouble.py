# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Time and trouble for the moves of one rehearsal host, chosen while nova-compute runs.

They are read from $state_path/trouble.json at every operation; without the file everything is instant and works:

    live_seconds   how long a live migration away from this host takes
    live_ends      how it ends: "done", "failed" (rolled back), "refused" (by the check before it) or "never"
    cold_seconds   how long the disk of a cold migration away from this host takes
    cold_fails     whether a cold migration to this host fails in the end
    only           names or UUIDs of the servers that this is for; otherwise all
"""

from __future__ import annotations

import json
import threading
import time

ENDINGS = ("done", "failed", "refused", "never")
LOOKS_EVERY = 1.0
MEMORY = 4 * 1024**3


class Trouble:
    """What the file says about one server."""

    def __init__(self, record):
        self.live_seconds = float(record.get("live_seconds", 0))
        self.live_ends = record.get("live_ends", "done")
        self.cold_seconds = float(record.get("cold_seconds", 0))
        self.cold_fails = bool(record.get("cold_fails", False))
        if self.live_ends not in ENDINGS:
            raise ValueError("live_ends in trouble.json is %r instead of one of %s" % (self.live_ends, ENDINGS))


class TroubleFile:
    """The file, which may appear, change and go at any time."""

    def __init__(self, path):
        self._path = path

    def of(self, instance):
        """Return what a server has to expect now."""
        try:
            with open(self._path, encoding="utf-8") as handle:
                record = json.load(handle)
        except FileNotFoundError:
            return Trouble({})
        only = record.get("only")
        return Trouble(record if only is None or {instance.uuid, instance.display_name} & set(only) else {})


class LiveMigrations:
    """The live migrations away from this host: they take their time, and an operator can end them before."""

    def __init__(self, file):
        self._file = file
        self._asked = {}

    def run(self, instance, migration):
        """Wait until a migration is over; return "done", "failed" or "cancelled"."""
        asked = self._asked[instance.uuid] = Order()
        try:
            return self._wait(instance, migration, asked)
        finally:
            del self._asked[instance.uuid]

    def end(self, instance, how):
        """End a migration as an operator has asked to; one that is over already stays as it is."""
        asked = self._asked.get(instance.uuid)
        if asked is not None:
            asked.give(how)

    def _wait(self, instance, migration, asked):
        start = time.monotonic()
        while not asked.how:
            trouble = self._file.of(instance)
            passed = time.monotonic() - start
            left = trouble.live_seconds - passed
            if trouble.live_ends == "never":
                left = LOOKS_EVERY
                show(migration, 0.9)
            elif left <= 0:
                return "failed" if trouble.live_ends == "failed" else "done"
            else:
                show(migration, passed / trouble.live_seconds)
            asked.wait(min(left, LOOKS_EVERY))
        return asked.how


class Order:
    """What an operator asks of a migration that runs."""

    def __init__(self):
        self.how = ""
        self._given = threading.Event()

    def give(self, how):
        self.how = self.how or how
        self._given.set()

    def wait(self, seconds):
        self._given.wait(seconds)


def show(migration, part):
    """Write how much has been copied into the record of a migration, where the API shows it."""
    migration.memory_total = MEMORY
    migration.memory_processed = int(MEMORY * part)
    migration.memory_remaining = MEMORY - migration.memory_processed
    migration.disk_total = migration.disk_processed = migration.disk_remaining = 0
    migration.save()
