# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role asks for, and the names that follow from it."""

from __future__ import annotations

import ast
import hashlib
import json
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from .recipe import VENV_SCRIPT, bootstrap_options

ROLE = Path(__file__).resolve().parents[2]
OWNER_LABEL = "stackroll.rehearsal.owner"
KEY_LABEL = "stackroll.rehearsal.key"
NETWORK = "stackroll-rehearsal"
PREFIX = "stackroll-"
VENVS = ("2026.1", "2026.2", "keystone", "neutron")
NOVA_VENVS = ("2026.1", "2026.2")

# What the saved cloud is made from, beside the virtual environments and the topology.
BASELINE_SOURCES = (
    "templates",
    "vars/main.yml",
    "files/rehearsal/bootstrap.py",
    "files/rehearsal/catalog.py",
    "files/rehearsal/workload.py",
    "files/rehearsal/servers.py",
)


def digest(*parts: str | bytes) -> str:
    """A short name for a content."""
    total = hashlib.sha256()
    for part in parts:
        total.update(part.encode() if isinstance(part, str) else part)
        total.update(b"\0")
    return total.hexdigest()[:12]


def content(relative: str) -> bytes:
    """What a file of the role says, or all files below a directory, in order; of Python without its layout."""
    path = ROLE / relative
    files = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file() and p.suffix != ".pyc")
    return b"\0".join(str(p.relative_to(ROLE)).encode() + b"\0" + meaning(p) for p in files)


def meaning(path: Path) -> bytes:
    """The bytes of a file, or the syntax tree when it is Python: a formatter must not cost a new cloud."""
    data = path.read_bytes()
    return ast.dump(ast.parse(data)).encode() if path.suffix == ".py" else data


@dataclass(frozen=True)
class Spec:
    """The specification, as the role hands it over."""

    owner: Path
    cache: Path
    subnet: str
    addresses: dict[str, str]
    runtime: str
    packages: list[str]
    suite: str
    apt_sources: list[str]
    memory_mib: int
    disk_gib: int
    timeout: int
    endpoints: dict[str, str]
    files: list[dict[str, str]]
    services: list[dict[str, str]]
    keys: dict[str, str] = field(default_factory=dict)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Spec:
        return cls(**{**data, "owner": Path(data["owner"]), "cache": Path(data["cache"])})

    @cached_property
    def controls(self) -> list[str]:
        return [name for name in self.addresses if name.startswith("ctl")]

    @cached_property
    def computes(self) -> list[str]:
        return [name for name in self.addresses if name.startswith("cmp")]

    def pinned(self) -> dict[str, str]:
        """The names of everything, for the later stages of a run, which must not see an edit in between."""
        return {"image": self.image_key, "cloud": self.key, **{name: self.venv_key(name) for name in VENVS}}

    @cached_property
    def image_key(self) -> str:
        """The name of the image."""
        return self.keys.get("image") or digest(self.suite, *bootstrap_options(self.packages))

    @cached_property
    def image(self) -> str:
        return f"localhost/stackroll-rehearsal-base:{self.image_key}"

    def venv_key(self, name: str) -> str:
        """The name of a virtual environment."""
        if name in self.keys:
            return self.keys[name]
        driver = content("files/virt") if name in NOVA_VENVS else b""
        return digest(self.image_key, content(f"files/pins/{name}.txt"), driver, VENV_SCRIPT)

    def venv(self, name: str) -> Path:
        return self.cache / "venvs" / f"{name}-{self.venv_key(name)}"

    @cached_property
    def key(self) -> str:
        """The name of the saved cloud."""
        return self.keys.get("cloud") or digest(
            *(self.venv_key(name) for name in VENVS),
            *(content(source) for source in BASELINE_SOURCES),
            json.dumps(self.addresses, sort_keys=True),
        )

    @cached_property
    def baseline(self) -> Path:
        return self.cache / "baselines" / self.key

    def baseline_image(self, host: str) -> str:
        return f"localhost/stackroll-rehearsal-{host}:{self.key}"

    def hosts(self, group: str) -> list[str]:
        """The hosts that a word of the role's vars means."""
        groups = {
            "all": list(self.addresses),
            "infra": ["infra"],
            "control": self.controls,
            "compute": self.computes,
            "nova": [*self.controls, *self.computes],
        }
        return groups[group]

    def secrets(self) -> dict[str, Any]:
        """The generated secrets of the saved cloud."""
        return json.loads((self.baseline / "secrets.json").read_text(encoding="utf-8"))

    def container(self, host: str) -> str:
        return PREFIX + host
