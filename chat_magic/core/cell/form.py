"""Forms: a cell as separate values that can be edited one by one, and back."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from chat_magic.core.cell.cell import read_cell, write
from chat_magic.core.cell.line import MagicLine, read_line
from chat_magic.core.cell.options import REQUEST_OPTIONS, Option
from chat_magic.core.cell.template import holds_template
from chat_magic.core.request.parameters import (
    PARAMETERS,
    Parameter,
    apply_implied,
    check,
    check_together,
    read_word,
    unescape,
)
from chat_magic.core.request.request import ChatRequest
from chat_magic.core.request.response_format import check_response_format
from chat_magic.core.request.tools import check_tools
from chat_magic.core.unset import UNSET
from chat_magic.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

_MAGIC = "%%chat"
_JSON_KINDS = {"object", "array"}
_NOT_KEPT = {"background", "dry-run", "help"}
"""Options that say how a cell is run, which a form decides itself."""


@dataclass(frozen=True, kw_only=True)
class CellForm:
    """A cell in parts: its request as written, templates included, and the line's other options."""

    request: ChatRequest = field(default_factory=ChatRequest)
    options: str = ""
    """What the line asks of the magic itself, such as `--tools f --out r`, as typed."""
    is_raw: bool = False
    """Whether `{{ }}` are text."""


def read_form(text: str, own_options: Sequence[Option] = ()) -> CellForm:
    """Take a cell apart.

    Args:
        text: The cell, its first line beginning with `%%chat`.
        own_options: Options that the line takes besides those of the request.

    Raises:
        InvalidRequest: It cannot be read, or its templates open messages.
    """
    cell = read_cell(text, None, own_options)
    first = text.partition("\n")[0] if text.startswith(_MAGIC) else _MAGIC
    line = read_line(first, (*REQUEST_OPTIONS, *own_options), start=len(_MAGIC))
    options = " ".join(_own_words(first, line))
    return CellForm(request=cell.request, options=options, is_raw=cell.is_raw)


def form_of(request: ChatRequest) -> CellForm:
    """Make the form of a request that was sent: what looks like a template there is text."""
    return CellForm(request=request, is_raw=holds_template(request.body()))


def write_form(form: CellForm) -> str:
    """Write the cell of a form; `read_form` reads it back.

    Raises:
        InvalidRequest: It has an attachment that is not read yet, beside what only JSON can hold.
    """
    first, _, body = write(form.request).partition("\n")
    words = [first if form.is_raw else first.removesuffix(" --raw"), form.options.strip()]
    return " ".join(filter(None, words)) + "\n" + body


def check_options(options: str, own_options: Sequence[Option]) -> frozenset[str]:
    """Return the names of the magic's own options in some words of a line.

    Raises:
        InvalidRequest: They are not such options, or are set by a control.
    """
    line = read_line(f"{_MAGIC} {options}", (*REQUEST_OPTIONS, *own_options), start=len(_MAGIC))
    if line.words:
        raise InvalidRequest(f"{line.words[0].text}: is not an option")
    for given in line.options:
        name = given.option.name
        if given.option in REQUEST_OPTIONS:
            raise InvalidRequest(f"--{name}: is set by its own control")
        if name in _NOT_KEPT:
            raise InvalidRequest(f"--{name}: does not apply here")
    return frozenset(given.option.name for given in line.options)


def _own_words(first: str, line: MagicLine) -> Iterator[str]:
    """Return the magic's own options as they were typed."""
    end = len(first) - len(first.rstrip("; \t\r")) if line.is_silent else 0
    starts = sorted(
        [*(option.start for option in line.options), *(word.start for word in line.words)]
    )
    for given in line.options:
        if given.option in REQUEST_OPTIONS or given.option.name in _NOT_KEPT:
            continue
        after = [start for start in starts if start > given.start]
        yield first[given.start : after[0] if after else len(first) - end].strip()


def read_value(row: Parameter, text: str) -> Any:
    """Read a parameter from the text of its control, and check it.

    It is written as on the line, lists and pairs with a line for each; or as JSON.

    Raises:
        InvalidRequest: The parameter does not allow it.
    """
    value = check(row, _read(row, text))
    if row.name == "response_format":
        check_response_format(value)
    if row.name == "tools":
        check_tools({"tools": value})
    return value


