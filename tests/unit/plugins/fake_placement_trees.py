# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Placement of provider trees that answers requests, with the generations, rules and error codes of the real one.

Rules: placement.handlers.{reshaper,allocation,resource_provider,trait,aggregate} and placement.objects.{reshaper,allocation}. It knows
nothing of the code under test.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any
from urllib.parse import urlsplit

from keystoneauth1.exceptions import ConnectTimeout

from ansible_collections.stackroll.nova.tests.unit.plugins.fake_openstack import Answer, FakeOpenStack, uuid_of

Json = dict[str, Any]
UNDEFINED, CONCURRENT, IN_USE = "placement.undefined_code", "placement.concurrent_update", "placement.inventory.inuse"
CLASSES = ("VCPU", "PCPU", "MEMORY_MB", "DISK_GB", "VGPU", "MEM_ENCRYPTION_CONTEXT", "NET_BW_EGR_KILOBIT_PER_SEC")
TRAITS = ("COMPUTE_NODE", "HW_NUMA_ROOT", "HW_CPU_X86_AMD_SEV", "MISC_SHARES_VIA_AGGREGATE")
DEFAULTS = {
    "reserved": 0,
    "min_unit": 1,
    "max_unit": 0x7FFFFFFF,
    "step_size": 1,
    "allocation_ratio": 1.0,
}
Handler = Callable[[list[str], Json, Any, tuple[int, int]], Any]


class Refused(Exception):  # noqa: N818
    """An answer that is an error."""

    def __init__(self, status: int, detail: str, code: str = UNDEFINED) -> None:
        super().__init__(detail)
        self.answer = Answer(status, {"errors": [{"status": status, "detail": detail, "code": code}]})


