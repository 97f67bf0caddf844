# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options that every module with API access shares, and the way from them to a cloud."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.api.session import Cloud
from ansible_collections.stackroll.nova.plugins.module_utils.runtime.module import StackrollModule

_SECRET_NAME = re.compile(r"password|passcode|secret|token|credential_id", re.IGNORECASE)


def cloud_argument_spec(**options: Any) -> dict[str, Any]:
    """Options of the documentation fragment stackroll.nova.openstack, and those of one module."""
    return {
        "cloud": {"type": "raw"},
        "auth": {"type": "dict", "no_log": True},
        "auth_type": {"type": "str"},
        "region_name": {"type": "str"},
        "interface": {"type": "str", "choices": ["public", "internal", "admin"], "aliases": ["endpoint_type"]},
        "validate_certs": {"type": "bool", "aliases": ["verify"]},
        "ca_cert": {"type": "str", "aliases": ["cacert"]},
        "client_cert": {"type": "str", "aliases": ["cert"]},
        "client_key": {"type": "str", "no_log": True, "aliases": ["key"]},
        "api_timeout": {"type": "int"},
        **options,
    }


def open_cloud(module: StackrollModule) -> Cloud:
    """Connect as the module's options say; the module's result will tell the number of requests."""
    hide_secrets(module)
    cloud = Cloud.connect(module.params)
    module.always(lambda: {"api": cloud.counters()})
    return cloud


def hide_secrets(module: StackrollModule) -> None:
    """Keep what is secret in a whole cloud configuration, given by the option cloud, out of everything the module prints."""
    module.hide(_secrets(module.params.get("cloud")))


def _secrets(data: Any, name: str = "") -> Iterator[str]:
    if isinstance(data, Mapping):
        for key, value in data.items():
            yield from _secrets(value, str(key))
    elif isinstance(data, str) and _SECRET_NAME.search(name):
        yield data
