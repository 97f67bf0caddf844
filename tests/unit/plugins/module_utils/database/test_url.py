# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Database URLs: every spelling that works for Nova works for us, and no message holds one."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ansible_collections.stackroll.nova.plugins.module_utils.database.url import DatabaseUrl, fill_template
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError

SECRET = "s3cr3t-Zq"
words = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        ("mysql+pymysql://nova:pw@db:3307/nova_api?charset=utf8", ("db", 3307, "nova", "pw", "nova_api")),
        ("mysql+pymysql://nova:pw@db/nova", ("db", 3306, "nova", "pw", "nova")),
        ("mysql+pymysql://nova:pw@db:/nova", ("db", 3306, "nova", "pw", "nova")),
        ("mysql://nova@db/nova", ("db", 3306, "nova", "", "nova")),
        ("mariadb+pymysql://nova:pw@[fd00::1]:3306/nova", ("fd00::1", 3306, "nova", "pw", "nova")),
        ("mysql+pymysql://nova:pw@DB-1.example/nova", ("DB-1.example", 3306, "nova", "pw", "nova")),
        ("mysql+pymysql://no%40va:p%2Fw%3A%25@db/nova", ("db", 3306, "no@va", "p/w:%", "nova")),
        ("mysql+pymysql://nova:a+b@db/nova", ("db", 3306, "nova", "a+b", "nova")),
        ("  mysql+pymysql://nova:pw@db/nova\n", ("db", 3306, "nova", "pw", "nova")),
    ],
)
def test_parts(url: str, parts: tuple[str, int, str, str, str]) -> None:
    parsed = DatabaseUrl.parse(url)
    assert (parsed.host, parsed.port, parsed.user, parsed.password, parsed.database) == parts


@pytest.mark.parametrize("raw", ["12/x", "a#b", "a?b", "#", "1/2?3#4", "a:b", "[x"])
def test_characters_that_sqlalchemy_takes_raw_in_a_password(raw: str) -> None:
    parsed = DatabaseUrl.parse(f"mysql+pymysql://nova:{raw}@db/nova?charset=utf8")
    assert (parsed.password, parsed.host, parsed.database, parsed.charset) == (raw, "db", "nova", "utf8")


def test_charset_defaults_to_all_of_unicode() -> None:
    assert DatabaseUrl.parse("mysql://nova:pw@db/nova").charset == "utf8mb4"


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        (f"postgresql://nova:{SECRET}@db/nova", "'postgresql'"),
        (f"sqlite:///{SECRET}", "'sqlite'"),
        (f"nova:{SECRET}@db/nova", "cannot be read"),
        (f"mysql+pymysql://nova:{SECRET}@/nova", "lacks"),
        (f"mysql+pymysql://nova:{SECRET}@db", "lacks"),
        (f"mysql+pymysql://nova:{SECRET}@db/", "lacks"),
        (f"mysql+pymysql://nova:{SECRET}@db:port/nova", "cannot be read"),
        (f"mysql+pymysql://nova:{SECRET}@db:{SECRET}/nova", "cannot be read"),
        ("", "cannot be read"),
    ],
)
def test_refusals_say_why_and_hide_the_url(url: str, reason: str) -> None:
    with pytest.raises(StackrollError, match=reason) as caught:
        DatabaseUrl.parse(url)
    assert SECRET not in str(caught.value)
    assert "list_cells" in caught.value.remedy


@given(user=words, password=words)
def test_any_encoded_secret_comes_back(user: str, password: str) -> None:
    parsed = DatabaseUrl.parse(f"mysql+pymysql://{quote(user, safe='')}:{quote(password, safe='')}@db:3306/nova")
    assert (parsed.user, parsed.password) == (user, password)


@given(before=words, after=words)
@example(before="12/", after="")
@example(before="", after="#1")
def test_no_message_ever_holds_the_secret(before: str, after: str) -> None:
    url = f"mysql+pymysql://nova:{before}{SECRET}{after}@db/nova"
    try:
        parsed = DatabaseUrl.parse(url)
        shown = f"{parsed} {parsed!r}"
    except StackrollError as error:
        shown = str(error)
    assert SECRET not in shown


@given(st.text(max_size=60))
def test_any_text_is_a_database_or_a_stackroll_error(text: str) -> None:
    try:
        parsed = DatabaseUrl.parse(text)
    except StackrollError:
        return
    assert parsed.host
    assert parsed.database


BASE = "mysql+pymysql://nova:p%40w@db:3307/nova_cell0?charset=utf8&ssl_ca=/ca.pem"


@pytest.mark.parametrize(
    ("mapping", "filled"),
    [
        ("mysql://nova:x@db2/nova_cell2", "mysql://nova:x@db2/nova_cell2"),
        ("{scheme}://{username}:{password}@{hostname}:{port}/{path}?{query}", BASE),
        (
            "{scheme}://{username}:{password}@db9/nova_cell9?{query}",
            BASE.replace("db:3307/nova_cell0", "db9/nova_cell9"),
        ),
        ("{scheme}://{username}:{password}@{hostname}:{port}/{path}?{query}#{fragment}", BASE + "#"),
        ("mysql://nova:{x}@db2/nova", "mysql://nova:{x}@db2/nova"),
        ("mysql://nova:{@db2/nova", "mysql://nova:{@db2/nova"),
        ("mysql://nova:{0}@db2/nova", "mysql://nova:{0}@db2/nova"),
        ("mysql://nova:{path.nothing}@db2/nova", "mysql://nova:{path.nothing}@db2/nova"),
    ],
    ids=["literal", "all parts", "other host", "fragment", "unknown part", "lone brace", "number", "attribute"],
)
def test_templates_are_filled_as_nova_fills_them(mapping: str, filled: str) -> None:
    assert fill_template(mapping, BASE) == filled


def test_template_without_a_port_in_the_base() -> None:
    filled = fill_template("{scheme}://{username}:{password}@{hostname}:{port}/{path}", "mysql://nova:pw@db/nova")
    assert DatabaseUrl.parse(filled).port == 3306


def test_a_base_that_cannot_be_split_leaves_the_template_and_tells_nothing() -> None:
    mapping = "{scheme}://{username}:{password}@{hostname}:{port}/{path}"
    assert fill_template(mapping, f"mysql://nova:{SECRET}#x@db/nova") == mapping


@given(user=words, password=words)
def test_a_full_template_gives_the_base_database(user: str, password: str) -> None:
    base = f"mysql+pymysql://{quote(user, safe='')}:{quote(password, safe='')}@db:3307/nova?charset=utf8"
    filled = fill_template("{scheme}://{username}:{password}@{hostname}:{port}/{path}?{query}", base)
    assert DatabaseUrl.parse(filled) == DatabaseUrl.parse(base)
