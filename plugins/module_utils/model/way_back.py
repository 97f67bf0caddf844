# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What of an upgrade can be taken back, until when, how, and why not later. Data, for the report and for docs/rollback.md.

Read in nova/objects/service.py (a service refuses to start while every record of its kind is newer), measured with 33.0.2 and 34.0.0:
what a new API, conductor or scheduler has stored, an old one cannot read.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass

YES, UNTIL, NO = "yes", "until", "no"
# Who takes the step back.
OURS, BY_HAND, NOBODY = "this collection", "by hand", "nobody"


@dataclass(frozen=True)
class WayBack:
    """One step. *possible* is yes, until (the moment *until*) or no; *how* is what to do, by whom says *by*; *why* is what stands in
    the way of it, later or at all."""

    key: str
    step: str
    possible: str
    by: str
    how: str
    until: str = ""
    why: str = ""

    def to_dict(self) -> dict[str, str]:
        """Plain data for a report."""
        return asdict(self)

    def said(self) -> str:
        """The step and its way back in one line."""
        return f"{self.step}. Way back: {until_when(self.possible, self.until)}. {self.how}{f' Later not: {self.why}' if self.why else ''}"


def until_when(possible: str, until: str) -> str:
    """Whether and until when a step can be taken back, in words."""
    return {YES: "at any time", UNTIL: f"until {until}"}.get(possible, "not at all")


SCHEMA_WHY = (
    "Nova and Placement have no downgrade of a schema. A backup that is put back loses every request since, and servers and"
    " Placement then disagree."
)
SCHEMA_HOW = (
    "It need not be: where the check of the schema changes is fine, the old code works on with the new schema. Put a backup back only"
    " while all services are stopped, and only when nothing was built, moved or deleted since."
)
ROLLBACK = "ansible-playbook stackroll.nova.rollback -e stackroll_target_release=<old release>"
# In the order of the upgrade.
STEPS = (
    WayBack(
        key="stage",
        step="The new code lies beside the old one on every host",
        possible=YES,
        by=BY_HAND,
        how="Remove its directory below stackroll_venv_root. Nothing runs from it yet.",
    ),
    WayBack(
        key="placement_schema",
        step="Placement's database has the new schema",
        possible=NO,
        by=NOBODY,
        how=SCHEMA_HOW,
        why=SCHEMA_WHY,
    ),
    WayBack(
        key="placement",
        step="Placement runs the new code on a controller",
        possible=YES,
        by=OURS,
        how=f"{ROLLBACK}, after Nova, which goes back first where it has changed.",
    ),
    WayBack(
        key="nova_schema",
        step="Nova's databases have the new schema",
        possible=NO,
        by=NOBODY,
        how=SCHEMA_HOW,
        why=SCHEMA_WHY,
    ),
    WayBack(
        key="api_warm",
        step="New APIs run on the first controllers, and get no requests",
        possible=UNTIL,
        until="the last controller's API runs the new code",
        by=OURS,
        how=f"{ROLLBACK}. They start with the old code again and get requests.",
        why="An API refuses to start while every service record of nova-osapi_compute is newer than itself (Out of date osapi_compute"
        " service), and answers 500 to everything. As long as one controller's record is old, it starts.",
    ),
    WayBack(
        key="control_stopped",
        step="Requests are held, and the old conductors and schedulers are stopped",
        possible=UNTIL,
        until="the first request goes to a new API",
        by=OURS,
        how=f"{ROLLBACK}. The old conductors and schedulers start again. What waits in the message queues was sent by old services, and they"
        " can read it.",
        why="A message of a new API that an old conductor reads makes it ask itself for a translation until none of its threads is"
        " left: it stands still for a minute, and the server is never built.",
    ),
    WayBack(
        key="control_switched",
        step="New APIs, conductors and schedulers serve",
        possible=UNTIL,
        until="the first server is built, moved, resized or unshelved by them; no such moment where no stored object differs",
        by=OURS,
        how=f"{ROLLBACK}. It looks for what the old services could not read, and refuses with its names. Otherwise requests wait while all"
        " three stop on all controllers, the versions in their service records are put back, and the old ones start: some twenty"
        " seconds.",
        why="Request specs and build requests that new services have stored hold objects that the old ones cannot read: the API answers"
        " 500 to every move of these servers and, from microversion 2.96 on, to every list with one of them in it. It does not go away"
        " with the old conductors; the rows would have to be rewritten one by one.",
    ),
    WayBack(
        key="host_out",
        step="A compute host is disabled with our claim",
        possible=YES,
        by=OURS,
        how="stackroll.nova.compute_service with state enabled and the same run id, or the same playbook again.",
    ),
    WayBack(
        key="servers_parked",
        step="Servers of a host are suspended or stopped",
        possible=YES,
        by=OURS,
        how="stackroll.nova.compute_drain with state restored brings back these servers, and only these.",
    ),
    WayBack(
        key="servers_moved",
        step="Servers have left their host",
        possible=YES,
        by=BY_HAND,
        how="Move them again: openstack server migrate. There is no need, for they run where they are.",
    ),
    WayBack(
        key="reshape",
        step="The resource providers of a host have a new shape",
        possible=UNTIL,
        until="a nova-compute that reports only the new shape has to run on it",
        by=OURS,
        how="ansible-playbook stackroll.nova.reshape --limit <host> -e stackroll_reshape_state=undone, then start a nova-compute that"
        " reports the old shape. It works on after servers have come and gone.",
        why="nova-compute puts back the shape that it reports, and the host then offers everything twice.",
    ),
    WayBack(
        key="compute",
        step="A compute host runs the new nova-compute",
        possible=UNTIL,
        until="the last compute host of its cell runs the new code",
        by=OURS,
        how=f"{ROLLBACK} --limit <host>; undo its reshape first if it had one.",
        why="nova-compute refuses to start while every record of nova-compute in its cell is newer than itself, and the record is what"
        " tells everybody else which RPC version it speaks.",
    ),
    WayBack(
        key="rpc_pin",
        step="Control services speak the new compute RPC version",
        possible=YES,
        by=BY_HAND,
        how="With [upgrade_levels] compute = auto they choose anew at each start: restart them, one controller at a time, after an older"
        " nova-compute has come back.",
    ),
    WayBack(
        key="online_data_migrations",
        step="Rows of the databases are in their new form",
        possible=NO,
        by=NOBODY,
        how="Put a backup back while all services are stopped, which loses every request since.",
        why="Nova has no program that turns them back, and the old form may be gone from its models.",
    ),
)
BY_KEY = {step.key: step for step in STEPS}


def of(keys: Iterable[str]) -> list[WayBack]:
    """The steps with these keys, in the order of the upgrade."""
    wanted = set(keys)
    return [step for step in STEPS if step.key in wanted]
