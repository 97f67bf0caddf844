# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Take hosts out of scheduling with a claim, and give back only what we claimed; every write is read back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ansible_collections.stackroll.nova.plugins.module_utils.api import nova, placement
from ansible_collections.stackroll.nova.plugins.module_utils.api.errors import ApiError
from ansible_collections.stackroll.nova.plugins.module_utils.api.session import Cloud
from ansible_collections.stackroll.nova.plugins.module_utils.model.claim import Claim
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError, WaitTimeout
from ansible_collections.stackroll.nova.plugins.module_utils.model.fleet import Provider, Service
from ansible_collections.stackroll.nova.plugins.module_utils.model.wording import some
from ansible_collections.stackroll.nova.plugins.module_utils.moves.hosts import (
    compute_services,
    host_trees,
    refuse_duplicates,
    require_services,
)
from ansible_collections.stackroll.nova.plugins.module_utils.runtime.deadline import Deadline

TRAIT = "COMPUTE_STATUS_DISABLED"


@dataclass(frozen=True)
class Wish:
    """What is wanted of which hosts."""

    hosts: tuple[str, ...]
    state: str
    run_id: str
    claim_prefix: str
    reason: str
    timeout: float
    check_mode: bool
    forced_down: bool | None = None

    def claim(self, host: str) -> Claim:
        """Our claim on a host."""
        return Claim(self.claim_prefix, self.run_id, host, self.reason)

    def decide(self, service: Service) -> str:
        """What to do with a service: disabled and enabled are writes, unchanged and foreign are not."""
        if service.status == self.state:
            mine = self.state == "enabled" or Claim.parse(service.disabled_reason, self.claim_prefix, service.host)
            return "unchanged" if mine else "foreign"
        if self.state == "enabled" and not Claim.parse(service.disabled_reason, self.claim_prefix, service.host):
            return "foreign"
        return self.state

    def expect(self, service: Service) -> dict[str, Any]:
        """What is to be seen of the service once this wish is fulfilled."""
        decision, wanted = self.decide(service), self.see(service)
        if decision == "foreign":
            return wanted
        if self.forced_down is not None:
            wanted["forced_down"] = self.forced_down
        if decision == "disabled":
            wanted.update(status="disabled", disabled_reason=str(self.claim(service.host)))
        if decision == "enabled":
            wanted.update(status="enabled", disabled_reason=None)
        return wanted

    def see(self, service: Service) -> dict[str, Any]:
        """What this wish is about."""
        forced = {} if self.forced_down is None else {"forced_down": service.forced_down}
        return {"status": service.status, "disabled_reason": service.disabled_reason, **forced}

    def body(self, service: Service) -> dict[str, Any]:
        """The request that fulfils it; empty when nothing has to be changed."""
        found, wanted = self.see(service), self.expect(service)
        changed = {name: value for name, value in wanted.items() if value != found[name]}
        if changed.get("status") == "enabled":
            del changed["disabled_reason"]  # it goes by itself, and Nova refuses to be told
        return changed


