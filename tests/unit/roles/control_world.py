# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Controllers and a load balancer that are entries of a file, as the action plugin of every module that would reach real ones.

The file is named by the variable stand_in_world. A copy of this one under a module's name is found before the module, so that nothing is
sent to a host and no Python is started there.
"""

from __future__ import annotations

import copy
import fcntl
import json
from pathlib import Path
from typing import Any

from ansible.plugins.action import ActionBase

World = dict[str, Any]
Asked = dict[str, Any]
Answer = dict[str, Any]

WORKERS = ("nova-conductor", "nova-scheduler")


def serving(world: World) -> dict[str, str | None]:
    """The controllers that Compute's requests go to, with the release of their API, None where it does not run."""
    apis = {name: host["units"].get("nova-api", {}) for name, host in world["hosts"].items()}
    return {name: _release(apis[name]) for name in world["balancer"]["compute"]["ready"]}


def reading(world: World) -> list[str]:
    """The releases of all conductors and schedulers that take messages."""
    units = [host["units"][unit] for host in world["hosts"].values() for unit in WORKERS if unit in host["units"]]
    return sorted({release for release in map(_release, units) if release})


def _release(unit: dict[str, str]) -> str | None:
    return unit["runs"].rpartition("/")[2] if unit.get("state") == "active" else None


def fake_host(world: World, host: str, asked: Asked) -> Answer:
    """What a backend of the role service does."""
    state, operation = world["hosts"][host], asked["operation"]
    if operation == "restart":
        return _restart(world, host, asked)
    units = [state["units"][name] for name in asked["units"]]
    if operation == "switch":
        state["links"][asked["link"]] = asked["code"]
    if operation == "start" and any(unit["state"] == "deactivating" for unit in units):
        return {"failed": True, "msg": f"{host} would run two of {asked['units']}."}
    becomes = {
        "stop": "inactive",
        "begin_stop": "deactivating",
        "end_sleep": "inactive",
        "end_stop": "inactive",
        "start": "active",
    }
    for name, unit in zip(asked["units"], units):
        if (
            operation in becomes
            and unit["state"] != becomes[operation]
            and (operation, unit["state"]) != ("begin_stop", "inactive")
        ):
            link = "/opt/placement" if name == "placement-api" else "/opt/nova"
            unit["state"], unit["runs"] = (
                becomes[operation],
                state["links"][link] if operation == "start" else unit["runs"],
            )
    return {
        "now": world["clock"],
        "units": {
            name: {
                "active_state": unit["state"],
                "processes": [],
                "code_roots": [unit["runs"]] if unit["state"] != "inactive" else [],
            }
            for name, unit in state["units"].items()
        },
        "code": {link: {"real_path": path} for link, path in state["links"].items()},
    }


def _restart(world: World, host: str, asked: Asked) -> Answer:
    """What comes after begin_stop, in one call."""
    wanted = {"begin_stop": asked["stop"], "switch": bool(asked["link"])}
    steps = (
        ("begin_stop", "units"),
        ("end_sleep", "sleeping"),
        ("end_stop", "units"),
        ("switch", ""),
        ("start", "started"),
    )
    for operation, units in steps:
        if wanted.get(operation, True):
            fake_host(world, host, {**asked, "operation": operation, "units": asked[units] if units else []})
    return {"now": world["clock"]}


def haproxy_server(world: World, _host: str, asked: Asked) -> Answer:
    """Takes servers out and puts them back; refuses what the module refuses."""
    backend = world["balancer"][asked["backend"]]
    if set(asked["servers"]) - set(world["hosts"]):
        return {"failed": True, "msg": f"{asked['backend']} has no server {asked['servers']}."}
    left = [name for name in backend["ready"] if name not in asked["servers"]]
    if asked.get("state") == "drain":
        if not left and not backend["held"]:
            return {"failed": True, "msg": f"{asked['backend']} would have no server."}
        backend["ready"] = left
    if asked.get("state") == "ready":
        backend["ready"] = left + asked["servers"]
    return {}


