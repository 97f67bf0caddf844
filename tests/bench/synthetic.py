# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A large cloud in copies of the rehearsal cloud's databases: rows of one real host and one real server, many times over."""

from __future__ import annotations

from harness.copies import Copies

HOST = "cmp1"
SERVER = "plain-1"

# The names of the n-th host and the n-th server; seq is a column of MariaDB's sequences.
HOST_NAME = "CONCAT('bench', LPAD({}, 4, '0'))"
HOST_UUID = "CONCAT('c0de0000-0000-4000-8000-', LPAD({}, 12, '0'))"
SERVER_UUID = "CONCAT('5e44e400-0000-4000-8000-', LPAD(seq, 12, '0'))"


class Crowd:
    """The rows of *computes* hosts and *servers* servers, spread evenly over them."""

    def __init__(self, copies: Copies, computes: int, servers: int) -> None:
        self._copies = copies
        self._computes, self._servers = computes, servers
        self._host_of_server = f"MOD(seq, {computes}) + 1"
        with copies.connect("cell1") as connection, connection.cursor() as cursor:
            cursor.execute("SELECT uuid FROM instances WHERE deleted = 0 AND display_name = %s", (SERVER,))
            self._server = str((cursor.fetchone() or {})["uuid"])

    def load(self) -> None:
        """Insert all of it."""
        self._hosts()
        self._instances()
        self._providers()
        self._allocations()

    def _clone(self, database: str, table: str, where: str, count: int, **values: str) -> None:
        """Insert the rows that match, *count* times, with other values (SQL expressions) in some columns."""
        with self._copies.connect(database) as connection, connection.cursor() as cursor:
            cursor.execute(
                "SELECT column_name AS name FROM information_schema.columns"
                " WHERE table_schema = DATABASE() AND table_name = %s AND column_name <> 'id'",
                (table,),
            )
            columns = [row["name"] for row in cursor.fetchall()]
            assert set(values) <= set(columns), (table, values, columns)
            names = ", ".join(f"`{name}`" for name in columns)
            found = ", ".join(values.get(name, f"t.`{name}`") for name in columns)
            assert cursor.execute(
                f"INSERT INTO {table} ({names}) SELECT {found} FROM {table} t JOIN seq_1_to_{count} WHERE {where}"
            ), f"nothing to clone in {table}"

    def _hosts(self) -> None:
        name, uuid = HOST_NAME.format("seq"), HOST_UUID.format("seq")
        where = f"t.host = '{HOST}'"
        service = f"(SELECT id FROM services s WHERE s.host = {name} AND s.deleted = 0)"
        self._clone("api", "host_mappings", where, self._computes, host=name)
        self._clone(
            "cell1",
            "services",
            f"{where} AND t.deleted = 0 AND t.`binary` = 'nova-compute'",
            self._computes,
            host=name,
            uuid="UUID()",
            last_seen_up="UTC_TIMESTAMP()",
        )
        self._clone(
            "cell1",
            "compute_nodes",
            f"{where} AND t.deleted = 0",
            self._computes,
            host=name,
            hypervisor_hostname=name,
            uuid=uuid,
            service_id=service,
        )

    def _instances(self) -> None:
        host = HOST_NAME.format(self._host_of_server)
        node = f"(SELECT id FROM compute_nodes n WHERE n.uuid = {HOST_UUID.format(self._host_of_server)})"
        of_server = f"t.instance_uuid = '{self._server}'"
        name = "CONCAT('bench-', seq)"
        own = {"uuid": SERVER_UUID, "display_name": name, "hostname": name}
        place = {"host": host, "node": host, "launched_on": host, "compute_id": node}
        self._clone("cell1", "instances", f"t.uuid = '{self._server}'", self._servers, **own, **place)
        for table in ("instance_extra", "instance_info_caches", "instance_system_metadata"):
            self._clone("cell1", table, f"{of_server} AND t.deleted = 0", self._servers, instance_uuid=SERVER_UUID)
        self._clone("api", "instance_mappings", of_server, self._servers, instance_uuid=SERVER_UUID)
        spec = f"REPLACE(t.spec, '{self._server}', {SERVER_UUID})"
        self._clone("api", "request_specs", of_server, self._servers, instance_uuid=SERVER_UUID, spec=spec)

    def _providers(self) -> None:
        name, uuid = HOST_NAME.format("seq"), HOST_UUID.format("seq")
        provider = f"(SELECT id FROM resource_providers p WHERE p.uuid = {uuid})"
        of_host = f"t.resource_provider_id = (SELECT id FROM resource_providers p WHERE p.name = '{HOST}')"
        own = {"name": name, "uuid": uuid, "root_provider_id": "NULL"}
        self._clone("placement", "resource_providers", f"t.name = '{HOST}'", self._computes, **own)
        self._copies.run(
            "placement", "UPDATE resource_providers SET root_provider_id = id WHERE root_provider_id IS NULL"
        )
        for table in ("inventories", "resource_provider_traits"):
            self._clone("placement", table, of_host, self._computes, resource_provider_id=provider)

    def _allocations(self) -> None:
        provider = f"(SELECT id FROM resource_providers p WHERE p.uuid = {HOST_UUID.format(self._host_of_server)})"
        self._clone("placement", "consumers", f"t.uuid = '{self._server}'", self._servers, uuid=SERVER_UUID)
        self._clone(
            "placement",
            "allocations",
            f"t.consumer_id = '{self._server}'",
            self._servers,
            consumer_id=SERVER_UUID,
            resource_provider_id=provider,
        )
