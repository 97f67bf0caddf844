# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The real Placement of one release, without a cloud: in a process of its own, with an SQLite database, reached by api/direct.py."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import yaml
from harness.cloud import PROJECT
from harness.lines import Lines
from harness.placement_database import PlacementDatabase

from ansible_collections.stackroll.nova.plugins.module_utils.api.direct import ROLES
from ansible_collections.stackroll.nova.plugins.module_utils.api.errors import ApiError
from ansible_collections.stackroll.nova.plugins.module_utils.model.microversions import PLACEMENT_MICROVERSION

ROLE = PROJECT / "roles" / "rehearsal_cloud"
DATABASE, COMPLAINTS = "placement.sqlite", "stderr"
CONFIG = """
[placement_database]
connection = {url}
sqlite_synchronous = false
"""
# Found by oslo.policy because it lies beside the configuration file.
POLICY = {"placement:usages": "role:auditor"}

T = TypeVar("T")
U = TypeVar("U")


def find_venv(release: str) -> Path | None:
    """Return the rehearsal cloud's environment with the Placement of a release, if there is one on this machine."""
    cache = Path(yaml.safe_load((ROLE / "defaults" / "main.yml").read_text("utf-8"))["rehearsal_cloud_cache"])
    pinned = re.search(r"^openstack-placement==(\S+)$", (ROLE / f"files/pins/{release}.txt").read_text("utf-8"), re.M)
    assert pinned
    installed = f"venvs/{release}-*/lib/python3*/site-packages/openstack_placement-{pinned[1]}.dist-info"
    found = sorted(cache.glob(installed), key=lambda path: path.stat().st_mtime)
    return found[-1].parents[3] if found else None


class PlacementInProcess:
    """A way to Placement (api.placement.PlacementApi) that leads to another interpreter."""

    def __init__(self, lines: Lines, folder: Path, roles: Sequence[str] = ROLES) -> None:
        self._lines, self._folder, self._roles = lines, folder, ",".join(roles)
        self._counters = {"requests": 0, "writes": 0}
        self.database = PlacementDatabase(folder / DATABASE)

    @classmethod
    def start(cls, release: str, folder: Path, *, may_write: bool = True) -> PlacementInProcess:
        """Begin with an empty database in a folder that is there."""
        venv = find_venv(release)
        assert venv, f"there is no environment with the Placement of {release}"
        url = f"sqlite:///{folder / DATABASE}"
        config_file = folder / "placement.conf"
        config_file.write_text(CONFIG.format(url=url), encoding="utf-8")
        (folder / "policy.yaml").write_text(json.dumps(POLICY), encoding="utf-8")
        wanted = {"url": url, "config_file": str(config_file), "may_write": may_write}
        line = [f"{venv}/bin/python", "-m", "harness.placement_server", json.dumps(wanted)]
        path = f"{PROJECT}/tests/integration:{PROJECT}/build/collections"
        environment = {**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}
        with (folder / COMPLAINTS).open("wb") as stream:
            return cls(Lines(f"the Placement of {release}", line, environment, stderr=stream), folder)

    def close(self) -> None:
        """End the process."""
        self._lines.close()

    def with_roles(self, *roles: str) -> PlacementInProcess:
        """Return a way to the same Placement with other roles."""
        return PlacementInProcess(self._lines, self._folder, roles)

    @property
    def complaints(self) -> str:
        """What the process has written to stderr."""
        return (self._folder / COMPLAINTS).read_text(encoding="utf-8")

    def placement(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        body: Any = None,
        microversion: str = PLACEMENT_MICROVERSION,
    ) -> Any:
        """Make one request and return the decoded answer."""
        request = {"method": method, "path": path, "params": params, "body": body, "microversion": microversion}
        answer = self._lines.ask({"roles": self._roles, **request})
        self._counters = answer["counters"]
        if "error" in answer:
            reason, status, request_id, code = answer["error"]
            raise ApiError(method, path, reason, status, request_id, code=code)
        return answer["result"]

    def map(self, function: Callable[[T], U], items: Iterable[T]) -> list[U]:
        """Call the function for all items, one after the other."""
        return [function(item) for item in items]

    def counters(self) -> dict[str, int]:
        """Return how many requests these roles have made so far, and how many of them could change something."""
        return self._counters
