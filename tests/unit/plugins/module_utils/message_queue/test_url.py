# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Transport URLs, templates of cells, and the options that go with them."""

from __future__ import annotations

import ssl

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.message_queue.options import connection_options
from ansible_collections.stackroll.nova.plugins.module_utils.message_queue.url import (
    Broker,
    TransportUrl,
    fill_template,
)
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError

SECRET = "s3cr3t-Zq"


def parse(text: str) -> TransportUrl:
    url = TransportUrl.parse(text)
    assert url is not None
    return url


@pytest.mark.parametrize(
    ("text", "places", "virtual_host"),
    [
        ("rabbit://nova:pw@mq1:5673/", [("mq1", 5673)], "/"),
        ("rabbit://nova:pw@mq1", [("mq1", 5672)], "/"),
        ("rabbit://nova:pw@mq1:5672//", [("mq1", 5672)], "/"),
        ("rabbit://nova:pw@mq1:5672/%2Fnova", [("mq1", 5672)], "/nova"),
        ("kombu+rabbit://nova:pw@mq1/nova", [("mq1", 5672)], "nova"),
        ("rabbit://nova:pw@mq1:5672,nova:pw@mq2:5673/", [("mq1", 5672), ("mq2", 5673)], "/"),
        ("rabbit://nova:pw@[fd00::1]:5671/x", [("fd00::1", 5671)], "x"),
        ("rabbit://nova:pw@[fd00::1]/x", [("fd00::1", 5672)], "x"),
        ("rabbit://mq1/", [("mq1", 5672)], "/"),
        ("rabbit://nova:pw@/", [("localhost", 5672)], "/"),
    ],
)
def test_urls(text: str, places: list[tuple[str, int]], virtual_host: str) -> None:
    url = parse(text)
    assert [(broker.host, broker.port) for broker in url.brokers] == places
    assert url.virtual_host == virtual_host


def test_accounts() -> None:
    first, second = parse("rabbit://nova:a%40b@mq1,other:p:q@mq2/").brokers
    assert (first.user, first.password, second.user, second.password) == ("nova", "a@b", "other", "p:q")
    assert parse("rabbit://mq1/").brokers == (Broker("mq1"),), "guest, as kombu has it"
    assert "a@b" not in repr(first)
    assert str(Broker("fd00::1")) == "[fd00::1]:5672"


def test_cell0_has_no_transport() -> None:
    assert TransportUrl.parse("none:///") is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (f"amqp://nova:{SECRET}@mq1/", "uses 'amqp'"),
        (f"//nova:{SECRET}@mq1/", "uses ''"),
        ("rabbit:///nova", "names no host"),
        (f"rabbit://nova:{SECRET}@mq1:x/", "the port 'x'"),
        (f"rabbit://nova:{SECRET}@[mq1/", "cannot be read"),
    ],
)
def test_urls_that_cannot_be_used(text: str, reason: str) -> None:
    with pytest.raises(StackrollError, match=reason) as error:
        TransportUrl.parse(text)
    assert SECRET not in str(error.value)


@pytest.mark.parametrize(
    ("template", "base", "filled"),
    [
        (
            "{scheme}://{username}:{password}@mq9:{port}/{path}?{query}",
            "rabbit://n:p%40@mq1:5/v?a=b",
            "rabbit://n:p%40@mq9:5/v?a=b",
        ),
        (
            "rabbit://{username2}:{password2}@{hostname2}:{port2}//",
            "rabbit://a:b@h1:1,c:d@h2:2/",
            "rabbit://c:d@h2:2//",
        ),
        ("rabbit://{username1}:x@h/", "rabbit://a:b@h1/", "rabbit://{username1}:x@h/"),
        ("rabbit://n:p{@h/", "rabbit://a:b@h1/", "rabbit://n:p{@h/"),
        ("rabbit://n:p@h/", "", "rabbit://n:p@h/"),
    ],
)
def test_templates(template: str, base: str, filled: str) -> None:
    assert fill_template(template, base) == filled


def test_options() -> None:
    plain = connection_options(parse("rabbit://mq1/"), lambda _section, _name: None)
    assert (plain.tls, plain.login_method) == (False, "AMQPLAIN")
    found = connection_options(
        parse("rabbit://mq1/?ssl=1"), lambda _section, name: {"rabbit_login_method": "PLAIN"}.get(name)
    )
    assert (found.tls, found.login_method) == (True, "PLAIN"), "the query overrides"


@pytest.mark.parametrize(("hosts", "checked"), [("mq1", "mq1"), ("mq1,mq2", None)])
def test_tls_as_oslo_messaging_does_it(hosts: str, checked: str | None) -> None:
    settings = {"ssl": "True", "ssl_ca_file": "/ca", "ssl_cert_file": "/cert", "ssl_key_file": "/key"}
    tls = connection_options(parse(f"rabbit://{hosts}/"), lambda _section, name: settings.get(name)).tls
    assert tls == {
        "ca_certs": "/ca",
        "certfile": "/cert",
        "keyfile": "/key",
        "cert_reqs": ssl.CERT_REQUIRED,
        "server_hostname": checked,
    }


def test_versions_of_tls() -> None:
    url = parse("rabbit://mq1/?ssl=true&ssl_version=TLSv1_2")
    assert connection_options(url, lambda _section, _name: None).tls == {"ssl_version": ssl.PROTOCOL_TLSv1_2}
    with pytest.raises(StackrollError, match="ssl_version is 'TLSv9'"):
        connection_options(parse("rabbit://mq1/?ssl=true&ssl_version=TLSv9"), lambda _section, _name: None)
