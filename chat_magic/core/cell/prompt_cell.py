"""Prompts as the text of a cell: what was asked, its templates as they were written."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from chat_magic.core.cell.body import read_body
from chat_magic.core.cell.cell import (
    option_words,
    read_cell,
    read_first_line,
    write,
    write_options,
)
from chat_magic.core.cell.options import MAGIC_OPTIONS, REQUEST_OPTIONS
from chat_magic.core.cell.template import has_template, template_variables
from chat_magic.core.request.attachment import Attachment
from chat_magic.core.request.messages import Message
from chat_magic.core.request.parameters import PARAMETERS
from chat_magic.core.request.request import ChatRequest, PromptSource
from chat_magic.core.request.tools import tool_name
from chat_magic.core.unset import UNSET
from chat_magic.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from chat_magic.core.cell.line import MagicLine

_MAGIC = "%%chat"
_NAMES = ("schema", "tools", "max-tool-rounds")
PROMPT_OPTIONS = tuple(option for option in MAGIC_OPTIONS if option.name in _NAMES)
"""The magic's own options that belong to a prompt."""
_KEPT = (*REQUEST_OPTIONS, *PROMPT_OPTIONS)


def write_prompt(request: ChatRequest) -> str:
    """Write the cell of a request as it was asked: with templates, and the defaults of the time.

    Of a cell that continues an answer, it has the messages of that cell.

    Raises:
        InvalidRequest: A value cannot be written on the line.
    """
    source = request.source or PromptSource(messages=request.messages)
    if source.cell is None:
        return _write_messages(request, source)
    line = read_first_line(source.cell, MAGIC_OPTIONS)
    if source.cell.startswith(_MAGIC):
        return _write_cell(request, source.cell, line)
    given = {option.option.name: option.value for option in line.options}
    message = Message(role="user", content=line.rest)
    return _write_messages(
        request,
        replace(
            source,
            messages=(message,),
            is_template="raw" not in given,
            schema=given.get("schema"),
            tools=tuple((given.get("tools") or "").split(",")) if "tools" in given else (),
        ),
    )


def _write_messages(request: ChatRequest, source: PromptSource) -> str:
    parameters = dict(request.parameters)
    if source.schema is not None:
        parameters.pop("response_format", None)
    if source.tools and isinstance(parameters.get("tools"), list):
        objects = [tool for tool in parameters["tools"] if tool_name(tool) not in source.tools]
        parameters["tools"] = objects
        if not objects:
            del parameters["tools"]
    asked = replace(request, messages=source.messages, parameters=parameters)
    first, _, body = write(asked).partition("\n")
    if source.is_template:
        first = first.removesuffix(" --raw")
    options = {"schema": source.schema, "tools": ",".join(source.tools) or None}
    words = write_options({name: value for name, value in options.items() if value is not None})
    return "\n".join([" ".join([first, *words]), body])


def _write_cell(request: ChatRequest, cell: str, line: MagicLine) -> str:
    """Write a cell with its body as it was, and what else was sent on its line."""
    first, _, body = cell.replace("\r\n", "\n").partition("\n")
    pieces = [text for name, text in _pieces(first, line) if name in (*_KEPT_NAMES, None)]
    written = _written_in(body)
    on_line = {option.option.negates or option.option.name for option in line.options}
    on_line = {name.replace("-", "_") for name in on_line}
    for option in line.options:
        if option.option.name == "unset":
            on_line |= {name.strip().replace("-", "_") for name in (option.value or "").split(",")}
    missing = {
        name: value
        for name, value in request.parameters.items()
        if name not in on_line
        and PARAMETERS[name].on_line
        and name not in ("response_format", "tools")
        and (name not in written.parameters or written.parameters[name] != value)
    }
    has_model = bool(line.words) or "model" in on_line or written.model is not None
    rest = ChatRequest(model=None if has_model else request.model, parameters=missing)
    return "\n".join([" ".join([_MAGIC, *_model_first(rest, pieces)]), body])


def _model_first(rest: ChatRequest, pieces: list[str]) -> list[str]:
    words = option_words(rest)
    return [*words[:1], *pieces, *words[1:]] if rest.model is not None else [*pieces, *words]


_KEPT_NAMES = tuple(option.name for option in _KEPT)


