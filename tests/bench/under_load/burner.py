# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A program that uses processor time by a profile and does nothing with it, and what starts some of them."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

GRACE = 30.0
Slots = list[tuple[float, float]]


def burn(slots: Slots) -> float:
    """In each slot (seconds, processor seconds) use so much, or as much as there is, and wait for its end. Returns what was used."""
    before, end = time.process_time(), time.monotonic()
    for seconds, wanted in slots:
        end += seconds
        enough = time.process_time() + wanted
        while time.process_time() < enough and time.monotonic() < end:
            pass
        time.sleep(max(0.0, end - time.monotonic()))
    return time.process_time() - before


class Fire:
    """So many of them, each with its share of a profile. Leaving the context puts them out."""

    def __init__(self, slots: Slots, workers: int) -> None:
        self._seconds = sum(seconds for seconds, _wanted in slots)
        share = json.dumps([(seconds, wanted / workers) for seconds, wanted in slots])
        self._processes: list[subprocess.Popen[str]] = []
        self._texts = [share] * workers

    def __enter__(self) -> Fire:
        for text in self._texts:
            process = subprocess.Popen(
                [sys.executable, str(Path(__file__))], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
            self._processes.append(process)
            assert process.stdin is not None
            process.stdin.write(text)
            process.stdin.close()
        return self

    def __exit__(self, *_error: object) -> None:
        for process in self._processes:
            process.kill()
            process.wait(timeout=GRACE)
            if process.stdout is not None:
                process.stdout.close()

    def wait(self) -> float:
        """Wait until they have done with their profiles; return the processor seconds that they have used."""
        end = time.monotonic() + self._seconds + GRACE
        used = 0.0
        for process in self._processes:
            process.wait(timeout=max(0.0, end - time.monotonic()))
            assert process.stdout is not None
            used += float(process.stdout.read())
        return used


if __name__ == "__main__":
    print(burn(json.load(sys.stdin)))
