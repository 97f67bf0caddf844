# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How our modules reach a cloud: the same option names as in openstack.cloud."""

from __future__ import annotations


class ModuleDocFragment:
    """Options of every module that uses the API."""

    DOCUMENTATION = r"""
options:
  cloud:
    description:
      - Name of a cloud in C(clouds.yaml), or a dictionary with a whole cloud configuration.
      - Without it, E(OS_CLOUD) or the only cloud in the file named by E(OS_CLIENT_CONFIG_FILE) is used, then the
        other E(OS_*) variables.
      - If it is a dictionary, none of the other options below may be given.
    type: raw
  auth:
    description:
      - Dictionary of what the authentication plugin needs, as in the section C(auth) of C(clouds.yaml).
      - Needless when O(cloud) is given or the C(OS_*) variables are set.
    type: dict
  auth_type:
    description:
      - Name of the authentication plugin, if it is not password authentication.
    type: str
  region_name:
    description:
      - Name of the region.
    type: str
  interface:
    description:
      - Which endpoints of the service catalog to use.
      - Without it, the configuration of the cloud decides, in the end C(public).
    type: str
    choices:
      - public
      - internal
      - admin
    aliases:
      - endpoint_type
  validate_certs:
    description:
      - Whether the certificates of the API are verified.
      - Without it, the configuration of the cloud decides, in the end V(true).
    type: bool
    aliases:
      - verify
  ca_cert:
    description:
      - Path of a bundle of certificate authorities to verify the API with.
    type: str
    aliases:
      - cacert
  client_cert:
    description:
      - Path of a client certificate.
    type: str
    aliases:
      - cert
  client_key:
    description:
      - Path of the key of the client certificate.
    type: str
    aliases:
      - key
  api_timeout:
    description:
      - How many seconds one request may take.
      - Without it, the configuration of the cloud decides, in the end 120.
    type: int
requirements:
  - python >= 3.9
  - openstacksdk >= 3.0
notes:
  - The module sends all its requests with one token, from the host it runs on.
  - Unlike in the collection C(openstack.cloud), there are no options O(ignore:wait) and O(ignore:timeout) for all modules;
    what waits has its own O(ignore:timeout).
attributes:
  action_group:
    description: Use C(group/stackroll.nova.openstack) in C(module_defaults) to set the options of the connection.
    support: full
    membership:
      - stackroll.nova.openstack
"""