def _pieces(first: str, line: MagicLine) -> Iterator[tuple[str | None, str]]:
    """Yield the words of a line as they were typed, each with its option's name."""
    text = first.rstrip().removesuffix(";") if line.is_silent else first
    starts = [(option.start, option.option.name) for option in line.options]
    items: list[tuple[int, str | None]] = sorted([*starts, *((w.start, None) for w in line.words)])
    ends = [*(start for start, _ in items[1:]), len(text)]
    for (start, name), end in zip(items, ends, strict=False):  # without items there is one end
        yield name, text[start:end].strip()


def _written_in(body: str) -> ChatRequest:
    """Return the model and the parameters in a body, if its templates can stay as they are."""
    try:
        return read_body(body, None)
    except InvalidRequest:
        return ChatRequest()


def check_prompt(text: str) -> MagicLine:
    """Read the line of a prompt's cell.

    Raises:
        InvalidRequest: It is not a `%%chat` cell, or has an option that does not belong in a
            prompt, such as `--out`.
    """
    first = text.partition("\n")[0]
    if first.split(maxsplit=1)[:1] != [_MAGIC]:
        raise InvalidRequest("a prompt is a %%chat cell: its first line must begin with %%chat")
    line = read_first_line(text, MAGIC_OPTIONS)
    for option in line.options:
        if option.option not in _KEPT:
            raise InvalidRequest(
                f"--{option.option.name} does not belong in a prompt", line=1,
                column=option.start + 1,
            )  # fmt: skip
    return line


def with_line(text: str, own: str, own_line: MagicLine) -> str:
    """Return a prompt's cell with the words of another line, which take precedence.

    Args:
        text: The cell of the prompt.
        own: The other line.
        own_line: The same, as it was read.
    """
    line = check_prompt(text)
    first, newline, body = text.partition("\n")
    own_pieces = [(name, piece) for name, piece in _pieces(own, own_line) if name != "prompt"]
    given = {_field(name) for name, _ in own_pieces}
    if "model" in given or None in given:
        given |= {"model", None}
    pieces = [piece for name, piece in _pieces(first, line) if _field(name) not in given]
    words = [_MAGIC, *pieces, *(piece for _, piece in own_pieces)]
    end = ";" if own_line.is_silent else ""
    return " ".join(words) + end + newline + body


def replace_option(text: str, name: str, value: str) -> str:
    """Return a prompt's cell with another value of an option of its line."""
    first, newline, body = text.partition("\n")
    words = [
        piece if option != name else " ".join(write_options({name: value}))
        for option, piece in _pieces(first, check_prompt(text))
    ]
    return " ".join([_MAGIC, *words]) + newline + body


def _field(name: str | None) -> str | None:
    return None if name is None else name.removeprefix("no-")


def prompt_fields(text: str) -> dict[str, Any]:
    """Return what a prompt's cell asks for as JSON values, its templates as they are written.

    An attachment is its line. `schema` and `tools` are the words of the line.

    Raises:
        InvalidRequest: The cell is not valid while its templates are not filled in.
    """
    cell = read_cell(text, None, PROMPT_OPTIONS)
    request = cell.request
    given = {**request.parameters, **request.extra, **cell.options}
    return {
        "model": request.model,
        **{name: "unset" if value is UNSET else value for name, value in given.items()},
        "messages": [
            {"role": message.role, "content": _written_content(message)}
            for message in request.messages
        ],
    }


def _written_content(message: Message) -> Any:
    if not isinstance(message.content, tuple):
        return message.content
    return [
        {"type": "text", "text": f"@{part.kind} {part.source}"}
        if isinstance(part, Attachment)
        else part
        for part in message.content
    ]


def prompt_variables(text: str) -> tuple[str, ...]:
    """Return the names that the templates of a prompt's cell use, in the order of their first use.

    Raises:
        InvalidRequest: A template is not valid.
    """
    line = check_prompt(text)
    if any(option.option.name == "raw" for option in line.options) or not has_template(text):
        return ()
    return template_variables(text)


def names_of_tools(tools: Collection[Any]) -> tuple[str, ...]:
    """Return the names of functions and tool objects."""
    return tuple(str(tool_name(tool) or getattr(tool, "__name__", "")) for tool in tools)
