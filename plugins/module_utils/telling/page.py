# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report as one self-contained page that can be attached to a change ticket."""

from __future__ import annotations

from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.telling import facts, sections
from ansible_collections.stackroll.nova.plugins.module_utils.telling.probe_section import probe
from ansible_collections.stackroll.nova.plugins.module_utils.telling.server_section import allocations, servers
from ansible_collections.stackroll.nova.plugins.module_utils.telling.style import CSS
from ansible_collections.stackroll.nova.plugins.module_utils.telling.timeline import text
from ansible_collections.stackroll.nova.plugins.module_utils.telling.words import count

# The browser itself refuses scripts and anything from elsewhere, whatever a name of a server tries.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def render(report: dict[str, Any], states: dict[str, Any]) -> str:
    """The page of a report and of the servers before and after."""
    parts = [
        sections.heading(report),
        sections.tiles(report),
        sections.failures(report),
        sections.picture(report),
        probe(report),
        sections.hosts(report),
        sections.versions(report),
        servers(report, states),
        allocations(report),
        sections.checks(report),
        sections.phases(report),
        sections.controllers(report),
        sections.database_backups(report),
        sections.way_back(report),
        sections.recovered(report),
        _footer(report),
    ]
    head = [
        "<!DOCTYPE html>",
        '<html lang="en"><head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{text(facts.headline(report))}</title>",
        f"<style>{CSS}</style></head><body><main>",
    ]
    return "\n".join([*head, *(part for part in parts if part), "</main></body></html>", ""])


def _footer(report: dict[str, Any]) -> str:
    journal = report["journal"]
    damaged = f", {count(journal['damaged'], 'line')} could not be read" if journal["damaged"] else ""
    return f"<footer>{text(report['schema'])}, from {text(count(journal['events'], 'event'))} of the journal{text(damaged)}.</footer>"
