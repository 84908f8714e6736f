"""The commands of the line magic: `%chat /models`, `/config`, `/jobs`, `/panel` and others."""

from __future__ import annotations

import getpass
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chat_magic.core.nearest import nearest
from chat_magic.core.reply.listing import matching
from chat_magic.core.request.settings import SETTINGS, Setting
from chat_magic.core.unset import UNSET
from chat_magic.errors import InvalidRequest
from chat_magic.transport import configuration, endpoints, keys
from chat_magic.transport.credentials import Secret

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pandas as pd

    from chat_magic.core.cell.cell import Cell
    from chat_magic.core.request.config import Config, Server
    from chat_magic.shell.panel import Panel

    Row = tuple[str, str, str]

__all__ = ["COMMANDS", "Command", "run"]


@dataclass(frozen=True)
class Command:
    """One command: how it is written, what it does, and the function that does it."""

    name: str
    arguments: str
    help: str
    run: Callable[[str, str | None], pd.DataFrame | Panel | None]
    """Takes what follows the name and the model of `-m`; prints, or returns what is shown."""
    takes_model: bool = False


def run(cell: Cell) -> pd.DataFrame | Panel | None:
    """Run the command of a `%chat` line; return what it shows, if anything.

    Raises:
        InvalidRequest: It is unknown, or cannot be run as written.
        ChatError: A server was asked and did not answer.
    """
    name, *rest = (cell.command or "").split(maxsplit=1)
    command = COMMANDS.get(name)
    if command is None:
        raise InvalidRequest(
            f"unknown command {name}{nearest(name, COMMANDS)}; %chat /help lists them, "
            "and %chat -- sends a prompt that begins with a slash"
        )
    request = cell.request
    has_model = request.model is not None and not command.takes_model
    if has_model or request.parameters or request.extra or cell.options:
        takes = "no option but -m" if command.takes_model else "no options"
        raise InvalidRequest(f"{name} takes {takes}", line=1)
    return command.run("".join(rest).strip(), request.model)


def _help(_words: str, _model: str | None) -> None:
    for command in COMMANDS.values():
        print(f"%chat {f'{command.name} {command.arguments}':<28}{command.help}")


def _models(words: str, model: str | None) -> pd.DataFrame:
    from chat_magic.analysis.listing_tables import models_table
    from chat_magic.transport.model_listing import list_models

    return models_table(matching(list_models(model), words))


def _config(words: str, _model: str | None) -> pd.DataFrame:
    from chat_magic.analysis.listing_tables import settings_table

    if words:
        raise InvalidRequest(f"/config takes nothing after it, not {words!r}", line=1)
    return settings_table(list(_config_rows()))


def _config_rows() -> Iterator[Row]:
    path = configuration.config_path()
    yield "config file", str(path), "read" if path.exists() else "not there"
    settings = configuration.settings()
    for name in SETTINGS:
        if name in settings or name == "model":
            yield name, *_shown(name, settings.get(name))
    for variable in dict.fromkeys(configuration.key_variables().values()):
        found = keys.find_key(variable)
        yield f"key {variable}", "set" if found else "not set", found.source if found else ""
    for name, value in _entries(configuration.config()):
        yield name, value, configuration.FILE


def _shown(name: str, setting: Setting | None) -> tuple[str, str]:
    """Return a setting's value as text, and its source."""
    if setting is None:
        return endpoints.fallback_model() or "", "nothing is set"
    value = setting.value
    if name == "base_url" and isinstance(value, str):
        return endpoints.masked(value), setting.source
    if value is UNSET:
        return "not sent", setting.source
    return json.dumps(value) if isinstance(value, bool | list) else str(value), setting.source


def _entries(config: Config) -> Iterator[tuple[str, str]]:
    for name, server in config.endpoints.items():
        yield f"endpoint {name}", _place(server)
    for pattern, name in config.routes.items():
        yield f"route {pattern}", name
    for alias, model in config.aliases.items():
        yield f"alias {alias}", model
    for pattern, price in config.prices.items():
        yield f"price {pattern}", f"${price.input:g} in, ${price.output:g} out per million tokens"


def _place(server: Server) -> str:
    headers = f", with {', '.join(server.headers)}" if server.headers else ""
    return f"{endpoints.masked(server.base_url)}, takes {server.takes}{headers}"


def _jobs(words: str, _model: str | None) -> pd.DataFrame | None:
    from chat_magic.analysis.listing_tables import jobs_table
    from chat_magic.shell import jobs

    match words.split():
        case []:
            rows = [
                (job.number, job.name, job.model, job.state, job.started_s, job.elapsed_s)
                for job in jobs.underway()
            ]
            return jobs_table(rows)
        case ["cancel", number] if number.isdecimal():
            print(f"Job {jobs.cancel(int(number)).number} is cancelled.")
            return None
        case _:
            raise InvalidRequest("write %chat /jobs or %chat /jobs cancel NUMBER", line=1)


def _panel(words: str, _model: str | None) -> Panel:
    from chat_magic.shell.panel import open_panel

    return open_panel(words)


def _key(words: str, _model: str | None) -> None:
    match words.split():
        case ["set", vendor]:
            variable = _key_variable(vendor)
            keys.require_keyring()
            keys.store(variable, _asked(f"The key {variable}: "))
            print(f"{variable} is in the keyring{_overriding(variable)}.")
        case ["forget", vendor]:
            variable = _key_variable(vendor)
            was = "is no longer" if keys.forget(variable) else "was not"
            print(f"{variable} {was} in the keyring{_overriding(variable)}.")
        case ["set", _, *_]:
            raise InvalidRequest(
                "no key on the line: it would be saved with the notebook; "
                "%chat /key set VENDOR asks for it",
                line=1,
            )
        case _:
            raise InvalidRequest("write %chat /key set VENDOR or %chat /key forget VENDOR", line=1)


def _key_variable(vendor: str) -> str:
    """Return the variable of a vendor's key; an error does not repeat what may be a key."""
    known = configuration.key_variables()
    if vendor in known.values():
        return vendor
    if vendor not in known:
        raise InvalidRequest(
            f"/key: no such vendor{nearest(vendor, known)}; the known ones are {', '.join(known)}, "
            "and the endpoints of the config file",
            line=1,
        )
    return known[vendor]


def _asked(prompt: str) -> Secret:
    try:
        return Secret(getpass.getpass(prompt), "the key")
    except (EOFError, NotImplementedError) as error:
        raise InvalidRequest("nobody can be asked for the key here; set its variable") from error


def _overriding(variable: str) -> str:
    found = keys.cached_key(variable)
    return f"; the one in {found.source} is used" if found else ""


COMMANDS = {
    command.name: command
    for command in (
        Command(
            "/models",
            "[FILTER]",
            "The models of the server, or of the one that answers for -m MODEL.",
            _models,
            takes_model=True,
        ),
        Command("/config", "", "Each setting, and where it came from.", _config),
        Command("/jobs", "[cancel N]", "What goes on in the background; stop job N.", _jobs),
        Command("/panel", "[NAME]", "Controls that write a cell, filled from a result.", _panel),
        Command("/key", "set|forget VENDOR", "Keep a key in the system's keyring, or not.", _key),
        Command("/help", "", "These commands.", _help),
    )
}
"""The commands by name."""
