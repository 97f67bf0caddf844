# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A virt driver without a hypervisor, for rehearsals: its guests outlive nova-compute.

Nova loads drivers from its own package only, so this file is copied to nova/virt/rehearsal.py
(and the other files of its folder beside it) and named in nova.conf as compute_driver = rehearsal.RehearsalDriver.
"""

from __future__ import annotations

import json
import os
import threading
import time

import nova.conf
import os_traits
from nova import context, exception, version
from nova.compute import power_state
from nova.scheduler.client import report
from nova.virt import fake, rehearsal_layout, rehearsal_reshape, rehearsal_trouble

CONF = nova.conf.CONF
# The major version of Nova that begins to mark its providers with the trait OWNER_NOVA.
MARKS_PROVIDERS = 34


class GuestFile:
    """Names and power states of the guests, in a file that is whole at every instant."""

    def __init__(self, path):
        self._path = path
        self._lock = threading.Lock()

    def read(self):
        try:
            with open(self._path, encoding="utf-8") as handle:
                records = json.load(handle)
        except FileNotFoundError:
            return {}
        return {
            uuid: fake.FakeInstance(record["name"], record["power_state"], uuid) for uuid, record in records.items()
        }

    def write(self, guests):
        with self._lock:
            records = {uuid: {"name": guest.name, "power_state": guest.state} for uuid, guest in list(guests.items())}
            draft = "%s.%d" % (self._path, os.getpid())
            with open(draft, "w", encoding="utf-8") as handle:
                json.dump(records, handle, indent=1, sort_keys=True)
                handle.flush()
                os.fsync(handle.fileno())
            os.replace(draft, self._path)


class RehearsalDriver(fake.FakeDriverWithoutFakeNodes):
    """Nova's fake driver, made fit for a host that is restarted, upgraded and emptied.

    The capacity comes from the environment, and the provider tree from $state_path/layout.json.
    """

    vcpus = int(os.environ.get("REHEARSAL_VCPUS", "32"))
    memory_mb = int(os.environ.get("REHEARSAL_MEMORY_MB", "65536"))
    local_gb = int(os.environ.get("REHEARSAL_DISK_GB", "1024"))

    def init_host(self, host):
        super().init_host(host)
        self._file = GuestFile(os.path.join(CONF.state_path, "guests.json"))
        self.instances = self._file.read()
        self._trouble = rehearsal_trouble.TroubleFile(os.path.join(CONF.state_path, "trouble.json"))
        self._moving = rehearsal_trouble.LiveMigrations(self._trouble)

    def _keep(self):
        self._file.write(self.instances)

    def _set_power(self, instance, state):
        guest = self.instances.get(instance.uuid)
        if guest is None:
            raise exception.InstanceNotFound(instance_id=instance.uuid)
        guest.state = state
        self._keep()

    # What makes, removes or moves a guest.

    def spawn(self, *args, **kwargs):
        super().spawn(*args, **kwargs)
        self._keep()

    def destroy(self, *args, **kwargs):
        super().destroy(*args, **kwargs)
        self._keep()

    def finish_revert_migration(self, *args, **kwargs):
        super().finish_revert_migration(*args, **kwargs)
        self._keep()

    def migrate_disk_and_power_off(self, context, instance, *args, **kwargs):
        self._set_power(instance, power_state.SHUTDOWN)
        time.sleep(self._trouble.of(instance).cold_seconds)
        return super().migrate_disk_and_power_off(context, instance, *args, **kwargs)

    def finish_migration(self, context, migration, instance, *args, **kwargs):
        if self._trouble.of(instance).cold_fails:
            raise exception.InternalError("the guest does not start here: so trouble.json of this host wants it")
        super().finish_migration(context, migration, instance, *args, **kwargs)

    def check_can_live_migrate_source(self, context, instance, *args, **kwargs):
        if self._trouble.of(instance).live_ends == "refused":
            raise exception.MigrationPreCheckError(reason="trouble.json of this host wants it")
        return super().check_can_live_migrate_source(context, instance, *args, **kwargs)

    def live_migration(
        self, context, instance, dest, post_method, recover_method, block_migration=False, migrate_data=None
    ):
        ending = self._moving.run(instance, migrate_data.migration)
        if ending == "done":
            post_method(context, instance, dest, block_migration, migrate_data)
        else:
            recover_method(context, instance, dest, migrate_data, migration_status=ending)

    def live_migration_force_complete(self, instance):
        self._moving.end(instance, "done")

    def live_migration_abort(self, instance):
        self._moving.end(instance, "cancelled")

    def post_live_migration(self, context, instance, block_device_info, migrate_data=None):
        # Nova's own fake driver leaves the guest here, and its next visit ends in InstanceExists.
        self.destroy(context, instance, None, block_device_info)

    def post_live_migration_at_destination(self, context, instance, *args, **kwargs):
        # Nova's own fake driver lets every guest run on, a paused one, too.
        super().post_live_migration_at_destination(context, instance, *args, **kwargs)
        self._set_power(instance, instance.power_state or power_state.RUNNING)

    # What changes its power state.

    def power_on(self, *args, **kwargs):
        super().power_on(*args, **kwargs)
        self._keep()

    def power_off(self, *args, **kwargs):
        super().power_off(*args, **kwargs)
        self._keep()

    def rescue(self, context, instance, *args, **kwargs):
        self._set_power(instance, power_state.RUNNING)

    def unrescue(self, *args, **kwargs):
        super().unrescue(*args, **kwargs)
        self._keep()

    def pause(self, instance):
        self._set_power(instance, power_state.PAUSED)

    def unpause(self, instance):
        self._set_power(instance, power_state.RUNNING)

    def suspend(self, context, instance):
        self._set_power(instance, power_state.SHUTDOWN)

    def resume(self, context, instance, *args, **kwargs):
        self._set_power(instance, power_state.RUNNING)

    def resume_state_on_host_boot(self, context, instance, *args, **kwargs):
        self._set_power(instance, power_state.RUNNING)

    def soft_delete(self, instance):
        self._set_power(instance, power_state.SHUTDOWN)

    def restore(self, instance):
        self._set_power(instance, power_state.RUNNING)

    # What the host says of itself.

    def get_host_uptime(self):
        with open("/proc/uptime", encoding="ascii") as handle:
            return "up %s seconds" % handle.read().split()[0]

    def update_provider_tree(self, provider_tree, nodename, allocations=None):
        try:
            self._report(provider_tree, nodename, allocations)
        except rehearsal_layout.LayoutError as error:
            raise exception.InvalidConfiguration(str(error)) from error
        except rehearsal_reshape.ReshapeNeededError:
            raise exception.ReshapeNeeded() from None
        except rehearsal_reshape.ReshapeFailedError as error:
            raise exception.ReshapeFailed(error=str(error)) from error

    def _report(self, provider_tree, nodename, allocations):
        release = int(version.version_string().partition(".")[0])
        layout = rehearsal_layout.read(os.path.join(CONF.state_path, "layout.json"))
        found = provider_tree.data(nodename)
        late = layout.nested(release) & set(found.inventory)
        rehearsal_reshape.check(nodename, late, layout.kind, allocations, lambda: allocations_on(found.uuid))
        super().update_provider_tree(provider_tree, nodename, allocations)
        root, children = layout.inventories(provider_tree.data(nodename).inventory, release)
        rehearsal_reshape.report(provider_tree, nodename, root, children)
        if allocations is not None:
            rehearsal_reshape.follow(provider_tree, nodename, children, allocations)
        for suffix in children if release >= MARKS_PROVIDERS else ():
            provider_tree.add_traits("%s_%s" % (nodename, suffix), os_traits.OWNER_NOVA)


def allocations_on(provider):
    client = report.report_client_singleton()
    return client.get_allocations_for_resource_provider(context.get_admin_context(), provider).allocations
