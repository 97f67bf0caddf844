# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hand the machine's pip settings on to tools that do not read them.

uv has its own variables and ansible-test clears the environment, so both would look for packages
elsewhere than the machine's pip does.
"""

from __future__ import annotations

import argparse
import ast
import os
import shlex
import subprocess
import sys
from pathlib import Path

DEBIAN_BUNDLE = "/etc/ssl/certs/ca-certificates.crt"
# pip reads them in this order, the last one wins
SECTIONS = ("global", "install", ":env:")


def pip_settings() -> dict[str, str]:
    """Return the settings that `pip install` uses here, by name."""
    listing = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], check=True, capture_output=True, text=True
    ).stdout
    found: dict[str, dict[str, str]] = {section: {} for section in SECTIONS}
    for line in listing.splitlines():
        key, equals, value = line.partition("=")
        section, dot, name = key.rpartition(".")
        if equals and dot and section in found:
            found[section][name] = " ".join(str(ast.literal_eval(value)).split())
    return {name: value for section in SECTIONS for name, value in found[section].items()}


def uv_environment(settings: dict[str, str]) -> dict[str, str]:
    """Translate pip's settings into uv's variables; what the machine already says to uv stays."""
    wanted = {
        "UV_DEFAULT_INDEX": settings.get("index-url", ""),
        "UV_INDEX": settings.get("extra-index-url", ""),
        "UV_FIND_LINKS": settings.get("find-links", "").replace(" ", ","),
        "UV_INSECURE_HOST": settings.get("trusted-host", ""),
        "UV_HTTP_TIMEOUT": settings.get("timeout", settings.get("default-timeout", "")),
        "SSL_CERT_FILE": settings.get("cert", DEBIAN_BUNDLE if Path(DEBIAN_BUNDLE).exists() else ""),
    }
    if wanted["UV_INDEX"]:
        wanted["UV_INDEX_STRATEGY"] = "unsafe-best-match"  # pip takes the best of all its indexes
    return {name: value for name, value in wanted.items() if value and name not in os.environ}


def main() -> None:
    """Print what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("form", choices=["uv", "pip.conf"])
    settings = pip_settings()
    if parser.parse_args().form == "uv":
        for name, value in uv_environment(settings).items():
            print(f"export {name}={shlex.quote(value)}")
        return
    print("[global]")
    for name, value in settings.items():
        print(f"{name} = {value}")


if __name__ == "__main__":
    main()
