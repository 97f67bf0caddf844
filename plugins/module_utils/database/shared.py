# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One read-only session per database for all questions of a run; each thread waits for its turn."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from types import TracebackType

from ansible_collections.stackroll.nova.plugins.module_utils.database.connection import (
    ReadOnlyDatabase,
    Row,
    connect,
)
from ansible_collections.stackroll.nova.plugins.module_utils.model.answers import Sample
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError

SAMPLE = 20


class SharedDatabase:
    """A database that is connected to at the first question. One that cannot be reached is not waited for twice. *url* is a secret."""

    def __init__(self, url: str, timeout: int = 10) -> None:
        self.url = url
        self._timeout = timeout
        self._turn = threading.Lock()
        self._open = ExitStack()
        self._session: ReadOnlyDatabase | None = None
        self._unreachable: StackrollError | None = None

    def __enter__(self) -> SharedDatabase:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def require(self) -> None:
        """Connect now. Raises StackrollError when that fails."""
        with self._turn:
            self._connect()

    def rows(self, query: str, arguments: Sequence[object] = ()) -> list[Row]:
        """The rows of one SELECT as dictionaries."""
        with self._turn:
            return self._connect().rows(query, arguments)

    @contextmanager
    def snapshot(self) -> Iterator[ReadOnlyDatabase]:
        """The session, for questions whose answers must be of one moment. Ask it alone meanwhile: nobody else has a turn."""
        with self._turn, self._connect().snapshot() as session:
            yield session

    def sample(self, columns: str, tail: str, arguments: Sequence[object] = ()) -> Sample:
        """How many rows there are, and the first few: *tail* is the query from its FROM on, *columns* make ``name``."""
        total = int(self.rows(f"SELECT COUNT(*) AS total {tail}", arguments)[0]["total"])
        if not total:
            return Sample()
        rows = self.rows(f"SELECT {columns} AS name {tail} ORDER BY name LIMIT {SAMPLE}", arguments)
        return Sample(total, tuple(str(row["name"]) for row in rows))

    def schema_revision(self) -> str:
        """The alembic revision that the database is at. Raises StackrollError when it is at none."""
        rows = self.rows("SELECT version_num FROM alembic_version")
        if len(rows) != 1:
            raise StackrollError(f"The table alembic_version has {len(rows)} rows instead of one.")
        return str(rows[0]["version_num"])

    def close(self) -> None:
        """End the session."""
        with self._turn:
            self._open.close()
            self._session = None

    def _connect(self) -> ReadOnlyDatabase:
        if self._unreachable is not None:
            raise self._unreachable
        if self._session is not None and not self._session.is_open:  # a read that took too long has ended it
            self._open.close()
            self._session = None
        if self._session is None:
            try:
                self._session = self._open.enter_context(connect(self.url, self._timeout))
            except StackrollError as error:
                self._unreachable = error
                raise
        return self._session
