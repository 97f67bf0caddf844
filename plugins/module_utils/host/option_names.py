# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which options the services of a code tree know, by their names, without any value. Standard library only.

oslo-config-generator lists the options of given namespaces. It cannot know those that are registered at run time: of
authentication plugins, and of one section per device type or privilege context.
"""

from __future__ import annotations

import configparser
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.host.code import normalise
from ansible_collections.stackroll.nova.plugins.module_utils.host.command import run_for_json
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError

PACKAGES = {"nova": "nova", "placement": "openstack-placement"}

_REQUIREMENT = re.compile(r"^Requires-Dist: (?P<name>[\w.-]+)(?!.*extra ==)", re.M)


def known_options(root: str, timeout: float) -> dict[str, dict[str, list[str]]]:
    """Of every service in the tree, the options that it reads (``known``) and which of these names it calls deprecated.

    One program run lists those of all services. Raises StackrollError.
    """
    offered = {service: namespaces(root, package) for service, package in PACKAGES.items()}
    wanted = dict.fromkeys(name for names in offered.values() for name in names)
    options = list(_generate(root, wanted, timeout)) if wanted else []
    found = {service: _names(options, names) for service, names in offered.items() if names}
    silent = [service for service, names in found.items() if not names["known"]]
    if silent:
        raise StackrollError(f"oslo-config-generator of {root} lists no options of {' and '.join(silent)}.")
    return found


def namespaces(root: str, package: str) -> list[str]:
    """The option namespaces of the package and of the libraries that it requires, as they are installed in the tree.

    This is how Nova's own sample file is put together. Empty when the tree does not hold the package.
    """
    folders = {_name(folder): folder for folder in Path(root).glob("lib/python3*/site-packages/*.dist-info")}
    own = folders.get(normalise(package))
    if own is None:
        return []
    required = {normalise(name) for name in _REQUIREMENT.findall((own / "METADATA").read_text(encoding="utf-8"))}
    wanted = [own, *(folders[name] for name in sorted(required) if name in folders)]
    return [name for folder in wanted for name in _offered(folder) if ".tests." not in name]


def _name(folder: Path) -> str:
    return normalise(folder.name.partition("-")[0])


def _offered(folder: Path) -> list[str]:
    parser = configparser.RawConfigParser(strict=False, delimiters=("=",))
    parser.optionxform = str  # type: ignore[method-assign,assignment]  # the documented way to keep the case
    parser.read(folder / "entry_points.txt", encoding="utf-8")
    return parser.options("oslo.config.opts") if parser.has_section("oslo.config.opts") else []


def _generate(root: str, wanted: Iterable[str], timeout: float) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every option with its section, as the generator describes it."""
    tool = Path(root, "bin")
    argv = [str(tool / "python3"), "-B", str(tool / "oslo-config-generator"), "--format=json"]
    argv += [f"--namespace={namespace}" for namespace in wanted]
    for section, group in run_for_json(f"oslo-config-generator of {root}", argv, timeout)["options"].items():
        for option in group["opts"]:
            yield section, option


def _names(options: Iterable[tuple[str, dict[str, Any]]], wanted: Iterable[str]) -> dict[str, list[str]]:
    known: set[str] = set()
    deprecated: set[str] = set()
    for section, option in options:
        if option["namespace"] in wanted:
            # oslo.config takes either from a file; they differ in dashes and underscores.
            own = {option["name"], option["dest"]}
            known.update(f"{section}/{name}" for name in own)
            for old in option["deprecated_opts"]:
                moved = old["name"] == option["name"]
                deprecated.update(f"{old['group']}/{name}" for name in (own if moved else {old["name"]}))
    return {"known": sorted(known | deprecated), "deprecated": sorted(deprecated)}
