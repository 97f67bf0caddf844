# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plays of our playbook control_plane on made-up controllers: what was asked of them and of the load balancer, in order."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from ansible_collections.stackroll.nova.tests.unit.roles import control_world
from ansible_collections.stackroll.nova.tests.unit.roles.stand_ins import COLLECTION, NEW, OLD, link_all

# Plays of playbooks/control_plane.yml, and those of playbooks/rollback.yml for controllers.
ALL, STAGE, PLACEMENT_AND_NOVA, NOVA = slice(None), slice(1), slice(1, None), slice(3, None)
CAN_GO_BACK, NOVA_BACK = slice(1, 2), slice(3, 4)
GROUPS = {
    "placement": "placement-api",
    "nova_api": "nova-api",
    "nova_conductor": "nova-conductor",
    "nova_scheduler": "nova-scheduler",
}
UNITS = ("nova-api", "nova-conductor", "nova-scheduler", "placement-api")
BOTH = ("ctl1", "ctl2")


class Controllers:
    """A directory with the collection, its stand-ins and what the controllers run."""

    def __init__(self, path: Path, *hosts: str, order: str = "one_window") -> None:
        self.path, self.world = path, path / "world.json"
        self.hosts = hosts or BOTH
        copy = path / "ansible_collections" / "stackroll" / "nova"
        for folder in ("plugins/action", "roles/service/tasks/venv"):
            (copy / folder).mkdir(parents=True)
        for name in ("galaxy.yml", "meta"):
            (copy / name).symlink_to(COLLECTION / name)
        link_all(COLLECTION / "plugins", copy / "plugins", but="action")
        for name in control_world.NAMES:
            (copy / "plugins" / "action" / f"{name}.py").symlink_to(str(control_world.__file__))
        link_all(COLLECTION / "roles", copy / "roles", but="service")
        link_all(COLLECTION / "roles" / "service", copy / "roles" / "service", but="tasks")
        (copy / "roles/service/tasks/main.yml").symlink_to(COLLECTION / "roles/service/tasks/main.yml")
        for operation in (COLLECTION / "roles/service/tasks/venv").glob("*.yml"):
            (copy / "roles/service/tasks/venv" / operation.name).write_text(_task(operation.stem), encoding="utf-8")
        controllers = {
            name: {"links": _links(OLD), "units": {unit: _unit(OLD) for unit in UNITS}} for name in self.hosts
        }
        balancer = {backend: {"ready": list(self.hosts), "held": False} for backend in ("compute", "placement")}
        self._write({"clock": 1000.0, "order": order, "hosts": controllers, "balancer": balancer})

    def put(self, host: str, *units: str, release: str = OLD, state: str = "active") -> None:
        """Say what units run; the link goes with them."""
        world = self._read()
        world["hosts"][host]["links"] = _links(release)
        world["hosts"][host]["units"].update({unit: _unit(release, state) for unit in units})
        self._write(world)

    def serve(self, *hosts: str, expires: bool = False) -> None:
        """Say which controllers get Compute's requests, and whether the next hold ends by itself."""
        world = self._read()
        world["balancer"]["compute"].update(ready=list(hosts), expires=expires)
        self._write(world)

    def play(
        self,
        plays: slice,
        *arguments: str,
        answers: dict[str, list[Any]] | None = None,
        fails: bool = False,
        playbook: str = "control_plane",
        release: str = NEW,
        **variables: Any,
    ) -> str:
        """Run these plays with these answers, and give back what was printed, in one line."""
        self._write({**self._read(), "answers": answers or {}, "asked": []})
        text = (COLLECTION / "playbooks" / f"{playbook}.yml").read_text(encoding="utf-8")
        (self.path / "plays.yml").write_text(json.dumps(_plain(text)[plays]), encoding="utf-8")
        (self.path / "all.yml").write_text(json.dumps(self._inventory()), encoding="utf-8")
        (self.path / "ansible.cfg").touch()
        command = [sys.executable, "-m", "ansible.cli.playbook", "plays.yml", "-i", "all.yml"]
        done = subprocess.run(
            [*command, *arguments, "-e", json.dumps({"stackroll_target_release": release, **variables})],
            cwd=self.path,
            env={
                **os.environ,
                "ANSIBLE_COLLECTIONS_PATH": str(self.path),
                "ANSIBLE_CONFIG": str(self.path / "ansible.cfg"),
                "ANSIBLE_LOCAL_TEMP": str(self.path / "tmp"),
                "ANSIBLE_LOCALHOST_WARNING": "0",
                "ANSIBLE_NOCOLOR": "1",
                "ANSIBLE_DISPLAY_SKIPPED_HOSTS": "0",
                "ANSIBLE_HOST_PATTERN_MISMATCH": "warning",  # an error in ansible-test, and there are no computes here
            },
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        output = done.stdout + done.stderr
        assert (done.returncode != 0) == fails, output
        return " ".join(output.split())

    def asked(self, *modules: str) -> list[dict[str, Any]]:
        """What was asked of these modules, in order."""
        return [entry for entry in self._read()["asked"] if entry["module"] in modules]

    def events(self, name: str) -> list[dict[str, Any]]:
        """Events of the journal."""
        return [entry["asked"]["data"] for entry in self.asked("journal") if entry["asked"]["event"] == name]

    def steps(self) -> list[str]:
        """What was asked, in short words; what is asked of several hosts at once with all their names."""
        found = [(step, entry) for entry in self._read()["asked"] for step in [_step(entry)] if step]
        return [
            step.replace("HOSTS", "+".join(sorted(entry["host"] for _step, entry in entries)))
            for step, group in itertools.groupby(found, key=lambda pair: pair[0])
            for entries in _at_once(step, list(group))
        ]

    def mixed(self) -> list[str]:
        """Steps after which a request went to an API of one release while a conductor or scheduler of another took messages."""
        moments = [
            (_step(entry), {*entry["serving"].values()} - {None}, {*entry["reading"]})
            for entry in self._read()["asked"]
        ]
        return [step for step, apis, readers in moments if apis and readers and len(apis | readers) > 1]

    def lost(self) -> list[str]:
        """Steps after which requests went to an API that did not run."""
        return [_step(entry) for entry in self._read()["asked"] if None in entry["serving"].values()]

    def serving(self) -> dict[str, str | None]:
        """The controllers that get requests in the end, with the release of their API."""
        return control_world.serving(self._read())

    def runs(self, host: str) -> dict[str, str | None]:
        """Which release each unit runs."""
        units = self._read()["hosts"][host]["units"]
        return {name: Path(unit["runs"]).name if unit["state"] == "active" else None for name, unit in units.items()}

    def _inventory(self) -> dict[str, Any]:
        controls = {"hosts": {name: {"ansible_host": f"{name}.example"} for name in self.hosts}}
        children = {**dict.fromkeys(GROUPS, controls), "haproxy": {"hosts": {"balancer": {}}}}
        return {
            "all": {"children": children, "vars": {"stand_in_world": str(self.world), "ansible_connection": "local"}}
        }

    def _read(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.world.read_text(encoding="utf-8"))
        return found

    def _write(self, world: dict[str, Any]) -> None:
        self.world.write_text(json.dumps(world), encoding="utf-8")


def _plain(text: str) -> list[dict[str, Any]]:
    """The plays of a playbook without what each task would evaluate, which takes a quarter of the time."""
    plays: list[dict[str, Any]] = yaml.safe_load(text)
    for play in plays:
        del play["environment"], play["module_defaults"]
    return plays


def _unit(release: str, state: str = "active") -> dict[str, str]:
    return {"state": state, "runs": f"/opt/openstack/{release}"}


def _links(release: str) -> dict[str, str]:
    return dict.fromkeys(("/opt/nova", "/opt/placement"), f"/opt/openstack/{release}")


def _task(operation: str) -> str:
    """The stand-in of one task file of the role service."""
    asked = {
        "operation": operation,
        "units": "{{ service_units }}",
        "code": "{{ stackroll_target_code }}",
        "link": "{{ service_link | default('') }}",
        "stop": "{{ service_stops }}",
        "sleeping": "{{ service_sleeping_units }}",
        "started": "{{ service_started_units }}",
    }
    registers = {"version": "service_state", "end_stop": "service_left", "restart": "service_restarted"}
    register = registers.get(operation, "service_done")
    return json.dumps([{"name": operation, "stackroll.nova.fake_host": asked, "register": register}])


def _step(entry: dict[str, Any]) -> str:
    """One step; HOSTS stands for the hosts that do it at once. Empty for what only looks."""
    name, asked = entry["module"], entry["asked"]
    if name == "fake_host" and asked["operation"] == "switch":
        return f"switch HOSTS {Path(asked['link']).name}"
    if name == "fake_host" and asked["operation"] == "restart" and asked["started"]:
        words = ["restart HOSTS", *asked["started"], *(["with", Path(asked["link"]).name] if asked["link"] else [])]
        return " ".join(words)
    if name == "fake_host" and asked["units"] and asked["operation"] not in ("version", "restart"):
        # Only the order in which they start means something.
        units = asked["units"] if asked["operation"] == "start" else sorted(asked["units"])
        return f"{asked['operation']} HOSTS {' '.join(units)}"
    words = {
        "haproxy_server": lambda: " ".join(
            [{"drain": "out", "ready": "in"}.get(asked.get("state"), "look at"), *asked["servers"]]
        ),
        "haproxy_hold": lambda: "hold" if asked["state"] == "held" else " ".join(["release", *asked["to"]]),
        "pool": lambda: " ".join([asked["state"], *asked["servers"]]),
        "control_work_info": lambda: "nothing lost" if "stuck_since" in asked else "idle",
        "database_health": lambda: "databases well",
        "message_queue_info": lambda: _consumers(asked["consumers"]) if "consumers" in asked else "queues well",
        "api_ready": lambda: "ready HOSTS",
        "message_queue_exchange": lambda: f"exchange {asked['state']}",
        "stored_objects_info": lambda: "readable",
        "service_version": lambda: " ".join(["versions", str(asked["version"]), *asked["hosts"]]),
        "service_info": lambda: " ".join(["report", *asked["binaries"]]) if "timeout" in asked else "",
    }
    return words[name]() if name in words else ""


def _at_once(step: str, group: list[Any]) -> list[list[Any]]:
    """Only steps of hosts are done by many; the others once."""
    return [group] if "HOSTS" in step else [[pair] for pair in group]


def _consumers(wanted: dict[str, Any]) -> str:
    if wanted in ({"conductor": {"at_least": 1}}, {"scheduler": {"at_least": 1}}):
        return f"{next(iter(wanted))}s read"
    return " ".join(["consumers", *(f"{queue}={number}" for queue, number in sorted(wanted.items()))])
