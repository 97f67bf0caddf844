# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A cloud to be probed, and a prober that keeps what it sees."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.api.probe.account import Account, account_of
from ansible_collections.stackroll.nova.plugins.module_utils.api.probe.find import find_target
from ansible_collections.stackroll.nova.plugins.module_utils.api.probe.prober import Prober
from ansible_collections.stackroll.nova.plugins.module_utils.api.probe.wire import Wire
from ansible_collections.stackroll.nova.plugins.module_utils.api.session import Cloud
from ansible_collections.stackroll.nova.plugins.module_utils.availability.samples import Sample
from ansible_collections.stackroll.nova.tests.unit.plugins.live_cloud import LiveCloud


@pytest.fixture
def live(monkeypatch: pytest.MonkeyPatch) -> Iterator[LiveCloud]:
    """A healthy cloud."""
    for name in ("OS_CLOUD", "OS_AUTH_URL", "OS_CLIENT_CONFIG_FILE"):
        monkeypatch.delenv(name, raising=False)
    cloud = LiveCloud()
    yield cloud
    cloud.close()


@pytest.fixture
def cloud(live: LiveCloud) -> Cloud:
    """The way of our modules to it."""
    return Cloud.connect({"cloud": live.options()})


@pytest.fixture
def account(cloud: Cloud) -> Account:
    """Its account."""
    return account_of(cloud.session)


@pytest.fixture
def samples() -> list[Sample]:
    """What the prober has recorded."""
    return []


@pytest.fixture
def prober(cloud: Cloud, account: Account, samples: list[Sample]) -> Prober:
    """Asks with a bound of one second."""
    found = Prober(Wire(account.trust, 1.0), account, find_target(cloud, account, "m1.tiny", []))
    found.record = samples.append
    return found
