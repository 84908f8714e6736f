"""The pages of the reference that are derived from the package."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chat_magic.core.cell.options import GRID_OPTIONS, MAGIC_OPTIONS, REQUEST_OPTIONS
from chat_magic.core.request.settings import SETTINGS
from chat_magic.shell.commands import COMMANDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from chat_magic.core.cell.options import Option


def options() -> str:
    """Return the page of the options of a cell."""
    names = {option.name for option in (*REQUEST_OPTIONS, *GRID_OPTIONS)}
    others = [option for option in MAGIC_OPTIONS if option.name not in names]
    return "\n".join(
        [
            "# Options",
            "",
            "What can stand on the line of `%%chat` and `%chat`. A flag has no value. In Python the "
            "same names, with `_` in place of `-`, are arguments of `chat_magic.chat`.",
            *_section("Of the request", REQUEST_OPTIONS),
            *_section("Of a grid", GRID_OPTIONS),
            *_section("Of the cell", others),
            "",
        ]
    )


def _section(title: str, rows: Iterable[Option]) -> Iterator[str]:
    yield from ("", f"## {title}", "", "| option | value | |", "|---|---|---|")
    for option in rows:
        names = [f"`-{option.short.lstrip('-')}`"] if option.short else []
        names.append(f"`--{option.name}`")
        value = f"`{option.value}`" if option.value else ""
        yield f"| {', '.join(names)} | {_cell(value)} | {_cell(option.help)} |"


def commands() -> str:
    """Return the page of the commands."""
    return "\n".join(
        [
            "# Commands",
            "",
            "Commands of `%chat`, such as `%chat /models`. Tab completes their names and arguments.",
            "",
            "| command | |",
            "|---|---|",
            *(
                f"| `{_cell(f'{command.name} {command.arguments}'.strip())}` | {_cell(command.help)} |"
                for command in COMMANDS.values()
            ),
            "",
        ]
    )


def configuration() -> str:
    """Return the page of the settings."""
    return "\n".join(
        [
            "# Configuration",
            "",
            "Each setting can be a trait (`%config ChatMagics.NAME = VALUE`), an environment variable "
            "or a key of `chat_magic.toml`: see [settings](../settings.md). `%chat /config` shows each "
            "value and where it comes from.",
            "",
            "| setting | environment variable | |",
            "|---|---|---|",
            *(
                f"| `{name}` | `CHAT_MAGIC_{name.upper()}` | {_cell(row.help)} |"
                for name, row in SETTINGS.items()
            ),
            "",
        ]
    )


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


PAGES: dict[str, Callable[[], str]] = {
    "options.md": options,
    "commands.md": commands,
    "configuration.md": configuration,
}
"""The pages by the names of their files."""
