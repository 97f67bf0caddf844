# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run by Placement's own interpreter (placement_in_process.py): a new database, and api/direct.py on it.

A request is one line of JSON, the roles and the arguments of DirectPlacement.placement; the answer has a result or an error.
"""

from __future__ import annotations

import json
import sys
import warnings
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.api.direct import DirectPlacement
from ansible_collections.stackroll.nova.plugins.module_utils.api.errors import ApiError


def main() -> None:
    """Make the database and answer until there are no more requests; the argument is JSON: url, config_file, may_write."""
    wanted = json.loads(sys.argv[1])
    make_schema(wanted["url"])
    files, may_write = [wanted["config_file"]], wanted["may_write"]
    DirectPlacement(files, may_write=may_write)
    print("ready", flush=True)
    placements: dict[str, DirectPlacement] = {}
    for line in sys.stdin:
        request = json.loads(line)
        roles = request.pop("roles")
        if roles not in placements:
            placements[roles] = DirectPlacement(files, may_write=may_write, roles=roles.split(","))
        print(json.dumps(answer(placements[roles], request)), flush=True)


def make_schema(url: str) -> None:
    """Make the tables that this release has."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import sqlalchemy
        from placement.db.sqlalchemy import migration

        engine = sqlalchemy.create_engine(url)
        migration.create_schema(engine)
        engine.dispose()


def answer(placement: DirectPlacement, request: dict[str, Any]) -> dict[str, Any]:
    """Return what became of one request."""
    found: dict[str, Any] = {}
    try:
        found["result"] = placement.placement(**request)
    except ApiError as error:
        found["error"] = [error.reason, error.status, error.request_id, error.code]
    return {**found, "counters": placement.counters()}


if __name__ == "__main__":
    main()
