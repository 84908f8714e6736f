"""Completion of `%%chat` cells and `%chat` lines in the kernel, for every front end."""

from __future__ import annotations

import builtins
import inspect
from pathlib import Path
from typing import TYPE_CHECKING, Any

from IPython.core.completer import SimpleCompletion, SimpleMatcherResult, context_matcher

from chat_magic.core.cell.check_expression import OWN_NAMES
from chat_magic.core.cell.cursor import OPTIONS, Context, read_context
from chat_magic.core.request.parameters import PARAMETERS
from chat_magic.core.request.settings import SCALARS
from chat_magic.errors import ChatError, InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from IPython.core.completer import CompletionContext
    from IPython.core.interactiveshell import InteractiveShell

_FIELDS = {row.name: row.allowed for row in PARAMETERS.values()} | {
    "model": "vendor/model",
    "extra": "further fields",
    "per_model": "parameters by model",
    "check": "Python expressions",
}
_NUMBERS_TAKEN = {"/forget": 1_000, "/diff": 2}
"""How many numbers of the history may follow a command, if not one."""
_TAKING_FILES = ("/cell", "/cassette")
_MARKS = {
    **dict.fromkeys(("system: ", "developer: ", "user: ", "assistant: ", "tool("), "role"),
    **dict.fromkeys(("@image ", "@audio ", "@file "), "attachment"),
}


class _NoCompletions(tuple[()]):
    """No completions, but a length of 1: only then does IPython suppress those of Python."""

    __slots__ = ()

    def __len__(self) -> int:
        return 1


