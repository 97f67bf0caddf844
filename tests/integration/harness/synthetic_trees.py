# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many provider trees in the database of a real Placement, and sums that tell whether a reshape has lost or doubled a unit.

Every tree has a root with VCPU, MEMORY_MB, DISK_GB and CUSTOM_ACCEL, and children with something of their own. All its consumers hold
something on the root; the disk of every fifth lies on storage that so many trees share (SHARERS). Nova's scheduler leaves the trees alone, as their
roots bear the trait of disabled compute hosts.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field

import pymysql
from harness import state

CHILDREN = 4
PROJECT, USER = "bench-trees-project", "bench-trees-user"
AGGREGATE = "c0de7ee5-0000-4000-a000-000000000000"
STORAGES = "c0de7ee5-0000-4000-9000-%"
SHARERS = 25
PROVIDERS, CONSUMERS = "c0de7ee5-%", "5e447ee5-%"
CUSTOM = ("CUSTOM_ACCEL", "CUSTOM_BENCH_PORT")

# Roots (r), each with every row of another table: mostly one of MariaDB's sequences (s).
ROOTS = f"FROM resource_providers r JOIN {{}} WHERE r.uuid LIKE '{PROVIDERS}' AND r.id = r.root_provider_id AND r.uuid NOT LIKE '{STORAGES}'"
ROOT_NAME = "CONCAT('tree', LPAD(s.seq, 4, '0'))"
ROOT_UUID = "CONCAT('c0de7ee5-0000-4000-8000-', LPAD(s.seq, 12, '0'))"
STORAGE_UUID = "CONCAT('c0de7ee5-0000-4000-9000-', LPAD({}, 12, '0'))"
CHILD_UUID = "CONCAT(LEFT(r.uuid, 19), '800', s.seq, RIGHT(r.uuid, 13))"
CONSUMER_UUID = "CONCAT('5e447ee5-0000-4', LPAD(s.seq, 3, '0'), '-8000', RIGHT(r.uuid, 13))"
OF_PROVIDERS = ("allocations", "inventories", "resource_provider_traits", "resource_provider_aggregates")
LOADED = ("allocations", "consumers", "inventories", "resource_providers", "resource_provider_traits")
OFFERED = f"""
    SELECT r.name, k.name, SUM(i.total) FROM inventories i JOIN resource_classes k ON k.id = i.resource_class_id
    JOIN resource_providers p ON p.id = i.resource_provider_id JOIN resource_providers r ON r.id = p.root_provider_id
    WHERE r.uuid LIKE '{PROVIDERS}' GROUP BY r.name, k.name
"""
HELD = f"""
    SELECT a.consumer_id, k.name, a.used FROM allocations a JOIN resource_classes k ON k.id = a.resource_class_id
    WHERE a.consumer_id LIKE '{CONSUMERS}'
"""
# When the rows of the providers are gone.
REMOVE = (
    f"DELETE FROM allocations WHERE consumer_id LIKE '{CONSUMERS}'",
    f"DELETE FROM consumers WHERE uuid LIKE '{CONSUMERS}'",
    f"DELETE FROM consumers WHERE project_id IN (SELECT id FROM projects WHERE external_id = '{PROJECT}')",
    f"DELETE FROM projects WHERE external_id = '{PROJECT}'",
    f"DELETE FROM users WHERE external_id = '{USER}'",
    f"DELETE FROM placement_aggregates WHERE uuid = '{AGGREGATE}'",
    f"DELETE FROM resource_classes WHERE name IN {CUSTOM} AND id NOT IN (SELECT resource_class_id FROM inventories)",
)


@dataclass(frozen=True)
class Units:
    """What there is and who has it: total by tree and resource class, amount by consumer and resource class, records of consumers."""

    offered: Mapping[tuple[str, str], int] = field(repr=False)
    held: Mapping[tuple[str, str], int] = field(repr=False)
    consumers: int

    @property
    def totals(self) -> dict[str, int]:
        """The sum of inventory totals by resource class."""
        return _by_class(self.offered)

    @property
    def used(self) -> dict[str, int]:
        """The sum of allocations by resource class."""
        return _by_class(self.held)

    @property
    def digest(self) -> str:
        """One word for what every single consumer holds."""
        return hashlib.sha256(repr(sorted(self.held.items())).encode()).hexdigest()

    def lost(self, later: Units) -> int:
        """How many units, of inventories, of allocations and of consumers, there are no more."""
        return (
            _missing(self.offered, later.offered)
            + _missing(self.held, later.held)
            + max(0, self.consumers - later.consumers)
        )

    def doubled(self, later: Units) -> int:
        """How many units have come that were not there."""
        return later.lost(self)


