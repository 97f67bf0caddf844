# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Configuration files are read as oslo.config reads them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.stackroll.nova.plugins.module_utils.host.config import ServiceConfig, escape
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError

SECRET = "s3cr3t-Zq"
Read = Callable[..., ServiceConfig]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """A function that reads texts as files, in order."""

    def read_texts(*texts: str) -> ServiceConfig:
        paths = [tmp_path / f"{number}.conf" for number in range(len(texts))]
        for path, text in zip(paths, texts):
            path.write_bytes(text.encode("utf-8", "surrogateescape"))
        return ServiceConfig([str(path) for path in paths])

    return read_texts


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("connection = mysql://db/nova", "mysql://db/nova"),
        ("connection=mysql://db/nova", "mysql://db/nova"),
        ("connection: mysql://db/nova", "mysql://db/nova"),
        ("connection = mysql://a:b=c@db/nova?x=y", "mysql://a:b=c@db/nova?x=y"),
        ("connection = mysql://a:p%40w;d#e@db/nova", "mysql://a:p%40w;d#e@db/nova"),
        ('connection = "mysql://db/nova"', "mysql://db/nova"),
        ("connection = 'mysql://db/nova'", "mysql://db/nova"),
        ("connection = \"mysql://db/nova'", "\"mysql://db/nova'"),
        ('connection = "', '"'),
        ("connection = one\nconnection = two", "two"),
        ("connection = one\n  two", "one\ntwo"),
        ("# connection = no\n; connection = no\nconnection = yes", "yes"),
        ("connection =", None),
        ("connection", None),
        ("other = 1", None),
        ("connection = mysql://nova:a$$b@db/nova", "mysql://nova:a$b@db/nova"),
        ("connection = mysql://nova:a\\$b@db/nova", "mysql://nova:a$b@db/nova"),
        ("connection = mysql://nova:pw@$host/nova\nhost = db1", "mysql://nova:pw@db1/nova"),
        ("connection = mysql://nova:pw@${host}/nova\nhost = db1", "mysql://nova:pw@db1/nova"),
        ("connection = mysql://nova:pw@$my_ip/nova", "mysql://nova:pw@10.0.0.1/nova"),
        ("connection = mysql://nova:pw@${api.host}/nova", "mysql://nova:pw@api1/nova"),
        ("connection = mysql://nova:pw@$unknown/nova", "mysql://nova:pw@$unknown/nova"),
        ("connection = costs 5$", "costs 5$"),
    ],
)
def test_one_option(read: Read, line: str, value: str | None) -> None:
    config = read(f"[DEFAULT]\nmy_ip = 10.0.0.1\n[api]\nhost = api1\n[database]\n{line}\n")
    assert config.get("database", "connection") == value


def test_sections_that_come_twice_are_one(read: Read) -> None:
    config = read("[database]\na = 1\n[other]\nb = 2\n[database]\nc = 3\n")
    assert (config.get("database", "a"), config.get("database", "c")) == ("1", "3")


def test_default_is_a_section_like_any_other(read: Read) -> None:
    config = read("[DEFAULT]\nconnection = no\ntimeout = 5\n[database]\n")
    assert config.get("database", "connection") is None
    assert config.get("DEFAULT", "timeout") == "5"


def test_the_last_file_wins(read: Read) -> None:
    config = read("[database]\nconnection = one\nkept = 1\n", "[database]\nconnection = two\n")
    assert (config.get("database", "connection"), config.get("database", "kept")) == ("two", "1")


def test_names_without_values(read: Read) -> None:
    config = read("[DEFAULT]\ndebug = true\n[empty]\n[DB]\nurl = a=b\nflag\n", "[db]\nurl = c\n[DEFAULT]\nhost = x\n")
    assert config.names() == {"DEFAULT/debug", "DEFAULT/host", "db/url", "db/flag"}


def test_no_file_has_no_options() -> None:
    assert ServiceConfig([]).get("database", "connection") is None


def test_a_file_in_another_encoding_is_read(read: Read) -> None:
    config = read("# caf\udce9\n[database]\nconnection = yes\n")
    assert config.get("database", "connection") == "yes"


@pytest.mark.parametrize(
    "text", [f"connection = {SECRET}\n", f"[database\nconnection = {SECRET}\n", f"[database]\n = {SECRET}\n"]
)
def test_a_damaged_file_is_named_and_not_shown(read: Read, text: str) -> None:
    with pytest.raises(StackrollError, match=r"Configuration file .*0\.conf is not valid") as caught:
        read(text)
    assert SECRET not in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(StackrollError, match=r"missing\.conf cannot be read: No such file or directory") as caught:
        ServiceConfig([str(tmp_path / "missing.conf")])
    assert "config_files" in caught.value.remedy


def test_a_required_option_that_is_missing_names_the_files(read: Read) -> None:
    config = read("[database]\n", "[database]\nconnection =\n")
    with pytest.raises(StackrollError, match=r"\[database\] connection is not set in .*0\.conf, .*1\.conf"):
        config.require("database", "connection")


@pytest.mark.parametrize(("line", "seconds"), [("", 160), ("t = 5", 5), ("t = 0", 0)])
def test_seconds(read: Read, line: str, seconds: int) -> None:
    assert read(f"[DEFAULT]\n{line}\n").get_seconds("DEFAULT", "t", 160) == seconds


def test_seconds_that_are_none(read: Read) -> None:
    with pytest.raises(StackrollError, match=r"\[DEFAULT\] t in .* is 'soon', which is not a number of seconds"):
        read("[DEFAULT]\nt = soon\n").get_seconds("DEFAULT", "t", 160)


@given(st.text(st.characters(categories=["L", "N", "P", "S"], exclude_characters="\\"), min_size=1))
def test_an_escaped_value_comes_back(tmp_path_factory: pytest.TempPathFactory, value: str) -> None:
    path = tmp_path_factory.mktemp("config") / "nova.conf"
    path.write_text(f'[database]\nconnection = "{escape(value)}"\n', encoding="utf-8")
    assert ServiceConfig([str(path)]).get("database", "connection") == value