class PlacementTrees:
    """Providers and consumers as dictionaries, to be changed by tests at will; the methods in the middle are what others do meanwhile."""

    def __init__(self) -> None:
        self.providers: dict[str, Json] = {}
        self.consumers: dict[str, Json] = {}
        self.resource_classes = list(CLASSES)
        self.traits = list(TRAITS)
        self.roles = {"admin", "service"}
        self.corrupt: Callable[[], object] = lambda: None
        self.lock = threading.RLock()

    def add(self, name: str, inventories: Mapping[str, int | Json], parent: str | None = None, **more: Any) -> str:
        """A provider; of an inventory the total is enough."""
        found = {key: {"total": item} if isinstance(item, int) else item for key, item in inventories.items()}
        self.providers[uuid_of(name)] = {
            "name": name,
            "generation": 7,
            "parent": uuid_of(parent) if parent else None,
            "inventories": {key: {**DEFAULTS, "max_unit": item["total"], **item} for key, item in found.items()},
            "traits": [],
            "aggregates": [],
            **more,
        }
        return uuid_of(name)

    def hold(self, name: str, held: Mapping[str, Mapping[str, int]], **more: Any) -> str:
        """A consumer, and what it holds by the name of the provider."""
        self.consumers[uuid_of(name)] = {
            "generation": 1,
            "project_id": "project",
            "user_id": "user",
            "type": "unknown",
            "allocations": {uuid_of(place): dict(amounts) for place, amounts in held.items()},
            **more,
        }
        return uuid_of(name)

    def load(self, data: Json) -> None:
        """A tree and its consumers as ProviderTree.to_dict tells them."""
        for item in data["providers"]:
            parent = item.pop("parent_uuid")
            self.providers[item.pop("uuid")] = {**item, "parent": parent}
        for item in data["consumers"]:
            del item["name"]
            self.consumers[item.pop("uuid")] = item

    def named(self, name: str) -> Json:
        """The provider with this name."""
        return next(item for item in self.providers.values() if item["name"] == name)

    def uuid(self, name: str) -> str:
        """The UUID of the provider with this name."""
        return next(uuid for uuid, item in self.providers.items() if item["name"] == name)

    def held(self, name: str) -> Json:
        """What a consumer holds, by the name of the provider."""
        found = self.consumers.get(uuid_of(name), {"allocations": {}})["allocations"]
        return {self.providers[uuid]["name"]: dict(amounts) for uuid, amounts in found.items()}

    def state(self) -> Json:
        """Everything but generations, in an order that does not depend on how it came about."""
        return {
            "providers": {
                uuid: {
                    "name": item["name"],
                    "parent": item["parent"],
                    "inventories": deepcopy(item["inventories"]),
                    "traits": sorted(item["traits"]),
                    "aggregates": sorted(item["aggregates"]),
                }
                for uuid, item in self.providers.items()
            },
            "consumers": {
                uuid: {key: deepcopy(value) for key, value in item.items() if key != "generation"}
                for uuid, item in self.consumers.items()
            },
        }

    def sums(self) -> tuple[Json, Json]:
        """By class, how much there is in the whole cloud; by consumer and class, how much is held."""
        totals: Json = {}
        for provider in self.providers.values():
            for name, item in provider["inventories"].items():
                totals[name] = totals.get(name, 0) + item["total"]
        held: Json = {}
        for uuid, consumer in self.consumers.items():
            for amounts in consumer["allocations"].values():
                for name, amount in amounts.items():
                    held[uuid, name] = held.get((uuid, name), 0) + amount
        return totals, held

    # What others do meanwhile.

    def claim(self, name: str, held: Mapping[str, Mapping[str, int]]) -> str:
        """PUT /allocations by the scheduler: all that a consumer holds from now on; nothing at all removes it."""
        with self.lock:
            uuid = uuid_of(name)
            there = self.consumers.get(uuid)
            wanted = {self.uuid(place): dict(amounts) for place, amounts in held.items()}
            # To clear, amounts of 0 are written, and their providers count as written.
            for place in wanted or (there or {"allocations": {}})["allocations"]:
                self.providers[place]["generation"] += 1
            generation = (there["generation"] if there else 0) + 1
            new = {"project_id": "project", "user_id": "user", "type": "INSTANCE"}
            self.consumers[uuid] = {**(there or new), "generation": generation, "allocations": wanted}
            if not wanted:
                del self.consumers[uuid]
            return uuid

    def forget(self, name: str) -> None:
        """DELETE /allocations, as after a failed build or when a server is shelved: no generation of any provider changes."""
        with self.lock:
            del self.consumers[uuid_of(name)]

    def report(self, name: str, resource_class: str, item: int | Json | None) -> None:
        """PUT an inventory by nova-compute; None deletes it."""
        with self.lock:
            provider = self.named(name)
            provider["generation"] += 1
            provider["inventories"].pop(resource_class, None)
            if item is not None:
                data = {"total": item} if isinstance(item, int) else item
                provider["inventories"][resource_class] = {**DEFAULTS, "max_unit": data["total"], **data}

    # Requests.

    def answer(self, method: str, path: str, params: Json, body: Any, version: tuple[int, int]) -> Answer:
        """One request, by itself."""
        with self.lock:
            try:
                return self._answer(method, path, params, body, version)
            except Refused as refused:
                return refused.answer

    def _answer(self, method: str, path: str, params: Json, body: Any, version: tuple[int, int]) -> Answer:
        parts = path.strip("/").split("/")
        handlers: dict[tuple[str, str, int], Handler] = {
            ("GET", "resource_providers", 1): self._list,
            ("POST", "resource_providers", 1): self._create,
            ("DELETE", "resource_providers", 2): self._delete,
            ("GET", "resource_providers", 3): self._detail,
            ("PUT", "resource_providers", 3): self._mark,
            ("GET", "allocations", 2): self._consumer,
            ("PUT", "allocations", 2): self._put,
            ("GET", "resource_classes", 1): lambda *_all: {
                "resource_classes": [{"name": name} for name in self.resource_classes]
            },
            ("GET", "traits", 1): lambda *_all: {"traits": list(self.traits)},
            ("PUT", "resource_classes", 2): lambda parts, *_all: self._learn(self.resource_classes, parts[1]),
            ("PUT", "traits", 2): lambda parts, *_all: self._learn(self.traits, parts[1]),
            ("POST", "reshaper", 1): self._reshape,
        }
        handler = handlers.get((method, parts[0], len(parts)))
        if handler is None:
            raise Refused(404, f"no {method} {path}")
        data = handler(parts, params, body, version)
        return Answer(204 if data is None else 200, data)

    def _list(self, _parts: list[str], params: Json, _body: Any, _version: tuple[int, int]) -> Json:
        assert set(params) <= {"name", "in_tree"}
        found = [self._brief(uuid) for uuid in self.providers]
        if "name" in params:
            found = [item for item in found if item["name"] == params["name"]]
        if "in_tree" in params:
            roots = [self._root(params["in_tree"])] if params["in_tree"] in self.providers else []
            found = [item for item in found if item["root_provider_uuid"] in roots]
        return {"resource_providers": found}

    def _brief(self, uuid: str) -> Json:
        item = self.providers[uuid]
        return {
            "uuid": uuid,
            "name": item["name"],
            "generation": item["generation"],
            "parent_provider_uuid": item["parent"],
            "root_provider_uuid": self._root(uuid),
        }

    def _root(self, uuid: str) -> str:
        while self.providers[uuid]["parent"]:
            uuid = self.providers[uuid]["parent"]
        return uuid

    def _detail(self, parts: list[str], _params: Json, _body: Any, _version: tuple[int, int]) -> Json:
        uuid, what = parts[1], parts[2]
        if uuid not in self.providers:
            raise Refused(404, f"No resource provider with uuid {uuid} found")
        found: Any = self.providers[uuid].get(what)
        if what == "allocations":
            found = {
                consumer: {"resources": item["allocations"][uuid], "consumer_generation": item["generation"]}
                for consumer, item in self.consumers.items()
                if uuid in item["allocations"]
            }
        return {what: deepcopy(found), "resource_provider_generation": self.providers[uuid]["generation"]}

    def _consumer(self, parts: list[str], _params: Json, _body: Any, version: tuple[int, int]) -> Json:
        item = self.consumers.get(parts[1])
        if item is None:
            return {"allocations": {}}
        found = {
            "allocations": {
                uuid: {"resources": dict(amounts), "generation": self.providers[uuid]["generation"]}
                for uuid, amounts in item["allocations"].items()
            },
            "project_id": item["project_id"],
            "user_id": item["user_id"],
            "consumer_generation": item["generation"],
        }
        return {**found, "consumer_type": item["type"]} if version >= (1, 38) else found

    def _put(self, parts: list[str], _params: Json, body: Any, _version: tuple[int, int]) -> None:
        """Only to take away all that a consumer holds."""
        there = self.consumers.get(parts[1])
        assert body["allocations"] == {}, "this fake knows no other"
        if there is None or there["generation"] != body["consumer_generation"]:
            raise Refused(409, "consumer generation conflict", CONCURRENT)
        for uuid in there["allocations"]:
            self.providers[uuid]["generation"] += 1
        del self.consumers[parts[1]]

    def _create(self, _parts: list[str], _params: Json, body: Any, version: tuple[int, int]) -> Json:
        assert version >= (1, 20)
        assert set(body) == {"uuid", "name", "parent_provider_uuid"}
        if body["uuid"] in self.providers or any(item["name"] == body["name"] for item in self.providers.values()):
            raise Refused(
                409, f"Conflicting resource provider {body['name']} already exists", "placement.duplicate_name"
            )
        if body["parent_provider_uuid"] not in self.providers:
            raise Refused(400, "parent provider UUID does not exist")
        self.providers[body["uuid"]] = {
            "name": body["name"],
            "generation": 0,
            "parent": body["parent_provider_uuid"],
            "inventories": {},
            "traits": [],
            "aggregates": [],
        }
        return self._brief(body["uuid"])

    def _delete(self, parts: list[str], _params: Json, _body: Any, _version: tuple[int, int]) -> None:
        uuid = parts[1]
        if uuid not in self.providers:
            raise Refused(404, f"No resource provider with uuid {uuid} found for delete")
        if any(item["parent"] == uuid for item in self.providers.values()):
            raise Refused(409, "It has child resource providers", "placement.resource_provider.cannot_delete_parent")
        if any(uuid in item["allocations"] for item in self.consumers.values()):
            raise Refused(409, "Resource provider has allocations", "placement.resource_provider.inuse")
        del self.providers[uuid]

    def _mark(self, parts: list[str], _params: Json, body: Any, version: tuple[int, int]) -> Json:
        uuid, what = parts[1], parts[2]
        assert version >= (1, 19)
        assert set(body) == {"resource_provider_generation", what}
        provider = self.providers.get(uuid)
        if provider is None:
            raise Refused(404, f"No resource provider with uuid {uuid} found")
        if provider["generation"] != body["resource_provider_generation"]:
            raise Refused(409, "Resource provider's generation already changed", CONCURRENT)
        if what == "traits" and set(body[what]) - set(self.traits):
            raise Refused(400, "No such trait")
        # Traits that are there already change nothing, aggregates always do.
        if what == "aggregates" or set(body[what]) != set(provider[what]):
            provider["generation"] += 1
        provider[what] = list(body[what])
        return {what: list(body[what]), "resource_provider_generation": provider["generation"]}

    def _learn(self, names: list[str], name: str) -> None:
        if not name.startswith("CUSTOM_"):
            raise Refused(400, f"{name} does not match CUSTOM_")
        if name not in names:
            names.append(name)

    def _reshape(self, _parts: list[str], _params: Json, body: Any, version: tuple[int, int]) -> None:
        if "service" not in self.roles:
            raise Refused(403, "Access was denied to this resource.")
        assert version >= (1, 30)
        assert set(body) == {"inventories", "allocations"}
        assert body["inventories"]
        providers, consumers = deepcopy(self.providers), deepcopy(self.consumers)
        try:
            _Reshape(self, body, version).run()
        except Refused:
            self.providers, self.consumers = providers, consumers
            raise
        self.corrupt()


