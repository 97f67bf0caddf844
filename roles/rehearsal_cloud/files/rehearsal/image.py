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
from .recipe import bootstrap_options
from .spec import Spec

SOURCE_FILES = (Path("/etc/apt/sources.list.d/debian.sources"), Path("/etc/apt/sources.list"))
LIMIT = 1200


def sources(spec: Spec) -> list[str]:
    """Where Debian packages come from: what was asked for, else the machine's own; none leaves it to mmdebstrap."""
    if spec.apt_sources:
        return spec.apt_sources
    for path in SOURCE_FILES:
        if path.is_file() and spec.suite in path.read_text(encoding="utf-8"):
            return [str(path)]
    return []


def build(spec: Spec) -> bool:
    """Build the image unless it is there; return whether it was built."""
    with locked(spec.cache / "image.lock", LIMIT):
        if image_exists(spec.image):
            return False
        make = ["mmdebstrap", "--quiet", *bootstrap_options(spec.packages), spec.suite, "-", *sources(spec)]
        labels = ["--change", 'CMD ["/sbin/init"]', "--change", "STOPSIGNAL SIGRTMIN+3"]
        # The name is given at the very end, so that a cut-off build leaves no image of that name.
        load = command("import", "--quiet", *labels, "-", f"{spec.image}-draft")
        log = spec.cache / "image.log"
        with log.open("wb") as errors, subprocess.Popen(make, stdout=subprocess.PIPE, stderr=errors) as tree:
            done = subprocess.run(load, stdin=tree.stdout, capture_output=True, check=False, timeout=LIMIT)
            failed = tree.wait(60) or done.returncode
        if failed:
            said = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-6:]
            said.append(done.stderr.decode(errors="replace")[-300:])
            raise RehearsalError(f"the image of the hosts could not be built, see {log}: {' / '.join(said)}")
        subprocess.run(command("tag", f"{spec.image}-draft", spec.image), check=True, timeout=60)
        subprocess.run(command("untag", spec.image, f"{spec.image}-draft"), check=False, timeout=60)
        return True
