"""The commands of the line magic: `%chat /models`, `/config`, `/jobs`, `/panel` and others."""

from __future__ import annotations

import getpass
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from chat_magic.core.nearest import nearest
from chat_magic.core.reply.listing import matching
from chat_magic.core.request.config import KINDS
from chat_magic.core.request.settings import SETTINGS, Setting
from chat_magic.core.unset import UNSET
from chat_magic.engine.session import default_session
from chat_magic.errors import InvalidRequest
from chat_magic.transport.configuration import FILE
from chat_magic.transport.credentials import Secret
from chat_magic.transport.endpoints import masked
from chat_magic.transport.keys import require_keyring

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import pandas as pd

    from chat_magic.core.cell.cell import Cell
    from chat_magic.core.request.config import Config, Price, Server
    from chat_magic.shell.panel import Panel

    Row = tuple[str, str, str]

__all__ = ["COMMANDS", "Command", "NextCell", "drawable", "run"]


@dataclass(frozen=True)
class Command:
    """A command: its name, its arguments, its help, and the function that runs it."""

    name: str
    arguments: str
    help: str
    run: Callable[..., Any]
    """Called with the text after the name and the model of `-m`, and with the notebook if it takes
    that; prints, or returns its output: what is drawn, a plan of calls to be sent, or the text of
    the next cell."""
    takes_model: bool = False
    takes_notebook: bool = False
    noun: str = ""
    """What a row of its table is, if it returns one."""


@dataclass(frozen=True)
class NextCell:
    """A text that is to be the next cell."""

    text: str


class Notebook(Protocol):
    """What a command may read of the notebook; `ChatMagics` is one."""

    @property
    def namespace(self) -> Mapping[str, Any]:
        """The variables."""

    @property
    def last_result(self) -> Any:
        """The last result, or the job that it will come from; None if there is none yet."""


def run(cell: Cell, notebook: Notebook) -> Any:
    """Run the command of a `%chat` line; return its output unless it has printed it.

    Args:
        cell: The line, as it was read.
        notebook: The notebook that it is in.

    Returns:
        A value to be drawn, a `CellPlan` to be sent, or a `NextCell`.

    Raises:
        InvalidRequest: The command is unknown, or its arguments are not valid.
        ChatError: The server that it asks does not answer.
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
        allowed = "no options except -m" if command.takes_model else "no options"
        raise InvalidRequest(f"{name} takes {allowed}", line=1)
    arguments = ("".join(rest).strip(), request.model)
    return command.run(*arguments, notebook) if command.takes_notebook else command.run(*arguments)


def drawable(cell: Cell, value: Any) -> Any:
    """Return what draws the output of the command of a `%chat` line: a table whole."""
    if type(value).__name__ != "DataFrame":
        return value
    from chat_magic.view.listing_view import ListingView

    name, *_ = (cell.command or "").split(maxsplit=1)
    return ListingView(value, COMMANDS[name].noun)


def _help(_arguments: str, _model: str | None) -> None:
    usages = [f"%chat {command.name} {command.arguments}" for command in COMMANDS.values()]
    width = max(map(len, usages))
    for usage, command in zip(usages, COMMANDS.values(), strict=True):
        print(f"{usage:<{width}}  {command.help}")


def _models(arguments: str, model: str | None) -> pd.DataFrame:
    from chat_magic.analysis.listing_tables import models_table
    from chat_magic.engine.models import known_of_server, list_models

    session = default_session()
    models = matching(list_models(session, model), arguments)
    return models_table(models, known_of_server(session, model))


def _capabilities(arguments: str, _model: str | None) -> pd.DataFrame:
    from chat_magic.engine.capabilities import capabilities

    if len(arguments.split()) != 1:
        raise InvalidRequest("write %chat /capabilities MODEL", line=1)
    return capabilities(arguments)


def _config(arguments: str, _model: str | None) -> pd.DataFrame:
    from chat_magic.analysis.listing_tables import settings_table

    if arguments:
        raise InvalidRequest(f"/config takes no arguments, got {arguments!r}", line=1)
    return settings_table(list(_config_rows()))


def _config_rows() -> Iterator[Row]:
    path = default_session().configuration.path()
    yield "config file", str(path), "read" if path.exists() else "not found"
    settings = default_session().configuration.settings()
    for name in SETTINGS:
        if name in settings or name == "model":
            yield name, *_value_and_source(name, settings.get(name))
    for variable in dict.fromkeys(default_session().configuration.key_variables().values()):
        key = default_session().keys.find_key(variable)
        yield f"key {variable}", "set" if key else "not set", key.source if key else ""
    for name, value in _config_file_rows(default_session().configuration.config()):
        yield name, value, FILE


def _value_and_source(name: str, setting: Setting | None) -> tuple[str, str]:
    """Return a setting's value as text, and its source."""
    if setting is None:
        return default_session().endpoints.fallback_model() or "", "nothing is set"
    value = setting.value
    if name == "base_url" and isinstance(value, str):
        return masked(value), setting.source
    if value is UNSET:
        return "not sent", setting.source
    return json.dumps(value) if isinstance(value, bool | list) else str(value), setting.source


