# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""States that a cloud can be in before an upgrade, good and bad, as changes of a healthy one.

Each is judged by the status commands of both releases and by our checks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

CRASHED = 255


@dataclass(frozen=True)
class State:
    """Changes of the databases and the configuration, and the exit codes that they bring about.

    *codes* are the worse exit code of both commands, by release. In a configuration {apis} is the address of other APIs, {folder}
    the folder of the configuration files, {api}, {cell0}, {cell1} and {placement} are the databases, and {section[a][b]} is the
    value of [a] b.
    """

    name: str
    codes: tuple[int, int] = (0, 0)
    api: tuple[str, ...] = ()
    cell0: tuple[str, ...] = ()
    cell1: tuple[str, ...] = ()
    placement: tuple[str, ...] = ()
    nova_conf: tuple[tuple[str, str, str | None], ...] = ()
    placement_conf: tuple[tuple[str, str, str | None], ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)

    @property
    def statements(self) -> dict[str, tuple[str, ...]]:
        """The statements by database."""
        return {"api": self.api, "cell0": self.cell0, "cell1": self.cell1, "placement": self.placement}

    def __add__(self, other: State) -> State:
        """Both states at once."""
        return State(
            name=f"{self.name}, {other.name}",
            codes=(max(self.codes[0], other.codes[0]), max(self.codes[1], other.codes[1])),
            api=self.api + other.api,
            cell0=self.cell0 + other.cell0,
            cell1=self.cell1 + other.cell1,
            placement=self.placement + other.placement,
            nova_conf=self.nova_conf + other.nova_conf,
            placement_conf=self.placement_conf + other.placement_conf,
            files={**self.files, **other.files},
        )

    def but(self, name: str, codes: tuple[int, int], **more: tuple[str, ...]) -> State:
        """The state with more statements, which make the commands end otherwise."""
        statements = {database: self.statements[database] + new for database, new in more.items()}
        return replace(self, name=f"{self.name}, but {name}", codes=codes, **statements)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Difference:
    """A state of which commands and checks think differently, and why that is right.

    The results that only one side has, as "command: check: result"; a command that broke down has the one result "broken".
    """

    commands: frozenset[str]
    ours: frozenset[str]
    reason: str


FAILS = (2, 2)
WARNS = (1, 1)
CRASHES = (CRASHED, CRASHED)
CELL0 = "00000000-0000-0000-0000-000000000000"
COMPUTE = "`binary` = 'nova-compute'"
ONE = f"{COMPUTE} AND host = 'cmp1'"
ANOTHER = f"{COMPUTE} AND host = 'cmp2'"
A_CELL = """
    INSERT INTO cell_mappings (uuid, name, transport_url, database_connection, disabled)
    SELECT '22222222-2222-4222-8222-222222222222', 'cell2', transport_url, database_connection, 0 FROM cell_mappings
    WHERE name = 'cell0'
"""
A_SERVICE = """
    INSERT INTO services (host, `binary`, topic, report_count, disabled, deleted, forced_down, version)
    VALUES ('far1', 'nova-compute', 'compute', 1, 0, 0, 0, 50)
"""
A_CONSUMER = """
    INSERT INTO consumers (uuid, project_id, user_id, generation)
    SELECT UUID(), project_id, user_id, 0 FROM consumers LIMIT 1
"""
PLAIN = "deleted = 0 AND display_name = 'plain-1'"
A_SERVER = f"(SELECT uuid FROM instances WHERE {PLAIN})"
TYPE_OF_A_SERVER = f"`key` = 'image_hw_machine_type' AND instance_uuid = {A_SERVER}"
NOWHERE = "mysql+pymysql://nobody:nothing@127.0.0.1:9/nowhere"
TEMPLATE = "{scheme}://{username}:{password}@{hostname}:{port}"
CELL0_TEMPLATE = f"CONCAT('{TEMPLATE}/', SUBSTRING_INDEX(database_connection, '/', -1), '?{{query}}')"
CREDENTIALS = ("auth_type", "auth_url", "username", "password", "project_name", "user_domain_id", "project_domain_id")
CINDER = tuple(("cinder", option, f"{{section[neutron][{option}]}}") for option in CREDENTIALS)
JSON_POLICY = '{"os_compute_api:servers:create": "role:admin"}\n'
YAML_POLICY = '"os_compute_api:servers:create": "role:admin"\n'


