"""What a user's type checker says of the public interface: mypy on the files beside this one."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent
USES = sorted(FOLDER.glob("use_*.py"))
ERROR = re.compile(r"^(?P<file>.+?):(?P<line>\d+): error: .*\[(?P<code>[\w-]+)\]$")
EXPECTED = re.compile(r"# expect-error: ([\w-]+)$")


@pytest.fixture(scope="module")
def reported():
    """Return the codes of the errors that mypy reports, by file and line."""
    command = [sys.executable, "-m", "mypy", "--strict", "--no-pretty", "--hide-error-context"]
    ran = subprocess.run(
        [*command, *map(str, USES)], cwd=FOLDER.parents[1], capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert ran.returncode in {0, 1}, ran.stdout + ran.stderr
    errors = defaultdict(lambda: defaultdict(set))
    for line in ran.stdout.splitlines():
        if found := ERROR.match(line):
            errors[Path(found["file"]).name][int(found["line"])].add(found["code"])
    return errors


def expected(path):
    """Return the error code that a line asks for, by line."""
    lines = enumerate(path.read_text("utf-8").splitlines(), 1)
    return {number: {found[1]} for number, line in lines if (found := EXPECTED.search(line))}


@pytest.mark.parametrize("path", USES, ids=lambda path: path.stem)
def test_mypy_accepts_and_refuses_the_uses_that_a_file_says(path, reported):
    """Each marked line has the one error that it names, no other line has any."""
    assert dict(reported[path.name]) == expected(path)


@pytest.mark.parametrize("path", USES, ids=lambda path: path.stem)
def test_a_file_holds_uses_of_both_kinds(path):
    """Otherwise a checker that sees nothing but `Any` would pass."""
    assert "assert_type(" in path.read_text("utf-8")
    assert expected(path)
