# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fleets for the tests of the accounting, read through the fake cloud."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.api.observe import read_fleet
from ansible_collections.stackroll.nova.plugins.module_utils.model.fleet import Fleet
from ansible_collections.stackroll.nova.tests.unit.plugins.fake_openstack import FakeOpenStack


@pytest.fixture
def openstack() -> FakeOpenStack:
    """Three hosts, nothing on them."""
    return FakeOpenStack("cmp1", "cmp2", "cmp3")


@pytest.fixture
def read(openstack: FakeOpenStack) -> Callable[[], Fleet]:
    """Take a snapshot."""
    return lambda: read_fleet(openstack.cloud())
