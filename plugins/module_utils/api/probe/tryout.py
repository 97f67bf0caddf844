# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each operation once before the probe starts: what this account may not do is left out, and told."""

from __future__ import annotations

from collections.abc import Iterable

from ansible_collections.stackroll.nova.plugins.module_utils.api.probe.prober import Prober

# Refused to this account, or not there in this cloud; whatever else goes wrong is for the probe to see.
NOT_FOR_US = (401, 403, 404)


def try_out(prober: Prober, operations: Iterable[str]) -> tuple[dict[str, str], dict[str, str]]:
    """Operations that are not for us, and those that do not work now, each with the reason."""
    left_out: dict[str, str] = {}
    failing: dict[str, str] = {}
    for name in operations:
        if not prober.target.has(name):
            left_out[name] = "the cloud has nothing of the kind"
            continue
        reply = prober.ask(name)
        if reply.status in NOT_FOR_US:
            left_out[name] = f"the API answers {reply.status}"
        elif reply.status is None or reply.status >= 300:
            failing[name] = f"the API answers {reply.status}" if reply.status else f"no answer ({reply.error})"
    return left_out, failing
