# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""python -m rehearsal STAGE, with the specification as JSON on standard input; prints JSON."""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from typing import Any

from . import access, bootstrap, hosts, image, machine, progress, prune, ready, secrets_file, status, venvs, workload
from .errors import RehearsalError
from .locks import claim
from .spec import Spec


def look(spec: Spec) -> dict[str, Any]:
    """What is there, without changing anything."""
    missing = machine.missing(spec)
    if missing:
        raise RehearsalError("this machine lacks: " + "; ".join(missing))
    claim(spec.cache / "run.lock")
    hosts.refuse_foreign(spec)
    found = status.look(spec)
    if not found["up"]:
        missing = machine.missing_for_start(spec, found)
        if missing:
            raise RehearsalError("this machine lacks: " + "; ".join(missing))
    return found


def do_image(spec: Spec) -> dict[str, Any]:
    return {"changed": image.build(spec)}


def do_venvs(spec: Spec) -> dict[str, Any]:
    built = venvs.build(spec)
    return {"changed": bool(built), "built": built}


def do_secrets(spec: Spec) -> dict[str, Any]:
    secrets_file.make(spec)
    return {"changed": True}


def do_start(spec: Spec) -> dict[str, Any]:
    hosts.start(spec, hosts.saved(spec))
    return {"changed": True}


def do_bootstrap(spec: Spec) -> dict[str, Any]:
    bootstrap.run(spec)
    return {"changed": True}


def do_workload(spec: Spec) -> dict[str, Any]:
    return {"changed": True, "made": workload.run(spec)}


def do_save(spec: Spec) -> dict[str, Any]:
    access.host_keys(spec)
    hosts.save(spec)
    prune.prune(spec)
    return {"changed": True}


def do_ready(spec: Spec) -> dict[str, Any]:
    ready.wait(spec)
    return {"changed": False}


def do_down(spec: Spec) -> dict[str, Any]:
    claim(spec.cache / "run.lock")
    changed = hosts.remove(spec) or spec.owner.exists()
    shutil.rmtree(spec.owner, ignore_errors=True)
    return {"changed": changed}


def do_status(spec: Spec) -> dict[str, Any]:
    return {"changed": False, "lines": status.lines(spec)}


STAGES = {
    "look": look,
    "image": do_image,
    "venvs": do_venvs,
    "secrets": do_secrets,
    "start": do_start,
    "bootstrap": do_bootstrap,
    "workload": do_workload,
    "save": do_save,
    "ready": do_ready,
    "down": do_down,
    "status": do_status,
}


def main() -> int:
    os.umask(0o022)
    began = time.monotonic()
    try:
        data = json.load(sys.stdin)
        data["runtime"] = machine.choose_runtime(data["runtime"])
        spec = Spec.from_dict(data)
        result = STAGES[sys.argv[1]](spec)
    except RehearsalError as exc:
        print(json.dumps({"failed": True, "message": str(exc)}))
        return 1
    print(json.dumps({**result, "seconds": round(time.monotonic() - began, 1), "steps": progress.STEPS}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
