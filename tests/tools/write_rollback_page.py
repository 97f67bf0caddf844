# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write docs/rollback.md from the table of what can be taken back, or say with --check that it is stale."""

from __future__ import annotations

import sys
import textwrap
from pathlib import Path

from ansible_collections.stackroll.nova.plugins.module_utils.model.way_back import NO, STEPS, UNTIL, WayBack

PAGE = Path(__file__).resolve().parents[2] / "docs" / "rollback.md"
WIDTH = 128
INTRODUCTION = """\
<!-- Written by `make docs` from plugins/module_utils/model/way_back.py. Do not edit. -->
# What can be taken back, and until when

An upgrade that has stopped is meant to go on: mend the cause and give the same command again. Where that is not wanted, this is what can
be undone of each step, in the order of the upgrade; the report has the rows of the steps that were taken.

    ansible-playbook stackroll.nova.rollback -i inventory -e stackroll_target_release=2026.1 --limit cmp2    # one compute host
    ansible-playbook stackroll.nova.rollback -i inventory -e stackroll_target_release=2026.1                 # everything

The playbook takes the last step back first: compute hosts, then Nova's control services, then Placement. It finds out by itself how far the
upgrade had come, and refuses, before the first change and with the reason, what cannot be taken back any more. A run of its own begins
with it; the next upgrade is a new one. `--check` shows what it would do.

Whether stored objects differ says the check Object versions, and whether the schema only
adds say the two checks of schema changes ([checks.md](checks.md)).
"""


def page() -> str:
    """The whole page."""
    rows = [f"| [{step.step}](#{_anchor(step)}) | {_when(step)} | {step.by} |" for step in STEPS]
    table = "\n".join(["| step | can be taken back | by |", "|---|---|---|", *rows])
    return "\n".join([INTRODUCTION, table, "", *(_section(step) for step in STEPS)])


def _when(step: WayBack) -> str:
    if step.possible == NO:
        return "no"
    return f"until {step.until}" if step.possible == UNTIL else "at any time"


def _anchor(step: WayBack) -> str:
    return "".join(letter for letter in step.step.lower().replace(" ", "-") if letter.isalnum() or letter == "-")


def _section(step: WayBack) -> str:
    items = [
        ("when", _when(step)),
        ("how", step.how),
        ("why not later, or at all" if step.until else "why not", step.why),
    ]
    lines = [
        textwrap.fill(
            f"- {label}: {_text(value)}", WIDTH, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
        )
        for label, value in items
        if value
    ]
    return "\n".join([f"## {step.step}\n", *lines, ""])


def _text(text: str) -> str:
    """What Markdown would take for markup stays what it is."""
    return text.replace("<", "\\<").replace("*", "\\*").replace("|", "\\|")


def main() -> None:
    """Write the page, or compare it."""
    text = page().rstrip() + "\n"
    if "--check" not in sys.argv[1:]:
        PAGE.write_text(text, encoding="utf-8")
    elif not PAGE.exists() or PAGE.read_text(encoding="utf-8") != text:
        raise SystemExit("docs/rollback.md does not show the table as it is: run 'make docs'.")


if __name__ == "__main__":
    main()
