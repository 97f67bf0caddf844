# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the image and the virtual environments are made of; a change here makes them anew."""

from __future__ import annotations

DISABLED = (
    "mariadb rabbitmq-server memcached haproxy epmd.socket epmd.service e2scrub_reap systemd-pstore apt-daily.timer "
    "apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer fstrim.timer logrotate.timer getty@tty1"
)
USERS = {"keystone": 901, "glance": 902, "neutron": 903, "placement": 904, "nova": 905}
UNWANTED = ("/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*", "/usr/share/info/*")
ROOT = "/opt/openstack"
VENV_SCRIPT = """
set -eu
cd {root}
rm -rf {name}
/usr/local/bin/uv venv --quiet --python /usr/bin/python3 {name}
/usr/local/bin/uv pip install --quiet --no-deps --python {root}/{name}/bin/python -r /pins/{name}.txt
if [ -n "{driver}" ]; then cp /virt/*.py $(echo {root}/{name}/lib/python3*/site-packages/nova/virt)/; fi
python3 -m compileall -q -x '/tests?/' {root}/{name}
"""


def quote(text: str) -> str:
    """A word for a shell."""
    return "'" + text.replace("'", "'\\''") + "'"


def bootstrap_options(packages: list[str]) -> list[str]:
    """The options of mmdebstrap."""
    lines = [
        f"systemctl disable -q {DISABLED}",
        "systemctl mask -q console-getty.service systemd-udevd.service systemd-networkd-wait-online.service",
        "rm -f /etc/ssh/ssh_host_* /etc/machine-id /var/lib/dbus/machine-id",
        "touch /etc/machine-id",
        "rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin /var/log/apt /var/log/dpkg.log",
        *(
            f"useradd --system --uid {uid} --home-dir /var/lib/{name} --create-home --shell /usr/sbin/nologin {name}"
            for name, uid in USERS.items()
        ),
    ]
    return [
        "--variant=minbase",
        f"--include={','.join(sorted(packages))}",
        *(f"--dpkgopt=path-exclude={path}" for path in UNWANTED),
        *(f'--customize-hook=chroot "$1" sh -c {quote(line)}' for line in lines),
    ]
