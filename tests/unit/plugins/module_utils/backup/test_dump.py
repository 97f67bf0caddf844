# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is in a dump: lines as mariadb-dump 10.11 and mysqldump 8.0 write them, and every way in which one can be damaged."""

from __future__ import annotations

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.backup.dump import (
    DumpReader,
    differences,
    missing_tables,
    quoted,
    redirected,
)
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError

BEGIN = b"CREATE DATABASE /*!32312 IF NOT EXISTS*/ `nova` /*!40100 DEFAULT CHARACTER SET utf8mb3 */;\nUSE `nova`;\n"
TABLE = b"CREATE TABLE `t` (\n  `id` int(11) NOT NULL COMMENT 'USE `x`;'\n);\n"
END = b"\n-- Dump completed on 2026-11-22  2:00:00\n"


def read(text: bytes, *databases: str) -> dict[str, dict[str, int]]:
    reader = DumpReader(databases or ("nova",))
    for line in text.splitlines(keepends=True):
        reader.feed(line)
    reader.check()
    return reader.tables


@pytest.mark.parametrize(
    ("rows", "count"),
    [
        (b"", 0),
        (b"INSERT INTO `t` VALUES\n(1,'a'),\n(2,NULL);\n", 2),
        (b"INSERT INTO `t` VALUES (1,'a'),(2,0x00FF);\nINSERT INTO `t` VALUES (3,_binary '(');\n", 3),
        (b"INSERT INTO `t` (`id`, `b``c`) VALUES\n(1,'x');\n", 1),
        (
            rb"INSERT INTO `t` VALUES" + b"\n" + rb"(1,'it\'s (x);\nUSE `y`;\\')," + b"\n" + rb"(2,'\\\'(\'')" + b";\n",
            2,
        ),
        (b"INSERT INTO `t` VALUES\n(1,'it''s (');\n", 1),
        (b"INSERT INTO `t` VALUES\n(1,'a;'),\n(-2.5e3,'(((;');\n", 2),
    ],
)
def test_rows_are_counted(rows: bytes, count: int) -> None:
    assert read(BEGIN + TABLE + rows + END) == {"nova": {"t": count}}


def test_databases_may_come_again_and_views_are_no_tables() -> None:
    view = b"/*!50001 CREATE VIEW `v` AS SELECT\n NULL AS `a` */;\n"
    text = (
        BEGIN + TABLE + BEGIN.replace(b"nova", b"cell") + view + b"USE `nova`;\n" + TABLE.replace(b"`t`", b"`u`") + END
    )
    assert read(text, "nova", "cell") == {"nova": {"t": 0, "u": 0}, "cell": {}}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"", "its last line is not '-- Dump completed'"),
        (BEGIN + TABLE, "its last line is not '-- Dump completed'"),
        (BEGIN + TABLE + END + b"mariadb-dump: Error 2013\n", "its last line is not '-- Dump completed'"),
        (BEGIN + TABLE + b"INSERT INTO `t` VALUES\n(1,'a'),\n", "its last line is not '-- Dump completed'"),
        (BEGIN + TABLE + b"INSERT INTO `t` VALUES\n(1,'a\n);\n" + END, "a row of nova.t is not whole"),
        (BEGIN + TABLE + b"INSERT INTO `t` VALUES\n" + END, "a row of nova.t is not whole"),
        (BEGIN + b"INSERT INTO `t` VALUES\n(1);\n" + END, "it has rows of a table that it does not make"),
        (BEGIN.replace(b"USE `nova`", b"USE `live`") + END, "it has the line USE `live`;"),
        (BEGIN + b"USE nova;\n" + END, "it has the line USE nova;"),
        (BEGIN + b"use `live`;\n" + END, "it has the line use `live`;"),
        (BEGIN + b"DROP DATABASE `live`;\n" + END, "it has the line DROP DATABASE `live`;"),
        (TABLE + END, "it has the line CREATE TABLE `t` ("),
        (END, "it lacks nova"),
    ],
)
def test_what_cannot_be_restored_is_refused(text: bytes, words: str) -> None:
    with pytest.raises(StackrollError, match="The dump cannot be restored") as refusal:
        read(text)
    assert words in str(refusal.value)


def test_a_dump_goes_into_other_databases_only() -> None:
    text = BEGIN + TABLE + b"INSERT INTO `t` VALUES\n(1,'USE `nova`;');\n" + END
    reader = DumpReader(["nova"])
    into = b"".join(redirected(text.splitlines(keepends=True), reader, {"nova": "scratch"}))
    assert into == text.partition(b"\n")[2].replace(b"USE `nova`;\n", b"USE `scratch`;\n", 1)
    reader.check()


def test_names_are_quoted() -> None:
    assert quoted("a`b") == "`a``b`"


def test_differences_are_named() -> None:
    wanted, found = {"nova": {"a": 1, "b": 2, "c": 0}}, {"nova": {"a": 1, "b": 1}}
    assert differences(wanted, wanted, "live") == []
    assert differences(wanted, found, "after its restore") == [
        "nova.b has 2 rows in the dump and 1 rows after its restore",
        "nova.c has 0 rows in the dump and no table after its restore",
    ]
    assert missing_tables(wanted, {"nova": ["a", "b", "c"]}) == []
    assert missing_tables(wanted, {"nova": ["a", "b", "d"]}) == [
        "nova.d is not in the dump",
        "nova.c is only in the dump",
    ]
