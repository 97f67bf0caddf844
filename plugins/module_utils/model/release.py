# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The OpenStack releases this collection knows, with the version numbers that tell them apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import InvalidInput

# Placement and Nova have been released together, 18 major numbers apart, since Placement became its own project.
NOVA_MINUS_PLACEMENT = 18


class UnknownRelease(InvalidInput):
    """The text does not name a release in the table."""


@dataclass(frozen=True)
class Release:
    """One coordinated release; the service versions are those of the final Nova tag."""

    name: str
    codename: str
    nova: int
    service_version: int
    oldest_supported_service_version: int

    @property
    def year(self) -> int:
        """The year in the name."""
        return int(self.name.split(".", 1)[0])

    @property
    def number(self) -> int:
        """1 for the release of spring, 2 for the release of autumn."""
        return int(self.name.split(".", 1)[1])

    @property
    def placement(self) -> int:
        """The major version of Placement."""
        return self.nova - NOVA_MINUS_PLACEMENT

    @property
    def slurp(self) -> bool:
        """Whether upgrades may skip the release between this one and the next of its kind."""
        return self.number == 1

    @property
    def sources(self) -> tuple[Release, ...]:
        """The releases from which an upgrade to this one is supported, nearest first."""
        return tuple(other for other in reversed(RELEASES) if self._supports_upgrade_from(other))

    def _supports_upgrade_from(self, other: Release) -> bool:
        distance = self.nova - other.nova
        return distance == 1 or (distance == 2 and self.slurp and other.slurp)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for module results."""
        return {
            "name": self.name,
            "codename": self.codename,
            "nova": self.nova,
            "placement": self.placement,
            "service_version": self.service_version,
            "oldest_supported_service_version": self.oldest_supported_service_version,
            "slurp": self.slurp,
        }

    @classmethod
    def parse(cls, value: str | float) -> Release:
        """Find a release by name (2026.2), code name (hibiscus), or Nova version (34, 34.0.1)."""
        text = str(value).strip().lower()
        for release in RELEASES:
            if text in (release.name, release.codename):
                return release
        major = text.split(".", 1)[0]
        for release in RELEASES:
            if major == str(release.nova):
                return release
        raise UnknownRelease(
            f"{value!r} is not an OpenStack release known to this collection.",
            f"Use one of {', '.join(f'{release.name} ({release.codename})' for release in RELEASES)}.",
        )

    @classmethod
    def with_service_version(cls, version: int) -> tuple[Release, ...]:
        """The releases whose computes report this service version; neighbours can share one number."""
        return tuple(release for release in RELEASES if release.service_version == version)


RELEASES: tuple[Release, ...] = (
    Release("2023.1", "antelope", 27, 66, 61),
    Release("2023.2", "bobcat", 28, 66, 66),
    Release("2024.1", "caracal", 29, 67, 66),
    Release("2024.2", "dalmatian", 30, 67, 66),
    Release("2025.1", "epoxy", 31, 68, 66),
    Release("2025.2", "flamingo", 32, 70, 68),
    Release("2026.1", "gazpacho", 33, 72, 68),
    Release("2026.2", "hibiscus", 34, 74, 72),
)
