"""A Chat Completions request as a value: checked, and written as canonical JSON."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from chat_magic.core.json_values import check_depth, fault_in_json
from chat_magic.core.nearest import nearest
from chat_magic.core.request import messages as messages_module
from chat_magic.core.request import prefill_tokens
from chat_magic.core.request.label_set import MOST_ALTERNATIVES
from chat_magic.core.request.messages import Message
from chat_magic.core.request.parameters import (
    PARAMETERS,
    Past,
    check,
    check_together,
    fault_of,
)
from chat_magic.core.request.response_format import check_response_format
from chat_magic.core.request.scoring import Scoring, read_scoring
from chat_magic.core.request.search_limits import SearchLimits, read_search
from chat_magic.core.request.tools import check_tools
from chat_magic.core.unset import UNSET
from chat_magic.errors import InvalidRequest

if TYPE_CHECKING:
    from chat_magic.core.request.label_set import LabelSet

PerModel = Mapping[str, Mapping[str, Any]]
"""Parameters by model, as it was written; `UNSET` where that model is not to get one."""


_STREAMING = ("stream", "stream_options")
_STREAM_OPTIONS = {"include_usage": True}
"""Sent with every stream that names no options."""


@dataclass(frozen=True, kw_only=True)
class Destination:
    """The server that a request was sent to."""

    url: str | None
    """The URL of completions, without credentials; None for the local server, which no other
    program can reach."""
    model: str
    """The name of the model at this server."""


@dataclass(frozen=True, kw_only=True)
class PromptSource:
    """How a request was written, before its templates were rendered."""

    cell: str | None = None
    """The `%%chat` cell or `%chat` line; None if a function was called."""
    messages: tuple[Message, ...] = ()
    """The messages that the function was given."""
    is_template: bool = False
    """Whether these are templates."""
    schema: str | None = None
    """The schema that the function was given, as text or by its name."""
    tools: tuple[str, ...] = ()
    """The names of the functions that the model might call."""
    folder: str | None = field(default=None, compare=False)
    """Where the cell's attachments are; None for the working directory."""


@dataclass(frozen=True, kw_only=True)
class ChatRequest:
    """What is asked of a model.

    A parameter that is not in `parameters` is not sent; one that is `UNSET` there is not sent
    either, and no default takes its place.
    """

    model: str | None = None
    messages: tuple[Message, ...] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)
    """Fields that are sent as given; one of the parameter table is not checked."""
    per_model: PerModel = field(default_factory=dict)
    """Parameters of single models, to be applied before the request is sent."""
    score: Scoring | None = None
    """The texts that are scored in the place of an answer, each of which becomes a choice."""
    search: SearchLimits | None = None
    """How far the answers are searched for in the place of one."""
    continues: bool = field(default=True, compare=False)
    """Whether the model continues a final assistant message; False once it has not done so."""
    warnings: tuple[str, ...] = field(default=(), compare=False)
    server: str = field(default="", compare=False)
    """The address and vendor that it is sent to, to which alone an answer's own fields go back."""
    destination: Destination | None = field(default=None, compare=False)
    """Its server, once that is known."""
    source: PromptSource | None = field(default=None, compare=False)
    """How it was written."""
    no_branch: str = field(default="", compare=False)
    """Why its server continues no prefill; empty unless that was found out."""
    labels: LabelSet | None = field(default=None, compare=False)
    """The possible answers, whose probabilities are columns of its tables."""
    checks: tuple[str, ...] = field(default=(), compare=False)
    """Of a YAML block that was read: the checks of its field `check`, as they are written."""

    @property
    def prefill(self) -> str:
        """The text of a final assistant message, which the model continues; else empty."""
        if not self.continues or not self.messages or self.messages[-1].role != "assistant":
            return ""
        content = self.messages[-1].content
        return content if isinstance(content, str) else ""

    @property
    def n(self) -> int:
        """How many choices are asked for."""
        if self.score is not None:
            return len(self.score.candidates)
        n = self.sent("n", 1)
        return n if type(n) is int else 1

    @property
    def is_streamed(self) -> bool:
        """Whether the answer is asked for as a stream."""
        return self.extra.get("stream", self.parameters.get("stream", True)) is True

    def sent(self, name: str, default: Any = None) -> Any:
        """Return the value of a field, checked or sent as given; the default where it is unset."""
        value = self.extra.get(name, self.parameters.get(name, default))
        return default if value is UNSET else value

    def body(self) -> dict[str, Any]:
        """Return the JSON object that is sent: what was set, and streaming unless turned off.

        Of a request that scores texts, or searches for answers, it is what all that is sent is made
        from; `score` and `search` say what is asked.
        """
        given = {name: value for name, value in self.parameters.items() if value is not UNSET}
        asked = {"score": self.score, "search": self.search}
        instead = {name: value.to_json() for name, value in asked.items() if value is not None}
        if instead:
            given = {name: given[name] for name in given if name not in _STREAMING} | instead
        elif self.is_streamed:
            given["stream"] = True
            if "stream_options" not in self.parameters:
                given["stream_options"] = dict(_STREAM_OPTIONS)
        else:
            given.pop("stream_options", None)
        messages = [message.to_json() for message in self.messages]
        return {"model": self.model, "messages": messages, **given, **self.extra}

    def sent_body(self) -> dict[str, Any]:
        """Return the JSON object as its server gets it, with that server's name of the model."""
        body = self.body()
        return body if self.destination is None else {**body, "model": self.destination.model}

    def canonical_json(self) -> str:
        """Return the body as JSON with sorted keys and no spaces: equal requests, equal text."""
        return json.dumps(self.body(), sort_keys=True, separators=(",", ":"))

    def fingerprint(self) -> str:
        """Return the SHA-256 of the canonical JSON, in hexadecimal."""
        return hashlib.sha256(self.canonical_json().encode()).hexdigest()


