# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Virtual environments with a tiny Nova that only their own interpreter can import."""

from __future__ import annotations

import sys
from pathlib import Path

from ansible_collections.stackroll.nova.tests.unit.plugins.fake_generator import SITE

_PACKAGE = {
    "__init__.py": "",
    "objects/__init__.py": "print('Hello!')\ndef register_all():\n    __import__('nova.objects.base')\n",
    "objects/service.py": "SERVICE_VERSION = {version}\n",
    "objects/base.py": """
class Tag:
    VERSION = "1.{version}"
    fields = {{}}

class NovaObjectRegistry:
    @staticmethod
    def obj_classes():
        return {{"Tag": [Tag]}}
""",
    "compute/manager.py": "class ComputeManager:\n    target = messaging.Target(version='6.{version}')\n",
    "virt/libvirt/driver.py": "MIN_LIBVIRT_VERSION = ({version}, 0, 0)\n",
}


def add_nova(root: str, version: int) -> str:
    """Make a tree a virtual environment with a Nova of this service version; returns the tree."""
    Path(root, "pyvenv.cfg").write_text(f"home = {sys.base_prefix}/bin\n", encoding="utf-8")
    for name, text in _PACKAGE.items():
        file = Path(root, SITE, "nova", name)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text.format(version=version), encoding="utf-8")
    return root


def break_nova(root: str) -> None:
    """Let the Nova of a tree need what nobody has."""
    Path(root, SITE, "nova/objects/service.py").write_text("import oslo_nothing\n", encoding="utf-8")
