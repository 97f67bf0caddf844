# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands: bounded, in the C locale, and what they say never shows a secret."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from ansible_collections.stackroll.nova.plugins.module_utils.host.command import (
    Outcome,
    config_arguments,
    run_command,
    run_for_json,
)
from ansible_collections.stackroll.nova.plugins.module_utils.model.errors import StackrollError

SECRET = "s3cr3t-Zq"
URL = f"mysql+pymysql://nova:{SECRET}@db/nova"


def python(code: str, timeout: float = 20, **environment: str) -> Outcome:
    return run_command([sys.executable, "-c", code], timeout, environment)


def test_exit_code_and_output() -> None:
    outcome = python("import sys; print('one'); print('two', file=sys.stderr); sys.exit(3)")
    assert (outcome.rc, outcome.stdout, outcome.stderr) == (3, "one\n", "two\n")


def test_environment_and_locale() -> None:
    code = "import os; print(os.environ['LC_ALL'], os.environ['LANGUAGE'], os.environ['OS_X'], 'PATH' in os.environ)"
    assert python(code, OS_X="given").stdout == "C.UTF-8 C *** True\n"
    assert run_command([sys.executable, "-c", "print(input())"], 20).rc == 1, "nothing may wait for somebody to type"


def test_text_to_read() -> None:
    assert run_command([sys.executable, "-c", "print(input())"], 20, text="one\ntwo").stdout == "one\n"


def test_json() -> None:
    assert run_for_json("It", [sys.executable, "-"], 20, "print('[1]')") == [1]


@pytest.mark.parametrize(
    ("code", "sentence"),
    [("import sys; sys.exit('Oops')", "It ended with 1: Oops"), ("print(1, 2)", "It is no JSON: '1 2")],
)
def test_json_that_does_not_come(code: str, sentence: str) -> None:
    with pytest.raises(StackrollError, match=sentence):
        run_for_json("It", [sys.executable, "-c", code], 20)


def test_bytes_of_any_kind() -> None:
    assert python(r"import sys; sys.stdout.buffer.write(b'caf\xe9 \xc3\xa9\n')").stdout == "caf\ufffd \u00e9\n"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"Could not parse SQLAlchemy URL from string '{URL}'", "'mysql+pymysql://***@db/nova'"),
        ("cannot connect to rabbit://openstack:hunter2@mq:5672//", "rabbit://***@mq:5672//"),
        ("see https://docs.openstack.org/nova", "https://docs.openstack.org/nova"),
        ("user@host: nothing", "user@host: nothing"),
    ],
)
def test_urls_lose_their_password(text: str, shown: str) -> None:
    outcome = python(f"import sys; print({text!r}); print({text!r}, file=sys.stderr)")
    for stream in (outcome.stdout, outcome.stderr, outcome.last_error_line):
        assert shown in stream
        assert SECRET not in stream
        assert "hunter2" not in stream


def test_what_was_given_in_the_environment_is_not_told() -> None:
    outcome = python("import os; print(os.environ['OS_X'][3:], os.environ['OS_X'])", OS_X=f"weird {SECRET}")
    assert outcome.stdout.endswith(" ***\n")


def test_a_program_that_does_not_end_is_killed(tmp_path: Path) -> None:
    with pytest.raises(StackrollError, match="did not end within 1 s and was killed") as caught:
        run_command([sys.executable, "-c", "import time; time.sleep(60)"], 0.6, {"OS_X": SECRET})
    assert SECRET not in str(caught.value)


def test_a_program_that_is_missing_says_what_to_stage() -> None:
    with pytest.raises(StackrollError, match=r"^/nowhere/nova-manage does not exist on this host\. Stage the target"):
        run_command(["/nowhere/nova-manage", "db", "sync"], 5)


def test_a_program_that_cannot_run(tmp_path: Path) -> None:
    (tmp_path / "nova-manage").write_text("no program", encoding="utf-8")
    with pytest.raises(StackrollError, match="nova-manage cannot be run: Permission denied"):
        run_command([str(tmp_path / "nova-manage")], 5)


@pytest.mark.parametrize(
    ("outcome", "line"),
    [
        (Outcome(1, "out\n", "first\n\n  last \n\n"), "last"),
        (Outcome(1, "out\n", ""), "out"),
        (Outcome(1, "out\n", " \n"), "out"),
        (Outcome(255, "", ""), "exit code 255 without a word"),
    ],
)
def test_last_words(outcome: Outcome, line: str) -> None:
    assert outcome.last_error_line == line


def test_config_arguments_keep_their_order() -> None:
    assert config_arguments(["/a", "/b"]) == ["--config-file", "/a", "--config-file", "/b"]
    assert config_arguments([]) == []
