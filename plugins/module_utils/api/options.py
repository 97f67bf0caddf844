# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How to reach a cloud: the options of our modules as arguments of openstacksdk."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import InvalidInput

# Name of our option: name of the argument of openstacksdk.
SDK_ARGUMENTS = {
    "auth": "auth",
    "auth_type": "auth_type",
    "region_name": "region_name",
    "interface": "interface",
    "validate_certs": "verify",
    "ca_cert": "cacert",
    "client_cert": "cert",
    "client_key": "key",
    "api_timeout": "api_timeout",
}


def sdk_arguments(params: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments for openstack.config; what is not given is left to clouds.yaml and the environment."""
    given = {argument: params[name] for name, argument in SDK_ARGUMENTS.items() if params.get(name) is not None}
    cloud = params.get("cloud")
    if not isinstance(cloud, Mapping):
        return {"cloud": cloud, **given}
    if given:
        names = sorted(name for name in SDK_ARGUMENTS if params.get(name) is not None)
        raise InvalidInput(
            f"The option cloud holds a whole configuration, so {', '.join(names)} cannot be given beside it.",
            "Put everything into the option cloud, or give the name of a cloud.",
        )
    return dict(cloud)
