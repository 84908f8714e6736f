"""The command line: `python -m chat_magic prepare`, `python -m chat_magic vscode`."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, TextIO

from chat_magic.errors import ChatError
from chat_magic.transport.local import prepare

if TYPE_CHECKING:
    from collections.abc import Sequence

BAR_CELLS = 30


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: The words after `python -m chat_magic`; those of this process by default.

    Returns:
        The exit status: 0; 130 when interrupted; 1 after one line on stderr that says what went
        wrong.
    """
    parser = argparse.ArgumentParser(prog="python -m chat_magic", description="chat-magic")
    commands = parser.add_subparsers(required=True, metavar="command")
    commands.add_parser("prepare", help="fetch the weights of the embedded model ahead of time")
    commands.choices["prepare"].set_defaults(act=prepare)
    vscode = commands.add_parser("vscode", help="install the renderer of results into VS Code")
    vscode.set_defaults(act=_install_renderer)
    act = parser.parse_args(arguments).act
    progress = ProgressLine(sys.stderr)
    try:
        done = act(progress)
    except ChatError as error:
        progress.end()
        print(*error._render_traceback_(), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        progress.end()
        return 130
    progress.end()
    print(done)
    return 0


def _install_renderer(_progress: ProgressLine) -> str:
    from chat_magic.shell.vscode_extension import install_renderer

    return install_renderer()


class ProgressLine:
    """Shows what is being done: a bar that moves in a terminal, one plain line for each elsewhere.

    Args:
        stream: Where to.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._moves = stream.isatty()
        self._what = ""

    def __call__(self, what: str, fraction: float | None) -> None:
        """Show that something is being done, and how much of it is done (0 to 1, or None)."""
        if what != self._what:
            self.end()
            self._what = what
            self._stream.write(what)
        if self._moves and fraction is not None:
            bar = "#" * round(fraction * BAR_CELLS)
            self._stream.write(f"\r{what}  {bar:.<{BAR_CELLS}} {fraction:4.0%}")
        self._stream.flush()

    def end(self) -> None:
        """End the line, if there is one."""
        if self._what:
            self._stream.write("\n")
        self._what = ""


if __name__ == "__main__":
    sys.exit(main())