class ChatMatcher:
    """Completes in one shell, without asking a server or calling anything of the notebook."""

    def __init__(self, shell: InteractiveShell) -> None:
        self._shell: Any = shell  # IPython annotates few of its attributes

    @context_matcher(identifier="chat_magic", priority=1000)  # type: ignore[untyped-decorator]
    def match(self, context: CompletionContext) -> SimpleMatcherResult:
        """Return the completions at the cursor, which replace those of IPython."""
        lines = context.full_text.split("\n")[: context.cursor_line]
        at_cursor = read_context("\n".join([*lines, context.text_until_cursor]))
        if at_cursor is None:
            return SimpleMatcherResult(completions=[], suppress=False)
        completions = [
            SimpleCompletion(text, type=kind)
            for text, kind in self._candidates(at_cursor)
            if text.startswith(at_cursor.fragment)
        ]
        return SimpleMatcherResult(
            completions=completions or _NoCompletions(),
            matched_fragment=at_cursor.fragment,
            suppress=True,
            ordered=True,
        )

    def _candidates(self, context: Context) -> Iterable[tuple[str, str]]:
        """Return pairs of a text and its type, in the order of the tables."""
        match context.kind:
            case "word":
                return _models_and_options(context)
            case "value":
                return self._values(context)
            case "axis value":
                return self._axis_values(context.subject)
            case "field":
                return _fields(context)
            case "field value":
                return _field_values(context.subject)
            case "command":
                return _commands()
            case "argument":
                return self._arguments(context)
            case "mark":
                return _MARKS.items()
            case "path":
                return _paths(context.fragment)
            case "expression":
                return self._expressions(context)
            case "check":
                return self._check_names(context)
            case "text":
                return ()

    def _values(self, context: Context) -> Iterable[tuple[str, str]]:
        match context.subject:
            case "model" | "models":
                return _models()
            case "sweep":
                return [(f"{name}=", "parameter") for name in (*SCALARS, "model")]
            case "out" | "after":
                return self._results(context.fragment)
            case "prompt":
                return _paths(context.fragment)
            case "over":
                return self._variables_where(_is_data)
            case "rows":
                return [("head:", "the first rows")]
            case "prompts":
                own = [("cell", "the messages of the cell")]
                is_path = "/" in context.fragment or "." in context.fragment
                paths = _paths(context.fragment) if is_path else ()
                return [*own, *self._variables_where(_is_prompt), *paths]
            case "labels_at":
                return [("first", "the start of the answer")]
            case "thread":
                return _threads()
            case "truth":
                return self._columns(context.data)
            case "tools":
                return self._variables_where(inspect.isroutine)
            case "schema":
                return self._variables_where(lambda value: isinstance(value, type | dict))
            case "ablate":
                return _units()
            case "score":
                return self._variables_where(lambda value: isinstance(value, list | tuple))
            case "unset":
                return [(name, "parameter") for name in PARAMETERS]
            case name if name in PARAMETERS:
                row = PARAMETERS[name]
                end = "=" if row.kind == "fields" else ""
                return [(choice + end, "value") for choice in row.choices]
        return ()

    def _check_names(self, context: Context) -> Iterator[tuple[str, str]]:
        """Return what a check sees: the answer, the columns of its data, and the notebook."""
        if not context.subject:
            yield from ((name, "answer") for name in OWN_NAMES)
            yield from self._columns(context.data)
        yield from self._expressions(context)

    def _columns(self, name: str) -> Iterator[tuple[str, str]]:
        """Return the columns of data that can be named in a check."""
        data: Any = self._shell.user_ns.get(name)
        columns = getattr(data, "columns", None)
        if columns is None:
            columns = data if isinstance(data, dict) else ()
            if isinstance(data, list) and data and isinstance(data[0], dict):
                columns = data[0]
        yield from ((str(column), "column") for column in columns if str(column).isidentifier())

    def _axis_values(self, parameter: str) -> Iterator[tuple[str, str]]:
        """Return values of a swept parameter, or the notebook's lists and dicts for a variable."""
        if not parameter:
            yield from self._variables_where(lambda value: isinstance(value, list | tuple | dict))
            return
        yield from _field_values(parameter)
        if parameter in SCALARS:
            yield "unset", "value"

    def _arguments(self, context: Context) -> Iterable[tuple[str, str]]:
        """Return what may follow a command."""
        if context.subject == "/thread":
            return _thread_arguments(context.given)
        n_given = len(context.given)
        if context.subject in _TAKING_FILES and not n_given:
            return [*_history_numbers(context.subject), *_paths(context.fragment)]
        if context.subject != "/export" and n_given < _NUMBERS_TAKEN.get(context.subject, 1):
            return _history_numbers(context.subject)
        if context.subject != "/export" or ">" in context.given:
            return ()
        from chat_magic.results.export_formats import FORMATS

        if not context.given:
            return [(name, "format") for name in FORMATS]
        return self._variables_where(_is_result) if len(context.given) == 1 else ()

    def _results(self, fragment: str) -> Iterator[tuple[str, str]]:
        from chat_magic.results.chat_result import ChatResult

        for name, value in self._variables():
            if not isinstance(value, ChatResult):
                continue
            yield name, "result"
            if ":" in fragment:
                yield from ((f"{name}:{choice.index}", "choice") for choice in value.choices)

    def _variables_where(self, is_wanted: Callable[[Any], bool]) -> Iterator[tuple[str, str]]:
        for name, value in self._variables():
            if is_wanted(value):
                yield name, type(value).__name__

    def _variables(self) -> Iterator[tuple[str, Any]]:
        namespace: Mapping[str, Any] = self._shell.user_ns
        hidden = self._shell.user_ns_hidden
        for name in sorted(namespace):
            if name not in hidden and not name.startswith("_"):
                yield name, namespace[name]

    def _expressions(self, context: Context) -> Iterator[tuple[str, str]]:
        if context.subject:
            path = f"{context.subject}.{context.fragment}"
            for match in self._shell.Completer.attr_matches(path):
                name = match.rpartition(".")[2]
                if context.fragment or not name.startswith("_"):
                    yield name, "attribute"
            return
        yield from self._variables_where(lambda _: True)
        if context.fragment:
            yield from ((name, "builtin") for name in dir(builtins) if not name.startswith("_"))


def _units() -> Iterator[tuple[str, str]]:
    from chat_magic.analysis.prompt_segments import UNITS

    return ((unit, "unit") for unit in UNITS)


