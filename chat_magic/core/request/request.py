"""A Chat Completions request as a value: checked, and written as canonical JSON."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from chat_magic.core.nearest import nearest
from chat_magic.core.request import messages as messages_module
from chat_magic.core.request.messages import Message
from chat_magic.core.request.parameters import PARAMETERS, check, check_together
from chat_magic.core.request.response_format import check_response_format
from chat_magic.core.request.tools import check_tools
from chat_magic.core.unset import UNSET
from chat_magic.errors import InvalidRequest

PerModel = Mapping[str, Mapping[str, Any]]
"""Parameters by model, as it was written; `UNSET` where that model is not to get one."""


_STREAM_OPTIONS = {"include_usage": True}
"""Sent with every stream that names no options."""


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
    """Fields outside the parameter table, sent as given."""
    per_model: PerModel = field(default_factory=dict)
    """Parameters of single models, to be applied before the request is sent."""
    warnings: tuple[str, ...] = field(default=(), compare=False)

    @property
    def prefill(self) -> str:
        """The text of a final assistant message, which the model continues; else empty."""
        if not self.messages or self.messages[-1].role != "assistant":
            return ""
        content = self.messages[-1].content
        return content if isinstance(content, str) else ""

    @property
    def n(self) -> int:
        """How many choices are asked for."""
        n = self.parameters.get("n", UNSET)
        return 1 if n is UNSET else int(n)

    @property
    def is_streamed(self) -> bool:
        """Whether the answer is asked for as a stream."""
        return self.parameters.get("stream", True) is True

    def body(self) -> dict[str, Any]:
        """Return the JSON object that is sent: what was set, and streaming unless turned off."""
        given = {name: value for name, value in self.parameters.items() if value is not UNSET}
        if self.is_streamed:
            given["stream"] = True
            if "stream_options" not in self.parameters:
                given["stream_options"] = dict(_STREAM_OPTIONS)
        else:
            given.pop("stream_options", None)
        messages = [message.to_json() for message in self.messages]
        return {"model": self.model, "messages": messages, **given, **self.extra}

    def canonical_json(self) -> str:
        """Return the body as JSON with sorted keys and no spaces: equal requests, equal text."""
        return json.dumps(self.body(), sort_keys=True, separators=(",", ":"))

    def fingerprint(self) -> str:
        """Return the SHA-256 of the canonical JSON, in hexadecimal."""
        return hashlib.sha256(self.canonical_json().encode()).hexdigest()


def read_fields(fields: Mapping[str, Any], *, allow_extra: bool) -> ChatRequest:
    """Read the fields of a request: `model`, `messages`, parameters and others.

    Args:
        fields: Values by field name, UNSET among them.
        allow_extra: Whether unknown fields travel; if not, they are errors.

    Raises:
        InvalidRequest: A value is not allowed, or a field is unknown.
    """
    known = {name: value for name, value in fields.items() if name in PARAMETERS}
    for name, value in known.items():
        if value is not UNSET:
            check(PARAMETERS[name], value)
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

    Raises:
        InvalidRequest: A field's value is not what the field takes.
    """
    fields = dict(body)
    if fields.get("stream") is not True:
        fields.setdefault("stream", UNSET)
    elif fields.setdefault("stream_options", UNSET) == _STREAM_OPTIONS:
        del fields["stream"], fields["stream_options"]
    return read_fields(fields, allow_extra=True)


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
    """Check further fields: they must not be ones that the parameter table has."""
    if not isinstance(value, Mapping):
        raise InvalidRequest("extra: must be an object of field names and values")
    for name in value:
        if name in PARAMETERS or name in {"model", "messages"}:
            raise InvalidRequest(f"extra {name}: give {name} itself, it is a known field")
    return value


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
    try:
        json.dumps(request.body(), allow_nan=False)
    except (TypeError, ValueError) as error:
        raise InvalidRequest(f"the request cannot be written as JSON: {error}") from error
    given = {name: value for name, value in request.parameters.items() if value is not UNSET}
    warnings = (*request.warnings, *check_together(given))
    check_tools(given)
    return replace(request, warnings=warnings)
