# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which options of a service's configuration a code tree still knows. Only names are looked at. Standard library only.

oslo-config-validator tells what the options of given namespaces are. It cannot know the options that are registered at run time
(authentication plugins, one section per device type or privilege context), and calls them wrong. Who asks the running code, too,
can tell: what neither of them lists is such an option or a foreign one, and what only the old one lists has been removed.
"""

from __future__ import annotations

import configparser
import re
import tempfile
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.stackroll.nova.plugins.module_utils.host.code import normalise
from ansible_collections.stackroll.nova.plugins.module_utils.host.command import run_command
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError

Names = list[tuple[str, str]]

_UNKNOWN = re.compile(r"^ERROR:[\w.]+:(?P<option>.+/\S+) is not part of the sample config$", re.M)
_DEPRECATED = re.compile(r"^WARNING:[\w.]+:Deprecated opt (?P<option>.+/\S+) found$", re.M)
_REQUIREMENT = re.compile(r"^Requires-Dist: (?P<name>[\w.-]+)(?!.*extra ==)", re.M)
_PLUGIN_OPTIONS = ("auth_type", "auth_section")


@dataclass(frozen=True)
class Verdict:
    """What one code tree says: the options it does not list and those it calls deprecated, as ``section/option``."""

    unknown: frozenset[str]
    deprecated: frozenset[str]


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


def parse(output: str) -> Verdict:
    """What oslo-config-validator has logged."""
    return Verdict(frozenset(_UNKNOWN.findall(output)), frozenset(_DEPRECATED.findall(output)))


def validate(root: str, package: str, names: Names, timeout: float) -> Verdict:
    """Ask the validator of a code tree about option names. It is given no values. Raises StackrollError."""
    wanted = namespaces(root, package)
    if not wanted:
        raise StackrollError(f"There is no {package} in {root}.", "Stage the target release's code there first.")
    tool = Path(root, "bin")
    with tempfile.TemporaryDirectory(prefix="stackroll-") as folder:
        sample = Path(folder, "names.conf")
        sample.write_text("".join(f"[{section}]\n{option} = x\n" for section, option in names), encoding="utf-8")
        argv = [str(tool / "python3"), "-B", str(tool / "oslo-config-validator"), f"--input-file={sample}"]
        outcome = run_command([*argv, *(f"--namespace={namespace}" for namespace in wanted)], timeout)
    verdict = parse(outcome.stderr)
    if outcome.rc != (1 if verdict.unknown else 0):
        raise StackrollError(f"oslo-config-validator of {root} ended with {outcome.rc}: {outcome.last_error_line}")
    return verdict


def removed(names: Names, staged: Verdict, running: Verdict | None) -> list[str]:
    """The options that the staged code has lost; without the running code's verdict, those that it must have lost.

    Then sections of which nothing is known are left out, because their names may be made at run time, and sections with an
    authentication plugin, which brings options of its own.
    """
    if running is not None:
        return sorted(staged.unknown - running.unknown)
    kept = {section for section, option in names if f"{section}/{option}" not in staged.unknown}
    plugged = {section for section, option in names if option in _PLUGIN_OPTIONS}
    return sorted(option for option in staged.unknown if _section(option) in kept - plugged)


def left_over(unknown: Collection[str], lost: Collection[str]) -> list[str]:
    """The unknown options that are not known to have been removed."""
    return sorted(set(unknown) - set(lost))


def _section(option: str) -> str:
    return option.rpartition("/")[0]