def placement_at(path: str) -> tuple[tuple[str, str, str | None], ...]:
    """Placement answers what another one would."""
    return (("placement", "endpoint_override", f"{{apis}}{path}"),)


def cinder_at(path: str) -> tuple[tuple[str, str, str | None], ...]:
    """Cinder is configured and answers what some Cinder would."""
    return (*CINDER, ("cinder", "endpoint_template", f"{{apis}}{path}"))


def versions(number: str, where: str = ONE) -> tuple[str, ...]:
    """Compute services have another service version."""
    return (f"UPDATE services SET version = {number} WHERE {where}",)


OLD = versions("50")
HEALTHY = State("healthy")
ONE_CELL = State("one cell mapping", FAILS, api=("DELETE FROM cell_mappings WHERE name = 'cell1'",))
NO_HOSTS = State("no host mappings", FAILS, api=("DELETE FROM host_mappings",))
SILENT_CELL0 = State(
    "cell0 is silent",
    api=(f"UPDATE cell_mappings SET database_connection = '{NOWHERE}' WHERE uuid = '{CELL0}'",),
)
SILENT_CELL = State(
    "cell1 is silent",
    CRASHES,
    api=(f"UPDATE cell_mappings SET database_connection = '{NOWHERE}' WHERE name = 'cell1'",),
)
TEMPLATES = State(
    "cell mappings are templates",
    api=(
        f"UPDATE cell_mappings SET database_connection = {CELL0_TEMPLATE} WHERE uuid = '{CELL0}'",
        f"UPDATE cell_mappings SET database_connection = '{TEMPLATE}/{{path}}?{{query}}' WHERE name = 'cell1'",
    ),
)
BROKEN_PLACEMENT = State("Placement is broken", CRASHES, nova_conf=placement_at("/broken"))
WRONG_PASSWORD = State("wrong password for Placement", FAILS, nova_conf=(("placement", "password", "no"),))
OLD_COMPUTE = State("a compute service is far too old", FAILS, cell1=OLD)
NO_MACHINE_TYPE = State(
    "a server has no machine type",
    WARNS,
    cell1=(f"DELETE FROM instance_system_metadata WHERE {TYPE_OF_A_SERVER}",),
)
NO_TOKEN = State("service user token off", FAILS, nova_conf=(("service_user", "send_service_user_token", "false"),))
NOVA_JSON = State("Nova's policy is JSON", FAILS, files={"policy.yaml": JSON_POLICY})
OLD_CINDER = State("Cinder is too old", FAILS, nova_conf=cinder_at("/cinder-3.27/v3/%(project_id)s"))
ROOTLESS = State(
    "a provider has no root",
    FAILS,
    placement=("UPDATE resource_providers SET root_provider_id = NULL WHERE name = 'cmp1'",),
)
CONSUMERLESS = State(
    "a consumer has no record",
    WARNS,
    placement=("DELETE FROM consumers WHERE uuid = (SELECT consumer_id FROM allocations ORDER BY id LIMIT 1)",),
)