class ServiceStatus:
    """Fulfils one wish for all its hosts at once."""

    def __init__(self, cloud: Cloud, wish: Wish) -> None:
        self.cloud = cloud
        self.wish = wish
        self.errors: dict[str, str] = {}

    def run(self) -> dict[str, Any]:
        """Decide, write, read back; returns the module's result."""
        wish = self.wish
        refuse_duplicates(wish.hosts)
        for host in wish.hosts:
            wish.claim(host)
        before = compute_services(self.cloud)
        require_services(wish.hosts, before)
        decisions = {host: wish.decide(before[host]) for host in wish.hosts}
        writes = [host for host in wish.hosts if wish.body(before[host])]
        if writes and not wish.check_mode:
            self._wait_until_up([host for host in writes if decisions[host] == "enabled"], before)
            self.cloud.map(lambda host: self._write(before[host]), writes)
        after, traits = self._read_back(before, decisions, bool(writes) and not wish.check_mode)
        result = self._result(before, after, decisions, traits)
        if not wish.check_mode:
            self._raise_if_unfulfilled(result, after, decisions, traits)
        return result

    def _wait_until_up(self, hosts: list[str], services: dict[str, Service]) -> None:
        """Wait for hosts that are about to be enabled: of a service that is down for Nova, as it may be for a moment between its start and its
        first heartbeat, Nova leaves the trait to the next periodic task, and nothing is scheduled there until then."""
        deadline = Deadline(self.wish.timeout)
        while any(not services[host].is_up and not services[host].forced_down for host in hosts):
            if deadline.expired:
                return
            deadline.pause()
            services = {**services, **compute_services(self.cloud)}

    def _write(self, service: Service) -> None:
        try:
            nova.update_service(self.cloud, str(service.id), self.wish.body(service))
        except ApiError as error:  # what is read back afterwards decides: a slow answer may still be a success
            self.errors[service.host] = str(error)

    def _read_back(
        self, before: dict[str, Service], decisions: dict[str, str], wrote: bool
    ) -> tuple[dict[str, Service], dict[str, str]]:
        """Services and traits once they agree, or when the time is up."""
        deadline = Deadline(0 if self.wish.check_mode else self.wish.timeout)
        trees = host_trees(self.cloud, self.wish.hosts)
        after = compute_services(self.cloud) if wrote else before
        traits: dict[str, str] = {}
        left = list(self.wish.hosts)
        while True:
            traits.update(zip(left, self.cloud.map(lambda host: self._trait(trees[host]), left)))
            left = [host for host in left if decisions[host] != "foreign" and not _agrees(after[host], traits[host])]
            for host in left:
                if not after[host].is_up:
                    traits[host] = "pending"
            left = [host for host in left if after[host].is_up]
            if not left or deadline.expired:
                return after, traits
            deadline.pause()
            after = {**after, **compute_services(self.cloud)}

    def _trait(self, tree: Iterable[Provider]) -> str:
        roots = [provider for provider in tree if provider.parent_uuid is None]
        found = [TRAIT in placement.traits(self.cloud, root.uuid) for root in roots]
        if not found:
            return "no provider"
        return "present" if all(found) else "absent"

    def _result(
        self,
        before: dict[str, Service],
        after: dict[str, Service],
        decisions: dict[str, str],
        traits: dict[str, str],
    ) -> dict[str, Any]:
        wish = self.wish
        seen = {host: wish.expect(before[host]) if wish.check_mode else wish.see(after[host]) for host in wish.hosts}
        changed = [host for host in wish.hosts if seen[host] != wish.see(before[host])]
        return {
            "changed": bool(changed),
            "hosts": [
                {
                    "host": host,
                    "service_id": before[host].id,
                    "status": seen[host]["status"],
                    "claim": _claim(seen[host], wish.claim_prefix, host),
                    "disabled_reason": seen[host]["disabled_reason"],
                    "forced_down": seen[host].get("forced_down", after[host].forced_down),
                    "trait": traits[host],
                    "changed": host in changed,
                    "result": decisions[host],
                }
                for host in wish.hosts
            ],
            "foreign": [host for host in wish.hosts if decisions[host] == "foreign"],
            "diff": {
                "before": {host: wish.see(before[host]) for host in changed},
                "after": {host: seen[host] for host in changed},
            },
        }

    def _raise_if_unfulfilled(
        self, result: dict[str, Any], after: dict[str, Service], decisions: dict[str, str], traits: dict[str, str]
    ) -> None:
        state = self.wish.state
        ours = [host for host in self.wish.hosts if decisions[host] != "foreign"]
        refused = [host for host in ours if after[host].status != state]
        if refused:
            reasons = some(f"{host} ({self.errors.get(host, 'no error was reported')})" for host in refused)
            raise StackrollError(f"Not {state}: {reasons}.", "Run the same command again.", result)
        wrong = [host for host in ours if self.wish.forced_down not in (None, after[host].forced_down)]
        if wrong:
            reasons = some(f"{host} ({self.errors.get(host, 'no error was reported')})" for host in wrong)
            raise StackrollError(
                f"forced_down is not {str(self.wish.forced_down).lower()}: {reasons}.",
                "Run the same command again.",
                result,
            )
        late = [host for host in ours if after[host].is_up and not _agrees(after[host], traits[host])]
        if late:
            wanted = "does not have" if state == "disabled" else "still has"
            raise WaitTimeout(
                f"The resource provider of {some(late)} {wanted} the trait {TRAIT} after {self.wish.timeout:g} s, "
                f"although Nova says the service is {state}.",
                "nova-compute sets it: look at its log on that host, then run the same command again.",
                result,
            )


def _agrees(service: Service, trait: str) -> bool:
    return trait == ("present" if service.status == "disabled" else "absent")


def _claim(seen: dict[str, Any], prefix: str, host: str) -> str | None:
    claim = Claim.parse(seen["disabled_reason"], prefix, host) if seen["status"] == "disabled" else None
    return claim.mark if claim else None
