# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write one reshape. Whatever kills this in between, planning again on what is there then leads to the same end."""

from __future__ import annotations

from ansible_collections.stackroll.nova.plugins.module_utils.api import placement
from ansible_collections.stackroll.nova.plugins.module_utils.api.errors import ApiError
from ansible_collections.stackroll.nova.plugins.module_utils.api.placement import PlacementApi
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError
from ansible_collections.stackroll.nova.plugins.module_utils.model.provider_tree import ProviderData
from ansible_collections.stackroll.nova.plugins.module_utils.reshape.request import Reshape

CONFLICT = "placement.concurrent_update"
MARKS = ("traits", "aggregates")
ATTEMPTS = 5


class Conflict(StackrollError):  # noqa: N818  # what happened reads better than a suffix
    """Somebody else has changed the tree since it was read; to read and plan again may help."""


def write(api: PlacementApi, reshape: Reshape) -> None:
    """Create, reshape, set, delete. Raises Conflict, and StackrollError for all else that Placement refuses.

    When the reshape is refused, what was created for it is deleted again, so that the host is as it was.
    """
    host = reshape.before.root.name
    created: dict[str, int] = {}
    try:
        _prepare(api, reshape, created)
        if reshape.reshapes:
            placement.reshape(api, reshape.body(created))
    except ApiError as error:
        if error.status is not None:  # without an answer nobody knows whether it was carried out
            for provider in reversed(reshape.creates):
                _take_back(api, provider, created)
        if error.code == CONFLICT:
            raise Conflict(f"{host} was changed by somebody else meanwhile: {error.reason}.", error.remedy) from error
        raise _explained(host, error) from error
    _finish(api, reshape)


def _prepare(api: PlacementApi, reshape: Reshape, created: dict[str, int]) -> None:
    """Make what the reshape refers to; *created* gets the generations of new providers."""
    for name in reshape.new_classes:
        placement.create_resource_class(api, name)
    for name in reshape.new_traits:
        placement.create_trait(api, name)
    for provider in reshape.creates:
        created[provider.uuid] = placement.create_provider(api, provider.uuid, provider.name, str(provider.parent_uuid))
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


def _take_back(api: PlacementApi, provider: ProviderData, created: dict[str, int]) -> None:
    if provider.uuid in created:
        placement.delete_provider(api, provider.uuid)


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


def _explained(host: str, error: ApiError) -> StackrollError:
    details = {"host": host, "code": error.code, "status": error.status}
    if error.status == 403:
        return StackrollError(
            f"This account may not reshape {host}: {error}",
            "By default POST /reshaper takes the role service, which the role admin does not include; use an account that has both.",
            details,
        )
    return StackrollError(f"The reshape of {host} failed: {error}", "Nothing was moved.", details)
