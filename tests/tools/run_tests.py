# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run every stage of `make test`, show what moves, and count at the end.

Two tracks side by side: what looks at the code, and what waits for the rehearsal cloud most of its time. A stage that fails
fails the whole, but the others still run: one run shows all there is to mend.
"""

from __future__ import annotations

import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "build" / "test"
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


@dataclass
class Stage:
    """One make target of the test run."""

    target: str
    shows: str = r"(?!)"  # lines that are shown while it runs; all of them are in its log
    counts: str = r"(?!)"  # lines that stand for one passed test each, where there is no JUnit file
    seconds: float = 0.0
    status: int = 0
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    lines: list[str] = field(default_factory=list)


CODE = (
    Stage("lint-ansible", counts=r"^Passed: "),
    Stage("lint-python", counts=r"^(All checks passed|\d+ files already formatted|Success: no issues)"),
    Stage("lint-docs"),
    Stage("units"),
    Stage("sanity", shows=r"^(ERROR|FATAL)", counts=r"^Running sanity test "),
    Stage("package", counts=r"^playbook: "),
)
# The molecule scenarios are parts of the integration tests' stories: one run of the playbooks serves both.
CLOUD = (
    Stage("integration", shows=r"^tests/integration|^(FAILED|ERROR) "),
    Stage("rehearsal-down"),
)


def run_track(stages: list[Stage]) -> None:
    """Run stages one after the other."""
    for stage in stages:
        run(stage)


def run(stage: Stage) -> None:
    """Run one stage, with its whole output in a log."""
    say(stage, "begins")
    start = time.monotonic()
    with (RESULTS / f"{stage.target}.log").open("w", encoding="utf-8") as log:
        process = subprocess.Popen(
            ["make", stage.target],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        assert process.stdout is not None
        for raw in process.stdout:
            line = COLOUR.sub("", raw).rstrip()
            stage.lines.append(line)
            log.write(line + "\n")
            log.flush()
            if re.search(stage.shows, line):
                say(stage, line.strip())
        stage.status = process.wait()
    stage.seconds = time.monotonic() - start
    count(stage)
    if stage.status:
        say(stage, *(f"| {line}" for line in stage.lines[-40:]))
    say(stage, f"{verdict(stage)} in {stage.seconds:.0f} s, {stage.passed} passed, {stage.failed} failed")


def say(stage: Stage, *lines: str) -> None:
    """Print lines of one stage together, under its name."""
    print("\n".join(f"{stage.target:<13} {line}"[:160] for line in lines), flush=True)


def count(stage: Stage) -> None:
    """Count the tests of a stage: from its JUnit files, else from its own lines, else the stage itself."""
    for path in RESULTS.glob(f"{stage.target}*.xml"):
        for suite in ElementTree.parse(path).getroot().iter("testsuite"):
            bad = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
            skipped = int(suite.get("skipped", 0))
            stage.failed += bad
            stage.skipped += skipped
            stage.passed += int(suite.get("tests", 0)) - bad - skipped
    if not stage.passed + stage.failed:
        stage.passed = sum(bool(re.search(stage.counts, line)) for line in stage.lines)
    if stage.status and not stage.failed:
        stage.failed, stage.passed = 1, max(0, stage.passed - 1)
    if not stage.status and not stage.passed:
        stage.passed = 1


def verdict(stage: Stage) -> str:
    """Say in one word how a stage ended."""
    return "failed" if stage.status else "passed"


def summary(stages: list[Stage], seconds: int) -> str:
    """Return the closing table; its last line is the count of everything."""
    rows = [f"{'stage':<16}{'result':<10}{'seconds':>8}{'passed':>9}{'failed':>9}{'skipped':>9}"]
    rows += [
        f"{stage.target:<16}{verdict(stage):<10}{stage.seconds:>8.0f}{stage.passed:>9}{stage.failed:>9}{stage.skipped:>9}"
        for stage in stages
    ]
    passed, failed, skipped = (
        sum(getattr(stage, name) for stage in stages) for name in ("passed", "failed", "skipped")
    )
    rows.append(f"logs in {RESULTS.relative_to(ROOT)}/, {seconds // 60} min {seconds % 60} s in all")
    rows.append(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return "\n".join(rows)


def main() -> int:
    """Run what was asked for, or everything."""
    wanted = sys.argv[1:]
    RESULTS.mkdir(parents=True, exist_ok=True)
    for old in RESULTS.glob("*.*"):
        old.unlink()
    tracks = [[stage for stage in track if not wanted or stage.target in wanted] for track in (CODE, CLOUD)]
    start = time.monotonic()
    with ThreadPoolExecutor() as pool:
        list(pool.map(run_track, tracks))
    stages = [stage for track in tracks for stage in track]
    print("\n" + summary(stages, int(time.monotonic() - start)))
    return int(any(stage.status or stage.failed for stage in stages))


if __name__ == "__main__":
    sys.exit(main())