def _is_data(value: Any) -> bool:
    """Whether a value may have rows; pandas is not imported to tell."""
    kind = type(value)
    is_of_pandas = kind.__module__.partition(".")[0] == "pandas"
    return isinstance(value, list | tuple | dict) or (
        is_of_pandas and kind.__name__ in ("DataFrame", "Series")
    )


def _is_prompt(value: Any) -> bool:
    from chat_magic.results.prompt import Prompt

    is_messages = isinstance(value, list) and bool(value) and isinstance(value[0], dict)
    return isinstance(value, Prompt) or (is_messages and "role" in value[0])


def _is_result(value: Any) -> bool:
    from chat_magic.results.chat_result import ChatResult
    from chat_magic.results.chat_results import ChatResults

    return isinstance(value, ChatResult | ChatResults)


def _fields(context: Context) -> Iterator[tuple[str, str]]:
    for name, allowed in _FIELDS.items():
        if name not in context.given:
            yield f"{name}: ", _type_label(allowed)


def _field_values(name: str) -> Iterator[tuple[str, str]]:
    if name == "model":
        yield from _models()
    elif name in PARAMETERS and PARAMETERS[name].kind != "fields":
        row = PARAMETERS[name]
        choices = ("true", "false") if row.kind == "boolean" else row.choices
        yield from ((choice, "value") for choice in choices)


def _models_and_options(context: Context) -> Iterator[tuple[str, str]]:
    if "model" not in context.given:
        yield from _models()
    for option in OPTIONS:
        name = option.negates or option.name.replace("-", "_")
        if option.repeats or name not in context.given:
            yield f"--{option.name}", _type_label(option.value or "switch")


def _type_label(allowed: str) -> str:
    """Return the allowed values if they fit the narrow type column of front ends, else `value`."""
    return allowed.replace(" ", "\N{NO-BREAK SPACE}") if len(allowed) <= 16 else "value"


def _models() -> Iterator[tuple[str, str]]:
    """Return the models in the settings, without asking a server or the keyring."""
    from chat_magic.engine.session import default_session

    yield "local", "model"
    try:
        if default := default_session().configuration.value_of("model"):
            yield default, "model"
        yield from ((alias, "alias") for alias in default_session().configuration.config().aliases)
    except InvalidRequest:  # reported when the cell is run
        return


def _commands() -> Iterator[tuple[str, str]]:
    from chat_magic.shell.commands import COMMANDS

    for command in COMMANDS.values():
        yield f"{command.name} " if command.arguments else command.name, "command"


def _history_numbers(command: str) -> Iterator[tuple[str, str]]:
    """Return the latest numbers of the history, each with the beginning of its prompt."""
    from chat_magic.shell.commands import COMMANDS

    if command not in COMMANDS or "#N" not in COMMANDS[command].arguments:
        return
    from chat_magic.shell.history_commands import latest_rows

    try:
        rows = latest_rows()
    except ChatError:  # reported when the command is run
        return
    for row in rows:
        yield f"#{row.id}", _beginning(row.prompt) or row.kind


def _thread_arguments(given: frozenset[str]) -> Iterable[tuple[str, str]]:
    """Return what may follow `/thread`: a name, then what to do with it."""
    from chat_magic.shell.thread_commands import ACTIONS

    if not given:
        return _threads()
    return [(action, "action") for action in ACTIONS] if len(given) == 1 else ()


def _threads() -> Iterator[tuple[str, str]]:
    """Return the conversations of this notebook, each with the beginning of its first prompt."""
    from chat_magic.shell.thread_commands import thread_rows

    try:
        rows = thread_rows()
    except ChatError:  # reported when the command is run
        return
    for row in rows:
        yield row.thread, _beginning(row.prompt or "thread")


def _beginning(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 40 else f"{line[:39]}…"


def _paths(typed: str) -> Iterator[tuple[str, str]]:
    folder = typed[: typed.rfind("/") + 1]
    try:
        entries = sorted(Path(folder).expanduser().iterdir())
    except (OSError, RuntimeError):  # no such folder, or no such user's
        return
    for entry in entries:
        if entry.is_dir():
            yield f"{folder}{entry.name}/", "folder"
        elif not entry.name.startswith("."):
            yield folder + entry.name, "file"
