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
from .progress import reached
from .ready import services_up
from .spec import Spec

PREPARE = """
rm -f /etc/ssh/ssh_host_*
ssh-keygen -q -t ed25519 -N "" -f /etc/ssh/ssh_host_ed25519_key
for user in keystone glance neutron placement nova; do chmod 0750 /var/lib/$user; done
install -d -m 0755 /opt/openstack /etc/nova/provider_config
{links}
systemctl daemon-reload
systemctl enable -q {units}
systemctl restart systemd-journald ssh
"""
LINKS = "ln -sfn /opt/openstack/2026.1 /opt/nova"
CONTROL_LINKS = LINKS + "\nln -sfn /opt/openstack/2026.1 /opt/placement"

# Importing costs more than the work, so one process imports and a fork of it runs each command.
# What it is given comes over standard input, and so no password stands in an argument list.
COMMANDS = """
import importlib, os, sys
main = importlib.import_module({module!r}).main
for arguments in {commands!r}:
    child = os.fork()
    if child == 0:
        sys.argv = arguments
        sys.exit(main())
    if os.waitpid(child, 0)[1]:
        sys.exit(" ".join(arguments[:3]) + " failed")
"""
DATABASES = """
systemctl start mariadb memcached haproxy
systemctl start --no-block rabbitmq-server
mariadb < /root/databases.sql
rm /root/databases.sql
install -d -o glance -g glance /var/lib/glance/images /var/lib/glance/tasks /var/lib/glance/staging
install -d -o neutron -g neutron /var/lib/neutron/lock
"""
IMAGE_AND_NETWORK = """
export PYTHONWARNINGS=ignore
cd /
runuser -u glance -- /opt/openstack/keystone/bin/glance-manage db_sync 2>&1
runuser -u neutron -- /opt/openstack/neutron/bin/neutron-db-manage --config-file /etc/neutron/neutron.conf upgrade heads 2>&1
systemctl start glance-api neutron-api
timeout 60 rabbitmqctl -q await_startup
"""
# A deletion is soft only while the API knows of an interval; the drop-in lies in /run, so no saved cloud has it.
SOFT_DELETION = """
install -d -o nova -g nova /var/lib/nova/lock
install -d /run/systemd/system/nova-api.service.d
printf '[Service]\\nEnvironment=OS_DEFAULT__RECLAIM_INSTANCE_INTERVAL=3600\\n' > /run/systemd/system/nova-api.service.d/soft.conf
systemctl daemon-reload
"""


def manage(container: str, user: str, venv: str, module: str, commands: list[list[str]]) -> None:
    """Run management commands as the user of a service."""
    python = ("runuser", "-u", user, "--", f"{venv}/bin/python", "-W", "ignore", "-")
    in_host(container, COMMANDS.format(module=module, commands=commands), 600, python)


def keystone(spec: Spec) -> None:
    """Tables, keys and the administrator of Keystone."""
    own = ["--keystone-user", "keystone", "--keystone-group", "keystone"]
    urls = [
        part
        for kind in ("admin", "internal", "public")
        for part in (f"--bootstrap-{kind}-url", spec.endpoints["identity"])
    ]
    password = ["--bootstrap-password", spec.secrets()["user"]["admin"], "--bootstrap-region-id", "RegionOne"]
    commands = [["db_sync"], ["fernet_setup", *own], ["credential_setup", *own], ["bootstrap", *urls, *password]]
    infra = spec.container("infra")
    manage(
        infra,
        "keystone",
        "/opt/openstack/keystone",
        "keystone.cmd.manage",
        [["keystone-manage", *words] for words in commands],
    )
    podman("exec", infra, "systemctl", "start", "keystone-api")


def nova_and_placement(spec: Spec) -> None:
    """Tables and cells of Nova, and the tables of Placement."""
    cell0 = f"mysql+pymysql://nova:{spec.secrets()['database']['nova']}@{spec.addresses['infra']}:3306/nova_cell0"
    commands = [
        ["api_db", "sync"],
        ["cell_v2", "map_cell0", "--database_connection", cell0],
        ["cell_v2", "create_cell", "--name", "cell1"],
        ["db", "sync"],
    ]
    for host in spec.controls:
        in_host(spec.container(host), SOFT_DELETION)
    control = spec.container("ctl1")
    manage(control, "nova", "/opt/nova", "nova.cmd.manage", [["nova-manage", *words] for words in commands])
    manage(control, "placement", "/opt/placement", "placement.cmd.manage", [["placement-manage", "db", "sync"]])


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
    return [*base, *own] if host == "infra" else ["wait-for-cloud", *own]


def prepare(spec: Spec, host: str) -> None:
    """Put the files in place."""
    container = spec.container(host)
    podman("exec", container, "systemctl", "is-system-running", "--wait", check=False, timeout=60)
    podman("exec", "-i", container, "tar", "-xpf", "-", "-C", "/", stdin=archive(spec, host))
    links = CONTROL_LINKS if host in spec.controls else LINKS if host in spec.computes else ""
    in_host(container, PREPARE.format(links=links, units=" ".join(units(spec, host))))


def run(spec: Spec) -> None:
    """Bring all services up."""
    with ThreadPoolExecutor(max_workers=len(spec.addresses)) as pool:
        list(pool.map(lambda host: prepare(spec, host), spec.addresses))
        reached("files")
        in_host(spec.container("infra"), DATABASES)
        reached("databases")
        compute = pool.submit(nova_and_placement, spec)
        keystone(spec)
        others = pool.submit(in_host, spec.container("infra"), IMAGE_AND_NETWORK, 600)
        wait_for(spec, ["identity"], 60)
        reached("identity")
        catalog.identity(spec)
        reached("catalog")
        compute.result()
        reached("compute schema")
        others.result()
        reached("image and network")
        list(pool.map(lambda host: start(spec, host), spec.controls))
        wait_for(spec, ["placement", "compute", "image", "network"], 120)
        list(pool.map(lambda host: start(spec, host), spec.computes))
    reached("services started")
    services_up(spec)
    reached("services up")
    in_host(spec.container("ctl1"), "runuser -u nova -- /opt/nova/bin/nova-manage cell_v2 discover_hosts 2>&1")
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
