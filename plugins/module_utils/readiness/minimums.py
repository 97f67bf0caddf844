# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What each release of Nova asks of the services beside it (nova/cmd/status.py of the release's first tag)."""

from __future__ import annotations

from ansible_collections.stackroll.nova.plugins.module_utils.model.release import Release

Microversion = tuple[int, int]

# From which major version of Nova on.
_PLACEMENT: tuple[tuple[int, Microversion], ...] = (
    (15, (1, 0)),
    (16, (1, 10)),
    (17, (1, 17)),
    (18, (1, 28)),
    (19, (1, 30)),
    (20, (1, 32)),
    (21, (1, 35)),
    (24, (1, 36)),
)
_CINDER: tuple[tuple[int, Microversion], ...] = ((20, (3, 44)),)


def placement_microversion(release: Release) -> Microversion:
    """The Placement microversion that the release's scheduler needs."""
    return _needed(_PLACEMENT, release)


def cinder_microversion(release: Release) -> Microversion:
    """The Cinder microversion that the release needs for volume attachments; (0, 0) before Train, which did not ask."""
    return _needed(_CINDER, release)


def oldest_computes(release: Release) -> Release:
    """The release of the oldest computes beside which the control plane of this one starts."""
    return release.sources[-1]


def _needed(table: tuple[tuple[int, Microversion], ...], release: Release) -> Microversion:
    return max((version for since, version in table if since <= release.nova), default=(0, 0))
