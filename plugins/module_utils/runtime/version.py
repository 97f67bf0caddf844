# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The version of the collection, where galaxy.yml cannot be read; a unit test keeps the two equal."""

from __future__ import annotations

VERSION = "0.1.0"