def as_written(request: ChatRequest, written: ChatRequest) -> ChatRequest:
    """Return a recorded request with what is not recorded of it: how it was written."""
    return replace(request, source=written.source, labels=written.labels)


def with_alternatives(request: ChatRequest) -> ChatRequest:
    """Return a request that asks for the alternatives that its labels need, if it has labels.

    Raises:
        InvalidRequest: Log probabilities are turned off.
    """
    if request.labels is None or request.sent("top_logprobs"):
        return request
    given = {**request.parameters, **request.extra}
    for name in ("logprobs", "top_logprobs"):
        if name in given and given[name] is not True:
            raise InvalidRequest(f"labels require {name}: remove what turns it off")
    alternatives = {"logprobs": True, "top_logprobs": MOST_ALTERNATIVES}
    return replace(request, parameters={**request.parameters, **alternatives})


def read_fields(
    fields: Mapping[str, Any], *, allow_extra: bool, past: Past = "--extra"
) -> ChatRequest:
    """Read the fields of a request: `model`, `messages`, parameters and others.

    Args:
        fields: Values by field name, UNSET among them.
        allow_extra: Whether unknown fields travel; if not, they are errors.
        past: Where the user can give a value that its field does not allow; see `check`.

    Raises:
        InvalidRequest: A value is not allowed, or a field is unknown.
    """
    known = {name: value for name, value in fields.items() if name in PARAMETERS}
    for name, value in known.items():
        if value is not UNSET:
            check(PARAMETERS[name], value, past=past)
            if name == "response_format":
                check_response_format(value)
    others = {name: value for name, value in fields.items() if name not in PARAMETERS}
    model, messages = others.pop("model", None), others.pop("messages", ())
    if not allow_extra and others:
        name, names = next(iter(others)), [*PARAMETERS, "model", "messages", "extra", "per_model"]
        raise InvalidRequest(f"unknown field {name}{nearest(name, names)}")
    return ChatRequest(
        model=_model(model), messages=read_messages(messages), parameters=known, extra=others
    )


