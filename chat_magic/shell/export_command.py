"""The command `/export`: a result of the notebook in another format, printed or in a file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chat_magic.core.nearest import nearest
from chat_magic.errors import InvalidRequest
from chat_magic.results.chat_result import ChatResult, not_a_result
from chat_magic.results.chat_results import ChatResults
from chat_magic.results.export_formats import FORMATS, export, export_text
from chat_magic.shell.jobs import resolve
from chat_magic.view.text.result_text import terminal_safe

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["run_export"]

_ARGUMENTS = re.compile(r"(?P<form>[\w-]+)(?:\s+(?P<name>[^\s>]+))?(?:\s*>\s*(?P<file>.+))?")
_USAGE = "write %chat /export FORMAT [#N|NAME] [> FILE]; FORMAT is one of " + ", ".join(FORMATS)


@dataclass(frozen=True)
class _Named:
    """A result, and what it is called."""

    result: ChatResult | ChatResults
    name: str


def run_export(arguments: str, namespace: Mapping[str, Any], last: Any) -> None:
    """Print a result in a format, or write it to a file; a page always goes to a file.

    Args:
        arguments: `FORMAT [#N|NAME] [> FILE]`; without a name it is the last result.
        namespace: The variables of the notebook.
        last: The last result or job; None if there is none.

    Raises:
        InvalidRequest: There is no such format or result, or the file cannot be written.
    """
    match = _ARGUMENTS.fullmatch(arguments)
    if match is None:
        raise InvalidRequest(_USAGE, line=1)
    named = _find(match["name"], namespace, last)
    form = match["form"]
    file = _unquoted(match["file"]) if match["file"] else None
    if file is None and form == "html":
        file = f"{named.name}.html"
    if file is None:
        print(terminal_safe(export_text(named.result, form)))
        return
    path = export(named.result, form, file)
    print(f"{path}: {_describe(named.result, form)} ({_size(Path(path).expanduser())})")


def _find(word: str | None, namespace: Mapping[str, Any], last: Any) -> _Named:
    """Return the result that a word names: a name of the notebook, or `#N` of the history."""
    if word is None:
        if last is None:
            raise InvalidRequest("/export: there is no result yet", line=1)
        result = _as_result(resolve(last))
        names = (name for name, value in namespace.items() if value is last)
        name = next((name for name in names if not name.startswith("_")), None)
        return _Named(result, name or _name_in_history(result))
    if word.lstrip("#").isdecimal():
        return _of_history(word)
    if word not in namespace:
        results = [name for name, value in namespace.items() if _is_result(value)]
        raise InvalidRequest(
            f"/export: {word} is not a name in the notebook{nearest(word, results)}", line=1
        )
    return _Named(_as_result(resolve(namespace[word])), word)


def _of_history(word: str) -> _Named:
    if not word.startswith("#"):
        raise InvalidRequest(f"/export: numbers of the history are written #{word}", line=1)
    from chat_magic.engine.history import load

    return _Named(load(int(word[1:])), f"answer-{word}")


def _name_in_history(result: ChatResult | ChatResults) -> str:
    number = result.history_id
    return "answer" if number is None else f"answer-#{number}"


def _is_result(value: Any) -> bool:
    return isinstance(value, ChatResult | ChatResults)


def _as_result(value: Any) -> ChatResult | ChatResults:
    if isinstance(value, ChatResult | ChatResults):
        return value
    raise InvalidRequest(f"/export: {not_a_result(value)}", line=1)


def _unquoted(file: str) -> str:
    file = file.strip()
    is_quoted = len(file) > 1 and file[0] == file[-1] and file[0] in "'\""
    return file[1:-1] if is_quoted else file


def _describe(result: ChatResult | ChatResults, form: str) -> str:
    if form != "html":
        return FORMATS[form]
    results = [result] if isinstance(result, ChatResult) else list(result)
    count = sum(len(one.choices) for one in results)
    answers = f"{count} answer{'s'[: count != 1]}"
    held = f"the prompt and {answers}" if isinstance(result, ChatResult) else answers
    return f"a page with {held}, which loads nothing from the network"


def _size(path: Path) -> str:
    count = path.stat().st_size
    return f"{count:,} bytes" if count < 10_000 else f"{count / 1000:,.0f} kB"
