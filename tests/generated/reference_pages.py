"""The pages of the reference that are derived from the package."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chat_magic.core.cell.options import GRID_OPTIONS, MAGIC_OPTIONS, REQUEST_OPTIONS
from chat_magic.core.request.settings import SETTINGS
from chat_magic.shell.commands import COMMANDS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chat_magic.core.cell.options import Option

_OPTIONS = """# Options

What can stand on the line of `%%chat` and `%chat`. In Python the same names, with `_` in place
of `-`, are arguments of `chat_magic.chat` and `chat_magic.chat_grid`.
"""
_COMMANDS = """# Commands

Commands of `%chat`, such as `%chat /models`. Tab completes their names and arguments.
"""
_CONFIGURATION = """# Configuration

Each setting can be a trait (`%config ChatMagics.NAME = VALUE`), an environment variable or a key
under `[defaults]` in `chat_magic.toml`: see [settings](../settings.md). `%chat /config` shows each
value and where it comes from.
"""


def options() -> str:
    """Return the page of the options of a cell."""
    names = {option.name for option in (*REQUEST_OPTIONS, *GRID_OPTIONS)}
    others = [option for option in MAGIC_OPTIONS if option.name not in names]
    parts = {"Of a request": REQUEST_OPTIONS, "Of a grid": GRID_OPTIONS, "Of a cell": others}
    tables = [f"## {title}\n\n{_options(rows)}" for title, rows in parts.items()]
    return "\n".join([_OPTIONS, *tables])


def _options(rows: Iterable[Option]) -> str:
    return _table(
        ("option", "value", ""),
        (
            (
                ", ".join(f"`{name}`" for name in (row.short, f"--{row.name}") if name),
                f"`{row.value}`" if row.value else "",
                row.help,
            )
            for row in rows
        ),
    )


def commands() -> str:
    """Return the page of the commands."""
    rows = (
        (f"`{row.name} {row.arguments}`".replace(" `", "`"), row.help) for row in COMMANDS.values()
    )
    return f"{_COMMANDS}\n{_table(('command', ''), rows)}"


def configuration() -> str:
    """Return the page of the settings."""
    rows = (
        (f"`{name}`", f"`CHAT_MAGIC_{name.upper()}`", row.help) for name, row in SETTINGS.items()
    )
    return f"{_CONFIGURATION}\n{_table(('setting', 'environment variable', ''), rows)}"


def _table(titles: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Write a table of Markdown."""
    titles = tuple(titles)
    lines = [titles, ["---"] * len(titles), *rows]
    return "".join(
        "| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines
    )
