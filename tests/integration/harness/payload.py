# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A module as Ansible sends it to a host, kept there to be run again and again without Ansible in between."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from harness.cloud import Rehearsal
from harness.commands import ansible
from harness.fork_server import ForkServer, on_host


class Payload:
    """One module with its arguments, in a folder on a host."""

    def __init__(self, cloud: Rehearsal, host: str, venv: str, folder: str) -> None:
        self._cloud, self._host, self._python, self._folder = cloud, host, f"{venv}/bin/python", folder
        self._server: ForkServer | None = None
        self.command: tuple[str, ...] = ()

    def send(self, module: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """Let Ansible run the module once and keep it. Returns its result."""
        self._cloud.ssh(self._host, "rm", "-rf", self._folder)
        play = {
            "hosts": self._host,
            "gather_facts": False,
            "vars": {"ansible_python_interpreter": self._python, "ansible_remote_tmp": self._folder},
            "tasks": [{"name": "Keep the module", f"stackroll.nova.{module}": arguments}],
        }
        with tempfile.TemporaryDirectory() as folder:
            playbook = Path(folder, "keep.yml")
            playbook.write_text(json.dumps([play]), encoding="utf-8")
            ansible(
                *("ansible-playbook", str(playbook), "-i", str(self._cloud.inventory)),
                ANSIBLE_KEEP_REMOTE_FILES="1",
                ANSIBLE_PIPELINING="0",
            )
        found = self._cloud.ssh(self._host, "find", self._folder, "-name", f"AnsiballZ_{module}.py").split()
        assert len(found) == 1, found
        self.command = (self._python, found[0])
        unpacked = self._cloud.ssh(self._host, *self.command, "explode").splitlines()[-1]
        self._server = on_host(self._cloud, self._host, self._python, folders=[unpacked])
        return self.run()

    def run(self) -> dict[str, Any]:
        """Run the module, unpacked, the way its file offers, and return its result."""
        assert self._server is not None
        _code, text, complaints = self._server(self.command[1], "execute")
        assert "{" in text, f"{self.command[1]} has no result\n{text}{complaints}"
        result: dict[str, Any] = json.loads(text[text.index("{") :])
        return result

    def remove(self) -> None:
        """Leave nothing behind."""
        if self._server is not None:
            self._server.close()
        self._cloud.ssh(self._host, "rm", "-rf", self._folder)
