# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options that every module with API access shares, and the way from them to a cloud."""

from __future__ import annotations

from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.api.session import Cloud
from ansible_collections.stackroll.nova.plugins.module_utils.runtime.module import StackrollModule


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
    cloud = Cloud.connect(module.params)
    module.always(lambda: {"api": cloud.counters()})
    return cloud
