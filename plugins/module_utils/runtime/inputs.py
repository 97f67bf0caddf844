# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was given to look at: databases, configuration files, a cloud. Each is opened at the first need, once, and can be required
before that: then whatever cannot be used at all is one error that names the option."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.api.options import SDK_ARGUMENTS
from ansible_collections.stackroll.nova.plugins.module_utils.api.session import Cloud, RequestCounter
from ansible_collections.stackroll.nova.plugins.module_utils.database.connection import require_pymysql
from ansible_collections.stackroll.nova.plugins.module_utils.database.nova import NovaDatabases
from ansible_collections.stackroll.nova.plugins.module_utils.database.shared import SharedDatabase
from ansible_collections.stackroll.nova.plugins.module_utils.host.config import ServiceConfig
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import (
    InvalidInput,
    MissingLibrary,
    StackrollError,
)

CLOUD_VARIABLES = ("OS_CLOUD", "OS_CLIENT_CONFIG_FILE", "OS_AUTH_URL")
NOVA, PLACEMENT, CLOUD = "nova", "placement", "cloud"


def database_argument_spec() -> dict[str, Any]:
    """Options of the documentation fragment stackroll.nova.databases."""
    urls = {name: {"type": "str", "no_log": True} for name in ("nova_api", "nova", "placement")}
    files = {name: {"type": "list", "elements": "path"} for name in (NOVA, PLACEMENT)}
    return {
        "config_files": {"type": "dict", "options": files},
        "databases": {"type": "dict", "no_log": True, "options": urls},
    }


class Inputs:
    """The options databases, config_files and those of the cloud. Leaving ends all sessions."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        self._params = params
        self.timeout: int = params["timeout"]
        self.counter = RequestCounter()
        self._urls: dict[str, str] = {name: url for name, url in (params["databases"] or {}).items() if url}
        self.nova_config = self._config(NOVA)
        self.placement_config = self._config(PLACEMENT)
        self._nova: NovaDatabases | None = None
        self._placement: SharedDatabase | None = None
        self._cloud: Cloud | None = None
        self._opening = {name: threading.Lock() for name in (NOVA, PLACEMENT, CLOUD)}

    def __enter__(self) -> Inputs:
        return self

    def __exit__(self, *_error: object) -> None:
        for database in (self._nova, self._placement):
            if database is not None:
                database.close()

    @property
    def has_nova(self) -> bool:
        """Whether Nova's databases can be asked for, even if the configuration turns out not to name them."""
        return "nova_api" in self._urls or self.nova_config is not None

    @property
    def has_placement(self) -> bool:
        """Whether Placement's database can be asked for."""
        return "placement" in self._urls or self.placement_config is not None

    @property
    def has_both_databases(self) -> bool:
        """Whether the URLs of Nova's and Placement's databases are known."""
        return bool(self._nova_url() and self._placement_url())

    @property
    def has_cloud(self) -> bool:
        """Whether the options or the environment name a cloud."""
        options = any(self._params.get(name) is not None for name in (CLOUD, *SDK_ARGUMENTS))
        return options or any(os.environ.get(name) for name in CLOUD_VARIABLES)

    def nova(self) -> NovaDatabases:
        """Nova's databases. Raises StackrollError when the configuration does not name them."""
        with self._opening[NOVA]:
            if self._nova is None:
                config = self.nova_config
                url = self._nova_url() or (config.require("api_database", "connection") if config else "")
                base = self._urls.get("nova") or (config.get("database", "connection") if config else None)
                require_pymysql()
                self._nova = NovaDatabases(url, base or "", self.timeout)
        return self._nova

    def placement(self) -> SharedDatabase:
        """Placement's database. Raises StackrollError when the configuration does not name it."""
        with self._opening[PLACEMENT]:
            if self._placement is None:
                config = self.placement_config
                url = self._placement_url() or (config.require("placement_database", "connection") if config else "")
                require_pymysql()
                self._placement = SharedDatabase(url, self.timeout)
        return self._placement

    def database_urls(self) -> tuple[dict[str, str], list[str]]:
        """The URLs of all databases by name, which are secrets, and why those of the cells are not among them."""
        urls: dict[str, str] = {}
        unread: list[str] = []
        if self.has_nova:
            nova = self.nova()
            urls["nova_api"] = nova.api.url
            try:
                urls.update({cell.name: cell.database_url for cell, _database in nova.cells()})
            except StackrollError as error:
                unread.append(f"The cells are not known: {error.message}")
        if self.has_placement:
            urls["placement"] = self.placement().url
        return urls, unread

    def cloud(self) -> Cloud:
        """The cloud. Raises CloudConfigError when there is no way in."""
        with self._opening[CLOUD]:
            if self._cloud is None:
                self._cloud = Cloud.connect(self._params)
        return self._cloud

    def counters(self) -> dict[str, int]:
        """How many requests were sent, and how many of them could change something."""
        counted = [self.counter.to_dict()] + ([self._cloud.counters()] if self._cloud else [])
        return {name: sum(each[name] for each in counted) for name in ("requests", "writes")}

    def require(self, names: Collection[str]) -> None:
        """Open what is among *names* (``nova``, ``placement``, ``cloud``) and was given, all at once.

        Raises StackrollError for the first that cannot be used at all.
        """
        openers: dict[str, Callable[[], object]] = {}
        if NOVA in names and self._nova_url():
            openers[NOVA] = self._require_nova
        if PLACEMENT in names and self._placement_url():
            openers[PLACEMENT] = self._require_placement
        if CLOUD in names and self.has_cloud:
            openers[CLOUD] = self.cloud
        if not openers:
            return
        with ThreadPoolExecutor(max_workers=len(openers)) as pool:
            for opened in [pool.submit(opener) for opener in openers.values()]:
                opened.result()

    def _require_nova(self) -> None:
        option = "databases.nova_api" if "nova_api" in self._urls else "config_files.nova"
        nova = self.nova()
        _name(option, nova.api.require)
        try:
            nova.cells()
        except InvalidInput:
            raise
        except StackrollError as error:
            raise _unusable(option, error) from error

    def _require_placement(self) -> None:
        option = "databases.placement" if "placement" in self._urls else "config_files.placement"
        _name(option, self.placement().require)

    def _config(self, service: str) -> ServiceConfig | None:
        paths = (self._params["config_files"] or {}).get(service)
        return _name(f"config_files.{service}", lambda: ServiceConfig(list(paths))) if paths else None

    def _nova_url(self) -> str | None:
        config = self.nova_config
        return self._urls.get("nova_api") or (config.get("api_database", "connection") if config else None)

    def _placement_url(self) -> str | None:
        config = self.placement_config
        return self._urls.get("placement") or (config.get("placement_database", "connection") if config else None)


def _name(option: str, use: Callable[[], Any]) -> Any:
    try:
        return use()
    except MissingLibrary:
        raise
    except StackrollError as error:
        raise _unusable(option, error) from error


def _unusable(option: str, error: StackrollError) -> InvalidInput:
    return InvalidInput(f"The option {option} cannot be used: {error.message}", error.remedy)
