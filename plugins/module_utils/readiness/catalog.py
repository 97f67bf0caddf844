# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All checks, in the order of the table. A new check is made here: by adding the CHECKS of its file."""

from __future__ import annotations

from ansible_collections.stackroll.nova.plugins.module_utils.readiness.check import Check
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.checks import (
    access,
    compute_nodes,
    controllers,
    dropped,
    leftovers,
    mixed_versions,
    nova_apis,
    nova_cells,
    nova_configuration,
    nova_instances,
    nova_services,
    placement_database,
    providers,
    reshapes,
    schema_changes,
    servers,
    services,
    set_options,
    stop_timeouts,
)

CATALOG: tuple[Check, ...] = (
    *nova_cells.CHECKS,
    *nova_apis.CHECKS,
    *nova_configuration.CHECKS,
    *nova_services.CHECKS,
    *nova_instances.CHECKS,
    *placement_database.CHECKS,
    *services.CHECKS,
    *controllers.CHECKS,
    *compute_nodes.CHECKS,
    *servers.CHECKS,
    *providers.CHECKS,
    *reshapes.CHECKS,
    *leftovers.CHECKS,
    *dropped.CHECKS,
    *set_options.CHECKS,
    *mixed_versions.CHECKS,
    *schema_changes.CHECKS,
    *stop_timeouts.CHECKS,
    *access.CHECKS,
)