def haproxy_hold(world: World, _host: str, asked: Asked) -> Answer:
    """Lets requests wait and go on. A hold that expires has released them by itself, to the servers of before."""
    backend = world["balancer"][asked["backend"]]
    if asked["state"] == "held" and not backend["held"]:
        backend.update(held=True, before=backend["ready"], ready=[])
    elif asked["state"] == "released" and backend["held"]:
        expired = backend.get("expires", False)
        backend.update(held=False, ready=backend["before"] if expired else asked["to"] or backend["before"])
        counted = {"seconds": 3.2, "longest_wait": 3.1, "accepted": 4, "failed": 0, "abandoned": 0}
        cause = "watchdog" if expired else "asked"
        return {"hold": {"state": "released", "to": backend["ready"], "cause": cause, **counted}}
    return {"hold": {"state": "held" if backend["held"] else "none"}}


def pool(world: World, _host: str, asked: Asked) -> Answer:
    """A load balancer that only an operator knows."""
    backend = world["balancer"][asked["api"]]
    hosts = [server.partition(".")[0] for server in asked["servers"]]
    left = [name for name in backend["ready"] if name not in hosts]
    backend["ready"] = left + (hosts if asked["state"] == "in" else [])
    return {}


def message_queue_info(world: World, _host: str, asked: Asked) -> Answer:
    """Fails where a queue has other consumers than those that run; all is well otherwise."""
    for queue, number in asked.get("consumers", {}).items():
        service, _dot, owner = queue.partition(".")
        units = [host["units"][f"nova-{service}"] for name, host in world["hosts"].items() if owner in ("", name)]
        found = len([unit for unit in units if _release(unit)])
        if found < number["at_least"] if isinstance(number, dict) else found != number:
            return {"failed": True, "msg": f"{queue} has {found} consumers, not {number}."}
    return {}


def service_info(world: World, _host: str, _asked: Asked) -> Answer:
    """One compute, which reports."""
    seen = {"cell": "cell1", "binary": "nova-compute", "host": "cmp1", "seen_at": world["clock"] - 5}
    return {"services": [seen], "unknown": []}


def upgrade_order(world: World, _host: str, _asked: Asked) -> Answer:
    """What the guard wants to know, and the order."""
    return {
        "target": {"service_version": 74},
        "control_order": {"order": world["order"]},
        "way_back": "Start the old code.",
    }


FIXED: dict[str, Answer] = {
    "api_ready": {},
    "code_info": {"objects": {"old": {}, "new": {}}},
    "control_work_info": {"in_hand": []},
    "database_health": {},
    "database_schema": {},
    "journal": {},
    "message_queue_exchange": {},
    "report": {"summary": []},
    "run": {"run_id": "1"},
    "run_lock": {},
    "service_version": {},
    "status_command": {},
    "stored_objects_info": {"found": [], "unknown": []},
}
WORKING = (fake_host, haproxy_server, haproxy_hold, pool, message_queue_info, service_info, upgrade_order)
NAMES = ("service_unit_info", *FIXED, *(function.__name__ for function in WORKING))


def answer(world: World, name: str, host: str, asked: Asked) -> Answer:
    """The canned answer if there is one for the module, for it and the host, or also for what is asked; otherwise what the stand-in says."""
    what = asked.get("operation") or ("consumers" if "consumers" in asked else asked.get("state", ""))
    keys = (f"{name} {host} {what}", f"{name} {host}", name)
    canned = next((world["answers"][key] for key in keys if world["answers"].get(key)), [])
    said = canned.pop(0) if canned else None
    if said is not None:
        return dict(said)
    if name == "service_unit_info":
        return {"now": world["clock"], "units": {}}
    return (
        FIXED[name]
        if name in FIXED
        else {function.__name__: function for function in WORKING}[name](world, host, asked)
    )


class ActionModule(ActionBase):  # type: ignore[misc]  # ansible-core has no types
    """Notes what was asked with who serves then, and answers."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Called by Ansible."""
        super().run(tmp, task_vars)
        variables = task_vars or {}
        host, name = variables["inventory_hostname"], self._task.action.rpartition(".")[2]
        with Path(variables["stand_in_world"]).open("r+", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            world = json.load(file)
            world["clock"] += 1
            if self._task.check_mode:
                result = {**answer(copy.deepcopy(world), name, host, self._task.args), "failed": False}
            else:
                result = answer(world, name, host, self._task.args)
            entry = {"module": name, "host": host, "on": self._task.delegate_to, "asked": self._task.args}
            world["asked"].append({**entry, "serving": serving(world), "reading": reading(world)})
            file.seek(0)
            file.truncate()
            json.dump(world, file)
        return {"changed": False, **result}
