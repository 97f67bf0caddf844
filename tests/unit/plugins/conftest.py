# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What tests of several directories share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pymysql
import pytest

from ansible_collections.stackroll.nova.tests.unit.plugins.fake_code import StagedCode
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_haproxy import FakeHaproxy
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_http import FakeHttp
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_mysql import FakeMySql, url_of
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_sql import FakeSql


@pytest.fixture
def mysql(monkeypatch: pytest.MonkeyPatch) -> FakeMySql:
    """Servers to which PyMySQL connects."""
    fake = FakeMySql()
    monkeypatch.setattr(pymysql, "connect", fake.connect)
    return fake


@pytest.fixture
def sql(monkeypatch: pytest.MonkeyPatch) -> FakeSql:
    """Servers to which PyMySQL connects and that understand SQL: an API database, two cells and Placement."""
    fake = FakeSql()
    monkeypatch.setattr(pymysql, "connect", fake.connect)
    return fake


@pytest.fixture
def http(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[FakeHttp]:
    """A server that plays Keystone, Placement, Cinder and Nova."""
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(tmp_path / "none.yaml"))
    fake = FakeHttp()
    yield fake
    fake.stop()


@pytest.fixture
def haproxy() -> Iterator[FakeHaproxy]:
    """A runtime socket without backends."""
    fake = FakeHaproxy()
    yield fake
    fake.stop()


@pytest.fixture
def nova_conf(tmp_path: Path) -> str:
    """A configuration file of a control host."""
    path = tmp_path / "nova.conf"
    path.write_text(
        f"[api_database]\nconnection = {url_of('nova_api')}\n[database]\nconnection = {url_of('nova_cell0')}\n",
        encoding="utf-8",
    )
    return str(path)


@pytest.fixture
def staged_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StagedCode:
    """Code of the target release in this interpreter."""
    return StagedCode(tmp_path / "site-packages", monkeypatch)
