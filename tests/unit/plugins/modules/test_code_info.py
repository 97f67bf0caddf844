# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""code_info: what the running and the staged code know, each asked once, and why it is not known."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.stackroll.nova.plugins.modules import code_info
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_generator import SITE, fake_venv, listed, runs
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_nova_code import add_nova, break_nova
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_schema import add_models, add_scripts
from ansible_collections.stackroll.nova.tests.unit.plugins.modules.conftest import RunModule

DEBUG, GONE = listed("DEFAULT/debug"), listed("os_vif_linux_bridge/flat_interface")
PLACEMENT = listed("api/auth_strategy", namespace="placement.conf")
BOTH = ("nova", "openstack-placement")


def link(path: Path, target: str) -> str:
    path.symlink_to(target)
    return str(path)


def nova(*names: str) -> dict[str, list[str]]:
    return {"known": [*names], "deprecated": []}


def options(run_module: RunModule, check: bool = False, **given: Any) -> dict[str, Any]:
    result = run_module(code_info, check=check, include=["options"], **given)
    assert set(result) == {"changed", "invocation", "options"}
    assert result["changed"] is False
    listed: dict[str, Any] = result["options"]
    return listed


def test_options_of_both_codes(run_module: RunModule, tmp_path: Path) -> None:
    staged = fake_venv(tmp_path / "new", DEBUG, PLACEMENT, packages=BOTH)
    running = fake_venv(tmp_path / "old", DEBUG, GONE, PLACEMENT, packages=BOTH)
    links = [link(tmp_path / "nova", running), link(tmp_path / "placement", running)]
    for check in (False, True):
        assert options(run_module, check, running_paths=links, staged_path=staged) == {
            "old": {
                "nova": nova("DEFAULT/debug", "os_vif_linux_bridge/flat_interface"),
                "placement": nova("api/auth_strategy"),
            },
            "new": {"nova": nova("DEFAULT/debug"), "placement": nova("api/auth_strategy")},
        }
    assert (runs(staged), runs(running)) == (2, 2), "once per call"


def test_services_from_trees_of_their_own(run_module: RunModule, tmp_path: Path) -> None:
    staged = fake_venv(tmp_path / "new", DEBUG)
    first = fake_venv(tmp_path / "nova", DEBUG, GONE)
    second = fake_venv(tmp_path / "placement", DEBUG, PLACEMENT, packages=BOTH)
    old = options(run_module, running_paths=[first, "/nowhere", second], staged_path=staged)["old"]
    assert old["nova"] == nova("DEFAULT/debug", "os_vif_linux_bridge/flat_interface"), "of the first path that holds it"
    assert old["placement"] == nova("api/auth_strategy")


def test_the_staged_options_are_not_compared_with_themselves(run_module: RunModule, tmp_path: Path) -> None:
    staged = fake_venv(tmp_path / "new", DEBUG)
    running = [link(tmp_path / "nova", staged)]
    assert options(run_module, running_paths=running, staged_path=staged) == {
        "old": {},
        "new": {"nova": nova("DEFAULT/debug")},
    }
    assert runs(staged) == 1


def test_the_nova_of_both_codes(run_module: RunModule, tmp_path: Path) -> None:
    staged, running = add_nova(fake_venv(tmp_path / "new"), 74), add_nova(fake_venv(tmp_path / "old"), 72)
    links = ["/nowhere", link(tmp_path / "nova", running), add_nova(fake_venv(tmp_path / "other"), 66)]
    for check in (False, True):
        result = run_module(code_info, check=check, running_paths=links, staged_path=staged, include=["objects"])
        objects = result.pop("objects")
        assert objects["old"]["Tag"].startswith("1.72-")
        assert objects["new"]["Tag"].startswith("1.74-")
        del result["invocation"]
        assert result == {
            "changed": False,
            "nova": {"old": "1.0", "new": "1.0"},
            "service_version": {"old": 72, "new": 74},
            "rpc": {"old": {"compute": "6.72"}, "new": {"compute": "6.74"}},
            "minimums": {"old": {"min_libvirt": "72.0.0"}, "new": {"min_libvirt": "74.0.0"}},
        }


