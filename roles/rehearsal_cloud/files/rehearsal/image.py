# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one image of all hosts: Debian with every daemon installed and none started."""

from __future__ import annotations

import subprocess
from pathlib import Path

from .errors import RehearsalError
from .locks import locked
from .podman import command, image_exists
from .spec import Spec

DISABLED = (
    "mariadb",
    "rabbitmq-server",
    "memcached",
    "haproxy",
    "epmd.socket",
    "epmd.service",
    "e2scrub_reap",
    "systemd-pstore",
    "apt-daily.timer",
    "apt-daily-upgrade.timer",
    "dpkg-db-backup.timer",
    "e2scrub_all.timer",
    "fstrim.timer",
    "logrotate.timer",
    "getty@tty1",
)
USERS = {"keystone": 901, "glance": 902, "neutron": 903, "placement": 904, "nova": 905}
UNWANTED = ("/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*", "/usr/share/info/*")
DEFAULT_SOURCES = (
    "deb http://deb.debian.org/debian {suite} main",
    "deb http://deb.debian.org/debian-security {suite}-security main",
)
SOURCE_FILES = (Path("/etc/apt/sources.list.d/debian.sources"), Path("/etc/apt/sources.list"))


def sources(spec: Spec) -> list[str]:
    """Where Debian packages come from: what was asked for, else the machine's own, else Debian's."""
    if spec.apt_sources:
        return spec.apt_sources
    for path in SOURCE_FILES:
        if path.is_file() and spec.suite in path.read_text(encoding="utf-8"):
            return [str(path)]
    return [line.format(suite=spec.suite) for line in DEFAULT_SOURCES]


def hooks() -> list[str]:
    """What is done inside the new tree."""
    lines = [
        f"systemctl disable -q {' '.join(DISABLED)}",
        "systemctl mask -q console-getty.service systemd-udevd.service systemd-networkd-wait-online.service",
        "rm -f /etc/ssh/ssh_host_* /etc/machine-id /var/lib/dbus/machine-id",
        "touch /etc/machine-id",
        "rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin /var/log/apt /var/log/dpkg.log",
    ]
    lines += [
        f"useradd --system --uid {uid} --home-dir /var/lib/{name} --create-home --shell /usr/sbin/nologin {name}"
        for name, uid in USERS.items()
    ]
    return [f'--customize-hook=chroot "$1" sh -c {quote(line)}' for line in lines]


def quote(text: str) -> str:
    """A word for a shell."""
    return "'" + text.replace("'", "'\\''") + "'"


def build(spec: Spec) -> bool:
    """Build the image unless it is there; return whether it was built."""
    with locked(spec.cache / "image.lock", 900):
        if image_exists(spec.image):
            return False
        make = [
            "mmdebstrap",
            "--quiet",
            "--variant=minbase",
            f"--include={','.join(spec.packages)}",
            *(f"--dpkgopt=path-exclude={path}" for path in UNWANTED),
            *hooks(),
            spec.suite,
            "-",
            *sources(spec),
        ]
        load = command(
            "import", "--quiet", "--change", 'CMD ["/sbin/init"]', "--change", "STOPSIGNAL SIGRTMIN+3", "-", spec.image
        )
        log = spec.cache / "image.log"
        with log.open("wb") as errors, subprocess.Popen(make, stdout=subprocess.PIPE, stderr=errors) as tree:
            # The name appears only when the import has read the whole stream, so a cut-off build leaves no image of that name.
            done = subprocess.run(load, stdin=tree.stdout, capture_output=True, check=False, timeout=1200)
            failed = tree.wait(60) or done.returncode
        if failed:
            subprocess.run(command("image", "rm", "--force", spec.image), capture_output=True, check=False, timeout=60)
            said = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-6:]
            raise RehearsalError(
                f"the image could not be built: {' / '.join(said)} {done.stderr.decode(errors='replace')[-300:]} (see {log})"
            )
        return True