def _config_file_rows(config: Config) -> Iterator[tuple[str, str]]:
    for name, server in config.endpoints.items():
        yield f"endpoint {name}", _describe_server(server)
    for pattern, name in config.routes.items():
        yield f"route {pattern}", name
    for alias, model in config.aliases.items():
        yield f"alias {alias}", model
    for pattern, price in config.prices.items():
        yield f"price {pattern}", _describe_price(price)
    for pattern, facts in config.models.items():
        if facts.window is not None:
            yield f"model {pattern}", f"window of {facts.window:,} tokens"


def _describe_price(price: Price) -> str:
    kinds = {"in": price.input, "out": price.output}
    kinds |= {name: getattr(price, name) for name in KINDS if name not in ("input", "output")}
    known = [f"${value:g} {name}" for name, value in kinds.items() if value is not None]
    tiers = f", other prices at {', '.join(price.tiers)}" if price.tiers else ""
    return f"{', '.join(known)} per million tokens{tiers}"


def _describe_server(server: Server) -> str:
    headers = f", with {', '.join(server.headers)}" if server.headers else ""
    return f"{masked(server.base_url)}, takes {server.takes}{headers}"


def _jobs(arguments: str, _model: str | None) -> pd.DataFrame | None:
    from chat_magic.analysis.listing_tables import jobs_table
    from chat_magic.engine.map.batch_job import list_batch_jobs

    session = default_session()
    list_batch_jobs(session)
    match arguments.split():
        case []:
            rows = [
                (job.number, job.name, job.model, job.state, job.started_s, job.elapsed_s)
                for job in session.jobs.running()
            ]
            return jobs_table(rows)
        case ["cancel", number] if number.isdecimal():
            print(f"Job {session.jobs.cancel(int(number)).number} is cancelled.")
            return None
        case _:
            raise InvalidRequest("write %chat /jobs or %chat /jobs cancel NUMBER", line=1)


def _panel(arguments: str, _model: str | None) -> Panel:
    from chat_magic.shell.panel import open_panel

    return open_panel(arguments)


def _export(arguments: str, _model: str | None, notebook: Notebook) -> None:
    from chat_magic.shell.export_command import run_export

    run_export(arguments, notebook.namespace, notebook.last_result)


def _key(arguments: str, _model: str | None) -> None:
    match arguments.split():
        case ["set", vendor]:
            variable = _key_variable(vendor)
            require_keyring()
            default_session().keys.store(variable, _ask(f"The key {variable}: "))
            print(f"{variable} is in the keyring{_override_note(variable)}.")
        case ["forget", vendor]:
            variable = _key_variable(vendor)
            was = "is no longer" if default_session().keys.forget(variable) else "was not"
            print(f"{variable} {was} in the keyring{_override_note(variable)}.")
        case ["set", _, *_]:
            raise InvalidRequest(
                "/key set takes no key on the line, which is saved with the notebook; "
                "%chat /key set VENDOR asks for the key",
                line=1,
            )
        case _:
            raise InvalidRequest("write %chat /key set VENDOR or %chat /key forget VENDOR", line=1)


def _key_variable(vendor: str) -> str:
    """Return the variable of a vendor's key; an error does not repeat what may be a key."""
    variables = default_session().configuration.key_variables()
    if vendor in variables.values():
        return vendor
    if vendor not in variables:
        vendors = ", ".join(variables)
        raise InvalidRequest(
            f"/key: unknown vendor{nearest(vendor, variables)}; expected one of {vendors}, "
            "or an endpoint of the config file with a key",
            line=1,
        )
    return variables[vendor]


