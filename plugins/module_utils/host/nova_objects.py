# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Nova that this interpreter imports: its versioned objects, with the fingerprints that Nova's own tests use, and its versions.

oslo.versionedobjects computes the fingerprints in its fixture module, which needs libraries that only tests have.

This file is also a program, whose text is given to the interpreters of other code trees. It needs nothing of this collection.
"""

from __future__ import annotations

import contextlib
import gc
import hashlib
import importlib
import importlib.metadata
import inspect
import json
import re
import sys
from collections import namedtuple
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

_TARGET = re.compile(
    r"^    target = \w*\.?Target\((?:namespace=['\"](?P<name>\w+)['\"], )?version=['\"](?P<version>[\d.]+)['\"]\)", re.M
)
_MINIMUM = re.compile(r"^(?P<name>(?:NEXT_)?MIN_(?:LIBVIRT|QEMU)_VERSION) = \((?P<numbers>[\d, ]+)\)", re.M)
# The names are part of what is hashed.
ArgSpec = namedtuple("ArgSpec", ("args", "varargs", "keywords", "defaults"))


class OrderedDict(dict):  # type: ignore[type-arg]
    """A mapping that is written down as Python before 3.12 wrote it, so that all interpreters agree."""

    def __repr__(self) -> str:
        return f"OrderedDict({list(self.items())!r})" if self else "OrderedDict()"


def describe() -> dict[str, Any]:
    """All that is told of this Nova. Raises ImportError."""
    objects = importlib.import_module("nova.objects")
    objects.register_all()
    service = importlib.import_module("nova.objects.service")
    source = Path(objects.__file__ or "").parents[1]
    return {
        "objects": fingerprints(objects.base.NovaObjectRegistry.obj_classes()),
        "nova": importlib.metadata.version("nova"),
        "service_version": int(service.SERVICE_VERSION),
        "rpc": rpc_versions(source),
        "minimums": driver_minimums(source),
    }


def fingerprints(registry: Mapping[str, list[type[Any]]]) -> dict[str, str]:
    """Of every object that is Nova's own: its version and a digest of its fields and remotable methods.

    The registry is shared with libraries, whose objects are left out; the first class of a name is the newest.
    """
    newest = {name: classes[0] for name, classes in registry.items() if classes[0].__module__.split(".")[0] == "nova"}
    return {name: f"{kind.VERSION}-{_digest(kind)}" for name, kind in sorted(newest.items())}


def _digest(kind: type[Any]) -> str:
    described: tuple[Any, ...] = (sorted(kind.fields.items()), sorted(_remotable_methods(kind)))
    if hasattr(kind, "child_versions"):
        described += (OrderedDict(sorted(kind.child_versions.items())),)
    return hashlib.md5(repr(described).encode(), usedforsecurity=False).hexdigest()


def _remotable_methods(kind: type[Any]) -> list[tuple[str, Any]]:
    found = [(name, _implementation(kind, getattr(kind, name))) for name in dir(kind)]
    return [(name, _signature(method)) for name, method in found if method is not None]


def _implementation(kind: type[Any], thing: Any) -> Callable[..., Any] | None:
    """The function beneath the remotable decorators; None when there are none."""
    decorated = False
    while (inspect.ismethod(thing) or inspect.isfunction(thing)) and hasattr(thing, "remotable"):
        inner: Any = getattr(thing, "original_fn", None)
        decorated, thing = True, inner.__get__(None, kind) if isinstance(inner, classmethod) else inner
    return thing if decorated else None


def _signature(method: Callable[..., Any]) -> Any:
    spec = inspect.getfullargspec(method)
    if spec.kwonlyargs or spec.kwonlydefaults or spec.annotations:
        return spec
    return ArgSpec(spec.args, spec.varargs, spec.varkw, spec.defaults)


def rpc_versions(nova: Path) -> dict[str, str]:
    """The RPC versions that the managers of this source tree serve, read without importing them."""
    versions: dict[str, str] = {}
    for service in ("compute", "conductor", "scheduler"):
        for target in _TARGET.finditer(_text(nova / service / "manager.py")):
            versions.setdefault(target["name"] or service, target["version"])
    return versions


def driver_minimums(nova: Path) -> dict[str, str]:
    """The libvirt and QEMU versions that the libvirt driver of this source tree needs, and those that it announces."""
    return {
        found["name"].lower().replace("_version", ""): ".".join(found["numbers"].replace(" ", "").split(","))
        for found in _MINIMUM.finditer(_text(nova / "virt/libvirt/driver.py"))
    }


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def main() -> None:
    """Print it as JSON, and apart from it what imported code prints."""
    gc.disable()  # nothing lives long here, and the imports take a fifth less time
    with contextlib.redirect_stdout(sys.stderr):
        answer = describe()
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