class _Reshape:
    """One POST /reshaper; whoever calls it takes everything back when it is refused."""

    def __init__(self, there: PlacementTrees, body: Json, version: tuple[int, int]) -> None:
        self._there = there
        self._inventories = body["inventories"]
        self._allocations = body["allocations"]
        self._version = version

    def run(self) -> None:
        for uuid, item in self._inventories.items():
            self._check_provider(uuid, item)
        for uuid, item in self._allocations.items():
            self._check_consumer(uuid, item)
        previous = self._usages()
        for uuid, item in self._inventories.items():
            if item["inventories"]:
                self._set(uuid, {**self._there.providers[uuid]["inventories"], **item["inventories"]})
        self._replace()
        self._check_capacity(previous)
        for uuid, item in self._inventories.items():
            self._set(uuid, item["inventories"])

    def _check_provider(self, uuid: str, item: Json) -> None:
        assert set(item) == {"resource_provider_generation", "inventories"}
        provider = self._there.providers.get(uuid)
        if provider is None:
            raise Refused(400, f"Resource provider {uuid} not found", "placement.resource_provider.not_found")
        given = item["resource_provider_generation"]
        if provider["generation"] != given:
            detail = f"resource provider generation conflict for provider {uuid}: actual: {provider['generation']}, given: {given}"
            raise Refused(409, detail, CONCURRENT)
        for name, data in item["inventories"].items():
            if name not in self._there.resource_classes:
                raise Refused(400, f"malformed reshaper data: No such resource class {name}")
            assert set(data) <= {"total", *DEFAULTS}
            assert data["total"] >= 1
            assert all(isinstance(data[key], int) for key in data if key != "allocation_ratio")

    def _check_consumer(self, uuid: str, item: Json) -> None:
        wanted = {"allocations", "project_id", "user_id", "consumer_generation"}
        assert set(item) == wanted | ({"consumer_type"} if self._version >= (1, 38) else set()), "no type before 1.38"
        assert item["allocations"], "an empty set deletes the consumer"
        there = self._there.consumers.get(uuid)
        expected = there["generation"] if there else None
        if item["consumer_generation"] != expected:
            detail = (
                f"consumer generation conflict - expected {expected or 'null'} but got {item['consumer_generation']}"
            )
            raise Refused(409, detail, CONCURRENT)
        for place in item["allocations"]:
            if place not in self._there.providers:
                raise Refused(400, f"Allocation for resource provider '{place}' that does not exist.")

    def _usages(self) -> dict[tuple[str, str], int]:
        found: dict[tuple[str, str], int] = {}
        for consumer in self._there.consumers.values():
            for place, amounts in consumer["allocations"].items():
                for name, amount in amounts.items():
                    found[place, name] = found.get((place, name), 0) + amount
        return found

    def _set(self, uuid: str, inventories: Json) -> None:
        provider = self._there.providers[uuid]
        used = self._usages()
        for name in provider["inventories"]:
            if name not in inventories and used.get((uuid, name)):
                raise Refused(409, f"update conflict: Inventory for '{name}' on {uuid} in use", IN_USE)
        provider["inventories"] = {name: {**DEFAULTS, **item} for name, item in inventories.items()}
        provider["generation"] += 1

    def _replace(self) -> None:
        written = set()
        for uuid, item in self._allocations.items():
            old = self._there.consumers.get(uuid, {"generation": 0, "type": "unknown"})
            self._there.consumers[uuid] = {
                "generation": old["generation"] + 1,
                "type": old["type"],
                "project_id": item["project_id"],
                "user_id": item["user_id"],
                "allocations": {place: dict(data["resources"]) for place, data in item["allocations"].items()},
            }
            written |= set(item["allocations"])
        for place in written:
            self._there.providers[place]["generation"] += 1

    def _check_capacity(self, previous: Mapping[tuple[str, str], int]) -> None:
        used = self._usages()
        for item in self._allocations.values():
            for place, data in item["allocations"].items():
                for name, amount in data["resources"].items():
                    there = self._there.providers[place]["inventories"].get(name)
                    what = f"{name} on resource provider {place}"
                    if there is None:
                        raise Refused(409, f"Unable to allocate inventory: no inventory of {what}")
                    if not there["min_unit"] <= amount <= there["max_unit"] or amount % there["step_size"]:
                        raise Refused(
                            409, f"Unable to allocate inventory: {what} violates min_unit, max_unit or step_size"
                        )
                    capacity = (there["total"] - there["reserved"]) * there["allocation_ratio"]
                    now, before = used[place, name], previous.get((place, name))
                    if now > capacity and (before is None or now > before):
                        raise Refused(409, f"Unable to allocate inventory: {what} would exceed the capacity")


