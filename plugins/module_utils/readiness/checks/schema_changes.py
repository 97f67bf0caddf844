# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether the running code can go on while the databases have the schema of the staged code already."""

from __future__ import annotations

from collections.abc import Iterable

from ansible_collections.stackroll.nova.plugins.module_utils.model.migrations import (
    CONTRACT,
    RELAX,
    UNKNOWN,
    Operation,
    Revision,
    ahead,
)
from ansible_collections.stackroll.nova.plugins.module_utils.model.release import Release
from ansible_collections.stackroll.nova.plugins.module_utils.model.wording import count, some
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.check import (
    Check,
    Finding,
    failure,
    success,
    warning,
)
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.evidence import NotKnown, View
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.questions import (
    API_REVISION,
    CELL_REVISIONS,
    PLACEMENT_REVISION,
    SCHEMA_CHANGES,
)

# The kind of a database (nova_api, nova_cell, placement), its name, and the revision it is at.
Place = tuple[str, str, str]


def nova_schema(evidence: View, _target: Release) -> Finding:
    """The API database and all cells."""
    cells = [("nova_cell", name, revision) for name, revision in evidence[CELL_REVISIONS].all()]
    return _judged(evidence, [("nova_api", "nova_api", evidence[API_REVISION]), *cells])


def placement_schema(evidence: View, _target: Release) -> Finding:
    """Placement's one database."""
    return _judged(evidence, [("placement", "placement", evidence[PLACEMENT_REVISION])])


def _judged(evidence: View, places: list[Place]) -> Finding:
    scripts = evidence[SCHEMA_CHANGES]
    missing = sorted({kind for kind, _name, _revision in places if not scripts.get(kind)})
    if missing:
        raise NotKnown(f"the staged code has no schema scripts for {some(missing)}", "Stage the target release's code.")
    pending = [(kind, ahead(scripts[kind], revision)) for kind, _name, revision in places]
    strange = [f"{name} (revision {at})" for (_kind, name, at), (_same, left) in zip(places, pending) if left is None]
    if strange:
        return failure(f"The staged code does not know the schema of {some(strange)}.", strange, NEWER)
    steps = {revision.revision: (kind, revision) for kind, left in pending for revision in left or ()}
    return _of_steps(list(steps.values()))


def _of_steps(steps: list[tuple[str, Revision]]) -> Finding:
    """The worst of what is ahead, with every operation of that kind."""
    operations = [(kind, revision, operation) for kind, revision in steps for operation in revision.operations]
    contracts = _named(step for step in operations if step[2].kind == CONTRACT and not step[2].unused)
    unread = _named(step for step in operations if step[2].kind == UNKNOWN)
    relaxed = _named(step for step in operations if step[2].kind == RELAX)
    if contracts:
        also = f" Not known is what {some(unread)} does." if unread else ""
        what = "The schema of the staged code takes away what running services use, or binds them:"
        return failure(f"{what} {some(contracts)}.{also}", (*contracts, *unread))
    if unread:
        return Finding(
            "unknown", f"The scripts do not tell what these operations do: {some(unread)}.", tuple(unread), READ
        )
    if relaxed:
        return warning(f"Running services go on, perhaps slower or with fewer rules: {some(relaxed)}.", relaxed, SLOWER)
    if not steps:
        return success("The databases have the schema of the staged code already.")
    unused = sum(step[2].kind == CONTRACT for step in operations)
    also = f", and take away {unused} that the running code does not use" if unused else ""
    return success(f"{count(len(steps), 'schema revision')} ahead, which only add{also}.")


def _named(operations: Iterable[tuple[str, Revision, Operation]]) -> list[str]:
    found = (f"{kind} {operation.what} ({revision.file}:{operation.line})" for kind, revision, operation in operations)
    return list(dict.fromkeys(found))


NEWER = "It was migrated by newer code: stage that release, or a later one."
READ = "Read the scripts at these lines. If the running code does not need what they change, name this check in accepted_unknown."
SLOWER = "Go on without a long pause between the schema and the last service."
CONTRACTING = (
    "Back the databases up, stop all services of the running release before the schema changes, and start only those of the staged"
    " code after it: an outage. Or go through a release in between whose code does not use them any more. Leave the check out by"
    " name when that is settled."
)
RULE = (
    " from the revision of {databases} to the newest one of the staged code only adds: tables, indexes without rules, columns that may"
    " be empty or have a default. Services of the running release work on with the new schema until their own turn, and after a way"
    " back. What drops, renames, retypes or constrains something, or changes rows, is a failure, unless the models of the running code"
    " do not have that table or column any more; a dropped index or constraint is a warning. The scripts are read, not run: what they"
    " do not tell, such as SQL in words, is unknown."
)
HISTORY = (
    "The scripts have no way back: neither Nova nor Placement has a downgrade. No status command looks at them. {found}"
)

CHECKS = (
    Check(
        name="Schema changes of Nova",
        group="software",
        judge=nova_schema,
        reads=(API_REVISION, CELL_REVISIONS, SCHEMA_CHANGES),
        rule="Every schema script of Nova" + RULE.format(databases="the API database and each cell"),
        remedy=CONTRACTING,
        history=HISTORY.format(
            found="From 2026.1 to 2026.2, two indexes are added to the migrations table of each cell; from 2025.1 to 2026.1 nothing"
            " changes."
        ),
    ),
    Check(
        name="Schema changes of Placement",
        group="software",
        judge=placement_schema,
        reads=(PLACEMENT_REVISION, SCHEMA_CHANGES),
        rule="Every schema script of Placement" + RULE.format(databases="its database"),
        remedy=CONTRACTING,
        history=HISTORY.format(found="From 2025.1 to 2026.2, nothing changes."),
    ),
)
