# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Virtual environments whose oslo-config-generator knows some options, and lists them as the real one does."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

# Where an interpreter of the version that runs the tests looks.
SITE = f"lib/python3.{sys.version_info.minor}/site-packages"

_GENERATOR = """
import json, pathlib, sys
OPTIONS, EXIT = {options!r}, {exit!r}
with pathlib.Path(__file__).with_name("runs").open("a") as runs:
    runs.write("x")
asked = [word.split("=", 1)[1] for word in sys.argv[1:] if word.startswith("--namespace=")]
assert "--format=json" in sys.argv
groups = {{"DEFAULT": {{"opts": [], "help": ""}}}}
for section, option in OPTIONS:
    if option["namespace"] in asked:
        groups.setdefault(section, {{"opts": [], "help": ""}})["opts"].append(option)
print(json.dumps({{"options": groups, "deprecated_options": {{}}, "generator_options": {{}}}}))
sys.exit(EXIT)
"""


def listed(name: str, *old: str, namespace: str = "nova.conf", dest: str = "") -> tuple[str, dict[str, Any]]:
    """An option section/name that replaces old ones, as the generator describes it."""
    section, _slash, option = name.partition("/")
    deprecated = [dict(zip(("group", "name"), text.split("/"))) for text in old]
    return section, {
        "name": option,
        "dest": dest or option.replace("-", "_"),
        "namespace": namespace,
        "deprecated_opts": deprecated,
    }


def fake_venv(
    root: Path,
    *options: tuple[str, Mapping[str, Any]],
    packages: Iterable[str] = ("nova",),
    exit_code: int | str = 0,
) -> str:
    """A tree with the packages, a library that they require, one that only an extra of them does, and a generator."""
    site = root / SITE
    names = {package: f"{package.replace('openstack-', '')}.conf" for package in packages}
    for name, namespace in {**names, "oslo.log": "oslo.log", "osprofiler": "osprofiler"}.items():
        folder = site / f"{name.replace('.', '_').replace('-', '_')}-1.0.dist-info"
        folder.mkdir(parents=True)
        text = (
            f"[console_scripts]\na = b:c\n\n[oslo.config.opts]\n{namespace} = x:list_opts\n{name}.tests.config = y:z\n"
        )
        (folder / "entry_points.txt").write_text(text, encoding="utf-8")
        (folder / "METADATA").write_text(
            'Name: x\nVersion: 1.0\nRequires-Dist: oslo.log>=4.6.1\nRequires-Dist: absent (>1)\nRequires-Dist: osprofiler>=1; extra == "o"\n',
            encoding="utf-8",
        )
    tool = root / "bin"
    tool.mkdir()
    (tool / "python3").symlink_to(sys.executable)
    (tool / "oslo-config-generator").write_text(
        _GENERATOR.format(options=list(options), exit=exit_code), encoding="utf-8"
    )
    return str(root)


def runs(root: str) -> int:
    """How often the generator of a tree was run."""
    marks = Path(root, "bin/runs")
    return len(marks.read_text(encoding="utf-8")) if marks.exists() else 0
