# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Users, endpoints, images, flavors and zones: everything but the servers."""

from __future__ import annotations

from typing import Any

from .cloud import call, connect
from .spec import Spec

SERVICES = {"compute": "nova", "placement": "placement", "image": "glance", "network": "neutron"}
TENANTS = ("rehearsal-a", "rehearsal-b")
FLAVORS: dict[str, dict[str, Any]] = {
    "tiny": {"vcpus": 1, "ram": 64, "disk": 1},
    "small": {"vcpus": 2, "ram": 128, "disk": 2},
    "swapping": {"vcpus": 1, "ram": 128, "disk": 2, "OS-FLV-EXT-DATA:ephemeral": 1, "swap": 512},
    "overridden": {"vcpus": 2, "ram": 128, "disk": 1, "extra_specs": {"resources:VCPU": "1"}},
    "pinned": {"vcpus": 2, "ram": 128, "disk": 1, "extra_specs": {"hw:cpu_policy": "dedicated"}},
    "impossible": {"vcpus": 512, "ram": 64, "disk": 1},
}


def identity(spec: Spec) -> None:
    """Projects, users, roles and endpoints."""
    passwords = spec.secrets()["user"]
    keystone = connect(spec).identity
    projects = {item.name: item for item in keystone.projects()}
    for name in ("service", *TENANTS):
        projects[name] = projects.get(name) or keystone.create_project(name=name, domain_id="default")
    roles = {item.name: item for item in keystone.roles()}
    users = {item.name: item for item in keystone.users()}

    def grant(user: str, project: str, *names: str) -> None:
        users[user] = users.get(user) or keystone.create_user(name=user, password=passwords[user], domain_id="default")
        for name in names:
            roles[name] = roles.get(name) or keystone.create_role(name=name)
            keystone.assign_project_role_to_user(projects[project], users[user], roles[name])

    for name in SERVICES.values():
        grant(name, "service", "admin", "service")
    grant("rehearsal-service", "service", "admin", "service")
    for name in TENANTS:
        grant(name, name, "member")
        grant("admin", name, "admin", "member")
    there = {item.type for item in keystone.services()}
    for kind, name in SERVICES.items():
        if kind not in there:
            service = keystone.create_service(name=name, type=kind)
            for interface in ("public", "internal", "admin"):
                keystone.create_endpoint(
                    service_id=service.id, interface=interface, url=spec.endpoints[kind], region_id="RegionOne"
                )


def resources(spec: Spec) -> None:
    """Image, flavors and two availability zones."""
    cloud = connect(spec)
    if not any(image.name == "rehearsal" for image in cloud.image.images()):
        cloud.image.create_image(
            name="rehearsal", disk_format="raw", container_format="bare", data=b"rehearsal", visibility="public"
        )
    there = {item["name"] for item in call(cloud, "GET", "/flavors")["flavors"]}
    for name, flavor in FLAVORS.items():
        if name in there:
            continue
        body = {"name": name, **{key: value for key, value in flavor.items() if key != "extra_specs"}}
        made = call(cloud, "POST", "/flavors", {"flavor": body})["flavor"]
        if flavor.get("extra_specs"):
            call(cloud, "POST", f"/flavors/{made['id']}/os-extra_specs", {"extra_specs": flavor["extra_specs"]})
    zones = {item["name"] for item in call(cloud, "GET", "/os-aggregates")["aggregates"]}
    for number, zone in enumerate(("az1", "az2")):
        if zone in zones:
            continue
        made = call(cloud, "POST", "/os-aggregates", {"aggregate": {"name": zone, "availability_zone": zone}})[
            "aggregate"
        ]
        for host in spec.computes[number::2]:
            call(cloud, "POST", f"/os-aggregates/{made['id']}/action", {"add_host": {"host": host}})