class Forest:
    """The rows of *trees* trees with *consumers* consumers each, in the Placement database at a connection URL."""

    def __init__(self, url: str, trees: int = 1000, consumers: int = 50) -> None:
        assert trees < 10_000, "names have four figures"
        assert consumers < 1000, "UUIDs have three"
        self._url = url
        self._trees, self._consumers = trees, consumers

    @property
    def hosts(self) -> list[str]:
        """The names of the roots."""
        return [f"tree{number:04}" for number in range(1, self._trees + 1)]

    def load(self) -> None:
        """Insert all of it, at once for everybody else."""
        with self._cursor() as cursor:
            cursor.execute("START TRANSACTION")
            for name in CUSTOM:  # numbered as in placement/objects/resource_class.py
                cursor.execute(
                    "INSERT IGNORE INTO resource_classes (id, name)"
                    " SELECT GREATEST(MAX(id) + 1, 10000), %s FROM resource_classes",
                    (name,),
                )
            for statement in (*self._providers(), *self._inventories(), *self._allocations()):
                assert cursor.execute(statement), f"no row is changed by: {statement}"
            cursor.execute("COMMIT")
            cursor.execute(f"ANALYZE TABLE {', '.join(LOADED)}")

    def remove(self) -> None:
        """Leave nothing behind, also of what has come to the trees since. Other consumers go if they are our project's."""
        with self._cursor() as cursor:
            cursor.execute(
                "SELECT p.id FROM resource_providers p JOIN resource_providers r ON r.id = p.root_provider_id"
                f" WHERE r.uuid LIKE '{PROVIDERS}'"
            )
            providers = (0, *(number for (number,) in cursor.fetchall()))
            cursor.execute("SET SESSION foreign_key_checks = 0")
            cursor.execute("START TRANSACTION")
            for table in OF_PROVIDERS:
                cursor.execute(f"DELETE FROM {table} WHERE resource_provider_id IN %s", (providers,))
            cursor.execute("DELETE FROM resource_providers WHERE id IN %s", (providers,))
            for statement in REMOVE:
                cursor.execute(statement)
            cursor.execute("COMMIT")

    def audit(self) -> Units:
        """Read it in one snapshot: what the trees and their storage offer, and what our consumers hold anywhere."""
        with self._cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            cursor.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
            cursor.execute(OFFERED)
            offered = {(tree, name): int(total) for tree, name, total in cursor.fetchall()}
            cursor.execute(HELD)
            held: Counter[tuple[str, str]] = Counter()
            for consumer, name, used in cursor.fetchall():
                held[consumer, name] += used
            cursor.execute(f"SELECT COUNT(*) FROM consumers WHERE uuid LIKE '{CONSUMERS}'")
            return Units(offered, held, int((cursor.fetchone() or (0,))[0]))

    @contextmanager
    def _cursor(self) -> Iterator[pymysql.cursors.Cursor]:
        with (
            closing(state.connect(self._url)) as connection,
            connection.cursor(pymysql.cursors.Cursor) as cursor,  # tuples, which are read faster
        ):
            yield cursor

    def _providers(self) -> Iterable[str]:
        provider = "INSERT INTO resource_providers (uuid, name, generation, root_provider_id, parent_provider_id)"
        yield (
            f"{provider} SELECT {STORAGE_UUID.format('s.seq')}, CONCAT('tree-storage', s.seq), 1, NULL, NULL"
            f" FROM seq_1_to_{-(-self._trees // SHARERS)} s"
        )
        yield f"{provider} SELECT {ROOT_UUID}, {ROOT_NAME}, 1, NULL, NULL FROM seq_1_to_{self._trees} s"
        yield f"UPDATE resource_providers SET root_provider_id = id WHERE uuid LIKE '{PROVIDERS}'"
        children = ROOTS.format(f"seq_1_to_{CHILDREN} s")
        yield f"{provider} SELECT {CHILD_UUID}, CONCAT(r.name, '_child', s.seq), 1, r.id, r.id {children}"
        trait = "INSERT INTO resource_provider_traits (resource_provider_id, trait_id) SELECT r.id, t.id"
        yield f"{trait} {ROOTS.format('traits t')} AND t.name = 'COMPUTE_STATUS_DISABLED'"
        yield (
            f"{trait} FROM resource_providers r JOIN traits t"
            f" WHERE r.uuid LIKE '{STORAGES}' AND t.name = 'MISC_SHARES_VIA_AGGREGATE'"
        )
        yield f"INSERT INTO placement_aggregates (uuid) VALUES ('{AGGREGATE}')"
        yield (
            "INSERT INTO resource_provider_aggregates (resource_provider_id, aggregate_id)"
            " SELECT r.id, g.id FROM resource_providers r JOIN placement_aggregates g"
            f" WHERE r.uuid LIKE '{PROVIDERS}' AND r.id = r.root_provider_id AND g.uuid = '{AGGREGATE}'"
        )

    def _inventories(self) -> Iterable[str]:
        def offer(where: str, name: str, total: int) -> str:
            return (
                "INSERT INTO inventories (resource_provider_id, resource_class_id, total, reserved, min_unit, max_unit,"
                " step_size, allocation_ratio)"
                f" SELECT r.id, k.id, {total}, 0, 1, {total}, 1, 1.0 FROM resource_providers r JOIN resource_classes k"
                f" WHERE r.uuid LIKE '{where}' AND k.name = '{name}'"
            )

        people, everybody = self._consumers, self._consumers * self._trees
        for name, total in (("VCPU", 4), ("MEMORY_MB", 4096), ("DISK_GB", 20), ("CUSTOM_ACCEL", CHILDREN)):
            yield offer("c0de7ee5-0000-4000-8000-%", name, people * total)
        for child in range(1, CHILDREN + 1):
            yield offer(f"c0de7ee5-0000-4000-800{child}-%", "CUSTOM_BENCH_PORT", 8)
        yield offer(STORAGES, "DISK_GB", 20 * everybody)

    def _allocations(self) -> Iterable[str]:
        yield f"INSERT INTO projects (external_id) VALUES ('{PROJECT}')"
        yield f"INSERT INTO users (external_id) VALUES ('{USER}')"
        sequence = f"seq_1_to_{self._consumers} s"
        yield (
            f"INSERT INTO consumers (uuid, generation, project_id, user_id) SELECT {CONSUMER_UUID}, 1,"
            f" (SELECT id FROM projects WHERE external_id = '{PROJECT}'), (SELECT id FROM users WHERE external_id = '{USER}')"
            f" {ROOTS.format(sequence)}"
        )

        def hold(provider: str, name: str, used: int, which: str = "TRUE") -> str:
            return (
                "INSERT INTO allocations (resource_provider_id, consumer_id, resource_class_id, used)"
                f" SELECT {provider}, {CONSUMER_UUID}, (SELECT id FROM resource_classes WHERE name = '{name}'), {used}"
                f" {ROOTS.format(sequence)} AND {which}"
            )

        for name, used in (("VCPU", 2), ("MEMORY_MB", 2048), ("CUSTOM_ACCEL", 1)):
            yield hold("r.id", name, used)
        number = f"(RIGHT(r.uuid, 12) + {SHARERS - 1}) DIV {SHARERS}"
        shared = f"(SELECT id FROM resource_providers WHERE uuid = {STORAGE_UUID.format(number)})"
        yield hold("r.id", "DISK_GB", 10, "MOD(s.seq, 5) <> 0")
        yield hold(shared, "DISK_GB", 10, "MOD(s.seq, 5) = 0")


def _by_class(amounts: Mapping[tuple[str, str], int]) -> dict[str, int]:
    found: Counter[str] = Counter()
    for (_whose, name), amount in amounts.items():
        found[name] += amount
    return dict(found)


def _missing(before: Mapping[tuple[str, str], int], after: Mapping[tuple[str, str], int]) -> int:
    return sum(max(0, amount - after.get(key, 0)) for key, amount in before.items())
