"""The body of a cell: an optional YAML block and a messages block, or a JSON request."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from chat_magic.core.cell.block import read_block
from chat_magic.core.cell.check_expression import check_field
from chat_magic.core.cell.per_model import read_per_model
from chat_magic.core.cell.template import plain, render, render_text
from chat_magic.core.json_values import TOO_DEEP, check_depth, fault_in_json, read_json
from chat_magic.core.request.parameters import PARAMETERS, imply_with
from chat_magic.core.request.request import ChatRequest, override, read_extra, read_fields
from chat_magic.errors import InvalidRequest

_FENCE = "---"
_GAP = r"(?:\s|//[^\n]*(?:\n|\Z)|/\*.*?\*/)*"
_JSON_START = re.compile(rf"""{_GAP}(?:\{{{_GAP}(?:["']|\w+\s*:)|\[{_GAP}\{{)""", re.DOTALL)
_JSON_FIELDS = re.compile(r"""[{\[\s]*["']?(?:messages|model|role)["']?\s*:""")
_JSON_MESSAGES = re.compile(r"""["']messages["']\s*:\s*\[""")
_BLANK_LINES = re.compile(r"(?:[^\S\n]*\n)*")
_JSON5_PLACE = re.compile(r"<string>:(\d+) (.*) at column (\d+)")

Variables = Mapping[str, Any] | None
"""The variables of templates; None where braces are text."""


def read_body(text: str, variables: Variables, *, first_line: int = 1) -> ChatRequest:
    """Read a body.

    Args:
        text: The body, its lines ending in LF.
        variables: What its templates see; None to leave braces alone.
        first_line: The number of its first line in the cell.

    Raises:
        InvalidRequest: With line and, where it is known, column in the cell.
    """
    lines = text.split("\n")
    start = next((i for i, line in enumerate(lines) if line.strip()), len(lines))
    front: ChatRequest | None = None
    if start < len(lines) and lines[start].rstrip() == _FENCE:
        end = _closing_fence(lines, start, first_line)
        source = "\n".join(lines[start + 1 : end])
        front = _read_front(source, variables, first_line + start + 1)
        start = end + 1
    rest = "\n".join(lines[start:])
    request = _read_rest(rest, variables, first_line + start, may_open=front is None)
    if front is None:
        return request
    return replace(
        override(request, front),
        messages=front.messages + request.messages,
        per_model=front.per_model,
        checks=front.checks,
        warnings=front.warnings + request.warnings,
    )


def _closing_fence(lines: Sequence[str], start: int, first_line: int) -> int:
    for index in range(start + 1, len(lines)):
        if lines[index].rstrip() == _FENCE:
            return index
    raise InvalidRequest(
        r"the YAML block is not closed by a line of ---; as text, --- is written \---"
        + _why_not_closed(lines, start, first_line),
        line=first_line + start,
    )


def _why_not_closed(lines: Sequence[str], start: int, first_line: int) -> str:
    for index in range(start + 1, len(lines)):
        if lines[index].strip() == _FENCE:
            return f" (in line {first_line + index} it must be at the start of the line)"
    return ""


def _read_front(source: str, variables: Variables, first_line: int) -> ChatRequest:
    fields = _load_yaml(source, first_line)
    checks = fields.pop("check", None)  # code, in which braces are not templates
    request = _read_object(fields, _read_front_fields, source, variables, first_line)
    try:
        return request if checks is None else replace(request, checks=check_field(checks))
    except InvalidRequest as error:
        line = first_line + line_of(error.message, source)
        raise InvalidRequest(error.message, line=line) from error.__cause__


def _read_front_fields(values: Mapping[str, Any]) -> ChatRequest:
    fields = dict(values)
    extra, per_model = read_extra(fields.pop("extra", None) or {}), fields.pop("per_model", {})
    known = {name: value for name, value in fields.items() if name in PARAMETERS}
    for name in known:
        if name in extra:
            raise InvalidRequest(f"{name}: is given both by itself and under extra")
    return replace(
        read_fields({**fields, **imply_with(known, extra)}, allow_extra=False),
        extra=extra,
        per_model=read_per_model(per_model),
    )


def _load_yaml(source: str, first_line: int) -> dict[str, Any]:
    from ruamel.yaml import YAML  # only YAML needs it
    from ruamel.yaml.constructor import SafeConstructor
    from ruamel.yaml.error import YAMLError

    class Constructor(SafeConstructor):
        """Reads timestamps as text, since JSON has no type for them."""

    Constructor.add_constructor("tag:yaml.org,2002:timestamp", SafeConstructor.construct_yaml_str)
    yaml = YAML(typ="safe", pure=True)
    yaml.Constructor = Constructor
    try:
        value = yaml.load(source)
    except RecursionError:
        raise InvalidRequest(f"in the YAML block: {TOO_DEEP}", line=first_line) from None
    except YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise InvalidRequest(
            f"in the YAML block: {getattr(error, 'problem', None) or error}",
            line=first_line + mark.line if mark else first_line - 1,
            column=mark.column + 1 if mark else None,
        ) from error
    value = {} if value is None else value
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
        raise InvalidRequest("the YAML block must be fields and values", line=first_line - 1)
    try:
        check_depth(value)
    except ValueError as error:
        raise InvalidRequest(f"in the YAML block: {error}", line=first_line) from error
    if fault := fault_in_json(value):
        raise InvalidRequest(fault, line=first_line + line_of(fault, source))
    plain_json: dict[str, Any] = json.loads(json.dumps(value))
    return plain_json


def _read_object(
    fields: Mapping[str, Any],
    read: Callable[[Mapping[str, Any]], ChatRequest],
    source: str,
    variables: Variables,
    first_line: int,
) -> ChatRequest:
    """Read the fields of a YAML or JSON object, adding to errors where they are in the cell."""
    warnings: list[str] = []
    if variables is not None:
        fields = _render_strings(
            fields, lambda text: _render_in(source, text, variables, first_line, warnings)
        )
    try:
        request = read(fields)
        return replace(request, warnings=(*request.warnings, *warnings))
    except InvalidRequest as error:
        line = first_line + line_of(error.message, source)
        raise InvalidRequest(error.message, line=line) from error.__cause__


def line_of(message: str, source: str) -> int:
    """Return the line of a source, from 0, that has the field which an error names."""
    named = re.match(
        r"(?P<block>per_model) (?P<model>[^\s:]+)(?: (?P<field>\w+))?"
        r"|(?:unknown field |extra )?(?P<name>\w+(?:[.[]\w+]?)*)",
        message,
    )
    start = 0
    words: list[str] = []
    if named:
        path = re.findall(r"[^\W\d]\w*", named["name"] or "")
        words = [*filter(None, named.group("block", "model", "field")), *path]
    for word in words:
        place = re.compile(rf"(?<!\w){re.escape(word)}(?!\w)").search(source, start)
        start = place.start() if place else start
    return source.count("\n", 0, start)


def _render_strings(value: Any, render_one: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return render_one(value)
    if isinstance(value, dict):
        return {key: _render_strings(item, render_one) for key, item in value.items()}
    if isinstance(value, list):
        return [_render_strings(item, render_one) for item in value]
    return value


def _render_in(
    source: str,
    text: str,
    variables: Mapping[str, Any],
    first_line: int,
    warnings: list[str],
) -> str:
    """Render one string of a YAML or JSON source; errors have its position there."""
    try:
        return render_text(text, variables, warnings)
    except InvalidRequest as error:
        line = text.split("\n")[(error.line or 1) - 1]
        template = re.match(r".*?[}%]\}|.*", line[(error.column or 1) - 1 :])
        start = max(source.find(template[0] if template else line), 0)
        before = source[:start]
        raise InvalidRequest(
            error.message,
            line=first_line + before.count("\n"),
            column=start - before.rfind("\n"),
        ) from error.__cause__


def _read_rest(text: str, variables: Variables, first_line: int, *, may_open: bool) -> ChatRequest:
    fields = _load_json(text, first_line)
    if fields is not None:
        return _read_object(
            fields,
            lambda values: read_fields(values, allow_extra=True),
            text,
            variables,
            first_line,
        )
    text = _unescape_start(text, may_open=may_open)
    rendered = plain(text, first_line) if variables is None else render(text, variables, first_line)
    return read_block(rendered)


def _load_json(text: str, first_line: int = 1) -> dict[str, Any] | None:
    """Return the request's fields if the text is a JSON request, else None."""
    stripped = text.strip()
    if not _JSON_START.match(stripped) or not ("role" in stripped or "messages" in stripped):
        return None
    try:
        value = read_json(stripped)
    except ValueError:
        value = _load_json5(stripped, first_line + text[: text.find(stripped[0])].count("\n"))
    if isinstance(value, dict) and "messages" in value:
        return value
    if (
        isinstance(value, list)
        and value
        and all(isinstance(item, dict) and "role" in item for item in value)
    ):
        return {"messages": value}
    return None


def _load_json5(text: str, first_line: int) -> Any:
    import json5  # only JSON that is not strict needs it

    try:
        value = json5.loads(text)
        check_depth(value)
    except (ValueError, RecursionError) as error:
        if not (_JSON_FIELDS.match(text) or _JSON_MESSAGES.search(text)):
            return None
        place = _JSON5_PLACE.match(str(error))
        fault = TOO_DEEP if isinstance(error, RecursionError) else error
        raise InvalidRequest(
            f"the body looks like a JSON request, but {place[2] if place else fault}; "
            "to send it as text, begin it with user:",
            line=first_line + int(place[1]) - 1 if place else first_line,
            column=int(place[3]) if place else None,
        ) from error
    return value


def _unescape_start(text: str, *, may_open: bool) -> str:
    r"""Take the backslash from a `\---` or a `\{…JSON…}` that opens the body."""
    body = text[_BLANK_LINES.match(text).end() :]  # type: ignore[union-attr]  # matches nothing too
    bare = body.lstrip("\\")
    if bare == body:
        return text
    opens = may_open and bare.split("\n", 1)[0].rstrip() == _FENCE
    if opens or _is_json(bare):
        return text[: len(text) - len(body)] + body[1:]
    return text


def _is_json(text: str) -> bool:
    try:
        return _load_json(text) is not None
    except InvalidRequest:
        return False


def write_front(fields: Mapping[str, Any]) -> str:
    """Write fields as a YAML block, their values as JSON, which YAML 1.2 contains."""
    if not fields:
        return ""
    lines = [f"{name}: {_yaml(value)}" for name, value in fields.items()]
    return "\n".join([_FENCE, *lines, _FENCE, ""])


def _yaml(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in text)
