# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The microversions that this collection speaks to the APIs."""

from __future__ import annotations

# 2.96 and later make nova-api read every request spec, which fails while conductors are newer than the API.
NOVA_MICROVERSION = "2.95"
# From 1.38 on, writing back what was read fails for consumers without a type. Writes before 1.38 leave the type as it is.
PLACEMENT_MICROVERSION = "1.37"
CONSUMER_TYPE_MICROVERSION = "1.38"
