# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stand in for the get-pip.py that ansible-test would download: Python brings a pip of its own."""

from __future__ import annotations

import subprocess
import sys

if __name__ == "__main__":
    # In a process of its own: ensurepip turns the machine's pip settings off for the process it runs in.
    subprocess.check_call([sys.executable, "-m", "ensurepip", "--default-pip"], stdout=subprocess.DEVNULL)
    wanted = [word for word in sys.argv[1:] if word not in ("--no-setuptools", "--no-wheel")]
    raise SystemExit(subprocess.call([sys.executable, "-m", "pip", "install", "--quiet", *wanted]))
