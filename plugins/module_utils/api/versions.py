# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The newest microversions of Placement and Cinder, asked for as nova-status does (nova/cmd/status.py, nova/volume/cinder.py).

With the credentials in nova.conf this needs keystoneauth1 only, which Nova's own interpreter has.
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.stackroll.nova.plugins.module_utils.api.errors import ApiError
from ansible_collections.stackroll.nova.plugins.module_utils.api.session import Cloud, RequestCounter
from ansible_collections.stackroll.nova.plugins.module_utils.model.answers import ApiVersion
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import MissingLibrary, StackrollError

# Reads one option of a service's configuration: section, option.
Options = Callable[[str, str], "str | None"]
NO_CREDENTIALS = "No credentials specified for placement API in nova.conf."
BAD_CREDENTIALS = "Placement service credentials do not work."
NO_ENDPOINT = "Placement API endpoint not found."
NO_DISCOVERY = "Discovery for placement API URI failed."
NOT_RUNNING = "Placement API does not seem to be running."


class NovaAccount:
    """The accounts that Nova itself uses, from its configuration. Every request is counted and bounded in time."""

    def __init__(self, options: Options, timeout: int, counter: RequestCounter | None = None) -> None:
        self._options = options
        self._timeout = timeout
        self._counter = counter or RequestCounter()

    def placement(self) -> ApiVersion:
        """The newest microversion of Placement. Raises StackrollError for what says nothing about it, such as a timeout."""
        exceptions = _keystoneauth_exceptions()
        try:
            return ApiVersion(newest_placement(self._get_placement_root()))
        except (exceptions.ClientException, OSError) as error:
            problem = _placement_problem(exceptions, error)
            if problem:
                return ApiVersion(None, problem)
            raise StackrollError(
                f"The Placement API gave no answer: {_one_line(error)}.",
                "Check [placement] in nova.conf, and that Placement and Keystone run.",
            ) from error

    def cinder(self) -> ApiVersion:
        """The newest microversion of Cinder; not configured where Nova has no account for it."""
        if not self._options("cinder", "auth_type"):
            return ApiVersion(None, configured=False)
        exceptions = _keystoneauth_exceptions()
        try:
            return ApiVersion(newest_cinder(self._get_cinder_root()))
        except (exceptions.ClientException, OSError, StackrollError) as error:
            return ApiVersion(None, _one_line(error))

    def _get_placement_root(self) -> Any:
        from keystoneauth1.adapter import Adapter

        read = self._options
        interfaces = read("placement", "valid_interfaces")
        adapter = Adapter(
            self._session("placement"),
            service_type=read("placement", "service_type") or "placement",
            service_name=read("placement", "service_name"),
            interface=[word.strip() for word in interfaces.split(",")] if interfaces else ["internal", "public"],
            region_name=read("placement", "region_name"),
            endpoint_override=read("placement", "endpoint_override"),
        )
        return _decoded("Placement", adapter.get("/", raise_exc=True))

    def _get_cinder_root(self) -> Any:
        read = self._options
        session = self._session("cinder")
        url = read("cinder", "endpoint_template")
        if url:
            url = re.sub(r"%\(\w+\)s", "None", url)
        else:
            service_type, service_name, interface = _catalog_info(
                read("cinder", "catalog_info") or "volumev3::publicURL"
            )
            url = session.get_endpoint(
                service_type=service_type,
                service_name=service_name or None,
                interface=interface,
                region_name=read("cinder", "os_region_name"),
            )
        return _decoded("Cinder", session.get(cinder_root(url or "")))

    def _session(self, section: str) -> Any:
        from keystoneauth1.session import Session

        read = self._options
        certificate, key = read(section, "certfile"), read(section, "keyfile")
        insecure = (read(section, "insecure") or "").strip().lower() in ("true", "1", "on", "yes")
        session = Session(
            auth=self._auth(section),
            verify=False if insecure else read(section, "cafile") or True,
            cert=(certificate, key) if certificate and key else certificate,
            timeout=self._timeout,
        )
        self._counter.count_all(session)
        return session

    def _auth(self, section: str) -> Any:
        from keystoneauth1 import loading

        section = self._options(section, "auth_section") or section
        kind = self._options(section, "auth_type")
        if not kind:
            return None

        def read(option: Any) -> str | None:
            names = [option.dest, *(old.dest for old in option.deprecated)]
            values = (self._options(section, name) for name in names)
            return next((value for value in values if value is not None), option.default)

        return loading.get_plugin_loader(kind).load_from_options_getter(read)


