# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one exception that people see."""

from __future__ import annotations


class RehearsalError(Exception):
    """Something a person has to know: one sentence with the object and the remedy."""