def read_sent(body: Mapping[str, Any]) -> ChatRequest:
    """Read the JSON object of a request that was sent: `read_sent(body).body() == body`.

    A value that its field does not allow was sent as given.

    Raises:
        InvalidRequest: The model or the messages are not valid.
    """
    as_given = {name: value for name, value in body.items() if _has_fault(name, value)}
    fields = {name: value for name, value in body.items() if name not in as_given}
    score, search = read_scoring(fields.get("score")), read_search(fields.get("search"))
    for name, value in (("score", score), ("search", search)):
        if value is not None:
            del fields[name]
    if fields.get("stream") is not True:
        fields.setdefault("stream", UNSET)
    elif fields.setdefault("stream_options", UNSET) == _STREAM_OPTIONS:
        del fields["stream"], fields["stream_options"]
    request = read_fields(fields, allow_extra=True)
    return replace(request, extra={**request.extra, **as_given}, score=score, search=search)


def _has_fault(name: str, value: Any) -> bool:
    """Whether a value is not one that its field allows; any value is, of an unknown field."""
    if name not in PARAMETERS or value is UNSET:
        return False
    if fault_of(PARAMETERS[name], value):
        return True
    try:
        if name == "response_format":
            check_response_format(value)
    except InvalidRequest:
        return True
    return False


def _model(value: Any) -> str | None:
    if value is not None and (not isinstance(value, str) or not value.strip()):
        raise InvalidRequest(f"model {value!r}: must be a name such as vendor/model")
    return value


def read_messages(value: Any) -> tuple[Message, ...]:
    """Read the messages of a request: one text is one user message, verbatim."""
    if isinstance(value, str):
        return (Message(role="user", content=value),)
    if not isinstance(value, Sequence):
        raise InvalidRequest("messages: must be text or a list of messages")
    return tuple(
        item if isinstance(item, Message) else messages_module.from_json(item, f"messages[{index}]")
        for index, item in enumerate(value)
    )


def read_extra(value: Any) -> Mapping[str, Any]:
    """Check further fields; one that the parameter table has is sent as given all the same."""
    if not isinstance(value, Mapping) or not all(isinstance(name, str) for name in value):
        raise InvalidRequest("extra: must be an object of field names and values")
    for name in ("model", "messages"):
        if name in value:
            raise InvalidRequest(f"extra {name}: give {name} itself, it is a known field")
    return value


def override(below: ChatRequest, above: ChatRequest) -> ChatRequest:
    """Return a request with the model, parameters and fields of another in place of its own."""
    parameters, extra = {**below.parameters}, {**below.extra}
    for name in above.extra:
        parameters.pop(name, None)
    for name in above.parameters:
        extra.pop(name, None)
    return replace(
        below,
        model=above.model or below.model,
        parameters={**parameters, **above.parameters},
        extra={**extra, **above.extra},
    )


def validate(request: ChatRequest) -> ChatRequest:
    """Check a request that is about to be sent, and return it with its warnings.

    Raises:
        InvalidRequest: It is incomplete, or its parameters are incompatible.
    """
    if not request.messages:
        raise InvalidRequest("no messages: there is no prompt")
    last = request.messages[-1]
    if last.role == "assistant" and not last.content and not last.extra:
        raise InvalidRequest(
            "the last message is an empty assistant message: write what the answer starts with, "
            "or leave it out"
        )
    _check_prefill_tokens(request)
    _check_json(request.body())
    given = {name: value for name, value in request.parameters.items() if value is not UNSET}
    warnings = check_together(given, request.extra)
    check_tools(given)
    return replace(request, warnings=(*request.warnings, *warnings)) if warnings else request


def _check_prefill_tokens(request: ChatRequest) -> None:
    if prefill_tokens.FIELD not in request.extra:
        return
    prefill_tokens.read_prefill_tokens(request.extra[prefill_tokens.FIELD])
    if not request.prefill:
        raise InvalidRequest(
            f"{prefill_tokens.FIELD}: requires a last message of the assistant, which these tokens "
            "spell"
        )


def _check_json(body: Mapping[str, Any]) -> None:
    """Check that a request can be written as JSON; an error names the field."""
    try:
        check_depth(body)
    except ValueError as error:
        raise InvalidRequest(f"the request cannot be sent: {error}") from error
    try:
        json.dumps(body, allow_nan=False)
    except (TypeError, ValueError) as error:
        words = fault_in_json(body) or f"the request cannot be written as JSON: {error}"
        raise InvalidRequest(words) from error
