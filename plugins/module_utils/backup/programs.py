# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""mariadb-dump and mariadb, or mysqldump and mysql, of this host: found, run, bounded, and without a password anywhere."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, cast

from ansible_collections.stackroll.nova.plugins.module_utils.backup.options_file import options_in_memory, options_text
from ansible_collections.stackroll.nova.plugins.module_utils.database.url import DatabaseUrl
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError, WaitTimeout

FAMILIES = (("mariadb-dump", "mariadb"), ("mysqldump", "mysql"))
DUMP_OPTIONS = (
    "--single-transaction",
    "--quick",
    "--hex-blob",
    "--no-tablespaces",
    "--default-character-set=utf8mb4",
    "--loose-column-statistics=0",
    "--loose-set-gtid-purged=OFF",
)
CHUNK = 1 << 20
_FOLDERS = ("/usr/local/bin", "/usr/local/mysql/bin", "/usr/bin")
_CODE = re.compile(r"(?:ERROR |error: )(\d{4})\b")
# Access denied: to the server, a database, a command, a table, a column, a privilege, a routine, or without a password.
_DENIED = frozenset((1044, 1045, 1142, 1143, 1227, 1370, 1698))


class Denied(StackrollError):  # noqa: N818  # what happened reads better than a suffix
    """The account may not do this."""


@dataclass(frozen=True)
class Programs:
    """Their paths; *client* may be missing."""

    dump: str
    client: str | None


def find_programs() -> Programs:
    """Those of this host. Raises StackrollError."""
    path = os.pathsep.join((os.environ.get("PATH", os.defpath), *_FOLDERS))
    for dump, client in FAMILIES:
        found = shutil.which(dump, path=path)
        if found:
            return Programs(found, shutil.which(client, path=path))
    raise StackrollError(
        "There is no mariadb-dump and no mysqldump on this host.",
        "Install mariadb-client or mysql-client there, or give a way of your own (stackroll_database_backup=hook).",
    )


@dataclass(frozen=True)
class Server:
    """One database server and one account of it: that of the URL, or that of an options file on this host."""

    url: DatabaseUrl
    programs: Programs
    timeout: float
    admin_file: str | None = None

    def require_client(self) -> str:
        """The program that runs statements. Raises Denied where there is none."""
        if self.programs.client is None:
            raise Denied(f"There is no client beside {self.programs.dump}.")
        return self.programs.client

    def dump(self, databases: list[str], write: Callable[[bytes], object]) -> None:
        """Dump them as of one moment. Raises StackrollError, WaitTimeout, and what *write* raises."""
        with self._start(self.programs.dump, [*DUMP_OPTIONS, "--databases", *databases]) as running:
            for chunk in iter(lambda: running.output.read(CHUNK), b""):
                write(chunk)

    def ask(self, sql: Iterable[bytes]) -> list[list[str]]:
        """Run statements; their rows. Raises StackrollError, Denied where the account may not."""
        with self._start(self.require_client(), ["--batch", "--skip-column-names"], feed=sql) as running:
            rows = running.output.read().decode("utf-8", "replace").splitlines()
        return [row.split("\t") for row in rows]

    @contextmanager
    def _start(self, program: str, arguments: list[str], feed: Iterable[bytes] = ()) -> Iterator[_Running]:
        place = [f"--host={self.url.host}", f"--port={self.url.port}", "--protocol=TCP"]
        with contextlib.ExitStack() as stack:
            keep: tuple[int, ...] = ()
            path = self.admin_file
            if path is None:
                keep = (stack.enter_context(options_in_memory(options_text(self.url))),)
                path = f"/proc/self/fd/{keep[0]}"
            # The programs want it to be the first argument.
            argv = [program, f"--defaults-file={path}", *place, *arguments]
            yield stack.enter_context(_running(argv, keep, feed, self.timeout))


@dataclass(frozen=True)
class _Running:
    """A program and what it says."""

    output: IO[bytes]


@contextmanager
def _running(argv: list[str], keep: tuple[int, ...], feed: Iterable[bytes], timeout: float) -> Iterator[_Running]:
    """Leaving waits for its end. Raises StackrollError when it failed, and kills it when the caller or the feeding did."""
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            pass_fds=keep,
            env={**os.environ, "LC_ALL": "C.UTF-8"},
        )
        late = threading.Event()

        def end() -> None:
            late.set()
            process.kill()

        watch = threading.Timer(timeout, end)
        watch.daemon = True
        watch.start()
        feeder = _Feeder(process, feed)
        feeder.start()
        output = cast("IO[bytes]", process.stdout)
        try:
            yield _Running(output)
            feeder.join()
            process.wait()
        finally:
            watch.cancel()
            process.kill()
            process.wait()
            output.close()
            feeder.join()
        if late.is_set():
            raise WaitTimeout(f"{os.path.basename(argv[0])} did not end within {timeout:.0f} s and was killed.")
        if feeder.error is not None:
            raise feeder.error
        if process.returncode:
            raise _failure(argv[0], process.returncode, errors)


class _Feeder(threading.Thread):
    """Gives a program what it is to read; *error* is what has stopped it."""

    def __init__(self, process: subprocess.Popen[bytes], feed: Iterable[bytes]) -> None:
        super().__init__(daemon=True)
        self._process = process
        self._feed = feed
        self.error: Exception | None = None

    def run(self) -> None:
        """Until all is read, or the program has ended."""
        try:
            with contextlib.suppress(BrokenPipeError), cast("IO[bytes]", self._process.stdin) as stream:
                for piece in self._feed:
                    stream.write(piece)
        except Exception as error:  # noqa: BLE001  # it is raised where the program is waited for
            self.error = error
            self._process.kill()


def _failure(program: str, code: int, errors: IO[bytes]) -> StackrollError:
    errors.seek(0)
    said = errors.read().decode("utf-8", "replace")
    lines = [line.strip() for line in said.splitlines() if line.strip() and not line.startswith("Warning:")]
    words = lines[-1] if lines else "nothing"
    message = f"{os.path.basename(program)} ended with exit code {code}. It said: {words.rstrip('.')}."
    found = [int(number) for number in _CODE.findall(said)]
    return (Denied if _DENIED.intersection(found) else StackrollError)(message)
