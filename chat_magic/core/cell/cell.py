"""Cells: the text of a `%%chat` cell becomes a request, and a request becomes such a text."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from chat_magic.core.cell import body as body_module
from chat_magic.core.cell.block import write_block
from chat_magic.core.cell.line import MagicLine, ParsedOption, read_line
from chat_magic.core.cell.options import REQUEST_OPTIONS, Option
from chat_magic.core.cell.per_model import write_per_model
from chat_magic.core.cell.template import holds_template, render_text
from chat_magic.core.json_values import read_json
from chat_magic.core.nearest import nearest
from chat_magic.core.request.attachment import Attachment
from chat_magic.core.request.messages import Message
from chat_magic.core.request.parameters import (
    PARAMETERS,
    Parameter,
    check,
    imply_with,
    read_word,
    show,
)
from chat_magic.core.request.request import ChatRequest, override, read_extra
from chat_magic.core.unset import UNSET
from chat_magic.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_MAGIC = "%%chat"
_LINE_MAGIC = "%chat"
_SAFE_WORD = re.compile(r"[\w./:+][\w./:+-]*")
_JSON_BEGINS = ("{", "[", '"')
_SURROGATE = re.compile("[\ud800-\udfff]")
_LOST = re.compile("[\r\ud800-\udfff]")
"""What an editor or a file does not keep; JSON's escapes hold it."""


@dataclass(frozen=True)
class Cell:
    """A cell that was read: the request, and what the line asks of the magic itself."""

    request: ChatRequest
    options: Mapping[str, str | None] = field(default_factory=dict)
    """The magic's own options by name, a flag's value being None."""
    is_silent: bool = False
    is_raw: bool = False
    """Whether it says that `{{ }}` are text."""
    checks: tuple[str, ...] = ()
    """The checks on the line, as they are written."""
    body_checks: tuple[str, ...] = ()
    """Those of the YAML block."""
    command: str | None = None
    """A `/…` command in place of a prompt, as typed: its braces are text."""


def parse(text: str, variables: Mapping[str, Any] | None = None) -> ChatRequest:
    """Read a cell into a request; `parse(write(request)) == request`.

    Args:
        text: The cell, its first line beginning with `%%chat`; without such a line it is a body.
        variables: What its templates see.

    Raises:
        InvalidRequest: With the line in the cell, the `%%chat` line being 1.
    """
    return read_cell(text, variables or {}).request


def read_first_line(text: str, own_options: Sequence[Option] = ()) -> MagicLine:
    """Read the line of a cell, or a whole `%chat` line, its templates as they are written."""
    options = (*REQUEST_OPTIONS, *own_options)
    if text.startswith(_MAGIC):
        return read_line(text.partition("\n")[0].rstrip("\r"), options, start=len(_MAGIC))
    start = len(_LINE_MAGIC) if text.startswith(_LINE_MAGIC) else 0
    return read_line(text, options, start=start, prompt=True)


def read_cell(
    text: str, variables: Mapping[str, Any] | None, own_options: Sequence[Option] = ()
) -> Cell:
    """Read a cell; see `parse`.

    Args:
        text: The cell.
        variables: What its templates see; None leaves them as they are written.
        own_options: Options that the line takes besides those of the request.
    """
    text = text.replace("\r\n", "\n")
    first, _, body = text.partition("\n") if text.startswith(_MAGIC) else (_MAGIC, "", text)
    line = read_first_line(first, own_options)
    if variables is not None:
        line = render_line(line, variables)
    if len(line.words) > 1:
        has_code = any(given.option.is_code for given in line.options)
        advice = (
            "put the expression of --check in quotes"
            if has_code
            else "the prompt belongs below the first line"
        )
        raise InvalidRequest(
            f"{line.words[1].text!r} is not an option: {advice}",
            line=1,
            column=line.words[1].start + 1,
        )
    on_line = _request_of_line(line)
    below = body_module.read_body(body, None if _is_raw(line) else variables, first_line=2)
    return _cell(override(below, on_line), line)


def read_prompt(
    text: str, variables: Mapping[str, Any], own_options: Sequence[Option] = ()
) -> Cell:
    """Read a `%chat` line: options, then the prompt to its end, one user message."""
    line = render_line(read_first_line(text, own_options), variables)
    request = _request_of_line(line)
    if line.is_command:
        return replace(_cell(request, line), command=line.rest)
    if line.rest:
        prompt = line.rest
        warnings: list[str] = []
        if not _is_raw(line):
            prompt = _render_word(prompt, variables, len(text) - len(prompt), warnings)
        message = Message(role="user", content=prompt)
        request = replace(request, messages=(message,), warnings=tuple(warnings))
    return _cell(request, line)


