# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cloud's APIs, as an administrator's own program would ask them."""

from __future__ import annotations

from typing import Any

import openstack
from harness.cloud import Rehearsal


def connect(cloud: Rehearsal) -> Any:
    """Return an administrator's connection."""
    files = openstack.config.OpenStackConfig(config_files=[str(cloud.clouds)])
    return openstack.connection.Connection(config=files.get_one("rehearsal"), app_name="harness")


def ask(adapter: Any, microversion: str, method: str, path: str, body: Any = None) -> dict[str, Any]:
    """Send one request to one of its APIs; the test fails when it is refused."""
    keywords = {"json": body} if body is not None else {}
    answer = adapter.request(path, method, microversion=microversion, raise_exc=False, **keywords)
    assert answer.status_code < 400, f"{method} {path}: {answer.status_code} {answer.text}"
    found: dict[str, Any] = answer.json() if answer.content else {}
    return found
