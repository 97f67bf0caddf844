# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Placement's consistency."""

from __future__ import annotations

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.database import placement
from ansible_collections.stackroll.nova.plugins.module_utils.database.shared import SharedDatabase
from ansible_collections.stackroll.nova.plugins.module_utils.model.answers import Sample
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_mysql import url_of
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_sql import FakeSql


def test_rootless_providers(sql: FakeSql) -> None:
    sql.insert("placement", "resource_providers", uuid="u1", name="cmp1", root_provider_id=1)
    with SharedDatabase(url_of("placement")) as database:
        assert placement.rootless_providers(database) == Sample()
        sql.insert("placement", "resource_providers", uuid="u2", name="cmp2")
        assert placement.rootless_providers(database) == Sample(1, ("cmp2 (u2)",))
    assert sql.open == 0


def test_the_schema_revision(sql: FakeSql) -> None:
    with SharedDatabase(url_of("placement")) as database:
        with pytest.raises(StackrollError, match="alembic_version has 0 rows"):
            database.schema_revision()
        sql.insert("placement", "alembic_version", version_num="a082b8bb98d0")
        assert database.schema_revision() == "a082b8bb98d0"


def test_incomplete_consumers_are_counted_once_and_not_hidden_by_others(sql: FakeSql) -> None:
    for consumer in ("a", "a", "b", "c"):
        sql.insert(
            "placement", "allocations", resource_provider_id=1, consumer_id=consumer, resource_class_id=1, used=1
        )
    for consumer in ("c", "x", "y", "z"):
        sql.insert("placement", "consumers", uuid=consumer)
    with SharedDatabase(url_of("placement")) as database:
        assert placement.incomplete_consumers(database) == Sample(2, ("a", "b"))
