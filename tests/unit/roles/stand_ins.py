# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Our playbooks on three made-up compute hosts: modules that reach a cloud only note what they are asked, hosts are entries of a file."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from ansible_collections.stackroll.nova.plugins.plugin_utils import run_directory

COLLECTION = Path(run_directory.__file__).parents[2]
COMPUTES = ("cmp1", "cmp2", "cmp3")
OLD, NEW = "2026.1", "2026.2"
HEAD = """
from __future__ import annotations
import json, pathlib, sys
from ansible.module_utils.basic import _load_params
params = _load_params()
folder, name = pathlib.Path(%(folder)r), %(name)r
asked = {key: value for key, value in params.items() if not key.startswith("_ansible")}
check = params["_ansible_check_mode"]
with (folder / "asked.jsonl").open("a") as log:
    log.write(json.dumps({"module": name, "check": check, **asked}) + "\\n")
def leave(answer):
    print(json.dumps({"changed": False, **answer}))
    sys.exit(1 if answer.get("failed") else 0)
def canned(key):
    answers = json.loads((folder / "answers.json").read_text())
    if not answers.get(key):
        return None
    answer = answers[key].pop(0)
    (folder / "answers.json").write_text(json.dumps(answers))
    return answer
def tree(host, nested=False):
    flat = {"uuid": host, "name": host, "parent_uuid": None, "inventories": {"VCPU": {"total": 8}}}
    if not nested:
        flat["inventories"]["VGPU"] = {"total": 4}
        return {"root_uuid": host, "providers": [flat], "consumers": []}
    card = {"uuid": host + "_card", "name": host + "_card", "parent_uuid": host, "inventories": {"VGPU": {"total": 4}}}
    return {"root_uuid": host, "providers": [flat, card], "consumers": []}
"""
BODIES = {
    "service_info": """
claimed = canned("claimed") or []
leave({"services": [
    {"cell": "cell1", "binary": "nova-compute", "host": host, "version": 72, "disabled": host in claimed,
     "disabled_reason": "stackroll:x:" + host if host in claimed else None} for host in asked.get("hosts") or ["cmp1", "cmp2", "cmp3"]],
    "unknown": [], "minimum_versions": {}})
""",
    "upgrade_order": 'leave({"target": {"service_version": 74}, "checks": [], "source_release": "2026.1"})\n',
    "upgrade_plan": """
plan = {"waves": [{"hosts": sorted(asked.get("hosts") or ["cmp1", "cmp2", "cmp3"]), "moves": []}]}
leave({"plan": plan, "text": [], "html": "", "drift": [], "left": {"text": ""}})
""",
    "compute_service": """
reason = "stackroll:x:%s " + (asked.get("reason") or "")
default = [{"host": host, "result": asked["state"], "claim": "stackroll:x:" + host, "disabled_reason": reason.replace("%s", host).strip()}
           for host in asked["hosts"]]
leave(canned(name + (" check" if check else "")) or {"hosts": default, "foreign": []})
""",
    "compute_ready": 'leave(canned(name) or {"hosts": [], "pending": []})\n',
    "service_unit_info": 'leave(canned(name) or {"units": {"placement-api": {"active_state": "inactive", "processes": []}}})\n',
    "provider_tree_info": 'leave(canned(name) or {"trees": [{"host": host, **tree(host)} for host in asked["hosts"]], "text": {}})\n',
    "provider_tree_reshape": """
key = "plan" if check else asked["state"]
each = [{"host": host, "changed": True, "error": "", "undone": False, "creates": [host + "_card"], "deletes": [], "moves": [{}],
         "before": tree(host), "after": tree(host, True)} for host in asked["hosts"]]
made = {"changed": True, "hosts": each, "undo": {host: {"schema": "undo of " + host} for host in asked["hosts"]}}
leave(canned(key) or ({"hosts": [], "undo": {}} if key == "held" else made))
""",
    # Not a module of ours: what the backends of the role service do, on hosts that are entries of a file.
    "fake_host": """
path = folder / (asked["host"] + ".json")
state = json.loads(path.read_text())
if asked["operation"] == "stop" and not check:
    state["active"] = False
if asked["operation"] == "switch" and not check:
    state["link"] = str(folder / "2026.2")
if asked["operation"] == "start" and not check:
    state = {**state, "active": True, "runs": state["link"]}
path.write_text(json.dumps(state))
unit = {"active_state": "active" if state["active"] else "inactive", "processes": [], "started_at": 1.0}
unit["code_roots"] = [state["runs"]] if state["active"] else []
leave({"now": 100.0, "units": {"nova-compute": unit}, "code": {str(folder / "nova"): {"real_path": state["link"]}}})
""",
}
OPERATIONS = {
    "version": "service_state",
    "stop": "service_left",
    "switch": "service_switched",
    "start": "service_started",
}


