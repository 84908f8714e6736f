"""`python -m chat_magic prepare` fetches the weights ahead of time."""

from __future__ import annotations

import io
import subprocess
import sys

import pytest

from chat_magic import __main__ as command_line
from chat_magic.transport import local


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self):
        """Say so."""
        return True


STEPS = [("fetching", None), ("fetching", 0.0), ("fetching", 0.5), ("unpacking", None)]


def show(stream):
    """Show some steps on a stream and return what it shows."""
    line = command_line.ProgressLine(stream)
    for step in STEPS:
        line(*step)
    line.end()
    return stream.getvalue()


def test_prepare_prints_where_the_weights_are(weights):
    """On stdout alone, for scripts."""
    done = subprocess.run(
        [sys.executable, "-m", "chat_magic", "prepare"],
        check=True,
        capture_output=True,
        text=True,
        cwd=local.__file__.partition("/chat_magic/")[0],
    )
    assert done.stdout == f"{weights}\n"


def test_an_error_is_one_line_and_status_1(tmp_path, monkeypatch, capsys):
    """No traceback."""
    monkeypatch.setenv("CHAT_MAGIC_WEIGHTS", str(tmp_path / "none\x1b[1m"))
    assert command_line.main(["prepare"]) == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("InvalidRequest: CHAT_MAGIC_WEIGHTS: ")
    assert shown.err.endswith("none [1m does not exist\n")
    assert shown.err.count("\n") == 1


def test_an_interrupt_ends_it_quietly(monkeypatch):
    """Ctrl-C while it downloads, with a shell's usual status for that."""

    def interrupted(_on_progress):
        raise KeyboardInterrupt

    monkeypatch.setattr(command_line, "prepare", interrupted)
    assert command_line.main(["prepare"]) == 130


@pytest.mark.parametrize("arguments", [[], ["prepare", "--no-such"], ["no-such"]])
def test_an_unknown_command_is_told_with_the_known_ones(arguments, capsys):
    """As argparse does."""
    with pytest.raises(SystemExit) as ended:
        command_line.main(arguments)
    assert ended.value.code == 2
    assert "usage: python -m chat_magic" in capsys.readouterr().err


def test_a_terminal_shows_a_bar_that_moves():
    """It is drawn over itself until it has ended."""
    empty, half = "." * 30, "#" * 15 + "." * 15
    assert show(Terminal()) == (
        f"fetching\rfetching  {empty}   0%\rfetching  {half}  50%\nunpacking\n"
    )


def test_a_log_shows_each_step_once():
    """A file or a pipe takes no carriage returns."""
    assert show(io.StringIO()) == "fetching\nunpacking\n"
