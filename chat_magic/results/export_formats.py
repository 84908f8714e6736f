"""The formats that results are exported in: requests as programs, answers as documents."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, overload

import msgspec

from chat_magic.core.cell.cell import write, write_options
from chat_magic.core.cell.grid import title_of
from chat_magic.core.cell.grid_cell import write_grid
from chat_magic.core.cell.template import has_template
from chat_magic.core.cell.variants import row_axis_of
from chat_magic.core.nearest import nearest
from chat_magic.core.reply.tokens import well_formed
from chat_magic.core.reply.tool_rounds import call_words
from chat_magic.core.request.several_requests import no_program
from chat_magic.core.unset import UNSET
from chat_magic.errors import InvalidRequest
from chat_magic.results.chat_result import ChatResult
from chat_magic.results.request_programs import PROGRAMS, write_program
from chat_magic.results.result_json import result_to_json

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from os import PathLike

    from chat_magic.core.reply.reply import Choice
    from chat_magic.core.request.request import ChatRequest
    from chat_magic.core.request.scoring import Scoring
    from chat_magic.results.chat_results import ChatResults

__all__ = ["FORMATS", "export", "export_text"]

FORMATS: Final[Mapping[str, str]] = {
    "body": "the JSON that was sent",
    "curl": "a command for a shell",
    "python": "a program with httpx",
    "openai": "a program with OpenAI's library for Python",
    "javascript": "a program with fetch",
    "cell": "a %%chat cell",
    "markdown": "the answers",
    "html": "a page that needs no network",
    "result": "everything, as JSON",
    "csv": "the table of a grid",
}
"""The formats, and what each is."""
_OTHER_NAMES = {"json": "body"}
"""Further names of formats."""


@overload
def export(result: ChatResult | ChatResults, form: str) -> str: ...
@overload
def export(result: ChatResult | ChatResults, form: str, path: str | PathLike[str]) -> Path: ...
@overload
def export(
    result: ChatResult | ChatResults, form: str, path: str | PathLike[str] | None
) -> str | Path: ...
def export(
    result: ChatResult | ChatResults, form: str, path: str | PathLike[str] | None = None
) -> str | Path:
    """Return a result in a format, or write it to a file and return its path.

    Raises:
        InvalidRequest: There is no such format for it, or the file cannot be written.
    """
    text = export_text(result, form)
    if path is None:
        return text
    try:
        target = Path(path)
        target.expanduser().write_text(text, "utf-8", newline="\n")
    except (OSError, RuntimeError, TypeError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InvalidRequest(f"export: {path} cannot be written ({reason})") from error
    return target


def export_text(result: ChatResult | ChatResults, form: str) -> str:
    """Return a result in a format.

    Raises:
        InvalidRequest: There is no such format for it.
    """
    form = _OTHER_NAMES.get(form, form)
    if isinstance(result, ChatResult):
        writer = _OF_ONE.get(form)
        if writer is None:
            raise _unknown(form, _OF_ONE, "has the table of several results; use chat_magic.to_csv")
        if form in _OF_ONE_REQUEST and (why := no_program(result.request.body())):
            raise InvalidRequest(
                f"export: {form} is one chat request; {why}: export html, or result"
            )
        return well_formed(writer(result))
    writer_of_several = _OF_SEVERAL.get(form)
    if writer_of_several is None:
        raise _unknown(
            form, _OF_SEVERAL, f'is the request of one run: choose it, as in [0].export("{form}")'
        )
    return well_formed(writer_of_several(result))


def _unknown(form: str, allowed: Mapping[str, object], why: str) -> InvalidRequest:
    if form in FORMATS:
        return InvalidRequest(f"export: {form} {why}")
    return InvalidRequest(
        f"export: {form!r} is not a format; expected one of {', '.join(allowed)}"
        f"{nearest(str(form), allowed)}"
    )


def _body(result: ChatResult) -> str:
    try:
        return msgspec.json.encode(result.request.sent_body()).decode()
    except (TypeError, ValueError) as error:
        raise InvalidRequest(f"the request cannot be written as JSON: {error}") from error


def _program(language: str) -> Callable[[ChatResult], str]:
    return lambda result: write_program(result.request, language)


def _cell(result: ChatResult) -> str:
    if result.request.search is not None:
        raise InvalidRequest("export: no cell searches for answers: call chat_magic.distribution")
    return _with_score(write(_unscored(result.request)), result.request.score)


def _unscored(request: ChatRequest) -> ChatRequest:
    """Return a request without what it asks in the place of an answer, and what that rules out."""
    if request.score is None and request.search is None:
        return request
    given = {name: value for name, value in request.parameters.items() if value is not UNSET}
    return replace(request, score=None, search=None, parameters=given)


def _with_score(cell: str, scoring: Scoring | None) -> str:
    """Add the option for the texts that are scored to the first line of a cell.

    Raises:
        InvalidRequest: The line has no form for them.
    """
    if scoring is None:
        return cell
    texts = scoring.candidates
    is_plain = len(texts) > 1 and not any("|" in text or has_template(text) for text in texts)
    if not is_plain or not scoring.end:
        raise InvalidRequest(
            "export: --score has no form for these texts (one alone, one with | or {{ }}, or "
            "end=False): call chat_magic.score"
        )
    first, line_break, body = cell.partition("\n")
    words = write_options({"score": "|".join(texts)})
    return " ".join([first, *words]) + line_break + body


def _markdown(result: ChatResult, level: int = 2) -> str:
    if len(result.choices) == 1:
        return _answer(result.choices[0], result.prefill)
    return "\n".join(
        f"{'#' * level} Choice {choice.index}\n\n{_answer(choice, result.prefill)}"
        for choice in result.choices
    )


def _answer(choice: Choice, prefill: str) -> str:
    calls = [call_words(call.function.name, call.function.arguments) for call in choice.tool_calls]
    parts = [prefill + choice.text, choice.refusal or "", *(f"    {call}" for call in calls)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _markdown_of_several(results: ChatResults) -> str:
    if row_axis_of(results.axes):
        return _markdown_table(results)
    sections = []
    for run, result in enumerate(results):
        given = results.coordinates[run].items()
        title = ", ".join(f"{name} {title_of(value)}" for name, value in given) or f"Run {run}"
        error = f"*{results.errors[run]}*\n" if run in results.errors else ""
        sections.append(f"## {title}\n\n{_markdown(result, level=3)}{error}")
    return "\n".join(sections)


def _markdown_table(results: ChatResults) -> str:
    """Write the data and the answers as a table, each cell in one line."""
    table = results.answers.reset_index()
    rows = [map(str, table.columns), ["---"] * table.shape[1]]
    missing = table.isna()
    for place, row in enumerate(table.itertuples(index=False, name=None)):
        is_missing = missing.iloc[place].tolist()
        rows.append(
            ["" if gone else str(value) for value, gone in zip(row, is_missing, strict=True)]
        )
    return "".join(f"| {' | '.join(map(_markdown_cell, row))} |\n" for row in rows)


def _markdown_cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


def _html(result: ChatResult | ChatResults) -> str:
    from chat_magic.view.bundle import MIME_TYPE
    from chat_magic.view.html.standalone import standalone_page

    prompt = write(_unscored(result.request)) if isinstance(result, ChatResult) else None
    title = result.model if isinstance(result, ChatResult) else ", ".join(result.models)
    drawn = result._repr_mimebundle_()
    asked = prompt and well_formed(prompt)
    return standalone_page(title, asked, drawn["text/html"], drawn[MIME_TYPE])


def _cell_of_grid(results: ChatResults) -> str:
    if not results.results:
        raise InvalidRequest("export: there are no runs")
    request = results[0].request
    return _with_score(write_grid(_unscored(request), results.axes), request.score)


def _csv(results: ChatResults) -> str:
    from chat_magic.analysis.export import to_csv

    return to_csv(results.answers if row_axis_of(results.axes) else results.frame) or ""


_OF_ONE_REQUEST = ("body", *PROGRAMS)
_OF_ONE: Final[Mapping[str, Callable[[ChatResult], str]]] = {
    "body": _body,
    **{language: _program(language) for language in PROGRAMS},
    "cell": _cell,
    "markdown": _markdown,
    "html": _html,
    "result": result_to_json,
}
_OF_SEVERAL: Final[Mapping[str, Callable[[ChatResults], str]]] = {
    "html": _html,
    "markdown": _markdown_of_several,
    "result": result_to_json,
    "cell": _cell_of_grid,
    "csv": _csv,
}
