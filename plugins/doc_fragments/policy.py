# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What may be done to servers, the same for planning and for draining."""

from __future__ import annotations


class ModuleDocFragment:
    """Options of the modules that decide on servers; their argument specs are in module_utils/runtime/policy_options.py."""

    DOCUMENTATION = r"""
options:
  policy:
    description:
      - What to do with which servers. The first rule whose conditions all fit counts, and a rule without conditions fits all.
        Servers that no rule fits are live-migrated, or else cold-migrated.
    type: list
    elements: dict
    default: []
    suboptions:
      steps:
        description:
          - What to try, in this order. V(stay) lets the server stay, V(block) leaves it to you; both stand alone.
          - V(cold) of a running guest also needs O(allow_cold), V(suspend) and V(stop) also need O(park).
          - V(live) in a rule that fits also allows it for servers with devices of their host, such as virtual GPUs.
        type: list
        elements: str
        choices:
          - live
          - cold
          - suspend
          - stop
          - stay
          - block
        required: true
      extra_specs:
        description:
          - Extra specs that the flavor must have, with these values.
        type: dict
      metadata:
        description:
          - Metadata that the server must have, with these values. Owners can change them.
        type: dict
      tag:
        description:
          - A tag that the server must have. Owners can change it.
        type: str
      project:
        description:
          - ID of the server's project.
        type: str
      image:
        description:
          - ID of the server's image.
        type: str
      flavor:
        description:
          - Name of the server's flavor.
        type: str
      server:
        description:
          - ID or name of the server.
        type: str
      local_gib_over:
        description:
          - The server must have more than so many GiB on disks of its host.
        type: int
  allow_cold:
    description:
      - Whether running guests may be cold-migrated, which shuts them down and boots them again.
    type: bool
    default: false
  verify_resize:
    description:
      - What to do with servers that wait for a resize to be confirmed or reverted. A decision is the owner's, so the default
        leaves it to you.
    type: str
    choices:
      - block
      - confirm
      - revert
    default: block
  shelved:
    description:
      - What to do with shelved servers that still hold a place on their host.
    type: str
    choices:
      - block
      - offload
    default: block
  may_stay:
    description:
      - Servers in these states may stay on the host.
    type: list
    elements: str
    choices:
      - error
      - paused
      - rescued
      - shelved
      - soft-delete
      - stopped
      - suspended
    default: []
"""
