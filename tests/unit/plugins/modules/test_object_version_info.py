# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""object_version_info: the objects of the Nova that the interpreter imports."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from ansible_collections.stackroll.nova.plugins.modules import object_version_info
from ansible_collections.stackroll.nova.tests.unit.plugins.modules.conftest import RunModule

PACKAGE = {
    "nova/__init__.py": "",
    "nova/objects/__init__.py": "def register_all():\n    __import__('nova.objects.base')\n",
    "nova/objects/service.py": "SERVICE_VERSION = 74\n",
    "nova/objects/base.py": """
class Tag:
    VERSION = "1.1"
    fields = {}

class NovaObjectRegistry:
    @staticmethod
    def obj_classes():
        return {"Tag": [Tag]}
""",
    "nova/compute/manager.py": "class ComputeManager:\n    target = messaging.Target(version='6.5')\n",
    "nova/virt/libvirt/driver.py": "MIN_LIBVIRT_VERSION = (8, 0, 0)\n",
    "nova-34.0.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: nova\nVersion: 34.0.0\n",
}


@pytest.fixture
def nova(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tiny Nova that this interpreter imports."""
    for name, text in PACKAGE.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    for name in [name for name in sys.modules if name.split(".")[0] == "nova"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


@pytest.fixture(autouse=True)
def _forget_nova(monkeypatch: pytest.MonkeyPatch) -> None:
    before = dict(sys.modules)
    yield
    for name in set(sys.modules) - set(before):
        if name.split(".")[0] == "nova":
            del sys.modules[name]


@pytest.mark.parametrize("check", [False, True])
def test_the_objects_of_this_interpreter(run_module: RunModule, nova: Path, check: bool) -> None:
    result = run_module(object_version_info, check=check)
    assert list(result["objects"]) == ["Tag"]
    assert result["objects"]["Tag"].startswith("1.1-")
    assert (result["nova"], result["service_version"]) == ("34.0.0", 74)
    assert (result["rpc"], result["minimums"]) == ({"compute": "6.5"}, {"min_libvirt": "8.0.0"})
    assert result["changed"] is False


def test_an_interpreter_without_nova(run_module: RunModule) -> None:
    result = run_module(object_version_info)
    assert result["failed"]
    assert sys.executable in result["msg"]
    assert "ansible_python_interpreter" in result["msg"]
    assert "traceback" not in result


def test_a_nova_that_is_broken(run_module: RunModule, nova: Path) -> None:
    (nova / "nova/objects/service.py").write_text("import oslo_nothing\n", encoding="utf-8")
    assert "oslo_nothing" in run_module(object_version_info)["msg"]