STATES = (
    HEALTHY,
    # Cells v2
    ONE_CELL,
    State("no cell mappings", FAILS, api=("DELETE FROM cell_mappings",)),
    State(
        "no mapping of cell0",
        FAILS,
        api=(f"UPDATE cell_mappings SET uuid = '11111111-1111-4111-8111-111111111111' WHERE uuid = '{CELL0}'",),
    ),
    NO_HOSTS,
    NO_HOSTS.but("no compute nodes either", (0, 0), cell1=("UPDATE compute_nodes SET deleted = id",)),
    replace(
        NO_HOSTS,
        name="no host mappings, and [database] connection is cell0",
        codes=(0, 0),
        nova_conf=(("database", "connection", "{cell0}"),),
    ),
    State("one host not mapped", api=("DELETE FROM host_mappings WHERE host = 'cmp1'",)),
    State(
        "a cell is disabled and holds an old compute",
        FAILS,
        api=("UPDATE cell_mappings SET disabled = 1 WHERE name = 'cell1'",),
        cell1=OLD,
    ),
    TEMPLATES,
    TEMPLATES + OLD_COMPUTE,
    State(
        "a template with a part that does not exist",
        CRASHES,
        api=(f"UPDATE cell_mappings SET database_connection = '{TEMPLATE}/{{nothing}}' WHERE name = 'cell1'",),
    ),
    SILENT_CELL0,
    SILENT_CELL,
    State("Nova's API database is silent", CRASHES, nova_conf=(("api_database", "connection", NOWHERE),)),
    State("Placement's database is silent", CRASHES, placement_conf=(("placement_database", "connection", NOWHERE),)),
    SILENT_CELL0 + OLD_COMPUTE,
    State(
        "an old compute in another cell",
        FAILS,
        api=(A_CELL,),
        cell0=(A_SERVICE,),
    ),
    State(
        "an old compute in one of two cells of the same name",
        FAILS,
        api=(A_CELL, "UPDATE cell_mappings SET name = 'cell1' WHERE name = 'cell2'"),
        cell1=OLD,
    ),
    # Placement API
    State("no credentials for Placement", FAILS, nova_conf=(("placement", "auth_type", None),)),
    WRONG_PASSWORD,
    State("no project for Placement", FAILS, nova_conf=(("placement", "project_name", None),)),
    State("no endpoint of Placement in the region", FAILS, nova_conf=(("placement", "region_name", "Atlantis"),)),
    State("Placement is not there", FAILS, nova_conf=placement_at("/nothing")),
    State("Placement is too old", FAILS, nova_conf=placement_at("/placement-1.35")),
    State("Placement is older than it sorts", FAILS, nova_conf=placement_at("/placement-1.4")),
    State("Placement is just new enough", nova_conf=placement_at("/placement-1.36")),
    State("Placement is far newer", nova_conf=placement_at("/placement-2.0")),
    State("Placement refuses", FAILS, nova_conf=placement_at("/denied")),
    BROKEN_PLACEMENT,
    BROKEN_PLACEMENT + OLD_COMPUTE,
    State("Placement answers with text", CRASHES, nova_conf=placement_at("/text")),
    State("Placement has no versions", CRASHES, nova_conf=placement_at("/none")),
    State("Placement's port is closed", CRASHES, nova_conf=(("placement", "endpoint_override", "http://127.0.0.1:9"),)),
    State("Placement's identity API is not there", FAILS, nova_conf=(("placement", "auth_url", "{apis}/nothing"),)),
    # Cinder API
    OLD_CINDER,
    State("Cinder is just new enough", nova_conf=cinder_at("/cinder-3.44/v3/%(project_id)s")),
    State("Cinder has no version 3", FAILS, nova_conf=cinder_at("/cinder-2.0/v3/%(project_id)s")),
    State("Cinder is addressed as version 2", WARNS, nova_conf=cinder_at("/cinder-3.70/v2/%(project_id)s")),
    State("Cinder has no endpoint", WARNS, nova_conf=CINDER),
    State("Cinder is broken", WARNS, nova_conf=cinder_at("/broken/v3/%(project_id)s")),
    State("Cinder answers with text", WARNS, nova_conf=cinder_at("/text/v3/%(project_id)s")),
    State(
        "wrong password for Cinder",
        WARNS,
        nova_conf=(*cinder_at("/cinder-3.70/v3/%(project_id)s"), ("cinder", "password", "no")),
    ),
    # Policy File JSON to YAML Migration
    NOVA_JSON,
    State("Nova's policy is an empty object", FAILS, files={"policy.yaml": "{}\n"}),
    State("Nova's policy is empty", files={"policy.yaml": ""}),
    State(
        "Nova's policy is YAML in a file called JSON",
        nova_conf=(("oslo_policy", "policy_file", "policy.json"),),
        files={"policy.json": YAML_POLICY},
    ),
    State(
        "Nova's policy is JSON in a named file",
        FAILS,
        nova_conf=(("oslo_policy", "policy_file", "{folder}/rules/nova.json"),),
        files={"rules/nova.json": JSON_POLICY},
    ),
    State("Nova's policy does not exist", nova_conf=(("oslo_policy", "policy_file", "nowhere.yaml"),)),
    State(
        "Placement's policy is JSON",
        FAILS,
        placement_conf=(("oslo_policy", "policy_file", "placement.json"),),
        files={"placement.json": '{"admin_api": "role:admin"}'},
    ),
    # Older than N-1 computes
    OLD_COMPUTE,
    State("a compute service is one release too old for 2026.1", FAILS, cell1=versions("67")),
    State("a compute service is just new enough for 2026.1", (0, 2), cell1=versions("68")),
    State("a compute service is one version too old for 2026.2", (0, 2), cell1=versions("71")),
    State("the old compute service is forced down", cell1=(*OLD, f"UPDATE services SET forced_down = 1 WHERE {ONE}")),
    State(
        "the old compute service was forced down or not before there was a record of it",
        cell1=(*OLD, f"UPDATE services SET forced_down = NULL WHERE {ONE}"),
    ),
    State("the old compute service is deleted", cell1=(*OLD, f"UPDATE services SET deleted = id WHERE {ONE}")),
    State("the old compute service is disabled", FAILS, cell1=(*OLD, f"UPDATE services SET disabled = 1 WHERE {ONE}")),
    State(
        "the old compute service is down",
        FAILS,
        cell1=(*OLD, f"UPDATE services SET last_seen_up = '2020-01-01', updated_at = '2020-01-01' WHERE {ONE}"),
    ),
    State("a compute service has no version", cell1=versions("NULL")),
    State("a compute service has version 0", cell1=versions("0")),
    State("one compute service has version 0, another is old", cell1=(*versions("0"), *versions("50", ANOTHER))),
    State("no compute services", cell1=(f"UPDATE services SET deleted = id WHERE {COMPUTE}",)),
    State("a conductor is old", cell1=versions("50", "`binary` = 'nova-conductor'")),
    State(
        "an old compute service in cell0",
        FAILS,
        cell0=(A_SERVICE,),
    ),
    # hw_machine_type unset
    NO_MACHINE_TYPE,
    State(
        "a server's machine type is deleted",
        cell1=(f"UPDATE instance_system_metadata SET deleted = id WHERE {TYPE_OF_A_SERVER}",),
    ),
    State(
        "a server's machine type is NULL",
        WARNS,
        cell1=(f"UPDATE instance_system_metadata SET value = NULL WHERE {TYPE_OF_A_SERVER}",),
    ),
    State(
        "a server's machine type is empty",
        cell1=(f"UPDATE instance_system_metadata SET value = '' WHERE {TYPE_OF_A_SERVER}",),
    ),
    State(
        "a server's machine type has an old name",
        cell1=(f"UPDATE instance_system_metadata SET `key` = 'hw_machine_type' WHERE {TYPE_OF_A_SERVER}",),
    ),
    NO_MACHINE_TYPE.but("is being built", (0, 0), cell1=(f"UPDATE instances SET vm_state = 'building' WHERE {PLAIN}",)),
    NO_MACHINE_TYPE.but("has no state", WARNS, cell1=(f"UPDATE instances SET vm_state = NULL WHERE {PLAIN}",)),
    NO_MACHINE_TYPE.but("is hidden", WARNS, cell1=(f"UPDATE instances SET hidden = 1 WHERE {PLAIN}",)),
    NO_MACHINE_TYPE.but("is deleted", (0, 0), cell1=(f"UPDATE instances SET deleted = id WHERE {PLAIN}",)),
    State(
        "a server that never reached a host has no machine type",
        cell0=("DELETE FROM instance_system_metadata WHERE `key` = 'image_hw_machine_type'",),
    ),
    # Service User Token Configuration
    NO_TOKEN,
    State("service user token not set", FAILS, nova_conf=(("service_user", "send_service_user_token", None),)),
    State("service user token on, in other words", nova_conf=(("service_user", "send_service_user_token", "Yes"),)),
    # Missing Root Provider IDs
    ROOTLESS,
    # Incomplete Consumers
    CONSUMERLESS,
    State("no consumer has a record", WARNS, placement=("DELETE FROM consumers",)),
    State(
        "one consumer has no record, another consumes nothing",
        WARNS,
        placement=(
            *CONSUMERLESS.placement,
            A_CONSUMER,
        ),
    ),
    State("no allocations", placement=("DELETE FROM allocations", "DELETE FROM consumers")),
    # In pairs
    ONE_CELL + NO_TOKEN,
    NO_HOSTS + OLD_COMPUTE,
    NO_HOSTS + WRONG_PASSWORD,
    SILENT_CELL0 + NO_MACHINE_TYPE,
    WRONG_PASSWORD + NO_MACHINE_TYPE,
    OLD_CINDER + OLD_COMPUTE,
    NOVA_JSON + ROOTLESS,
    OLD_COMPUTE + NO_MACHINE_TYPE,
    OLD_COMPUTE + CONSUMERLESS,
    NO_MACHINE_TYPE + CONSUMERLESS,
    NO_TOKEN + NOVA_JSON,
    ROOTLESS + CONSUMERLESS,
)


