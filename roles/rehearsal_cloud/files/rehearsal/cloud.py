# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The way to the cloud's APIs, with the SDK of the playbook's own Python."""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from typing import Any

from .errors import RehearsalError
from .spec import Spec

MICROVERSION = "2.96"


def connect(spec: Spec, project: str = "admin", user: str = "admin") -> Any:
    """An administrator's connection, in a project."""
    import openstack

    return openstack.connect(
        auth_url=spec.endpoints["identity"],
        username=user,
        password=spec.secrets()["user"][user],
        project_name=project,
        user_domain_id="default",
        project_domain_id="default",
        region_name="RegionOne",
        app_name="rehearsal",
    )


def call(connection: Any, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    """One request to the Compute API."""
    keywords = {"json": body} if body is not None else {}
    answer = connection.compute.request(path, method, microversion=MICROVERSION, raise_exc=False, **keywords)
    if answer.status_code >= 400:
        raise RehearsalError(
            f"{method} {path} of the Compute API was answered with {answer.status_code}: {answer.text[:300]}"
        )
    return answer.json() if answer.content else {}


def answers(url: str) -> bool:
    """Whether an API answers; what it thinks of an unauthenticated request does not matter, unless it is no server at all."""
    try:
        urllib.request.urlopen(url, timeout=5).close()
    except urllib.error.HTTPError as exc:
        return exc.code < 500
    except OSError:
        return False
    return True


def wait_for(spec: Spec, apis: list[str], timeout: int) -> None:
    """Wait until the named APIs answer through the load balancer."""
    end = time.monotonic() + timeout
    silent = apis
    while silent := [api for api in silent if not answers(spec.endpoints[api])]:
        if time.monotonic() > end:
            raise RehearsalError(f"no answer after {timeout} s from {', '.join(spec.endpoints[api] for api in silent)}")
        time.sleep(0.3)
