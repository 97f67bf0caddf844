# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one place where our code meets Ansible: options in, result or one clear sentence out.

Needs the standard library only, so that it also serves modules that run on the hosts of a cloud.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable
from typing import Any, NoReturn

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import MissingLibrary, StackrollError

Result = dict[str, Any]


def option(kind: str, default: Any = None, **rules: Any) -> dict[str, Any]:
    """One entry of an argument_spec; no default is written down as none at all, because required options must have none."""
    spec: dict[str, Any] = {"type": kind, **rules}
    if default is not None:
        spec["default"] = default
    return spec


class StackrollModule:
    """An AnsibleModule whose body is a function that returns its result or raises a StackrollError."""

    def __init__(self, argument_spec: dict[str, Any], supports_check_mode: bool = True, **rules: Any) -> None:
        self.ansible = AnsibleModule(argument_spec=argument_spec, supports_check_mode=supports_check_mode, **rules)
        self.params: dict[str, Any] = self.ansible.params
        self.check_mode: bool = self.ansible.check_mode
        self.diff_mode: bool = self.ansible._diff
        self._extras: list[Callable[[], Result]] = []

    def run(self, body: Callable[[StackrollModule], Result]) -> NoReturn:
        """Run the body and leave: with its result, or with one sentence that names the object and the remedy."""
        try:
            result = body(self)
        except StackrollError as error:
            self._fail(error)
        except Exception as error:  # noqa: BLE001  # the funnel: anything else is our bug
            self._fail_bug(error)
        self._exit(self.ansible.exit_json, result)

    def always(self, extra: Callable[[], Result]) -> None:
        """Add keys to the result, also when the module fails."""
        self._extras.append(extra)

    def warn(self, text: str) -> None:
        """Show a warning to the operator."""
        self.ansible.warn(text)

    def hide(self, secrets: Iterable[str]) -> None:
        """Replace these texts wherever they appear in the module's result."""
        self.ansible.no_log_values.update(secret for secret in secrets if secret)

    def _fail(self, error: StackrollError) -> NoReturn:
        result = dict(error.details)
        if isinstance(error, MissingLibrary):
            result.update(
                msg=missing_required_lib(error.library, url=error.url or None), exception=error.import_traceback
            )
        else:
            result.update(msg=str(error))
        self._exit(self.ansible.fail_json, result)

    def _fail_bug(self, error: Exception) -> NoReturn:
        message = f"Internal error in {self.ansible._name}: {type(error).__name__}: {error}. Please report it with the traceback."
        # ansible-core 2.19 drops the key exception unless it is told to show tracebacks.
        self._exit(self.ansible.fail_json, {"msg": message, "traceback": traceback.format_exc().splitlines()})

    def _exit(self, leave: Callable[..., Any], result: Result) -> NoReturn:
        for extra in self._extras:
            for key, value in extra().items():
                result.setdefault(key, value)
        result.setdefault("changed", False)
        if not self.diff_mode:
            result.pop("diff", None)
        leave(**result)
        raise SystemExit(1)