def broke(why: str, *ours: str) -> Difference:
    """nova-status ends in a traceback, and all its other results are lost."""
    return Difference(frozenset({"nova-status: broken"}), frozenset(f"nova-status: {result}" for result in ours), why)


def unseen(why: str, *ours: str) -> Difference:
    """nova-status sees nothing wrong."""
    return Difference(frozenset(), frozenset(f"nova-status: {result}" for result in ours), why)


BROKEN_ANSWER = "nova-status expects no other answer of Placement than a good one or 401 or 404"
SKIPPED_CELL = "nova-status passes over a cell that does not answer, as if it had no compute hosts"

DIFFERENCES: dict[str, Difference] = {
    "no host mappings, and [database] connection is cell0": unseen(
        "nova-status counts the compute nodes of its own [database] connection, not those of the cells",
        "Cells v2: failure",
    ),
    "a template with a part that does not exist": Difference(
        frozenset({"nova-status: broken"}),
        frozenset({"refused"}),
        "nova-status uses the template as if it were a URL; we say which part is missing and where to mend it",
    ),
    "cell0 is silent": unseen(SKIPPED_CELL, "Older than N-1 computes: unknown"),
    "cell0 is silent, a server has no machine type": unseen(SKIPPED_CELL, "Older than N-1 computes: unknown"),
    "cell1 is silent": broke(
        "nova-status takes the error of a silent cell for its list of servers",
        "Older than N-1 computes: unknown",
        "hw_machine_type unset: unknown",
    ),
    "Nova's API database is silent": Difference(
        frozenset({"nova-status: broken"}),
        frozenset({"refused"}),
        "nova-status prints a traceback; we say in one sentence which database cannot be reached",
    ),
    "Placement's database is silent": Difference(
        frozenset({"placement-status: broken"}),
        frozenset({"refused"}),
        "placement-status prints a traceback; we say in one sentence which database cannot be reached",
    ),
    "Placement is broken": broke(BROKEN_ANSWER, "Placement API: unknown"),
    "Placement is broken, a compute service is far too old": broke(
        BROKEN_ANSWER, "Placement API: unknown", "Older than N-1 computes: failure"
    ),
    "Placement answers with text": broke(BROKEN_ANSWER, "Placement API: unknown"),
    "Placement has no versions": broke(BROKEN_ANSWER, "Placement API: unknown"),
    "Placement's port is closed": broke(BROKEN_ANSWER, "Placement API: unknown"),
    "one compute service has version 0, another is old": unseen(
        "nova-status takes the least version of a cell and drops the cell when that is 0",
        "Older than N-1 computes: failure",
    ),
}
