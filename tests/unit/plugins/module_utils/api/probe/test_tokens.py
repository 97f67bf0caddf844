# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The token: kept, renewed in time, and not fought for."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.api.errors import CloudConfigError
from ansible_collections.stackroll.nova.plugins.module_utils.api.probe.account import Account, account_of
from ansible_collections.stackroll.nova.plugins.module_utils.api.probe.tokens import Tokens
from ansible_collections.stackroll.nova.plugins.module_utils.api.probe.wire import Reply
from ansible_collections.stackroll.nova.plugins.module_utils.api.session import Cloud
from ansible_collections.stackroll.nova.tests.unit.plugins.live_cloud import PASSWORD, LiveCloud


class Keystone:
    """Issues numbered tokens for 100 seconds by a clock that is turned by hand."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.issued = 0
        self.status = 201
        self.takes = 0.0
        self.tokens = Tokens(self.issue, lambda: self.now)

    def issue(self) -> Reply:
        self.issued += 1
        time.sleep(self.takes)
        moments = {"issued_at": "2026-11-22T02:00:00.000000Z", "expires_at": "2026-11-22T02:01:40.000000Z"}
        content = json.dumps({"token": moments}).encode()
        return Reply(self.status, None, {"x-subject-token": f"t{self.issued}"} if self.status == 201 else {}, content)


def test_it_is_kept_for_most_of_its_life() -> None:
    keystone = Keystone()
    found = []
    for pause in (0, 79, 2, 79, 2):
        keystone.now += pause
        found.append(keystone.tokens.current())
    assert found == ["t1", "t1", "t2", "t2", "t3"]


def test_a_keystone_that_is_out_of_order_is_not_stormed() -> None:
    keystone = Keystone()
    keystone.tokens.current()
    keystone.status, keystone.now = 503, keystone.now + 90
    assert [keystone.tokens.current() for _one in range(5)] == ["t1"] * 5
    assert keystone.issued == 2
    keystone.status, keystone.now = 201, keystone.now + 1.1
    assert keystone.tokens.current() == "t3"


def test_without_a_token_every_second_is_a_try() -> None:
    keystone = Keystone()
    keystone.status = 503
    assert [keystone.tokens.current() for _one in range(3)] == ["", "", ""]
    assert keystone.issued == 1


def test_a_token_that_is_refused_is_renewed_once() -> None:
    keystone = Keystone()
    keystone.tokens.current()
    keystone.now += 5
    for _one in range(3):
        keystone.tokens.refused("t1")
        keystone.tokens.current()
    assert keystone.issued == 2


def test_many_threads_get_one_token() -> None:
    keystone = Keystone()
    keystone.takes = 0.05
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(keystone.tokens.current())) for _one in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (found, keystone.issued) == (["t1"] * 20, 1)


@pytest.mark.parametrize(
    "token", [None, {}, {"token": {}}, {"token": {"expires_at": "never"}}, {"token": {"expires_at": 3}}, []]
)
def test_a_lifetime_that_cannot_be_read_is_short(token: Any) -> None:
    now = [0.0]
    issued: list[int] = []

    def issue() -> Reply:
        issued.append(1)
        return Reply(201, None, {"x-subject-token": "t"}, json.dumps(token).encode())

    tokens = Tokens(issue, lambda: now[0])
    for now[0] in (0.0, 5.0, 9.0):
        tokens.current()
    assert len(issued) == 2


def test_the_login_is_taken_from_keystoneauth(live: LiveCloud, account: Account) -> None:
    assert (account.base, account.request().method) == (f"{live.url}/v3", "POST")
    assert json.loads(account.body)["auth"]["identity"]["password"]["user"]["password"] == PASSWORD
    assert PASSWORD not in repr(account)
    assert PASSWORD not in repr(account.request())


def test_other_kinds_of_authentication_are_refused(cloud: Cloud) -> None:
    class Federated:
        session = type("Transport", (), {"send": staticmethod(lambda *_args, **_more: None)})()

        def invalidate(self) -> None:
            """As keystoneauth has it."""

        def get_token(self) -> str:
            request = type(
                "Sent",
                (),
                {
                    "method": "POST",
                    "url": "http://k/v3/auth/tokens",
                    "body": b'{"auth":{"identity":{"methods":["totp"]}}}',
                },
            )()
            self.session.send(request)
            return "t"

    with pytest.raises(CloudConfigError, match="cannot renew its token"):
        account_of(Federated())
