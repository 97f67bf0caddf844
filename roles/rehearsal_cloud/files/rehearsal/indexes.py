# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The machine's own settings for Python packages, in the words of uv."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

CA_BUNDLE = Path("/etc/ssl/certs/ca-certificates.crt")
PASSED_ON = (
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "UV_INDEX",
    "UV_EXTRA_INDEX_URL",
)
WANTED = {"index-url": "UV_DEFAULT_INDEX", "extra-index-url": "UV_INDEX"}


def pip_settings() -> dict[str, str]:
    """What pip is configured with, by files and by the environment; the environment counts more."""
    listed = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=False, timeout=60
    )
    settings: dict[str, str] = {}
    for line in listed.stdout.splitlines():
        key, _equals, value = line.partition("=")
        section, _dot, name = key.rpartition(".")
        if section in ("global", "install") or (section == ":env:" and name):
            settings[name] = value.strip("'\"")
    return settings


def environment() -> dict[str, str]:
    """The variables that make uv ask the same indexes as pip."""
    result = {name: os.environ[name] for name in PASSED_ON if os.environ.get(name)}
    for name, value in pip_settings().items():
        variable = WANTED.get(name)
        # Local directories are not visible in the build; exact pins need none of them.
        urls = [url for url in value.replace("\\n", " ").split() if urlsplit(url).scheme in ("http", "https")]
        if variable and urls:
            result[variable] = " ".join(urls)
    if os.environ.get("UV_DEFAULT_INDEX"):
        result["UV_DEFAULT_INDEX"] = os.environ["UV_DEFAULT_INDEX"]
    if CA_BUNDLE.is_file():
        result["SSL_CERT_FILE"] = str(CA_BUNDLE)
    return result