def _read(row: Parameter, text: str) -> Any:
    if row.kind in _JSON_KINDS:
        return _read_json(row, text)
    if row.kind in {"pairs", "fields", "tool"} and text.lstrip().startswith("{"):
        return _read_json(row, text)
    if row.kind == "content" and _is_content(text):
        return json.loads(text)
    if row.kind == "strings":
        return [unescape(line) for line in text.split("\n")]
    if row.kind == "pairs":
        value: dict[str, Any] = {}
        for line in filter(None, map(str.strip, text.split("\n"))):
            value = read_word(row, line, value)
        return value
    return read_word(row, text if row.kind in {"string", "content"} else text.strip())


def _is_content(text: str) -> bool:
    """Whether a text is the whole content object as JSON, not the content."""
    try:
        value = json.loads(text)
    except ValueError:
        return False
    return isinstance(value, dict) and set(value) == {"type", "content"}


def _read_json(row: Parameter, text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise InvalidRequest(f"{row.name}: is not JSON ({error.msg}, {place})") from None


def write_value(row: Parameter, value: Any) -> str:
    """Write a parameter as the text of its control; `read_value` reads it back."""
    if row.kind == "strings" and isinstance(value, str):
        value = [value]
    text = _write(row, value)
    try:
        if text is not None and read_value(row, text) == value:
            return text
    except InvalidRequest:
        pass
    return json.dumps(value, ensure_ascii=False, indent=2 if row.kind in _JSON_KINDS else None)


def _write(row: Parameter, value: Any) -> str | None:
    match row.kind:
        case "number" | "integer" | "string":
            return str(value)
        case "strings":
            return "\n".join(map(escape_text, value))
        case "words":
            return ",".join(value)
        case "pairs":
            return "\n".join(f"{key}={item}" for key, item in value.items())
        case "fields":
            return ",".join(f"{key}={item}" for key, item in value.items())
        case "tool":
            named = value.get("function", {}).get("name") if isinstance(value, dict) else value
            return str(named)
        case "content":
            content = value.get("content")
            return (
                content if isinstance(content, str) else f"@{content.source}" if content else None
            )
    return None


def escape_text(text: str) -> str:
    r"""Write a text so that `unescape` gives it back: newlines as `\n`, backslashes doubled."""
    escaped = text.replace("\\", "\\\\")
    for character, letter in (("\n", "n"), ("\r", "r"), ("\t", "t"), ("\0", "0")):
        escaped = escaped.replace(character, "\\" + letter)
    return escaped


def disabled_reasons(parameters: Mapping[str, Any], options: Iterable[str] = ()) -> dict[str, str]:
    """Say which parameters cannot be set beside others, and why.

    Args:
        parameters: What is set, by name.
        options: The names of the magic's own options that are given.
    """
    given = {name: value for name, value in parameters.items() if value is not UNSET}
    if "tools" in options:
        given.setdefault("tools", True)
    reasons = {}
    for name, row in PARAMETERS.items():
        if row.needs and row.implies == row.needs:
            if given.get(row.needs, True) is False:
                reasons[name] = f"requires {row.needs}, which is off"
        elif row.needs and not given.get(row.needs):
            reasons[name] = f"requires {row.needs}"
        elif row.conflicts in given:
            reasons[name] = f"{row.conflicts} is set"
    if given.get("stream") is False:
        reasons["stream_options"] = "requires stream, which is off"
    return reasons


def check_form(form: CellForm, own_options: Sequence[Option] = ()) -> tuple[str, ...]:
    """Check what can be checked before templates are filled in; return warnings.

    Raises:
        InvalidRequest: Parameters are incompatible.
    """
    options = check_options(form.options, own_options)
    given = {n: v for n, v in apply_implied(form.request.parameters).items() if v is not UNSET}
    if "tools" in options:
        given.setdefault("tools", True)
    return check_together(given)


def settings_only(form: CellForm) -> CellForm:
    """Return a form without its messages: what a preset keeps."""
    request = replace(form.request, messages=(), warnings=())
    return replace(form, request=request)