def test_after_the_switch_both_novas_are_one(
    run_module: RunModule, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    staged, asked = add_nova(fake_venv(tmp_path / "new"), 74), []
    describe = code_info.LISTINGS["objects"]
    monkeypatch.setitem(code_info.LISTINGS, "objects", lambda *given: asked.append(given) or describe(*given))
    given = {"running_paths": [link(tmp_path / "nova", staged)], "staged_path": staged, "include": ["objects"]}
    objects = run_module(code_info, **given)["objects"]
    assert objects["old"] == objects["new"] != {}
    assert asked == [(staged, 180.0)]


def test_all_are_asked_at_the_same_time(run_module: RunModule, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    together = threading.Barrier(6, timeout=20)
    for name, listing in code_info.LISTINGS.items():

        def wait(root: str, timeout: float, listing: Any = listing) -> dict[str, Any]:
            together.wait()
            told: dict[str, Any] = listing(root, timeout)
            return told

        monkeypatch.setitem(code_info.LISTINGS, name, wait)
    staged, running = (add_nova(fake_venv(tmp_path / name, DEBUG), 1) for name in ("new", "old"))
    result = run_module(code_info, running_paths=[running], staged_path=staged)
    assert set(result["objects"]) == set(result["options"]) == {"old", "new"}


def test_nothing_is_staged(run_module: RunModule, tmp_path: Path) -> None:
    message = run_module(code_info, staged_path=str(tmp_path))["msg"]
    assert f"There is neither nova nor openstack-placement in {tmp_path}." in message
    assert "Stage the target release's code" in message


def test_options_that_one_code_does_not_tell(run_module: RunModule, tmp_path: Path) -> None:
    staged = add_nova(fake_venv(tmp_path / "new", DEBUG), 74)
    broken = add_nova(fake_venv(tmp_path / "old", DEBUG, exit_code=3), 72)
    result = run_module(code_info, running_paths=[broken], staged_path=staged)
    assert set(result["options"]) == {"unknown"}, "the other code has nothing to be compared with"
    assert f"oslo-config-generator of {broken} ended with 3" in result["options"]["unknown"]
    assert set(result["objects"]) == {"old", "new"}


def test_a_nova_that_does_not_tell(run_module: RunModule, tmp_path: Path) -> None:
    staged, running = (add_nova(fake_venv(tmp_path / name, DEBUG), 74) for name in ("new", "old"))
    break_nova(staged)
    result = run_module(code_info, running_paths=[running], staged_path=staged)
    assert set(result["objects"]) == {"old", "unknown"}
    assert result["objects"]["unknown"].startswith(f"The description of Nova in {staged} ended with 1: ")
    assert "No module named 'oslo_nothing'" in result["objects"]["unknown"]
    assert set(result["rpc"]) == {"old"}
    assert set(result["options"]) == {"old", "new"}


def test_codes_without_nova(run_module: RunModule, tmp_path: Path) -> None:
    given = {"staged_path": fake_venv(tmp_path / "new", PLACEMENT, packages=BOTH[1:]), "include": ["objects"]}
    assert run_module(code_info, **given)["objects"] == {
        "unknown": "None of the running_paths holds Nova. The staged_path holds no Nova."
    }


def test_schema_scripts_and_what_the_running_code_does_not_use(run_module: RunModule, tmp_path: Path) -> None:
    staged, running = add_nova(fake_venv(tmp_path / "new"), 74), add_nova(fake_venv(tmp_path / "old"), 72)
    body = "op.drop_column('instances', 'gone')\n    op.drop_column('instances', 'uuid')"
    add_scripts(tmp_path / "new", "nova_cell", body, a=None, b="a")
    add_scripts(tmp_path / "new", "placement", c=None)
    models = "class Instance:\n    __tablename__ = 'instances'\n    uuid = sa.Column(sa.String(36))\n"
    add_models(tmp_path / "old", "nova_cell", models)
    links = [link(tmp_path / "nova", running), link(tmp_path / "placement", running)]
    for check in (False, True):
        result = run_module(code_info, check=check, running_paths=links, staged_path=staged, include=["schema"])
        assert set(result) == {"changed", "invocation", "schema"}
        first, second = result["schema"]["nova_cell"]
        assert (first["revision"], first["after"], first["operations"]) == ("a", [], [])
        assert second["file"] == "nova/db/main/migrations/versions/b_script.py"
        assert [(operation["what"], operation["unused"]) for operation in second["operations"]] == [
            ("drop_column instances.gone", True),
            ("drop_column instances.uuid", False),
        ]
        assert [revision["revision"] for revision in result["schema"]["placement"]] == ["c"]


@pytest.mark.parametrize(("tree", "file"), [("new", "migrations/versions/b_script.py"), ("old", "models.py")])
def test_a_schema_that_cannot_be_read(run_module: RunModule, tmp_path: Path, tree: str, file: str) -> None:
    staged, running = add_nova(fake_venv(tmp_path / "new"), 74), add_nova(fake_venv(tmp_path / "old"), 72)
    add_scripts(tmp_path / "new", "nova_cell", "pass", a=None, b="a")
    add_models(tmp_path / "old", "nova_cell", "x = 1")
    (tmp_path / tree / SITE / "nova/db/main" / file).write_text("def (", encoding="utf-8")
    result = run_module(code_info, running_paths=[running], staged_path=staged)
    assert set(result["schema"]) == {"unknown"}
    assert file in result["schema"]["unknown"]
    assert set(result["objects"]) == {"old", "new"}


def test_staged_code_without_options(run_module: RunModule, tmp_path: Path) -> None:
    staged = fake_venv(tmp_path / "new")
    for file in tmp_path.glob("new/lib/*/site-packages/*/entry_points.txt"):
        file.unlink()
    assert options(run_module, staged_path=staged) == {"unknown": "The staged code offers no options."}
