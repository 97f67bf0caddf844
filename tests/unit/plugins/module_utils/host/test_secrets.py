# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets of configuration files are found, whatever they look like, and never shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.host.secrets import hide, secrets_in

CANARY = "Canary-s3cret"


@pytest.mark.parametrize(
    "line",
    [
        f"password = {CANARY}",
        f"admin_password={CANARY}",
        f"memcache_secret_key: '{CANARY}'",
        f'metadata_proxy_shared_secret = "{CANARY}"',
        f"[broken password = x\n  encryption_auth_key = {CANARY}",
        f"connection = mysql+pymysql://nova:{CANARY}@db/nova?charset=utf8",
        f"connection = mysql+pymysql://nova:{CANARY}@db:3306",
        f"transport_url = rabbit://nova:first-one@mq1:5672,nova:{CANARY}@mq2:5672//",
        f"transport_url = rabbit://nova:{CANARY}@mq1:5672,nova:second-one@mq2:5672//",
        "connection = mysql+pymysql://nova:Canary%2Ds3cret@db/nova",
    ],
)
def test_found_and_hidden(tmp_path: Path, line: str) -> None:
    path = tmp_path / "nova.conf"
    path.write_text(f"[DEFAULT]\n{line}\n", encoding="utf-8")
    assert CANARY in secrets_in([str(path)])
    assert hide(f"Access denied ({CANARY}).", secrets_in([str(path)])) == "Access denied (***)."


def test_a_password_with_an_at(tmp_path: Path) -> None:
    path = tmp_path / "nova.conf"
    path.write_text("connection = mysql://nova:p@ss/word@db/nova\n", encoding="utf-8")
    assert "p@ss/word" in secrets_in([str(path)])


@pytest.mark.parametrize(
    "line",
    [
        "send_service_user_token = true",
        "#password = commented",
        "token_cache_time = 300",
        "ssl_key = /etc/ssl/key.pem",
        "password =",
        "password = abc",
        "auth_url = http://keystone:5000/v3",
        "my_ip = 10.0.0.1",
    ],
)
def test_what_is_no_secret(tmp_path: Path, line: str) -> None:
    path = tmp_path / "nova.conf"
    path.write_text(f"{line}\n", encoding="utf-8")
    assert secrets_in([str(path), str(tmp_path / "missing.conf")]) == []


def test_one_that_a_table_has_split() -> None:
    assert hide("see Canary-\n  s3cret and Canary- s3cret", [CANARY]) == "see *** and ***"


def test_a_word_that_only_contains_it_stays() -> None:
    assert hide("Novation of nova, nova-status", ["nova"]) == "Novation of ***, ***-status"


def test_characters_that_mean_something_in_patterns() -> None:
    assert hide("is .*(x)+ here, aaaa not", [".*(x)+"]) == "is *** here, aaaa not"