class TreeCloud(FakeOpenStack):
    """A cloud whose Placement has trees."""

    def __init__(self) -> None:
        super().__init__()
        self.trees = PlacementTrees()
        self.after_request: Callable[[str, str], object] = lambda *_request: None
        self._bad: dict[str, tuple[bool, int | None]] = {}

    def add_host_tree(
        self,
        name: str,
        inventories: Mapping[str, int | Json],
        servers: Mapping[str, Mapping[str, Any]] | None = None,
        **more: Any,
    ) -> str:
        """A root provider and the servers of its host; what they hold on it, or by provider if that is said."""
        uuid = self.trees.add(name, inventories, **more)
        for server, held in (servers or {}).items():
            self.add_tree_server(server, name, held)
        return uuid

    def add_tree_server(self, name: str, host: str, held: Mapping[str, Any], **fields: Any) -> str:
        """A server, and what it holds."""
        on_host = all(isinstance(amount, int) for amount in held.values())
        self.trees.hold(name, {host: dict(held)} if on_host else held)
        return self.add_server(name, host, {}, **fields)

    def request(self, url: str, method: str, params: Json, body: Any, headers: Json) -> Answer:
        """One request; those to Placement go to the trees."""
        if not url.startswith("http://placement/"):
            return super().request(url, method, params, body, headers)
        path = urlsplit(url).path
        self.calls.append((method, path, deepcopy(body) if method != "GET" else params))
        self.before_request(method, path)
        if path in self.broken:
            return Answer(self.broken[path], {"errors": [{"detail": "it is broken", "code": UNDEFINED}]})
        service, number = headers["OpenStack-API-Version"].split()
        assert service == "placement"
        major, _dot, minor = number.partition(".")
        version = (int(major), int(minor))
        bad = self._bad_answer(method, path, lambda: self.trees.answer(method, path, params, body, version))
        answer = bad or self.trees.answer(method, path, params, body, version)
        self.after_request(method, path)
        return answer

    def posts(self) -> list[Json]:
        """The bodies of all reshapes that were sent."""
        return [body for method, path, body in self.calls if (method, path) == ("POST", "/reshaper")]

    def broken_once(self, path: str, done: bool, status: int | None) -> None:
        """The next write to a path gets a bad answer, or none, whether it is carried out or not."""
        self._bad[path] = (done, status)

    def _bad_answer(self, method: str, path: str, carry_out: Callable[[], Answer]) -> Answer | None:
        if method == "GET" or path not in self._bad:
            return None
        done, status = self._bad.pop(path)
        if done:
            carry_out()
        if status is None:
            raise ConnectTimeout(f"Request to {path} timed out")
        return Answer(status, {"errors": [{"detail": "it is broken", "code": UNDEFINED}]})
