"""Results as JSON and back, without loss: for the history, for cassettes, and to send to others."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

import msgspec
from msgspec import Struct

from chat_magic.analysis.check_outcomes import CheckOutcomes  # noqa: TC001 - msgspec reads it
from chat_magic.core.cell.grid import Axis
from chat_magic.core.cell.per_model import read_per_model, write_per_model
from chat_magic.core.reply.reply import Logprobs, Reply, Timing, TokenTimes
from chat_magic.core.reply.tool_rounds import ToolRound  # noqa: TC001 - msgspec reads it
from chat_magic.core.request.label_set import LabelSet
from chat_magic.core.request.request import (
    ChatRequest,
    Destination,
    PromptSource,
    read_extra,
    read_fields,
    read_messages,
)
from chat_magic.core.request.scoring import Scoring  # noqa: TC001 - msgspec reads it
from chat_magic.core.request.search_limits import SearchLimits  # noqa: TC001 - msgspec reads it
from chat_magic.core.schema.json_schema import check_schema
from chat_magic.core.schema.structured import Schema
from chat_magic.core.unset import UNSET
from chat_magic.errors import InvalidRequest
from chat_magic.results.chat_result import ChatResult
from chat_magic.results.chat_results import ChatResults

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from chat_magic.core.cell.grid import Kind

__all__ = ["VERSION", "map_texts", "result_from_json", "result_to_json"]

VERSION = 1
"""The version of the format that is written, and the only one so far."""

_UNSET = {"unset": True}
"""Stands for `UNSET` among the coordinates and values of a grid, which are never objects."""
_ESCAPE = "\ufdd0"
"""A noncharacter, which Unicode reserves for internal use; four hexadecimal digits follow it."""
_UNWRITABLE = re.compile(f"[{_ESCAPE}\ud800-\udfff]")
_ESCAPED = re.compile(f"{_ESCAPE}([0-9a-f]{{4}})")
_MAY_BE_ESCAPED = re.compile(rf"{_ESCAPE}|\\ufdd0", re.IGNORECASE)
_RAW_NUMBERS = {"inf": math.inf, "-inf": -math.inf, "nan": math.nan}
_LOGPROB_FIELDS = ("logprob", "prob")


class _Source(Struct, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    cell: str | None = None
    messages: list[dict[str, Any]] = []
    is_template: bool = False
    schema: str | None = None
    tools: tuple[str, ...] = ()


class _Labels(Struct, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    labels: tuple[str, ...]
    at: str = "first"
    flags: int | None = None
    """Of the regular expression that `at` is; None if it is none."""


class _Request(Struct, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    model: str | None = None
    messages: list[dict[str, Any]]
    parameters: dict[str, Any] = {}
    unset: list[str] = []
    """The parameters that are `UNSET`."""
    continues: bool = True
    extra: dict[str, Any] = {}
    score: Scoring | None = None
    search: SearchLimits | None = None
    per_model: dict[str, Any] = {}
    warnings: tuple[str, ...] = ()
    server: str = ""
    destination: Destination | None = None
    source: _Source | None = None
    labels: _Labels | None = None


class _Schema(Struct, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    name: str
    json_schema: dict[str, Any]
    strict: bool
    wrapper: Literal["items", "value"] | None = None


class _Result(Struct, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    request: _Request
    reply: Reply
    timing: Timing
    warnings: tuple[str, ...] = ()
    schema: _Schema | None = None
    cost: float | None = None
    rounds: tuple[ToolRound, ...] = ()
    recorded_s: float | None = None
    checks: CheckOutcomes | None = None


class _Axis(Struct, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    name: str
    kind: Literal["model", "parameter", "variable", "row", "prompt"]
    titles: tuple[str, ...]
    values: list[Any]
    """Of rows, objects by column, as far as JSON has their values, else as text."""
    labels: list[Any] = []
    index: list[list[Any]] = []
    """Of rows, their labels in each level of the index."""
    index_names: list[str | None] = []


class _Results(Struct, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    runs: tuple[_Result, ...]
    axes: tuple[_Axis, ...] = ()
    coordinates: tuple[dict[str, Any], ...] = ()
    errors: dict[int, str] = {}
    checks: CheckOutcomes | None = None


class _Version(Struct):
    chat_magic: int


class _Document(Struct, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    chat_magic: int
    """The version of the format."""
    result: _Result | None = None
    results: _Results | None = None
    raw_numbers: dict[str, Any] = {}
    """The numbers that are null in the rest because JSON has no form for them, at the same place:
    `inf`, `-inf`, `nan`."""


def result_to_json(result: ChatResult | ChatResults) -> str:
    """Write a result as JSON, which `result_from_json` reads back.

    Everything is kept but the Python type of a schema. A number that JSON does not have, such as
    the log probability -inf, is null, and `raw_numbers` has it at the same place. A lone surrogate
    is written as U+FDD0 and its hexadecimal digits.

    Raises:
        InvalidRequest: It holds a value that JSON does not have, or one too deeply nested.
    """
    if isinstance(result, ChatResults):
        document = _Document(chat_magic=VERSION, results=_write_results(result))
    else:
        document = _Document(chat_magic=VERSION, result=_write_result(result))
    try:
        return _encode(document).decode()
    except RecursionError as error:
        raise InvalidRequest("the result is too deeply nested to be written as JSON") from error
    except (TypeError, ValueError) as error:
        raise InvalidRequest(f"the result cannot be written as JSON: {error}") from error


def _encode(document: _Document) -> bytes:
    try:
        text = msgspec.json.encode(document)
    except UnicodeEncodeError:
        text = _ESCAPE.encode()
    if not text.isascii() and _ESCAPE.encode() in text:
        document = map_texts(document, _escape)
        text = msgspec.json.encode(document)
    has_null = b'prob":null' in text
    raw_numbers = _raw_numbers(document, skipped=() if has_null else (Logprobs,))
    if raw_numbers is None:
        return text
    return msgspec.json.encode(msgspec.structs.replace(document, raw_numbers=raw_numbers))


def result_from_json(text: str) -> ChatResult | ChatResults:
    """Read what `result_to_json` wrote. Nothing in the text is run.

    Args:
        text: The JSON.

    Raises:
        InvalidRequest: It is not such JSON, or of a version that is not known here.
    """
    try:
        return _read(_decode(text))
    except RecursionError as error:
        raise InvalidRequest("the JSON of a result is too deeply nested") from error
    except InvalidRequest as error:
        raise InvalidRequest(f"the JSON of a result is not valid: {error.message}") from error
    except (ValueError, TypeError) as error:
        raise InvalidRequest(f"not the JSON of a result: {error}") from error


def _decode(text: str) -> _Document:
    if not isinstance(text, str):
        raise TypeError(f"expected text, got {type(text).__name__}")
    version = msgspec.json.decode(text, type=_Version).chat_magic
    if version != VERSION:
        raise ValueError(
            f"its version is {version}, and this chat-magic reads version {VERSION}; "
            "a newer one may read it"
        )
    document: _Document = msgspec.json.decode(text, type=_Document)
    if document.raw_numbers:
        try:
            document = _with_raw_numbers(document, document.raw_numbers)
        except (LookupError, ValueError) as error:
            raise ValueError(
                f"raw_numbers: expected {', '.join(_RAW_NUMBERS)} at the places of nulls"
            ) from error
    if _MAY_BE_ESCAPED.search(text):
        document = map_texts(document, _unescape)
    return document


def _read(document: _Document) -> ChatResult | ChatResults:
    if document.result is not None and document.results is None:
        return _read_result(document.result)
    if document.results is not None and document.result is None:
        return _read_results(document.results)
    raise ValueError("expected either result or results")


def _write_result(result: ChatResult) -> _Result:
    return _Result(
        request=_write_request(result.request),
        reply=result.reply,
        timing=result.timing,
        warnings=result.warnings,
        schema=None if result.schema is None else _write_schema(result.schema),
        cost=result.cost,
        rounds=result.rounds,
        recorded_s=result._recorded_s,
        checks=result._checked,
    )


def _read_result(value: _Result) -> ChatResult:
    return ChatResult(
        _read_request(value.request),
        value.reply,
        value.timing,
        value.warnings,
        None if value.schema is None else _read_schema(value.schema),
        value.cost,
        value.rounds,
        _recorded_s=value.recorded_s,
        _checked=value.checks,
    )


def _write_schema(schema: Schema) -> _Schema:
    return _Schema(
        name=schema.name,
        json_schema=dict(schema.json_schema),
        strict=schema.strict,
        wrapper=schema.wrapper,
    )


def _read_schema(value: _Schema) -> Schema:
    check_schema(value.json_schema, "schema")
    return Schema(
        name=value.name,
        json_schema=value.json_schema,
        strict=value.strict,
        wrapper=value.wrapper,
    )


def _write_request(request: ChatRequest) -> _Request:
    given = request.parameters.items()
    return _Request(
        model=request.model,
        messages=[message.to_json() for message in request.messages],
        parameters={name: value for name, value in given if value is not UNSET},
        unset=[name for name, value in given if value is UNSET],
        continues=request.continues,
        extra=dict(request.extra),
        score=request.score,
        search=request.search,
        per_model=write_per_model(request.per_model),
        warnings=request.warnings,
        server=request.server,
        destination=request.destination,
        source=None if request.source is None else _write_source(request.source, request),
        labels=None if request.labels is None else _write_labels(request.labels),
    )


def _read_request(value: _Request) -> ChatRequest:
    fields = {**value.parameters, **dict.fromkeys(value.unset, UNSET)}
    request = read_fields(
        {**fields, "model": value.model, "messages": value.messages}, allow_extra=False
    )
    return replace(
        request,
        continues=value.continues,
        extra=read_extra(value.extra),
        score=value.score,
        search=value.search,
        per_model=read_per_model(value.per_model),
        warnings=value.warnings,
        server=value.server,
        destination=value.destination,
        source=None if value.source is None else _read_source(value.source, request),
        labels=None if value.labels is None else _read_labels(value.labels),
    )


def _write_source(source: PromptSource, request: ChatRequest) -> _Source:
    """Write the source of a request, without messages that are those of the request."""
    is_same = source.messages == request.messages
    return _Source(
        cell=source.cell,
        messages=[] if is_same else [message.to_json() for message in source.messages],
        is_template=source.is_template,
        schema=source.schema,
        tools=source.tools,
    )


def _read_source(value: _Source, request: ChatRequest) -> PromptSource:
    is_same = value.cell is None and not value.messages
    return PromptSource(
        cell=value.cell,
        messages=request.messages if is_same else read_messages(value.messages),
        is_template=value.is_template,
        schema=value.schema,
        tools=value.tools,
    )


def _write_labels(labels: LabelSet) -> _Labels:
    at = labels.at
    if isinstance(at, str):
        return _Labels(labels=labels.labels, at=at)
    return _Labels(labels=labels.labels, at=at.pattern, flags=at.flags)


def _read_labels(value: _Labels) -> LabelSet:
    return LabelSet(
        value.labels, value.at if value.flags is None else re.compile(value.at, value.flags)
    )


def _write_results(results: ChatResults) -> _Results:
    return _Results(
        runs=tuple(map(_write_result, results.results)),
        axes=tuple(map(_write_axis, results.axes)),
        coordinates=tuple(
            dict(zip(given, _with_unset(given.values()), strict=True))
            for given in results.coordinates
        ),
        errors=dict(results.errors),
        checks=results._checked,
    )


def _read_results(value: _Results) -> ChatResults:
    if len(value.coordinates) != len(value.runs):
        raise ValueError(f"expected coordinates of {len(value.runs)} runs")
    if any(not 0 <= run < len(value.runs) for run in value.errors):
        raise ValueError("errors: there is no such run")
    return ChatResults(
        tuple(map(_read_result, value.runs)),
        tuple(map(_read_axis, value.axes)),
        tuple(
            dict(zip(given, _without_unset(given.values()), strict=True))
            for given in value.coordinates
        ),
        value.errors,
        _checked=value.checks,
    )


def _write_axis(axis: Axis) -> _Axis:
    if axis.kind == "row":
        return _write_rows(axis)
    values = axis.titles if axis.kind in ("variable", "prompt") else axis.values
    return _Axis(name=axis.name, kind=axis.kind, titles=axis.titles, values=_with_unset(values))


def _write_rows(axis: Axis) -> _Axis:
    from chat_magic.analysis.row_data import index_of

    index, names = index_of(axis.data)
    return _Axis(
        name=axis.name,
        kind="row",
        titles=axis.titles,
        values=[_plain(row) for row in axis.values],
        labels=list(axis.labels),
        index=_plain(index),
        index_names=_plain(names),
    )


def _plain(value: Any) -> Any:
    """Return a value as JSON has it; what it does not have becomes text."""
    match value:
        case dict():
            return {str(key): _plain(item) for key, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case None | str() | bool() | int() | float():
            return value
    return str(value)


def _read_axis(axis: _Axis) -> Axis:
    if len(axis.titles) != len(axis.values):
        raise ValueError(f"axes: {axis.name} must have as many titles as values")
    kind: Kind = axis.kind
    if kind == "row":
        return _read_rows(axis)
    return Axis(
        name=axis.name, kind=kind, titles=axis.titles, values=tuple(_without_unset(axis.values))
    )


def _read_rows(axis: _Axis) -> Axis:
    from chat_magic.analysis.row_data import frame_of

    if not all(isinstance(row, dict) for row in axis.values):
        raise ValueError(f"axes: the rows of {axis.name} must be objects")
    if any(len(level) != len(axis.values) for level in (*axis.index, axis.labels)):
        raise ValueError(f"axes: {axis.name} must have as many labels as rows")
    return Axis(
        name=axis.name,
        kind="row",
        titles=axis.titles,
        values=tuple(axis.values),
        labels=tuple(axis.labels),
        data=frame_of(axis.values, axis.index, axis.index_names),
    )


def _with_unset(values: Iterable[Any]) -> list[Any]:
    return [_UNSET if value is UNSET else value for value in values]


def _without_unset(values: Iterable[Any]) -> list[Any]:
    return [UNSET if value == _UNSET else value for value in values]


def _escape(text: str) -> str:
    return _UNWRITABLE.sub(lambda match: f"{_ESCAPE}{ord(match[0]):04x}", text)


def _unescape(text: str) -> str:
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)


def map_texts(value: Any, change: Callable[[str], str]) -> Any:
    """Return a copy of a value in which every text, keys included, is changed."""
    match value:
        case str():
            return change(value)
        case dict():
            return {
                change(key) if isinstance(key, str) else key: map_texts(item, change)
                for key, item in value.items()
            }
        case list() | tuple():
            return type(value)([map_texts(item, change) for item in value])
        case Struct():
            return type(value)(**map_texts(_fields(value), change))
    return value


def _fields(value: Struct) -> dict[str, Any]:
    return {name: getattr(value, name) for name in value.__struct_fields__}


def _raw_numbers(value: Any, skipped: tuple[type, ...]) -> str | dict[str, Any] | None:
    """Return the numbers in a value that JSON does not have, at their place; None if it has none.

    Args:
        value: The document or a part of it.
        skipped: The types of parts that are known to have none.
    """
    match value:
        case float():
            return None if math.isfinite(value) else str(value)
        case dict():
            items: Iterable[tuple[Any, Any]] = value.items()
        case list() | tuple():
            items = enumerate(value)
        case Struct() if not isinstance(value, (TokenTimes, *skipped)):
            items = _fields(value).items()
        case _:
            return None
    found = ((str(key), _raw_numbers(item, skipped)) for key, item in items)
    return {key: raw for key, raw in found if raw is not None} or None


def _with_raw_numbers(value: Any, raw: Mapping[str, Any]) -> Any:
    """Return a copy of a value with the numbers of `_raw_numbers` in the place of nulls."""
    match value:
        case Struct():
            fields = _fields(value)
            changes = {
                name: _with_raw(fields[name], item, may_be=name in _LOGPROB_FIELDS)
                for name, item in raw.items()
            }
            return msgspec.structs.replace(value, **changes)
        case dict():
            return {**value, **{key: _with_raw(value[key], item) for key, item in raw.items()}}
        case list() | tuple():
            items = list(value)
            for key, item in raw.items():
                items[int(key)] = _with_raw(items[int(key)], item)
            return type(value)(items)
        case _:
            raise ValueError(f"{type(value).__name__} has no parts")


def _with_raw(value: Any, raw: Any, *, may_be: bool = True) -> Any:
    if isinstance(raw, dict):
        return _with_raw_numbers(value, raw)
    if value is not None or not may_be or raw not in _RAW_NUMBERS:
        raise ValueError(f"{raw} in place of {value}")
    return _RAW_NUMBERS[raw]
