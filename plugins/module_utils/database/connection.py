# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""MySQL sessions through PyMySQL: read only, but for the one that corrects service records (service_versions.py)."""

from __future__ import annotations

import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.database.url import DatabaseUrl
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import MissingLibrary, StackrollError

Row = dict[str, Any]


def require_pymysql() -> None:
    """Raise MissingLibrary unless PyMySQL can be imported by this interpreter."""
    try:
        import pymysql  # noqa: F401  # pylint: disable=unused-import
    except ImportError as error:
        raise MissingLibrary("PyMySQL", traceback.format_exc()) from error


class ReadOnlyDatabase:
    """One connection whose transactions the server itself keeps read only."""

    _asked = "a read"

    def __init__(self, connection: Any, url: DatabaseUrl) -> None:
        self._connection = connection
        self.url = url

    @property
    def is_open(self) -> bool:
        """Whether the session can be used; a read that took too long ends it."""
        return bool(self._connection.open)

    def rows(self, query: str, arguments: Sequence[object] = ()) -> list[Row]:
        """Run one SELECT and return its rows as dictionaries."""
        return self._fetch(None, query, arguments)

    def tuples(self, query: str, arguments: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Run one SELECT and return its rows as tuples, which cost half of what dictionaries do."""
        from pymysql.cursors import Cursor

        return self._fetch(Cursor, query, arguments)

    @contextmanager
    def snapshot(self) -> Iterator[ReadOnlyDatabase]:
        """Let everything that is read meanwhile be of one moment, whatever isolation the server has for others.

        A server behind the writer, as a node of Galera may be, shows an earlier moment than that of our last write.
        """
        self._fetch(None, "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        self._fetch(None, "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
        try:
            yield self
        finally:
            self._end_transaction()

    def _end_transaction(self) -> None:
        import pymysql

        try:
            self._connection.rollback()
        except pymysql.MySQLError:  # the session is lost, or must not be used in its old snapshot any more
            self._connection.close()

    def _fetch(self, kind: Any, query: str, arguments: Sequence[object] = ()) -> list[Any]:
        import pymysql

        try:
            with self._connection.cursor(kind) as cursor:
                cursor.execute(query, tuple(arguments))
                return list(cursor.fetchall())
        except pymysql.MySQLError as error:
            raise StackrollError(f"Database {self.url} refused {self._asked}: {_reason(error)}.") from error


class WritableDatabase(ReadOnlyDatabase):
    """One connection that may write; each statement is a transaction of its own."""

    _asked = "a write"

    def write(self, statement: str, arguments: Sequence[object] = ()) -> None:
        """Run one statement that changes rows."""
        self._fetch(None, statement, arguments)


@contextmanager
def connect(url: str, timeout: int = 10) -> Iterator[ReadOnlyDatabase]:
    """Open the database at an SQLAlchemy URL for reading, with *timeout* seconds for each network step.

    Raises StackrollError that names host and database, never the password.
    """
    with _session(url, timeout, "SET SESSION TRANSACTION READ ONLY") as (connection, parsed):
        yield ReadOnlyDatabase(connection, parsed)


@contextmanager
def connect_to_write(url: str, timeout: int = 10) -> Iterator[WritableDatabase]:
    """The same for writing."""
    with _session(url, timeout, None) as (connection, parsed):
        yield WritableDatabase(connection, parsed)


@contextmanager
def _session(url: str, timeout: int, first: str | None) -> Iterator[tuple[Any, DatabaseUrl]]:
    import pymysql  # required with a clear message, see above
    from pymysql.cursors import DictCursor

    parsed = DatabaseUrl.parse(url)
    try:
        connection = pymysql.connect(
            host=parsed.host,
            port=parsed.port,
            user=parsed.user,
            password=parsed.password,
            database=parsed.database,
            charset=parsed.charset,
            cursorclass=DictCursor,
            connect_timeout=timeout,
            read_timeout=timeout,
            write_timeout=timeout,
            autocommit=True,
            init_command=first,
            ssl=parsed.tls.context() if parsed.tls else None,
        )
    except (pymysql.MySQLError, OSError) as error:
        raise StackrollError(
            f"Database {parsed} cannot be reached: {_reason(error)}.",
            remedy="Check that it runs and that the account in the connection URL may read it.",
        ) from error
    try:
        yield connection, parsed
    finally:
        with suppress(pymysql.MySQLError):  # it is closed already when a transaction could not be ended
            connection.close()


def _reason(error: BaseException) -> str:
    arguments = getattr(error, "args", ())
    return str(arguments[-1] if arguments else error).rstrip(".")