def _cell(request: ChatRequest, line: MagicLine) -> Cell:
    request_names = {option.name for option in REQUEST_OPTIONS}
    magic = {
        option.option.name: option.value
        for option in line.options
        if option.option.name not in request_names
    }
    checks = (given.value or "" for given in line.options if given.option.name == "check")
    return Cell(
        replace(request, checks=()),
        magic,
        line.is_silent,
        _is_raw(line),
        checks=tuple(checks),
        body_checks=request.checks,
    )


def _is_raw(line: MagicLine) -> bool:
    return any(given.option.name == "raw" for given in line.options)


def render_line(line: MagicLine, variables: Mapping[str, Any]) -> MagicLine:
    """Render the templates in the values and the model of a line, unless it says `--raw`."""
    if _is_raw(line):
        return line
    options = tuple(
        replace(given, value=_render_word(given.value, variables, given.start))
        if given.value is not None and not given.option.is_code
        else given
        for given in line.options
    )
    words = tuple(
        replace(word, text=_render_word(word.text, variables, word.start)) for word in line.words
    )
    return replace(line, options=options, words=words)


def _render_word(
    text: str, variables: Mapping[str, Any], start: int, warnings: list[str] | None = None
) -> str:
    try:
        return render_text(text, variables, warnings)
    except InvalidRequest as error:
        raise InvalidRequest(
            error.message, line=1, column=start + (error.column or 1)
        ) from error.__cause__


def _request_of_line(line: MagicLine) -> ChatRequest:
    parameters: dict[str, Any] = {}
    extra: dict[str, Any] = {}
    model = line.words[0].text if line.words else None
    for given in line.options:
        try:
            match given.option.name:
                case "model":
                    if model is not None:
                        raise InvalidRequest(f"the model is given twice: {model}, {given.value}")
                    model = given.value
                case "unset":
                    parameters |= _unset(given.value or "", parameters)
                case "extra":
                    extra |= _extra(given.value or "")
                case _:
                    _set_parameter(parameters, given)
        except InvalidRequest as error:
            raise InvalidRequest(error.message, line=1, column=given.start + 1) from error.__cause__
    return ChatRequest(model=model, parameters=imply_with(parameters, extra), extra=extra)


def _set_parameter(parameters: dict[str, Any], given: ParsedOption) -> None:
    row = PARAMETERS.get(given.option.negates or given.option.name.replace("-", "_"))
    if row is None or not row.on_line:
        return
    if row.name in parameters and not row.repeats:
        raise InvalidRequest(f"{row.option} is given both with and without no-")
    if given.value is None:
        parameters[row.name] = given.option.negates is None
        return
    read = read_word(row, given.value, parameters.get(row.name))
    parameters[row.name] = check(row, read, row.option)


