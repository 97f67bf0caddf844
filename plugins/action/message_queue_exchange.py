# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.stackroll.nova.plugins.plugin_utils.journaled import JournaledAction


class ActionModule(JournaledAction):
    """Runs the module of the same name and leaves a line in the journal."""
