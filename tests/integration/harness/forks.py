# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sent to a host by fork_server.py: Python scripts, each run in a fork of this process. Needs the standard library only.

A request is one line of JSON, the words of a command whose first one is the script; so is the answer, [exit code, stdout, stderr].
Importing costs most of what such scripts cost, so this process imports what a fork had to import, and the next one has it.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import runpy
import signal
import sys
import tempfile
import traceback
from typing import IO, NoReturn

LONGEST = 180


def main() -> None:
    """Answer requests until there are no more.

    The argument is JSON: what comes first on sys.path, and the modules to begin with, which set up what the others need.
    """
    folders, modules = json.loads(sys.argv[1])
    sys.path[:0] = folders
    for name in modules:
        importlib.import_module(name)
    print("ready", flush=True)
    for line in sys.stdin:
        with contextlib.ExitStack() as stack:
            stdout, stderr, news = (stack.enter_context(tempfile.TemporaryFile("w+")) for _number in range(3))
            child = os.fork()
            if not child:
                become(json.loads(line), stdout, stderr, news)
            code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            said, complained, imported = (read(stream) for stream in (stdout, stderr, news))
        print(json.dumps([code, said, complained]), flush=True)
        for name in imported.split():
            # Some names exist only once another module made them, or cannot be imported: those are the fork's own business.
            with contextlib.suppress(Exception):
                importlib.import_module(name)


def become(words: list[str], stdout: IO[str], stderr: IO[str], news: IO[str]) -> NoReturn:
    """Be the script and end with it, after LONGEST seconds at the latest. What it imported is news."""
    signal.alarm(LONGEST)
    with open(os.devnull, encoding="utf-8") as nothing:
        for number, stream in enumerate((nothing, stdout, stderr)):
            os.dup2(stream.fileno(), number)
    known = set(sys.modules)
    sys.argv = words
    code = 0
    try:
        runpy.run_path(words[0], run_name="__main__")
    except SystemExit as left:
        code = left.code if isinstance(left.code, int) else int(left.code is not None)
        if isinstance(left.code, str):
            print(left.code, file=sys.stderr)
    except BaseException:  # noqa: BLE001  # whatever it is, the fork must not go on as the server
        traceback.print_exc()
        code = 1
    news.write("\n".join(name for name in list(sys.modules) if name not in known))
    for stream in (sys.stdout, sys.stderr, news):
        stream.flush()
    os._exit(code)


def read(stream: IO[str]) -> str:
    """Return all that was written into a file."""
    stream.seek(0)
    return stream.read()


if __name__ == "__main__":
    main()
