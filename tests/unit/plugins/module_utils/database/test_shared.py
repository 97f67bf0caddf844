# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Snapshots through a shared session: of one moment, alone, and always ended."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from pymysql.err import OperationalError

from ansible_collections.stackroll.nova.plugins.module_utils.database.shared import SharedDatabase
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_mysql import url_of
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_sql import FakeSession, FakeSql

TRAITS = "SELECT name FROM traits ORDER BY id"


@pytest.fixture
def database(sql: FakeSql) -> Iterator[SharedDatabase]:
    """A database with one row."""
    sql.insert("placement", "traits", name="A")
    with SharedDatabase(url_of("placement")) as shared:
        yield shared
    assert sql.open == 0


def test_a_snapshot_stays_as_it_was(sql: FakeSql, database: SharedDatabase) -> None:
    with database.snapshot() as session:
        sql.insert("placement", "traits", name="B")
        assert session.tuples(TRAITS) == [("A",)]
        assert session.rows(TRAITS) == [{"name": "A"}]
    assert [row["name"] for row in database.rows(TRAITS)] == ["A", "B"]


def test_it_ends_after_an_error(sql: FakeSql, database: SharedDatabase) -> None:
    with pytest.raises(StackrollError, match="refused a read"), database.snapshot() as session:
        session.tuples("SELECT x FROM traits")
    sql.insert("placement", "traits", name="B")
    assert len(database.rows(TRAITS)) == 2
    assert len(sql.connections) == 1


def test_a_lost_session_is_opened_again(sql: FakeSql, database: SharedDatabase) -> None:
    with database.snapshot() as session:
        sql.slow.add("placement")
        with pytest.raises(StackrollError, match="Lost connection"):
            session.tuples(TRAITS)
    sql.slow.clear()
    assert len(database.rows(TRAITS)) == 1
    assert len(sql.connections) == 2


def test_a_session_whose_snapshot_cannot_be_ended_is_not_used_again(
    sql: FakeSql, database: SharedDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_session: FakeSession) -> None:
        raise OperationalError(1047, "WSREP has not yet prepared node for application use")

    with monkeypatch.context() as patch:
        patch.setattr(FakeSession, "rollback", refuse)
        with database.snapshot() as session:
            session.tuples(TRAITS)
    sql.insert("placement", "traits", name="B")
    assert len(database.rows(TRAITS)) == 2
    assert len(sql.connections) == 2


def test_others_wait_for_its_end(sql: FakeSql, database: SharedDatabase) -> None:
    seen: list[int] = []
    other = threading.Thread(target=lambda: seen.append(len(database.rows(TRAITS))))
    with database.snapshot() as session:
        other.start()
        other.join(0.2)
        assert other.is_alive()
        sql.insert("placement", "traits", name="B")
        assert len(session.tuples(TRAITS)) == 1
    other.join(5)
    assert seen == [2]
