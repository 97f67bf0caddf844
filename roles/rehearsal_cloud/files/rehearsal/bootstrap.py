# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From empty hosts to a cloud without servers."""

from __future__ import annotations

import io
import tarfile
from concurrent.futures import ThreadPoolExecutor

from . import catalog
from .cloud import wait_for
from .podman import in_host, podman
from .ready import services_up
from .spec import Spec

PREPARE = """
ssh-keygen -A >/dev/null
for user in keystone glance neutron placement nova; do chmod 0750 /var/lib/$user; done
install -d -m 0755 /opt/openstack /etc/nova/provider_config
{links}
systemctl daemon-reload
systemctl enable -q {units}
systemctl restart systemd-journald
systemctl restart ssh
"""
LINKS = "ln -sfn /opt/openstack/2026.1 /opt/nova"
CONTROL_LINKS = LINKS + "\nln -sfn /opt/openstack/2026.1 /opt/placement"

DATABASES = """
systemctl start mariadb memcached haproxy
systemctl start --no-block rabbitmq-server
mariadb < /root/databases.sql
rm /root/databases.sql
"""
KEYSTONE = """
export OS_BOOTSTRAP_PASSWORD={password} PYTHONWARNINGS=ignore
cd /
manage() {{ runuser -u keystone -- /opt/openstack/keystone/bin/keystone-manage "$@" 2>&1; }}
manage db_sync
manage fernet_setup --keystone-user keystone --keystone-group keystone
manage credential_setup --keystone-user keystone --keystone-group keystone
manage bootstrap --bootstrap-admin-url {url} --bootstrap-internal-url {url} --bootstrap-public-url {url} --bootstrap-region-id RegionOne
systemctl start keystone-api
"""
IMAGE_AND_NETWORK = """
export PYTHONWARNINGS=ignore
cd /
install -d -o glance -g glance /var/lib/glance/images /var/lib/glance/tasks /var/lib/glance/staging
install -d -o neutron -g neutron /var/lib/neutron/lock
runuser -u glance -- /opt/openstack/keystone/bin/glance-manage db_sync 2>&1
runuser -u neutron -- /opt/openstack/neutron/bin/neutron-db-manage --config-file /etc/neutron/neutron.conf upgrade heads 2>&1
systemctl start glance-api neutron-api
timeout 60 rabbitmqctl -q await_startup
"""
# The URL of cell0 holds a password; it goes in over standard input, and not in an argument list.
COMPUTE = """
export PYTHONWARNINGS=ignore
cd /
install -d -o nova -g nova /var/lib/nova/lock
nova() {{ runuser -u nova -- /opt/nova/bin/nova-manage "$@" 2>&1; }}
nova api_db sync
runuser -u nova -- /opt/nova/bin/python - 2>&1 <<'PYTHON'
import sys
from nova.cmd.manage import main
sys.argv = ["nova-manage", "cell_v2", "map_cell0", "--database_connection", "{cell0}"]
sys.exit(main())
PYTHON
nova cell_v2 create_cell --name cell1
nova db sync
runuser -u placement -- /opt/placement/bin/placement-manage db sync 2>&1
"""


def archive(spec: Spec, host: str) -> bytes:
    """All files of a host, as a tar archive."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        entries = spec.files + [
            {
                "src": f"{service['name']}.service",
                "hosts": service["hosts"],
                "dest": f"/etc/systemd/system/{service['name']}.service",
            }
            for service in spec.services
        ]
        for entry in entries:
            if host not in spec.hosts(entry["hosts"]):
                continue
            data = (spec.baseline / "files" / entry["src"]).read_bytes()
            info = tarfile.TarInfo(entry["dest"].lstrip("/"))
            info.size, info.mode = len(data), int(entry.get("mode", "0644"), 8)
            info.uname, info.gname = "root", entry.get("group", "root")
            tar.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def units(spec: Spec, host: str) -> list[str]:
    """What a host starts when it boots."""
    own = [service["name"] for service in spec.services if host in spec.hosts(service["hosts"])]
    base = ["mariadb", "rabbitmq-server", "memcached", "haproxy"] if host == "infra" else []
    return [*base, "wait-for-cloud", *own]


def prepare(spec: Spec, host: str) -> None:
    """Put the files in place."""
    container = spec.container(host)
    podman("exec", container, "systemctl", "is-system-running", "--wait", check=False, timeout=60)
    podman("exec", "-i", container, "tar", "-xpf", "-", "-C", "/", stdin=archive(spec, host))
    links = CONTROL_LINKS if host in spec.controls else LINKS if host in spec.computes else ""
    in_host(container, PREPARE.format(links=links, units=" ".join(units(spec, host))))


def run(spec: Spec) -> None:
    """Bring all services up."""
    secrets = spec.secrets()
    infra, control = spec.container("infra"), spec.container("ctl1")
    with ThreadPoolExecutor(max_workers=len(spec.addresses)) as pool:
        list(pool.map(lambda host: prepare(spec, host), spec.addresses))
        in_host(infra, DATABASES)
        cell0 = f"mysql+pymysql://nova:{secrets['database']['nova']}@{spec.addresses['infra']}:3306/nova_cell0"
        compute = pool.submit(in_host, control, COMPUTE.format(cell0=cell0), 600)
        in_host(infra, KEYSTONE.format(password=secrets["user"]["admin"], url=spec.endpoints["identity"]))
        others = pool.submit(in_host, infra, IMAGE_AND_NETWORK, 600)
        wait_for(spec, ["identity"], 60)
        catalog.identity(spec)
        compute.result()
        others.result()
        list(pool.map(lambda host: start(spec, host), spec.controls))
        wait_for(spec, ["placement", "compute", "image", "network"], 120)
        list(pool.map(lambda host: start(spec, host), spec.computes))
    services_up(spec)
    in_host(control, "runuser -u nova -- /opt/nova/bin/nova-manage cell_v2 discover_hosts 2>&1")
    catalog.resources(spec)


def start(spec: Spec, host: str) -> None:
    """Start the OpenStack services of a host."""
    podman(
        "exec",
        spec.container(host),
        "systemctl",
        "start",
        *(unit for unit in units(spec, host) if unit != "wait-for-cloud"),
    )
