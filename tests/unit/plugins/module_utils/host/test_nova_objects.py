# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fingerprints of versioned objects, as oslo.versionedobjects computes them, and what is read from Nova's sources."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.host import nova_objects


class Integer:
    """A field, which is told apart by how it is written down."""

    def __init__(self, default: int = 0) -> None:
        self.default = default

    def __repr__(self) -> str:
        return f"Integer(default={self.default})"


def remotable(method: Callable[..., Any]) -> Callable[..., Any]:
    def wrapper(self: Any, *args: Any) -> Any:
        return method(self, *args)

    wrapper.remotable, wrapper.original_fn = True, method  # type: ignore[attr-defined]
    return wrapper


def remotable_classmethod(method: Callable[..., Any]) -> Any:
    def wrapper(cls: type, *args: Any) -> Any:
        return method(cls, *args)

    result = classmethod(wrapper)
    wrapper.remotable, wrapper.original_fn = True, classmethod(method)  # type: ignore[attr-defined]
    return result


class Tag:
    """An object."""

    VERSION = "1.1"
    fields = {"tag": Integer(1), "id": Integer()}  # noqa: RUF012

    @remotable
    def save(self, reason, force=False): ...  # type: ignore[no-untyped-def]

    @remotable_classmethod
    def get(cls, context): ...  # type: ignore[no-untyped-def]  # noqa: N805

    def helper(self) -> None: ...


class TagList(Tag):
    """An object with versions of others."""

    VERSION = "1.0"
    child_versions = {"1.0": "1.1"}  # noqa: RUF012


DESCRIBED = (
    "[('id', Integer(default=0)), ('tag', Integer(default=1))], "
    "[('get', ArgSpec(args=['cls', 'context'], varargs=None, keywords=None, defaults=None)), "
    "('save', ArgSpec(args=['self', 'reason', 'force'], varargs=None, keywords=None, defaults=(False,)))]"
)


@pytest.fixture(autouse=True)
def _of_nova(monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in (Tag, TagList):
        monkeypatch.setattr(kind, "__module__", "nova.objects.tag")


def digest(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def test_fields_and_remotable_methods() -> None:
    assert nova_objects.fingerprints({"Tag": [Tag]}) == {"Tag": f"1.1-{digest(f'({DESCRIBED})')}"}


@pytest.mark.parametrize(
    ("children", "written"), [({"1.0": "1.1"}, "OrderedDict([('1.0', '1.1')])"), ({}, "OrderedDict()")]
)
def test_versions_of_children(monkeypatch: pytest.MonkeyPatch, children: dict[str, str], written: str) -> None:
    monkeypatch.setattr(TagList, "child_versions", children)
    found = nova_objects.fingerprints({"TagList": [TagList]})
    assert found == {"TagList": f"1.0-{digest(f'({DESCRIBED}, {written})')}"}


def test_only_the_newest_of_novas_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TagList, "__module__", "os_vif.objects.vif")
    found = nova_objects.fingerprints({"Vif": [TagList], "Tag": [Tag, TagList]})
    assert [(name, version.split("-")[0]) for name, version in found.items()] == [("Tag", "1.1")]


def test_a_changed_signature_changes_the_fingerprint(monkeypatch: pytest.MonkeyPatch) -> None:
    before = nova_objects.fingerprints({"Tag": [Tag]})
    monkeypatch.setattr(Tag, "save", remotable(Tag.helper))
    assert nova_objects.fingerprints({"Tag": [Tag]}) != before


def test_what_is_read_from_the_sources(tmp_path: Path) -> None:
    for name, text in {
        "compute/manager.py": "    target = messaging.Target(version='6.5')\n\n    target = messaging.Target(version='5.13')\n",
        "conductor/manager.py": "    target = messaging.Target(version='3.0')\n"
        "    target = messaging.Target(namespace='compute_task', version='1.26')\n",
        "virt/libvirt/driver.py": "MIN_LIBVIRT_VERSION = (8, 0, 0)\nNEXT_MIN_QEMU_VERSION = (8, 2, 2)\nMIN_VIRTUOZZO_VERSION = (7, 0, 0)\n"
        "#MIN_QEMU_VERSION = (1, 0, 0)\n",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert nova_objects.rpc_versions(tmp_path) == {"compute": "6.5", "conductor": "3.0", "compute_task": "1.26"}
    assert nova_objects.driver_minimums(tmp_path) == {"min_libvirt": "8.0.0", "next_min_qemu": "8.2.2"}
    assert nova_objects.driver_minimums(tmp_path / "nothing") == {}
