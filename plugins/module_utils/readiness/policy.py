# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Policy files. Pure."""

from __future__ import annotations

from ansible_collections.stackroll.nova.plugins.module_utils.model.answers import PolicyFile
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.check import Finding, failure, success


def policy_is_json(policy: PolicyFile) -> Finding:
    """oslo.policy goes by the content and so does this; without a file there are only the defaults."""
    if policy.exists and policy.is_json:
        return failure(
            f"Your policy file {policy.path} is JSON-formatted which is deprecated. You need to switch to YAML-formatted file.",
            [policy.path],
        )
    return success()
