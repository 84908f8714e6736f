"""The requests of a map: a prompt filled with one row after another, completed and checked."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from chat_magic.core.cell.body import read_body
from chat_magic.core.cell.cell import read_cell
from chat_magic.core.cell.per_model import apply_per_model
from chat_magic.core.cell.row_values import (
    column_notices,
    missing_notice,
    row_variables,
    with_columns,
)
from chat_magic.core.cell.template import TrackedVariables, is_sandboxed
from chat_magic.core.request.attachment import Attachment
from chat_magic.core.request.label_set import LabelSet, read_labels
from chat_magic.core.request.request import ChatRequest, override, read_messages, validate
from chat_magic.engine.prepare import (
    DEFAULT_LIMITS,
    PreparedCall,
    RequestLimits,
    build_request,
    check_variables,
    prepare_call,
    render_messages,
)
from chat_magic.engine.prompt_call import prompt_schema, without_response_format
from chat_magic.engine.tool_functions import NO_TOOLS, ToolFunctions
from chat_magic.errors import InvalidRequest
from chat_magic.results.prompt import Prompt
from chat_magic.transport.schema_file import load_schema

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from chat_magic.core.cell.options import Option
    from chat_magic.core.request.messages import Message
    from chat_magic.core.schema.structured import Schema
    from chat_magic.engine.replay import Recordings
    from chat_magic.engine.session import Session

__all__ = ["CellText", "MapPrompt", "RowRequests", "read_map_prompt"]

_MAGIC = "%%chat"
_NOTHING = "."
"""Stands for the messages where only the other arguments are read."""


@dataclass(frozen=True, kw_only=True)
class CellText:
    """A `%%chat` cell of the user's own, whose templates may call the notebook's functions."""

    text: str
    options: tuple[Option, ...]
    """Those that its line may have besides the options of a request."""

    def __str__(self) -> str:
        return self.text


@dataclass(kw_only=True)
class Inserted:
    """What templates have used."""

    names: set[str] = field(default_factory=set)
    """Those of variables."""
    missing: set[str] = field(default_factory=set)
    """The texts that stand for missing values, such as `nan`."""


@dataclass(frozen=True, kw_only=True)
class MapPrompt:
    """What is asked of each row: messages with templates, and what all requests have in common."""

    messages: str | Prompt | CellText | tuple[Message, ...]
    """The body of a cell, a prompt, a cell, or messages."""
    given: ChatRequest
    """The model and the parameters that take precedence, without messages."""
    schema: Schema | None = None
    labels: LabelSet | None = None
    variables: Mapping[str, Any] = field(default_factory=dict)
    """What templates see besides the row."""
    tools: ToolFunctions = NO_TOOLS

    @property
    def template(self) -> str:
        """The text of the prompt, its templates as they were written."""
        if isinstance(self.messages, tuple):
            return "\n".join(text for message in self.messages for text in message.texts())
        return str(self.messages)

    @property
    def fingerprint(self) -> str:
        """The SHA-256, in hexadecimal, of the templates, the model and the parameters."""
        messages = self.messages if isinstance(self.messages, tuple) else ()
        body = replace(self.given, messages=messages).body()
        schema = None if self.schema is None else self.schema.json_schema
        text = "" if isinstance(self.messages, tuple) else str(self.messages)
        identity = json.dumps([text, body, schema], sort_keys=True, default=str)
        return hashlib.sha256(identity.encode(errors="replace")).hexdigest()

    def read(self, values: Mapping[Any, Any], inserted: Inserted) -> ChatRequest:
        """Fill in a row; no defaults are applied yet.

        Args:
            values: The row.
            inserted: Takes what the templates use.

        Raises:
            InvalidRequest: A template cannot be rendered, or what it gives cannot be read.
        """
        variables = TrackedVariables(
            {**self.variables, **row_variables(values)},
            inserted.names,
            missing=inserted.missing,
            is_sandboxed=is_sandboxed(self.variables),
        )
        if isinstance(self.messages, tuple):
            return render_messages(replace(self.given, messages=self.messages), variables)
        if isinstance(self.messages, Prompt):
            parameters, extra = self.given.parameters, self.given.extra
            request, _ = build_request(
                self.messages, self.given.model, variables, extra, parameters, None
            )
            has_own = self.messages.schema is not None or self.schema is None
            return request if has_own else without_response_format(request)
        if isinstance(self.messages, CellText):
            written = read_cell(self.messages.text, variables, self.messages.options).request
        else:
            written = read_body(self.messages, variables)
        return apply_per_model(override(written, self.given))


def read_map_prompt(
    messages: Any,
    *,
    model: str | None,
    variables: Mapping[str, Any] | None,
    schema: Any,
    labels: Any,
    labels_at: Any,
    parameters: Mapping[str, Any],
    columns: Sequence[Any] = (),
) -> MapPrompt:
    """Read what is asked of each row from the arguments of `chat_map`.

    The columns are those of the data, as far as they are known before it is read.

    Raises:
        InvalidRequest: An argument is not valid.
    """
    given, tools = build_request(_NOTHING, model, None, None, parameters, None)
    check_variables(variables)
    if isinstance(messages, str) and messages.split(maxsplit=1)[:1] == [_MAGIC]:
        messages = Prompt(messages)
    elif not isinstance(messages, str | Prompt | CellText):
        messages = read_messages(messages)
    return MapPrompt(
        messages=messages,
        given=replace(given, messages=(), source=None),
        schema=load_schema(schema) or prompt_schema(messages),
        labels=read_labels(labels, None if labels_at == "first" else labels_at, columns),
        variables={} if variables is None else variables,
        tools=tools,
    )


class RowRequests:
    """Prepares the requests of a map, all but the first in a short way where they are alike.

    Args:
        session: The session whose settings complete the requests.
        prompt: What is asked.
        limits: How long an answer may take.
        recordings: Where recorded answers are looked up; None if they are not.
        check: Checks the first request, before anything is sent.
    """

    def __init__(
        self,
        session: Session,
        prompt: MapPrompt,
        limits: RequestLimits = DEFAULT_LIMITS,
        recordings: Recordings | None = None,
        check: Callable[[ChatRequest], None] = lambda _: None,
    ) -> None:
        self._session = session
        self._prompt = prompt
        self._limits = limits
        self._recordings = recordings
        self._check = check
        self._first: tuple[ChatRequest, PreparedCall] | None = None
        self._used: set[str] = set()
        self._missing: set[str] = set()
        self._n_missing = 0
        self._n_read = 0

    @property
    def first(self) -> PreparedCall | None:
        """The first call that was prepared."""
        return self._first[1] if self._first else None

    def read(self, values: Mapping[Any, Any]) -> ChatRequest:
        """Fill in a row.

        Raises:
            InvalidRequest: The row does not fit the templates.
        """
        inserted = Inserted(names=self._used)
        self._n_read += 1
        try:
            request = self._prompt.read(values, inserted)
        except InvalidRequest as error:
            raise with_columns(error, [*values]) from error.__cause__
        if inserted.missing:
            self._n_missing += 1
            self._missing |= inserted.missing
        return replace(request, labels=self._prompt.labels)

    def column_notices(self, columns: Sequence[Any], n_rows: int | None) -> Iterator[str]:
        """Say what the templates make of the columns, if it may not be what is meant.

        Args:
            columns: Those of the data.
            n_rows: How many rows there are; None if that is not known.
        """
        return column_notices(columns, self._used, self._prompt.variables, n_rows)

    @property
    def missing_notice(self) -> str | None:
        """What is said once all rows are read of missing values among them."""
        if not self._n_missing:
            return None
        return missing_notice(self._missing, self._n_missing, self._n_read)

    def prepare(self, request: ChatRequest) -> PreparedCall:
        """Complete and check the request of a row.

        Raises:
            InvalidRequest: It is not valid.
        """
        if self._first is not None and self._recordings is None:
            written, call = self._first
            if is_alike(request, written):
                messages = validate(replace(request, warnings=())).messages
                return replace(call, request=replace(call.request, messages=messages))
        call = prepare_call(
            self._session, request,
            schema=self._prompt.schema, tools=self._prompt.tools, limits=self._limits,
            recordings=self._recordings,
        )  # fmt: skip
        if self._first is None:
            self._check(call.request)
            self._first = request, call
        return call


def is_alike(request: ChatRequest, other: ChatRequest) -> bool:
    """Whether two requests differ in nothing but the texts of their messages."""
    return (
        request.model == other.model
        and request.parameters == other.parameters
        and request.extra == other.extra
        and not any(_has_attachment(message) for message in request.messages)
    )


def _has_attachment(message: Message) -> bool:
    content = message.content
    return isinstance(content, tuple) and any(isinstance(part, Attachment) for part in content)
