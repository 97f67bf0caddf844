# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The account of a URL as an options file, read back as the programs read it."""

from __future__ import annotations

import os
import stat

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.backup.options_file import options_in_memory, options_text
from ansible_collections.stackroll.nova.plugins.module_utils.database.url import DatabaseUrl


@pytest.mark.parametrize(
    ("password", "written"),
    [
        ("plain", '"plain"'),
        ("a #b", '"a #b"'),
        ("it%27s%22%5C", '"it\'s\\"\\\\"'),
        ("a%0Ab", '"a\\nb"'),
        ("%C3%A4", '"ä"'),
    ],
)
def test_passwords_survive(password: str, written: str) -> None:
    text = options_text(DatabaseUrl.parse(f"mysql+pymysql://nova:{password}@db/nova"))
    assert text == f'[client]\nuser="nova"\npassword={written}\nloose-ssl-verify-server-cert="0"\n'


@pytest.mark.parametrize(
    ("query", "mode", "verify"),
    [
        ("ssl_ca=/ca.pem", "VERIFY_IDENTITY", "1"),
        ("ssl_ca=/ca.pem&ssl_check_hostname=false", "VERIFY_CA", "1"),
        ("ssl_ca=/ca.pem&ssl_verify_cert=false", "REQUIRED", "0"),
    ],
)
def test_tls_is_asked_for_as_the_url_does(query: str, mode: str, verify: str) -> None:
    lines = options_text(DatabaseUrl.parse(f"mysql+pymysql://nova:pw@db/nova?{query}")).splitlines()
    assert 'ssl-ca="/ca.pem"' in lines
    assert {'loose-ssl="1"', f'loose-ssl-mode="{mode}"', f'loose-ssl-verify-server-cert="{verify}"'} <= set(lines)


def test_the_file_is_for_its_owner_and_nowhere() -> None:
    with options_in_memory("secret") as handle:
        path = f"/proc/self/fd/{handle}"
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
        with open(path, encoding="utf-8") as stream:
            assert stream.read() == "secret"
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(handle)
