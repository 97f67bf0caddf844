# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write one reshape. Whatever kills this in between, planning again on what is there then leads to the same end."""

from __future__ import annotations

from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.api import placement
from ansible_collections.stackroll.nova.plugins.module_utils.api.errors import ApiError
from ansible_collections.stackroll.nova.plugins.module_utils.api.placement import PlacementApi
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError
from ansible_collections.stackroll.nova.plugins.module_utils.model.provider_tree import ProviderData
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.request import Reshape

Json = dict[str, Any]
CONFLICT = "placement.concurrent_update"
MARKS = ("traits", "aggregates")
ATTEMPTS = 5


class Conflict(StackrollError):  # noqa: N818  # what happened reads better than a suffix
    """Somebody else has changed the tree since it was read; to read and plan again may help."""


class Unfinished(StackrollError):  # noqa: N818  # what happened reads better than a suffix
    """The reshape was carried out, or may have been, and not all that follows was; only a new look at the host tells."""


def write(api: PlacementApi, reshape: Reshape) -> None:
    """Create, reshape, set, delete. Raises Conflict, Unfinished, and StackrollError for all else that Placement refuses.

    When the reshape is refused, what was created for it is deleted again, so that the host is as it was.
    """
    host = reshape.before.root.name
    created: dict[str, int] = {}
    try:
        _prepare(api, reshape, created)
        if reshape.reshapes:
            _reshape(api, host, reshape.body(created))
    except ApiError as error:
        raise _refused(host, error, _take_back(api, reshape, created)) from error
    try:
        _finish(api, reshape)
    except ApiError as error:
        raise Unfinished(
            f"{host} was reshaped, but not all of it: {error.message}", error.remedy, _details(host, error)
        ) from error


def _prepare(api: PlacementApi, reshape: Reshape, created: dict[str, int]) -> None:
    """Make what the reshape refers to; *created* gets the generations of new providers."""
    for name in reshape.new_classes:
        placement.create_resource_class(api, name)
    for name in reshape.new_traits:
        placement.create_trait(api, name)
    for provider in reshape.creates:
        created[provider.uuid] = _create(api, provider, created)
        for what in MARKS:
            names = getattr(provider, what)
            if names:
                created[provider.uuid] = placement.set_marks(api, provider.uuid, what, names, created[provider.uuid])


def _finish(api: PlacementApi, reshape: Reshape) -> None:
    """Traits and aggregates of the providers that were there, then deletions."""
    before = reshape.before.by_uuid
    for provider in reshape.sets:
        for what in MARKS:
            _set(api, before[provider.uuid], provider, what)
    for provider in reshape.deletes:
        placement.delete_provider(api, provider.uuid)


def _create(api: PlacementApi, provider: ProviderData, created: dict[str, int]) -> int:
    try:
        return placement.create_provider(api, provider.uuid, provider.name, str(provider.parent_uuid))
    except ApiError as error:
        if error.unavailable:  # it may have been created nevertheless
            created[provider.uuid] = 0
        raise


def _reshape(api: PlacementApi, host: str, body: Json) -> None:
    try:
        placement.reshape(api, body)
    except ApiError as error:
        if not error.unavailable:
            raise
        raise Unfinished(
            f"Nobody knows whether {host} was reshaped: {error.message}", error.remedy, _details(host, error)
        ) from error


def _take_back(api: PlacementApi, reshape: Reshape, created: dict[str, int]) -> list[str]:
    """Delete what was created, children first; returns the names of what is still there."""
    left = []
    for provider in reversed(reshape.creates):
        if provider.uuid in created:
            try:
                placement.delete_provider(api, provider.uuid)
            except ApiError:
                left.append(provider.name)
    return left


def _set(api: PlacementApi, before: ProviderData, after: ProviderData, what: str) -> None:
    """Add what is new and take away what goes; what others have set meanwhile stays."""
    old, new = set(getattr(before, what)), set(getattr(after, what))
    if old == new:
        return
    for attempt in range(1, ATTEMPTS + 1):
        names, generation = placement.marks(api, after.uuid, what)
        wanted = (set(names) - (old - new)) | (new - old)
        if wanted == set(names):
            return
        try:
            placement.set_marks(api, after.uuid, what, wanted, generation)
        except ApiError as error:
            if error.code != CONFLICT or attempt == ATTEMPTS:
                raise
        else:
            return


def _refused(host: str, error: ApiError, left: list[str]) -> StackrollError:
    """Why nothing was moved, and what is left of the attempt."""
    also = f" These providers, which are empty, are left: {', '.join(left)}." if left else ""
    if error.code == CONFLICT:
        return Conflict(f"{host} was changed by somebody else meanwhile: {error.reason}.{also}", error.remedy)
    if error.status == 403:
        return StackrollError(
            f"This account may not reshape {host}: {error.message}{also}",
            "By default POST /reshaper takes the role service, which the role admin does not include; use an account that has both.",
            _details(host, error),
        )
    return StackrollError(f"The reshape of {host} failed: {error}{also}", "Nothing was moved.", _details(host, error))


def _details(host: str, error: ApiError) -> Json:
    return {"host": host, "code": error.code, "status": error.status}
