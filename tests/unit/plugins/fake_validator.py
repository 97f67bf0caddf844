# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Virtual environments whose oslo-config-validator knows the options of a list, and says so as the real one does."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

_VALIDATOR = """
import configparser, logging, sys
KNOWN, DEPRECATED, EXIT = {known!r}, {deprecated!r}, {exit!r}
given = [word.split("=", 1)[1] for word in sys.argv[1:] if word.startswith("--input-file=")][0]
assert "--namespace=nova.conf" in sys.argv or "--namespace=placement.conf" in sys.argv
logging.basicConfig(level=logging.INFO)
parser = configparser.RawConfigParser(default_section="none", strict=False)
parser.read(given)
wrong = 0
for section in parser.sections():
    for option in parser.options(section):
        name = section + "/" + option
        assert parser.get(section, option) == "x", "a value was given away"
        if name in DEPRECATED:
            logging.warning("Deprecated opt %s found", name)
        elif name not in KNOWN:
            logging.error("%s is not part of the sample config", name)
            wrong = 1
sys.exit(wrong if EXIT is None else EXIT)
"""


def fake_venv(
    root: Path,
    known: Iterable[str] = (),
    deprecated: Iterable[str] = (),
    package: str = "nova",
    exit_code: int | str | None = None,
) -> str:
    """A tree with the package, a library that it requires, one that only an extra of it does, and a validator."""
    site = root / "lib/python3.11/site-packages"
    for name, namespaces in ((package, f"{package}.conf"), ("oslo.log", "oslo.log"), ("osprofiler", "osprofiler")):
        folder = site / f"{name.replace('.', '_').replace('-', '_')}-1.0.dist-info"
        folder.mkdir(parents=True)
        text = (
            f"[console_scripts]\na = b:c\n\n[oslo.config.opts]\n{namespaces} = x:list_opts\n{name}.tests.config = y:z\n"
        )
        (folder / "entry_points.txt").write_text(text.replace("openstack-", ""), encoding="utf-8")
        (folder / "METADATA").write_text(
            'Name: x\nRequires-Dist: oslo.log>=4.6.1\nRequires-Dist: absent (>1)\nRequires-Dist: osprofiler>=1; extra == "o"\n',
            encoding="utf-8",
        )
    tool = root / "bin"
    tool.mkdir()
    (tool / "python3").symlink_to(sys.executable)
    (tool / "oslo-config-validator").write_text(
        _VALIDATOR.format(known=list(known), deprecated=list(deprecated), exit=exit_code), encoding="utf-8"
    )
    return str(root)