def _unset(names: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    unset = {}
    for name in (part.strip().replace("-", "_") for part in names.split(",")):
        if name not in PARAMETERS:
            raise InvalidRequest(f"--unset {name}: no such parameter{nearest(name, PARAMETERS)}")
        if name in parameters:
            raise InvalidRequest(f"{name} is both set and unset")
        unset[name] = UNSET
    return unset


def _extra(word: str) -> Mapping[str, Any]:
    key, equals, value = word.partition("=")
    if not equals or not key:
        raise InvalidRequest(f"--extra {word}: write KEY=JSON, or KEY=TEXT")
    try:
        return read_extra({key: read_json(value)})
    except ValueError as error:
        if not value.startswith(_JSON_BEGINS):
            return read_extra({key: value})
        shown = f"--extra {show(word)}"
        raise InvalidRequest(f"{shown}: the value is not JSON ({error})") from error


def write(request: ChatRequest) -> str:
    """Write the cell that reads back as this request.

    It is a messages block where the grammar has a form for everything in the request, else a
    JSON body.

    Raises:
        InvalidRequest: It has an attachment that is not read yet, beside what only JSON can hold.
    """
    block = write_as_block(request)
    return write_as_json(request) if block is None else block


def option_words(request: ChatRequest) -> list[str]:
    """Write a model and parameters as words of the line.

    Raises:
        InvalidRequest: A value has a line break, or quotes of both kinds.
    """
    try:
        model = [] if request.model is None else [_quote(request.model)]
        return [*model, *_option_words(request), *_unset_words(request)]
    except _NoForm as error:
        raise InvalidRequest("a value cannot be written on the %%chat line") from error


def write_options(values: Mapping[str, str]) -> list[str]:
    """Write options of the line, by their names, with their values.

    Raises:
        InvalidRequest: A value has a line break, or quotes of both kinds.
    """
    try:
        return [word for name, value in values.items() for word in (f"--{name}", _quote(value))]
    except _NoForm as error:
        raise InvalidRequest("a value cannot be written on the %%chat line") from error


def write_as_block(request: ChatRequest) -> str | None:
    """Write a cell with a messages block; None where its grammar cannot express the request."""
    try:
        block = _write_block(request)
        return block if parse(block) == request and not _LOST.search(block) else None
    except (InvalidRequest, _NoForm):
        return None


class _NoForm(Exception):
    """A messages block cannot express a value."""


def _write_block(request: ChatRequest) -> str:
    front = {
        name: value
        for name, value in request.parameters.items()
        if value is not UNSET and not PARAMETERS[name].on_line
    }
    if request.extra:
        front["extra"] = request.extra
    front |= _per_model(request)
    words = [*_option_words(request), *_unset_words(request)]
    if request.model is not None:
        words.insert(0, _quote(request.model))
    parts = [body_module.write_front(front), write_block(request.messages)]
    return _first_line(words, request) + "\n" + "".join(parts)


def write_as_json(request: ChatRequest) -> str:
    """Write a cell whose body is a JSON object, with the messages last.

    Raises:
        InvalidRequest: An attachment has not been read.
    """
    fields = {name: value for name, value in request.parameters.items() if value is not UNSET}
    messages = [message.to_json() for message in request.messages]
    others = {name: value for name, value in request.extra.items() if name not in PARAMETERS}
    body = {"model": request.model, **fields, **others, "messages": messages}
    if request.model is None:
        del body["model"]
    try:
        text = json.dumps(body, indent=2, ensure_ascii=False)
    except TypeError as error:
        raise InvalidRequest("an attachment that is not read yet cannot be written") from error
    text = _SURROGATE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
    as_given = {name: value for name, value in request.extra.items() if name in PARAMETERS}
    extra = {"extra": as_given} if as_given else {}
    front = body_module.write_front(extra | _per_model(request))
    return _first_line(_unset_words(request), request) + "\n" + front + text


def _per_model(request: ChatRequest) -> dict[str, Any]:
    return {"per_model": write_per_model(request.per_model)} if request.per_model else {}


def _first_line(words: list[str], request: ChatRequest) -> str:
    if holds_template([request.body(), _per_model(request)]):
        words = [*words, "--raw"]
    return " ".join([_MAGIC, *words])


def _option_words(request: ChatRequest) -> list[str]:
    implied = {PARAMETERS[name].implies for name in request.parameters}
    return [
        word
        for name, value in request.parameters.items()
        if value is not UNSET
        and PARAMETERS[name].on_line
        and not (name in implied and value is True)
        for word in _words_of(PARAMETERS[name], value)
    ]


def _unset_words(request: ChatRequest) -> list[str]:
    names = [name for name, value in request.parameters.items() if value is UNSET]
    return ["--unset", ",".join(names)] if names else []


def _words_of(row: Parameter, value: Any) -> list[str]:
    match row.kind:
        case "boolean":
            return [row.option if value else row.option.replace("--", "--no-", 1)]
        case "strings" if isinstance(value, list):
            return [word for item in value for word in (row.option, _quote(_escape(item)))]
        case "pairs":
            return [word for key in value for word in (row.option, _quote(f"{key}={value[key]}"))]
        case "words":
            return [row.option, _quote(",".join(value))]
        case "fields":
            return [row.option, _quote(",".join(f"{name}={value[name]}" for name in value))]
        case "content":
            text = value.get("content")
            word = f"@{text.source}" if isinstance(text, Attachment) else text
            return [row.option, _quote(word)]
        case "tool" if isinstance(value, dict):
            return [row.option, _quote(str(value.get("function", {}).get("name")))]
        case _:
            return [row.option, _quote(str(value))]


def _escape(text: str) -> str:
    return text.encode("unicode_escape", "surrogatepass").decode("ascii")


def _quote(word: Any) -> str:
    if not isinstance(word, str):
        raise _NoForm
    if _SAFE_WORD.fullmatch(word):
        return word
    for quote in "'\"":
        if quote not in word and "\n" not in word:
            return quote + word + quote
    raise _NoForm