def _placement_problem(exceptions: Any, error: BaseException) -> str | None:
    """What nova-status says about this error; nothing for one that ends it."""
    sentences = (
        (exceptions.MissingAuthPlugin, NO_CREDENTIALS),
        (exceptions.Unauthorized, BAD_CREDENTIALS),
        (exceptions.EndpointNotFound, NO_ENDPOINT),
        (exceptions.DiscoveryFailure, NO_DISCOVERY),
        (exceptions.NotFound, NOT_RUNNING),
    )
    return next((sentence for kind, sentence in sentences if isinstance(error, kind)), None)


def placement_of(cloud: Cloud) -> ApiVersion:
    """The newest microversion of Placement, with the account of this cloud."""
    try:
        return ApiVersion(newest_placement(cloud.root("placement")))
    except ApiError as error:
        sentence = {401: BAD_CREDENTIALS, 404: NOT_RUNNING}.get(error.status or 0)
        if sentence is None:
            raise
        return ApiVersion(None, sentence)


def cinder_of(cloud: Cloud) -> ApiVersion:
    """The newest microversion of Cinder; not configured where the cloud has none."""
    url = cloud.find_endpoint("block-storage")
    if not url:
        return ApiVersion(None, configured=False)
    try:
        return ApiVersion(newest_cinder(cloud.get(cinder_root(url))))
    except StackrollError as error:
        return ApiVersion(None, error.message)


def newest_placement(document: Any) -> tuple[int, int]:
    """From Placement's root document."""
    try:
        return version_number(document["versions"][0]["max_version"])
    except (LookupError, TypeError, ValueError):
        raise StackrollError("The root document of the Placement API cannot be read.") from None


def newest_cinder(document: Any) -> tuple[int, int]:
    """From Cinder's versions document: the first entry of version 3."""
    try:
        versions = [entry["version"] for entry in document["versions"] if "3." in entry["version"]]
        return version_number(versions[0]) if versions else (2, 0)
    except (LookupError, TypeError, ValueError):
        raise StackrollError("The versions document of the Cinder API cannot be read") from None


def version_number(text: str) -> tuple[int, int]:
    """Such as (1, 39) for ``1.39``."""
    major, minor = text.split(".")
    return int(major), int(minor)


def _catalog_info(text: str) -> tuple[str, str, str]:
    parts = text.split(":")
    if len(parts) != 3:
        raise StackrollError(f"[cinder] catalog_info is not <type>:<name>:<interface> but {text!r}")
    return parts[0], parts[1], parts[2]


def cinder_root(url: str) -> str:
    """Where the versions document of a Cinder endpoint lies: what stands before its version."""
    parts = urlsplit(url)
    if "v3" not in parts.path.split("/"):
        raise StackrollError(f"the endpoint {url!r} of Cinder has no version 3 in its path")
    return f"{parts.scheme}://{parts.netloc}{parts.path[: parts.path.rfind('v3')]}"


def _decoded(name: str, answer: Any) -> Any:
    try:
        return answer.json()
    except ValueError:
        raise StackrollError(f"The answer of the {name} API is not JSON.") from None


def _keystoneauth_exceptions() -> Any:
    try:
        from keystoneauth1 import exceptions
    except ImportError as error:
        raise MissingLibrary("keystoneauth1", traceback.format_exc()) from error
    return exceptions


def _one_line(error: object) -> str:
    return " ".join(str(error).split())[:300].rstrip(". ")
