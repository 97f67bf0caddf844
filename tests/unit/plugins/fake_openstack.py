# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A cloud made of dictionaries that answers HTTP requests the way Nova and Placement do."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit
from uuid import NAMESPACE_DNS, uuid5

from ansible_collections.stackroll.nova.plugins.module_utils.api.session import Cloud, RequestCounter

Json = dict[str, Any]
FLAVOR = {"original_name": "m1", "vcpus": 2, "ram": 512, "disk": 10, "ephemeral": 1, "swap": 1500, "extra_specs": {}}
AMOUNTS = {"VCPU": 2, "MEMORY_MB": 512, "DISK_GB": 13}
HEARTBEAT = "2026-11-22T02:00:00.000000"


def uuid_of(name: str) -> str:
    """The same UUID for the same name, always."""
    return str(uuid5(NAMESPACE_DNS, name))


class Answer:
    """What the transport returns."""

    def __init__(self, status_code: int, data: Any) -> None:
        self.status_code = status_code
        self.reason = "because"
        self.headers = {"x-openstack-request-id": "req-1"}
        self.content = b"" if data is None else json.dumps(data).encode()

    def json(self) -> Any:
        """The body, decoded."""
        return json.loads(self.content)


class FakeOpenStack:
    """State in plain lists, to be changed by tests at will; `broken` maps a path to a status code."""

    def __init__(self, *hosts: str) -> None:
        self.services: list[Json] = []
        self.servers: list[Json] = []
        self.soft_deleted: list[Json] = []
        self.deleted: list[Json] = []
        self.actions: dict[str, list[Json]] = {}
        self.unlisted: list[Json] = []
        self.migrations: list[Json] = []
        self.groups: list[Json] = []
        self.aggregates: list[Json] = []
        self.hypervisors: list[Json] = []
        self.providers: list[Json] = []
        self.inventories: dict[str, Json] = {}
        self.traits: dict[str, list[str]] = {}
        self.allocations: dict[str, Json] = {}
        self.consumers: dict[str, Json] = {}
        self.broken: dict[str, int] = {}
        self.page_limit = 1000
        self.trait_follows = True
        self.before_request: Callable[[str, str], object] = lambda *_request: None
        self.calls: list[tuple[str, str, Json]] = []
        for host in hosts:
            self.add_host(host)

    def add_host(self, name: str, **service: Any) -> None:
        """A host with a service and a provider."""
        self.services.append(
            {
                "id": uuid_of(f"service {name}"),
                "binary": "nova-compute",
                "host": name,
                "zone": "az1",
                "status": "enabled",
                "state": "up",
                "forced_down": False,
                "disabled_reason": None,
                "updated_at": HEARTBEAT,
                **service,
            }
        )
        self.add_provider(name, {"VCPU": {"total": 16}, "MEMORY_MB": {"total": 4096}, "DISK_GB": {"total": 100}})

    def add_provider(self, name: str, inventories: Json, root: str | None = None) -> str:
        """A provider, below the one named *root* if given."""
        uuid = uuid_of(name)
        parent = uuid_of(root) if root else None
        self.providers.append(
            {
                "uuid": uuid,
                "name": name,
                "generation": 3,
                "parent_provider_uuid": parent,
                "root_provider_uuid": parent or uuid,
            }
        )
        self.inventories[uuid] = inventories
        self.traits[uuid] = []
        self.allocations[uuid] = {}
        return uuid

    def add_server(self, name: str, host: str | None, held: Json | None = None, **fields: Any) -> str:
        """A server and its allocations on its host: the right ones, unless others or none ({}) are given."""
        uuid = uuid_of(name)
        self.servers.append(
            {
                "id": uuid,
                "name": name,
                "tenant_id": "project",
                "status": "ACTIVE",
                "OS-EXT-STS:vm_state": "active",
                "OS-EXT-STS:task_state": None,
                "OS-EXT-STS:power_state": 1,
                "OS-EXT-SRV-ATTR:host": host,
                "OS-EXT-SRV-ATTR:hypervisor_hostname": host,
                "OS-EXT-AZ:availability_zone": "az1",
                "locked": False,
                "image": {"id": "image"},
                "created": "2026-11-22T01:00:00Z",
                "flavor": dict(FLAVOR),
                **fields,
            }
        )
        amounts = AMOUNTS if held is None else held
        if host and amounts:
            self.allocate(uuid, host, amounts)
        return uuid

    def delete_server(self, name: str, updated: str, status: str = "DELETED") -> str:
        """A client deletes a server: its record and its actions stay; one without host keeps its status, and has no such action."""
        uuid = uuid_of(name)
        server = next(item for item in self.servers if item["id"] == uuid)
        self.servers.remove(server)
        self.deleted.append({**server, "status": status, "updated": updated, "OS-SRV-USG:terminated_at": updated[:19]})
        noted = [{"action": "delete", "start_time": f"{updated[:19]}.000000"}] if status == "DELETED" else []
        self.actions[uuid] = [*noted, {"action": "create", "start_time": "2026-11-22T01:00:00.000000"}]
        for held in self.allocations.values():
            held.pop(uuid, None)
        return uuid

    def allocate(self, consumer: str, provider_name: str, resources: Json) -> None:
        """Give a consumer something on a provider."""
        self.allocations[uuid_of(provider_name)][consumer] = {"resources": dict(resources)}

    def add_migration(
        self,
        server: str,
        kind: str,
        status: str,
        source: str,
        dest: str,
        *,
        created_at: str = "2026-11-22T01:00:00.000000",
    ) -> str:
        """A migration record of the server named *server*."""
        uuid = uuid_of(f"migration of {server}")
        self.migrations.append(
            {
                "uuid": uuid,
                "instance_uuid": uuid_of(server),
                "migration_type": kind,
                "id": len(self.migrations) + 1,
                "user_id": "user-of-the-token",
                "status": status,
                "source_compute": source,
                "dest_compute": dest,
                "source_node": source,
                "dest_node": dest,
                "created_at": created_at,
            }
        )
        return uuid

    def service(self, host: str) -> Json:
        """The service record of a host."""
        return next(item for item in self.services if item["host"] == host)

    def writes(self) -> list[tuple[str, str, Json]]:
        """The requests that were not reads."""
        return [call for call in self.calls if call[0] != "GET"]

    def cloud(self) -> Cloud:
        """A client of this cloud."""
        counter = RequestCounter()
        return Cloud(_Session(self, counter), {"compute": "http://nova", "placement": "http://placement"}, counter)

    def request(self, url: str, method: str, params: Json, body: Any, _headers: Json) -> Answer:
        """One request as it is sent, whatever API it is for."""
        return self.answer(method, urlsplit(url).path, params, body)

    def answer(self, method: str, path: str, params: Json, body: Any) -> Answer:
        """One request."""
        self.calls.append((method, path, body if method != "GET" else params))
        self.before_request(method, path)
        if path in self.broken:
            return Answer(self.broken[path], {"error": {"message": "it is broken"}})
        if path.startswith("/allocations/") and method == "PUT":
            return self._put_allocations(path.rsplit("/", 1)[1], body)
        data = self._nova(method, path, params, body) or self._placement(path)
        return Answer(200, data) if data is not None else Answer(404, {"itemNotFound": {"message": "no such thing"}})

    def _nova(self, method: str, path: str, params: Json, body: Any) -> Json | None:
        if path.startswith("/os-services/") and method == "PUT":
            return self._put_service(path.rsplit("/", 1)[1], body)
        if path.endswith("/os-instance-actions"):
            actions = self.actions.get(path.split("/")[2])
            return None if actions is None else {"instanceActions": actions[: params["limit"]]}
        if path.startswith("/servers/") and path != "/servers/detail":
            return self._server(path.rsplit("/", 1)[1])
        lists: dict[str, Callable[[Json], Json]] = {
            "/os-services": self._services,
            "/servers/detail": self._servers,
            "/os-migrations": self._migrations,
            "/os-server-groups": self._groups,
            "/os-aggregates": lambda _params: {"aggregates": self.aggregates},
            "/os-hypervisors/detail": lambda _params: {"hypervisors": self.hypervisors},
            "/os-hypervisors": lambda _params: {
                "hypervisors": [{key: node[key] for key in ("id", "hypervisor_hostname")} for node in self.hypervisors]
            },
        }
        return lists[path](params) if path in lists else None

    def _services(self, params: Json) -> Json:
        binary = params.get("binary")
        return {"services": [item for item in self.services if binary in (None, item["binary"])]}

    def _servers(self, params: Json) -> Json:
        if "changes-since" in params:
            since = params["changes-since"]
            return self._page("servers", [item for item in self.deleted if item["updated"] >= since], params, "id")
        return self._page("servers", self.soft_deleted if "status" in params else self.servers, params, "id")

    def _server(self, uuid: str) -> Json | None:
        found = [item for item in self.servers + self.soft_deleted + self.unlisted if item["id"] == uuid]
        return {"server": {**found[0], "user_id": "user"}} if found else None

    def _migrations(self, params: Json) -> Json:
        asked = {key: value for key, value in params.items() if key in ("status", "migration_type", "instance_uuid")}
        found = [item for item in self.migrations if asked.items() <= item.items()]
        if "host" in params:
            found = [item for item in found if params["host"] in (item["source_compute"], item["dest_compute"])]
        return self._page("migrations", found, params, "uuid")

    def _groups(self, params: Json) -> Json:
        return {"server_groups": self.groups[params["offset"] : params["offset"] + self.page_limit]}

    def _page(self, name: str, items: list[Json], params: Json, key: str) -> Json:
        start = 1 + [item[key] for item in items].index(params["marker"]) if "marker" in params else 0
        page = items[start : start + self.page_limit]
        links = {f"{name}_links": [{"rel": "next"}]} if len(page) == self.page_limit else {}
        return {name: page, **links}

    def _put_service(self, uuid: str, body: Json) -> Json:
        service = next(item for item in self.services if item["id"] == uuid)
        if "forced_down" in body:
            service.update(forced_down=body["forced_down"], state="down" if body["forced_down"] else "up")
        if "status" not in body:
            return {"service": service}
        service.update(status=body["status"], disabled_reason=body.get("disabled_reason"))
        if self.trait_follows and service["state"] == "up":
            traits = self.traits[uuid_of(service["host"])]
            traits[:] = ["COMPUTE_STATUS_DISABLED"] if body["status"] == "disabled" else []
        return {"service": service}

    def _placement(self, path: str) -> Json | None:
        if path == "/resource_providers":
            return {"resource_providers": self.providers}
        parts = path.split("/")
        if parts[1] == "allocations":
            return self._consumer(parts[2])
        if len(parts) == 4 and parts[1] == "resource_providers" and parts[2] in self.inventories:
            values = {"inventories": self.inventories, "traits": self.traits, "allocations": self.allocations}
            return {parts[3]: values[parts[3]][parts[2]]}
        return None

    def held(self, consumer: str) -> Json:
        """What a consumer holds, by the name of the provider."""
        names = {item["uuid"]: item["name"] for item in self.providers}
        return {names[uuid]: held[consumer]["resources"] for uuid, held in self.allocations.items() if consumer in held}

    def _consumer(self, consumer: str) -> Json:
        held = {uuid: dict(found[consumer]) for uuid, found in self.allocations.items() if consumer in found}
        return {"allocations": held, **self._record(consumer)} if held else {"allocations": {}}

    def _record(self, consumer: str) -> Json:
        new = {"consumer_generation": 1, "project_id": "project", "user_id": "user", "consumer_type": "unknown"}
        return self.consumers.setdefault(consumer, new)

    def _put_allocations(self, consumer: str, body: Json) -> Answer:
        generation = self._record(consumer)["consumer_generation"] if self.held(consumer) else None
        if body["consumer_generation"] != generation:
            detail = f"consumer generation conflict - expected {generation} but got {body['consumer_generation']}"
            return Answer(409, {"errors": [{"detail": detail, "code": "placement.concurrent_update"}]})
        for found in self.allocations.values():
            found.pop(consumer, None)
        for uuid, item in body["allocations"].items():
            self.allocations[uuid][consumer] = {"resources": dict(item["resources"])}
        self._record(consumer)["consumer_generation"] = (generation or 0) + 1
        return Answer(204, None)


class _Session:
    """Stands for the session of keystoneauth."""

    def __init__(self, fake: FakeOpenStack, counter: RequestCounter) -> None:
        self._fake = fake
        self._counter = counter

    def request(self, url: str, method: str, params: Json | None = None, json: Any = None, **options: Any) -> Answer:
        self._counter.count(method, url)
        return self._fake.request(url, method, dict(params or {}), json, options.get("headers", {}))