class Stage:
    """A directory with the collection, its stand-ins and an inventory."""

    def __init__(self, path: Path) -> None:
        self.path = path
        copy = path / "ansible_collections" / "stackroll" / "nova"
        for folder in ("plugins/modules", "roles/service/tasks/venv"):
            (copy / folder).mkdir(parents=True)
        for name in ("galaxy.yml", "meta", "playbooks"):
            (copy / name).symlink_to(COLLECTION / name)
        link_all(COLLECTION / "plugins", copy / "plugins", but="modules")
        link_all(COLLECTION / "plugins" / "modules", copy / "plugins" / "modules")
        link_all(COLLECTION / "roles", copy / "roles", but="service")
        link_all(COLLECTION / "roles" / "service", copy / "roles" / "service", but="tasks")
        (copy / "roles/service/tasks/main.yml").symlink_to(COLLECTION / "roles/service/tasks/main.yml")
        for operation, register in OPERATIONS.items():
            task = {
                "name": operation,
                "stackroll.nova.fake_host": {"operation": operation, "host": "{{ inventory_hostname }}"},
                "register": register,
            }
            (copy / f"roles/service/tasks/venv/{operation}.yml").write_text(json.dumps([task]), encoding="utf-8")
        for name, body in BODIES.items():
            module = copy / "plugins" / "modules" / f"{name}.py"
            module.unlink(missing_ok=True)
            module.write_text(HEAD % {"folder": str(path), "name": name} + body, encoding="utf-8")
        for release in ("nova", "placement", OLD, NEW):
            (path / release / "bin").mkdir(parents=True)
            (path / release / "bin" / "python").symlink_to(sys.executable)
        (path / "bin").mkdir()
        (path / "bin" / "journalctl").symlink_to("/bin/true")
        for host in COMPUTES:
            self.put(host)

    def stand_in(self, *names: str) -> None:
        """Let these modules, too, only note what they are asked and give canned answers, of their own in check mode."""
        for name in names:
            module = self.path / "ansible_collections/stackroll/nova/plugins/modules" / f"{name}.py"
            module.unlink()
            body = 'leave(canned(name + (" check" if check else "")) or {})\n'
            module.write_text(HEAD % {"folder": str(self.path), "name": name} + body, encoding="utf-8")

    def put(self, host: str, active: bool = True, link: str = OLD) -> None:
        """Say what a host runs."""
        state = {"active": active, "runs": str(self.path / link), "link": str(self.path / link)}
        (self.path / f"{host}.json").write_text(json.dumps(state), encoding="utf-8")

    def runs(self, host: str) -> str | None:
        """Which release runs on a host."""
        state = json.loads((self.path / f"{host}.json").read_text(encoding="utf-8"))
        return Path(state["runs"]).name if state["active"] else None

    def play(
        self,
        playbook: str,
        *arguments: str,
        answers: dict[str, list[Any]] | None = None,
        hosts: dict[str, dict[str, Any]] | None = None,
        fails: bool = False,
        **variables: Any,
    ) -> str:
        """Run a playbook of ours, or a file, with these answers and variables of hosts, and give back what was printed, in one line."""
        (self.path / "answers.json").write_text(json.dumps(answers or {}), encoding="utf-8")
        (self.path / "asked.jsonl").unlink(missing_ok=True)
        controls: dict[str, Any] = {"hosts": {"ctl1": None}}
        computes = {"hosts": {host: (hosts or {}).get(host, {}) for host in COMPUTES}}
        groups = dict.fromkeys(("placement", "nova_api", "nova_conductor", "nova_scheduler"), controls)
        inventory = {"all": {"children": {**groups, "nova_compute": computes}, "vars": self._variables()}}
        (self.path / "all.yml").write_text(json.dumps(inventory), encoding="utf-8")
        # One host after the other: what the stand-ins note, and take of their answers, has one order then.
        (self.path / "ansible.cfg").write_text("[defaults]\nforks=1\nlocalhost_warning=false\n", encoding="utf-8")
        command = [sys.executable, "-m", "ansible.cli.playbook", "-i", "all.yml"]
        command.append(playbook if playbook.endswith(".yml") else f"stackroll.nova.{playbook}")
        done = subprocess.run(
            [*command, *arguments, "-e", json.dumps({"stackroll_target_release": NEW, **variables})],
            cwd=self.path,
            env={
                **os.environ,
                "ANSIBLE_COLLECTIONS_PATH": str(self.path),
                "ANSIBLE_LOCAL_TEMP": str(self.path / "tmp"),
                "ANSIBLE_REMOTE_TEMP": str(self.path / "tmp"),
                "ANSIBLE_NOCOLOR": "1",
                "ANSIBLE_PIPELINING": "1",
                "ANSIBLE_CONFIG": str(self.path / "ansible.cfg"),
                "PATH": f"{self.path / 'bin'}:{os.environ['PATH']}",
            },
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        output = done.stdout + done.stderr
        assert (done.returncode != 0) == fails, output
        return " ".join(output.split())

    def _variables(self) -> dict[str, Any]:
        return {
            "stackroll_venv_root": str(self.path),
            "stackroll_nova_link": str(self.path / "nova"),
            "stackroll_placement_link": str(self.path / "placement"),
            "stackroll_lock_path": str(self.path / "lock.json"),
            "stackroll_run_dir": str(self.path / "run"),
            "stackroll_cloud": "admin",
            "ansible_python_interpreter": sys.executable,
            "ansible_connection": "local",
        }

    def asked(self, *modules: str) -> list[dict[str, Any]]:
        """What was asked of these modules, in order."""
        path = self.path / "asked.jsonl"
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        return [entry for entry in map(json.loads, lines) if entry["module"] in modules]

    def steps(self) -> list[str]:
        """What was done, in short words; what several hosts do at the same time in the order of their names."""
        found: list[tuple[str, str]] = []
        for entry in self.asked("fake_host", "compute_service", "provider_tree_info", "provider_tree_reshape"):
            word = entry.get("operation") or entry.get("state") or "read"
            if word != "version":
                found.append((f"{word}{'?' if entry['check'] else ''}", entry.get("host") or " ".join(entry["hosts"])))
        together = [
            sorted(steps, key=_for_hosts_alike) for _word, steps in itertools.groupby(found, key=lambda step: step[0])
        ]
        return [" ".join(step) for group in together for step in group]

    def events(self, name: str) -> list[dict[str, Any]]:
        """Events of the journal."""
        lines = (self.path / "run" / "journal.jsonl").read_text(encoding="utf-8").splitlines()
        return [event for event in map(json.loads, lines) if event["event"] == name]


def tree(host: str, nested: bool = False) -> dict[str, Any]:
    """The resource providers of a host, as the stand-ins return them."""
    scope: dict[str, Any] = {}
    exec(HEAD[HEAD.index("def tree") :], scope)
    found: dict[str, Any] = scope["tree"](host, nested)
    return found


def _for_hosts_alike(step: tuple[str, str]) -> str:
    """The calls for many hosts stay in their order."""
    return "" if step[0] in ("held", "enabled", "disabled") else step[1]


def link_all(source: Path, target: Path, but: str = "") -> None:
    """Links to everything of one folder in another."""
    target.mkdir(exist_ok=True)
    for path in source.iterdir():
        if path.name not in (but, "__pycache__"):
            (target / path.name).symlink_to(path)
