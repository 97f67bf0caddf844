# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The virtual environments: built once with the image's own Python, shared read-only by all hosts."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from .errors import RehearsalError
from .indexes import CA_BUNDLE, environment
from .limits import ulimits
from .locks import locked
from .podman import command
from .recipe import ROOT, VENV_SCRIPT
from .spec import NOVA_VENVS, OWNER_LABEL, ROLE, VENVS, Spec


def missing(spec: Spec) -> list[str]:
    """The environments that still have to be built."""
    return [name for name in VENVS if not spec.venv(name).is_dir()]


def build(spec: Spec) -> list[str]:
    """Build what is missing, two at a time; return the names."""
    with locked(spec.cache / "venvs.lock", 1800):
        names = missing(spec)
        work = spec.cache / "build"
        work.mkdir(parents=True, exist_ok=True)
        with ThreadPoolExecutor(max_workers=2) as pool:
            list(pool.map(lambda name: build_one(spec, work, name), names))
        for name in names:
            spec.venv(name).parent.mkdir(parents=True, exist_ok=True)
            os.replace(work / name, spec.venv(name))
        if names:
            shutil.rmtree(work, ignore_errors=True)
        return names


def build_one(spec: Spec, work: Path, name: str) -> None:
    """Install one environment at the path that all hosts will see it at."""
    settings = {**environment(), "UV_CACHE_DIR": f"{ROOT}/.uv", "UV_HTTP_TIMEOUT": "180"}
    # Cache and environment lie on one mount, so that uv can use hard links.
    mounts = [
        f"{work}:{ROOT}",
        f"{Path(sys.executable).parent}/uv:/usr/local/bin/uv:ro",
        f"{ROLE}/files/pins:/pins:ro",
        f"{ROLE}/files/virt:/virt:ro",
    ]
    if CA_BUNDLE.is_file():
        mounts.append(f"{CA_BUNDLE}:{CA_BUNDLE}:ro")
    # Values may hold a password of an index, so only names stand in the argument list.
    args = [
        "run",
        "--rm",
        "-i",
        "--network",
        "host",
        "--label",
        f"{OWNER_LABEL}={spec.owner}",
        *ulimits(),
        *(part for mount in mounts for part in ("--volume", mount)),
        *(part for variable in settings for part in ("--env", variable)),
        spec.image,
        "/bin/bash",
        "-s",
    ]
    script = VENV_SCRIPT.format(root=ROOT, name=name, driver="yes" if name in NOVA_VENVS else "")
    done = subprocess.run(
        command(*args, runtime=spec.runtime),
        input=script,
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        check=False,
        timeout=1200,
    )
    if done.returncode:
        raise RehearsalError(
            f"the virtual environment {name} could not be built: {(done.stderr or done.stdout).strip()[-1500:]}"
        )
