# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read-only sessions: how they are opened, and that no message tells a secret."""

from __future__ import annotations

import builtins
import ssl
from typing import Any

import pymysql
import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.database.connection import connect, require_pymysql
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import MissingLibrary, StackrollError
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_mysql import PASSWORD, FakeMySql, url_of


def test_the_server_keeps_the_session_read_only(mysql: FakeMySql) -> None:
    mysql.add("nova", services=[{"host": "cmp1"}])
    with connect(url_of("nova"), timeout=7) as database:
        assert database.rows("SELECT host FROM services WHERE a = %s", ("b",)) == [{"host": "cmp1"}]
    opened = mysql.connections[0]
    assert opened["init_command"] == "SET SESSION TRANSACTION READ ONLY"
    assert (opened["host"], opened["port"], opened["user"], opened["password"]) == ("db", 3306, "nova", PASSWORD)
    assert {opened[key] for key in ("connect_timeout", "read_timeout", "write_timeout")} == {7}
    assert (opened["charset"], opened["ssl"]) == ("utf8", None)
    assert mysql.open == 0


def test_the_session_is_closed_after_an_error(mysql: FakeMySql) -> None:
    mysql.add("nova", services=[])
    with pytest.raises(StackrollError, match="nova on db:3306 refused a read"), connect(url_of("nova")) as database:
        database.rows("SELECT 1 FROM secrets")
    assert mysql.open == 0


def test_a_server_that_does_not_answer_is_named_without_its_password(mysql: FakeMySql) -> None:
    with pytest.raises(StackrollError) as caught, connect(url_of("nova", host="db9")):
        pass
    assert str(caught.value).startswith("Database nova on db9:3306 cannot be reached: Can't connect to MySQL server")
    assert PASSWORD not in str(caught.value)


@pytest.mark.parametrize(
    "error",
    [
        pymysql.err.OperationalError(1045, "Access denied for user 'nova'@'ctl1' (using password: YES)"),
        ConnectionRefusedError(111, "Connection refused"),
        TimeoutError("timed out"),
        OSError(),
    ],
)
def test_whatever_goes_wrong_is_one_sentence(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def refuse(**_arguments: Any) -> None:
        raise error

    monkeypatch.setattr(pymysql, "connect", refuse)
    with pytest.raises(StackrollError) as caught, connect(url_of("nova")):
        pass
    assert caught.value.message.startswith("Database nova on db:3306 cannot be reached: ")
    assert caught.value.message.endswith(".")
    assert not caught.value.message.endswith("..")


def test_tls_reaches_the_session(mysql: FakeMySql) -> None:
    mysql.add("nova")
    with connect(url_of("nova") + "&ssl_verify_cert=true"):
        pass
    assert mysql.connections[0]["ssl"].verify_mode == ssl.CERT_REQUIRED


def test_a_ca_file_that_is_missing_is_an_error_of_that_database(mysql: FakeMySql) -> None:
    mysql.add("nova")
    url = url_of("nova") + "&ssl_ca=/nowhere/ca.pem"
    with pytest.raises(StackrollError, match="nova on db:3306 cannot be reached"), connect(url):
        pass


def test_pymysql_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    require_pymysql()
    real = builtins.__import__

    def without(name: str, *arguments: Any, **keywords: Any) -> Any:
        if name == "pymysql":
            raise ImportError(name)
        return real(name, *arguments, **keywords)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingLibrary, match="PyMySQL"):
        require_pymysql()
