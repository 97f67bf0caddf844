# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a systemd unit starts an API: its commands and the entry points in them. Standard library only; the parsers are pure."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Iterable
from pathlib import Path

from ansible_collections.stackroll.nova.plugins.module_utils.model.dropped import ENTRY_POINTS
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError

_ARGV = re.compile(r"argv\[\]=(.*?) ; ignore_errors=", re.DOTALL)
_LAUNCHERS = frozenset(("sh", "bash", "dash", "env", "exec"))
_CONTAINERS = frozenset(("podman", "docker", "nerdctl"))
# The options of uwsgi, on its command line and in its file, that name the file with the application.
_FILE_OPTIONS = frozenset(("wsgi-file", "file", "mount"))
_SETTING = re.compile(r"^\s*(?P<name>[\w-]+)\s*=\s*(?P<value>.*?)\s*$")
_SECRET = re.compile(r"(?i)^(?P<name>[^=]*(?:pass|secret|token|key)[^=]*)=.+", re.DOTALL)
_SECRET_OPTION = re.compile(r"(?i)^--?[\w-]*(?:pass|secret|token)[\w-]*$")
_CREDENTIALS = re.compile(r"(?<=://)[^\s/]+(?=@)")
_LARGEST = 262144


def show(unit: str) -> dict[str, str]:
    """What systemd says about the unit's commands. An unknown unit has LoadState ``not-found``."""
    command = ["systemctl", "show", "--property=LoadState,MainPID,ExecStart", "--", unit]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        raise StackrollError(f"systemd did not answer for the unit {unit}: {str(error).rstrip('.')}.") from error
    shown: dict[str, str] = {}
    for line in done.stdout.splitlines():
        name, _equals, value = line.partition("=")
        shown[name] = f"{shown[name]}\n{value}" if name in shown else value
    return shown


def parse_exec_start(text: str) -> list[list[str]]:
    """The command lines of a unit's ExecStart as systemd shows it: one pair of braces per command, words joined by blanks."""
    return [_split(line) for line in _ARGV.findall(text)]


def _split(line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError:
        return line.split()


def command_of(pid: int) -> list[str]:
    """The command line of a running process; empty when it is gone."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().decode("utf-8", "replace").split("\0")
    except OSError:
        return []
    return [word for word in words if word]


def program(words: Iterable[str]) -> str:
    """The program or script that a command runs, behind shells and interpreters; empty when there is none."""
    for word in words:
        name = Path(word).name
        if not (name in _LAUNCHERS or name.startswith("python") or word.startswith("-") or "=" in word):
            return word
    return ""


def in_container(words: Iterable[str]) -> bool:
    """Whether the command starts a container, whose image decides how the API is started."""
    return Path(program(words)).name in _CONTAINERS


def entry_points(words: list[str]) -> list[str]:
    """The entry points of APIs that a command uses; an old init script that is named like one is none."""
    own = program(words)
    scripts = [] if own.startswith("/etc/init.d/") else [own]
    for word, following in zip(words, [*words[1:], ""]):
        name, equals, value = word.lstrip("-").partition("=")
        if word.startswith("-") and name in _FILE_OPTIONS:
            scripts.append(value if equals else following)
    return _known(scripts, words)


def entry_points_in_ini(text: str) -> list[str]:
    """The entry points that a configuration file of uwsgi names."""
    settings = [match for match in map(_SETTING.match, text.splitlines()) if match]
    scripts = [match["value"] for match in settings if match["name"] in _FILE_OPTIONS]
    return _known(scripts, [match["value"] for match in settings])


def _known(scripts: Iterable[str], words: Iterable[str]) -> list[str]:
    """Scripts count only where an application is named; modules, which are called like nothing else, anywhere."""
    names = {Path(script.rpartition("=")[2]).name for script in scripts}
    modules = {part for word in words for part in re.split(r"[=:,]", word) if part.count(".") > 1}
    return [name for name in ENTRY_POINTS if name in (modules if "." in name else names)]


def ini_files(words: list[str]) -> list[str]:
    """The configuration files that a command gives to uwsgi, which may be followed by the name of a section."""
    if not Path(program(words)).name.startswith("uwsgi"):
        return []
    values = [word.partition("=")[2] if word.startswith("-") else word for word in words]
    return [match[1] for match in (re.match(r"(/.*\.ini)(?::[^/]*)?$", value) for value in values) if match]


def read_ini(path: str) -> str:
    """The beginning of a file; empty when it cannot be read."""
    try:
        with Path(path).open(encoding="utf-8", errors="replace") as stream:
            return stream.read(_LARGEST)
    except OSError:
        return ""


def without_secrets(words: list[str]) -> list[str]:
    """The command as it may be shown: no credentials in URLs, no values of what is called like a secret."""
    shown: list[str] = []
    for word, before in zip(words, ["", *words]):
        if _SECRET_OPTION.match(before):
            shown.append("***")
        else:
            shown.append(_SECRET.sub(r"\g<name>=***", _CREDENTIALS.sub("***", word)))
    return shown
