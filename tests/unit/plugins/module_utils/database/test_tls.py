# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""TLS means what SQLAlchemy with PyMySQL makes of the same URL."""

from __future__ import annotations

import ssl
from urllib.parse import parse_qsl

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.database.tls import Tls


@pytest.mark.parametrize("query", ["", "charset=utf8", "ssl_ca=/ca.pem&ssl_disabled=true"])
def test_not_asked_for(query: str) -> None:
    assert Tls.from_query(dict(parse_qsl(query))) is None


@pytest.mark.parametrize(
    ("query", "verify", "check_hostname"),
    [
        ("ssl_ca=/ca.pem", True, True),
        ("ssl_capath=/certs", True, True),
        ("ssl_ca=/ca.pem&ssl_check_hostname=false", True, False),
        ("ssl_ca=/ca.pem&ssl_verify_cert=false", False, False),
        ("ssl_ca=/ca.pem&ssl_verify_cert=true", True, False),
        ("ssl_ca=/ca.pem&ssl_verify_cert=true&ssl_verify_identity=true", True, True),
        ("ssl_verify_cert=true", True, False),
        ("ssl_verify_identity=1", True, True),
        ("ssl_cert=/c.pem&ssl_key=/k.pem", False, False),
        ("ssl_check_hostname=true", False, False),
        ("ssl_ca=/ca.pem&ssl_disabled=0", True, True),
    ],
)
def test_how_the_server_is_verified(query: str, verify: bool, check_hostname: bool) -> None:
    tls = Tls.from_query(dict(parse_qsl(query)))
    assert tls is not None
    assert (tls.verify, tls.check_hostname) == (verify, check_hostname)


def test_files_are_kept() -> None:
    tls = Tls.from_query({"ssl_ca": "/a", "ssl_cert": "/c", "ssl_key": "/k", "ssl_capath": "/p", "ssl_cipher": "HIGH"})
    assert tls == Tls("/a", "/p", "/c", "/k", "HIGH", verify=True, check_hostname=True)


@pytest.mark.parametrize(
    ("tls", "mode", "check_hostname"),
    [
        (Tls(), ssl.CERT_NONE, False),
        (Tls(verify=True), ssl.CERT_REQUIRED, False),
        (Tls(verify=True, check_hostname=True, cipher="HIGH"), ssl.CERT_REQUIRED, True),
    ],
)
def test_context(tls: Tls, mode: ssl.VerifyMode, check_hostname: bool) -> None:
    context = tls.context()
    assert (context.verify_mode, context.check_hostname) == (mode, check_hostname)


def test_a_client_certificate_is_loaded() -> None:
    with pytest.raises(OSError, match="No such file"):
        Tls(cert="/nowhere/cert.pem").context()
