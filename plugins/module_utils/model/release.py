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
# The skip of the release between them was supported first from Yoga to 2023.1.
FIRST_SKIP_FROM = "yoga"


class UnknownRelease(InvalidInput):
    """The text does not name a release in the table."""


@dataclass(frozen=True)
class Release:
    """One coordinated release; the service versions are those of the final Nova tag.

    Before 2023.1 the name is the code name. The oldest supported service version is 0 where Nova did not look at it.
    """

    name: str
    codename: str
    nova: int
    service_version: int
    oldest_supported_service_version: int

    @property
    def year(self) -> int | None:
        """The year in the name; None where the name has none."""
        return int(self.name.split(".", 1)[0]) if "." in self.name else None

    @property
    def number(self) -> int | None:
        """1 for the release of spring, 2 for the release of autumn; None where the name has no year."""
        return int(self.name.split(".", 1)[1]) if "." in self.name else None

    @property
    def placement(self) -> int | None:
        """The major version of Placement; None while it was part of Nova."""
        return self.nova - NOVA_MINUS_PLACEMENT if self.nova > NOVA_MINUS_PLACEMENT else None

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
        return distance == 1 or (distance == 2 and self.slurp and (other.slurp or other.name == FIRST_SKIP_FROM))

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
            f"Use one of {RELEASES[0].name} (Nova {RELEASES[0].nova}) to {RELEASES[-1].name} ({RELEASES[-1].codename}, Nova"
            f" {RELEASES[-1].nova}), by name, code name or Nova version.",
        )

    @classmethod
    def with_service_version(cls, version: int) -> tuple[Release, ...]:
        """The releases whose computes report this service version; neighbours can share one number."""
        return tuple(release for release in RELEASES if release.service_version == version)


RELEASES: tuple[Release, ...] = (
    Release("ocata", "ocata", 15, 16, 0),
    Release("pike", "pike", 16, 22, 0),
    Release("queens", "queens", 17, 30, 0),
    Release("rocky", "rocky", 18, 35, 0),
    Release("stein", "stein", 19, 37, 0),
    Release("train", "train", 20, 40, 0),
    Release("ussuri", "ussuri", 21, 51, 0),
    Release("victoria", "victoria", 22, 53, 0),
    Release("wallaby", "wallaby", 23, 56, 52),
    Release("xena", "xena", 24, 60, 54),
    Release("yoga", "yoga", 25, 61, 57),
    Release("zed", "zed", 26, 64, 61),
    Release("2023.1", "antelope", 27, 66, 61),
    Release("2023.2", "bobcat", 28, 66, 66),
    Release("2024.1", "caracal", 29, 67, 66),
    Release("2024.2", "dalmatian", 30, 67, 66),
    Release("2025.1", "epoxy", 31, 68, 66),
    Release("2025.2", "flamingo", 32, 70, 68),
    Release("2026.1", "gazpacho", 33, 72, 68),
    Release("2026.2", "hibiscus", 34, 74, 72),
)