def _ask(prompt: str) -> Secret:
    try:
        return Secret(getpass.getpass(prompt), "the key")
    except (EOFError, NotImplementedError) as error:
        raise InvalidRequest(
            "/key set cannot ask for the key, as there is no input here; "
            "set its environment variable instead"
        ) from error


def _override_note(variable: str) -> str:
    key = default_session().keys.cached_key(variable)
    return f"; the one in {key.source} is used" if key else ""


def _history_command(name: str) -> Callable[[str, str | None], Any]:
    """Return what runs a function of `history_commands`, which is imported then."""

    def run_it(arguments: str, _model: str | None) -> Any:
        from chat_magic.shell import history_commands

        return getattr(history_commands, name)(arguments)

    return run_it


def _versions(arguments: str, _model: str | None, notebook: Notebook) -> Any:
    from chat_magic.shell.history_commands import show_versions

    return show_versions(arguments, notebook.last_result)


def _thread(arguments: str, _model: str | None) -> Any:
    from chat_magic.shell.thread_commands import run_thread

    return run_thread(arguments)


def _cassette(arguments: str, _model: str | None) -> None:
    from chat_magic.shell.cassette_command import run_cassette

    run_cassette(arguments)


def _cell(arguments: str, _model: str | None) -> NextCell:
    from chat_magic.shell.history_commands import cell_of

    return NextCell(cell_of(arguments))


COMMANDS = {
    command.name: command
    for command in (
        Command(
            "/models",
            "[FILTER]",
            "List the models of the server, or of the server of -m MODEL.",
            _models,
            takes_model=True,
            noun="model",
        ),
        Command(
            "/capabilities",
            "MODEL",
            "Find out by a few requests what the model's server does with each field.",
            _capabilities,
            noun="feature",
        ),
        Command(
            "/config", "", "Show all settings and where they come from.", _config, noun="setting"
        ),
        Command(
            "/jobs",
            "[cancel N]",
            "List the jobs in the background and the batches, or cancel one.",
            _jobs,
            noun="job",
        ),
        Command(
            "/panel", "[NAME]", "Open controls that write a cell, filled from a result.", _panel
        ),
        Command(
            "/export",
            "FORMAT [#N|NAME] [> FILE]",
            "Print a request as a program or an answer as a document, or write it to a file.",
            _export,
            takes_notebook=True,
        ),
        Command(
            "/key", "set|forget VENDOR", "Save a key in the system's keyring, or remove it.", _key
        ),
        Command(
            "/history",
            "[QUERY]",
            'List what was asked: words, "phrases", model:, since:, is:starred, cost>0.01, …',
            _history_command("show_history"),
        ),
        Command("/show", "#N", "Draw a result of the history.", _history_command("show")),
        Command(
            "/cell",
            "#N|FILE",
            "Write the cell of a result, or of a prompt's file, as the next cell.",
            _cell,
        ),
        Command("/rerun", "#N", "Send the same request again.", _history_command("rerun")),
        Command(
            "/versions",
            "[#N]",
            "List the executions of the cell of a result, or of the last result.",
            _versions,
            takes_notebook=True,
        ),
        Command(
            "/diff",
            "#N #M",
            "Draw what changed in prompt, parameters and answers between two results.",
            _history_command("diff"),
        ),
        Command(
            "/star", "#N [NOTE]", "Star a result, so that it is kept.", _history_command("star")
        ),
        Command("/unstar", "#N", "Remove the star.", _history_command("unstar")),
        Command(
            "/forget",
            "#N…|QUERY|all",
            "Delete results from the history; all keeps the starred ones without --starred.",
            _history_command("forget"),
        ),
        Command(
            "/thread",
            "[NAME [reset|undo|fork NEW]]",
            "List the conversations of --thread, draw one, reset it, undo that, or copy it.",
            _thread,
            noun="thread",
        ),
        Command(
            "/cassette",
            "[FILE|off]",
            "Record answers in a file and replay them from it, or say what is in it.",
            _cassette,
        ),
        Command(
            "/usage",
            "[QUERY]",
            "Add up requests, tokens and cost of the history, by model and day.",
            _history_command("show_usage"),
            noun="row",
        ),
        Command("/help", "", "List these commands.", _help),
    )
}
"""The commands by name."""
