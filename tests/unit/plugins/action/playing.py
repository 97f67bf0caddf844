# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real ansible-playbook in a directory of its own, with our collection and one made for a test."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from ansible_collections.stackroll.nova.plugins.plugin_utils import run_directory


def add_plugin(path: Path, name: str, module: str, action: str) -> None:
    """Put acme.thing.<name> into the directory."""
    plugins = path / "ansible_collections" / "acme" / "thing" / "plugins"
    for kind, text in (("modules", module), ("action", action)):
        (plugins / kind).mkdir(parents=True)
        (plugins / kind / f"{name}.py").write_text(text, encoding="utf-8")


def start_playbook(
    path: Path, playbook: str, *arguments: str, hosts: str = "localhost,", **variables: str
) -> subprocess.Popen[str]:
    """Begin to play on made-up hosts; TEST_RUN_DIR names a run directory, *variables* are of the environment."""
    (path / "play.yml").write_text(playbook, encoding="utf-8")
    (path / "ansible.cfg").touch()
    ours = str(run_directory.__file__).partition("ansible_collections")[0]
    environment = {
        **os.environ,
        "ANSIBLE_COLLECTIONS_PATH": f"{ours}:{path}",
        "ANSIBLE_LOCAL_TEMP": str(path / "tmp"),
        "ANSIBLE_REMOTE_TEMP": str(path / "tmp"),
        "ANSIBLE_ASYNC_DIR": str(path / "jobs"),
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_CONFIG": str(path / "ansible.cfg"),
        "TEST_RUN_DIR": str(path / "run"),
        **variables,
    }
    command = [sys.executable, "-m", "ansible.cli.playbook", "-i", hosts, "-c", "local", "play.yml", *arguments]
    command += ["-e", f"ansible_python_interpreter={sys.executable}"]
    return subprocess.Popen(
        command, cwd=path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def run_playbook(
    path: Path, playbook: str, *arguments: str, fails: bool = False, hosts: str = "localhost,", **variables: str
) -> str:
    """Play to the end, and give back what was printed."""
    with start_playbook(path, playbook, *arguments, hosts=hosts, **variables) as process:
        output, errors = process.communicate(timeout=120)
    assert (process.returncode != 0) == fails, output + errors
    return output + errors
