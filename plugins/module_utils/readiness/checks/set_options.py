# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which options are set on the hosts that the target release no longer reads."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.model.release import Release
from ansible_collections.stackroll.nova.plugins.module_utils.model.wording import some
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.check import Check, Finding, success, warning
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.evidence import NotKnown, View
from ansible_collections.stackroll.nova.plugins.module_utils.readiness.questions import KNOWN_OPTIONS, SOFTWARE

_ASK = "Run stackroll.nova.host_software_info there with config files, and give its results in software."
_PLUGIN_OPTIONS = ("/auth_type", "/auth_section")
# The middleware that reads it takes a plugin's options in any case.
_PLUGGED = "keystone_authtoken"


def configuration_options(evidence: View, target: Release) -> Finding:
    """No option is set that the new code ignores."""
    old, new = evidence[KNOWN_OPTIONS]
    answers = _by_service(evidence[SOFTWARE])
    if not answers:
        raise NotKnown("no host was asked about its options", _ASK)
    broken = [f"{host}: {said['problem']}" for hosts in answers.values() for host, said in hosts if said["problem"]]
    broken += [f"the staged code, which does not hold {service}" for service in answers if service not in new]
    removed, deprecated = [], []
    for service in sorted(answers.keys() & new.keys()):
        known, outdated = frozenset(new[service]["known"]), frozenset(new[service]["deprecated"])
        before = frozenset(old[service]["known"]) if service in old else None
        removed += [(name, host) for host, said in answers[service] for name in lost(said["options"], known, before)]
        deprecated += [
            (name, host) for host, said in answers[service] for name in outdated.intersection(said["options"])
        ]
    return _conclude(broken, _named(removed), _named(deprecated), target)


def _by_service(software: Mapping[str, Mapping[str, Any]]) -> dict[str, list[tuple[str, Mapping[str, Any]]]]:
    """What each host has said about its options."""
    answers: dict[str, list[tuple[str, Mapping[str, Any]]]] = defaultdict(list)
    for host, result in sorted(software.items()):
        for service, said in result.get("configuration", {}).items():
            answers[service].append((host, said))
    return answers


def lost(names: Collection[str], new: Collection[str], old: Collection[str] | None) -> list[str]:
    """Of the options that are set, those that the new code has lost; without the old code, those that it must have lost.

    Then sections of which nothing is known are left out, because their names may be made at run time, and sections with an
    authentication plugin, which brings options of its own.
    """
    unknown = [name for name in names if name not in new]
    if old is not None:
        return [name for name in unknown if name in old]
    kept = {_section(name) for name in names if name in new}
    plugged = {_section(name) for name in names if name.endswith(_PLUGIN_OPTIONS)}
    return [name for name in unknown if _section(name) in kept - plugged - {_PLUGGED}]


def _section(name: str) -> str:
    return name.rpartition("/")[0]


def _conclude(broken: list[str], removed: list[str], deprecated: list[str], target: Release) -> Finding:
    said = f"{target.name} no longer knows {some(removed)}." if removed else ""
    if broken:
        return Finding(
            "unknown",
            f"{said} Not told by {some(broken, 1)}".strip(),
            (*broken, *removed),
            "Mend it, then check again.",
        )
    if removed:
        return warning(said, removed)
    return success(f"Still read, but deprecated: {some(deprecated)}." if deprecated else "")


def _named(found: Iterable[tuple[str, str]]) -> list[str]:
    """Each option once, as it is written in a file, with the hosts that set it."""
    hosts: dict[str, dict[str, None]] = defaultdict(dict)
    for name, host in found:
        hosts[name][host] = None
    return [f"[{_section(name)}] {name.rpartition('/')[2]} ({some(found)})" for name, found in sorted(hosts.items())]


CHECKS = (
    Check(
        name="Configuration options",
        group="software",
        judge=configuration_options,
        reads=(SOFTWARE, KNOWN_OPTIONS),
        rule="No option is set that the running code knows and the staged code of the target release does not: it has lost its effect"
        " without a word. oslo-config-generator of both codes is asked, once for all hosts, because authentication plugins, device types"
        " and privilege contexts bring options that neither lists. Where only the staged code can be asked, sections with an"
        " authentication plugin and sections of which it knows nothing are left out. Deprecated options are named, but are no warning.",
        remedy="Read the release notes of the target release on these options, replace what they did, and remove them.",
    ),
)
