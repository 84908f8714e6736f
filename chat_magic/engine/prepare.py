"""From the user's input to a call that is complete, checked and ready to be sent."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from chat_magic.core.cell.template import render_text
from chat_magic.core.nearest import nearest
from chat_magic.core.request.parameters import PARAMETERS, apply_implied, is_number
from chat_magic.core.request.request import (
    ChatRequest,
    read_extra,
    read_fields,
    read_messages,
    validate,
)
from chat_magic.core.request.response_format import with_response_format
from chat_magic.core.request.settings import apply_defaults, check_setting
from chat_magic.core.unset import UNSET
from chat_magic.engine.tool_functions import NO_TOOLS, ToolFunctions, with_tools
from chat_magic.errors import InvalidRequest
from chat_magic.results.chat_result import ChatResult, not_a_result
from chat_magic.results.chat_results import ChatResults
from chat_magic.transport import attachments
from chat_magic.transport.retry import RETRIES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chat_magic.core.request.config import Price
    from chat_magic.core.schema.structured import Schema
    from chat_magic.engine.session import Session
    from chat_magic.transport.endpoints import Endpoint

__all__ = [
    "DEFAULT_LIMITS",
    "PreparedCall",
    "RequestLimits",
    "build_request",
    "prepare_call",
    "request_limits",
]


@dataclass(frozen=True, kw_only=True)
class RequestLimits:
    """How long an answer may take, and how often its request is sent."""

    timeout_s: float | None = None
    """Seconds that the whole answer may take, including all tries, tool calls and waits."""
    retries: int = RETRIES
    """How often the request is retried when it fails before the answer begins."""
    top_up: bool = True
    """Whether choices that the server did not return are requested again."""
    top_up_concurrency: int = 8
    """Requests for missing choices that run at a time."""


DEFAULT_LIMITS = RequestLimits()


@dataclass(frozen=True, kw_only=True)
class PreparedCall:
    """A complete and checked request, with everything that is needed to send it."""

    request: ChatRequest
    endpoint: Endpoint | None = None
    """Its server; None where that must be started first, or is not configured."""
    price: Price | None = None
    """The price of its model; None where the settings have none."""
    schema: Schema | None = None
    """The form that the answer must have, if the request asks for one."""
    tools: ToolFunctions = NO_TOOLS
    """The functions that the model may call."""
    limits: RequestLimits = DEFAULT_LIMITS


def prepare_call(
    session: Session,
    request: ChatRequest,
    *,
    after: ChatResult | None = None,
    choice: int | None = None,
    schema: Schema | None = None,
    tools: ToolFunctions = NO_TOOLS,
    limits: RequestLimits = DEFAULT_LIMITS,
) -> PreparedCall:
    """Complete a request from the settings and the result that it continues, and check it.

    Args:
        session: The session whose settings complete the request.
        request: The request as it was written.
        after: A result whose conversation precedes the messages of the request.
        choice: The index of the choice of `after` to continue from; by default its first.
        schema: The form that the answer must have.
        tools: The functions that the model may call.
        limits: How long the answer may take, and how often the request is sent.

    Raises:
        InvalidRequest: The request is incomplete or contradictory.
    """
    request = with_response_format(request, schema)
    if after is not None:
        request = _continued(request, after, choice)
    settings = session.configuration.settings()
    request = apply_defaults(attachments.inline(request), settings)
    request = _with_model(session, validate(request))
    tools.check(request)
    model = request.model or ""
    return PreparedCall(
        request=request,
        endpoint=session.endpoints.find(model),
        price=session.configuration.price_of(model),
        schema=schema,
        tools=tools,
        limits=limits,
    )


def _continued(request: ChatRequest, after: Any, choice: int | None) -> ChatRequest:
    if isinstance(after, ChatResults):
        raise InvalidRequest(
            f"after: expected one result, got the ChatResults of {len(after)} runs: continue from "
            f"one answer, such as .pick({len(after) - 1})"
        )
    if not isinstance(after, ChatResult):
        raise InvalidRequest(f"after: {not_a_result(after)}")
    return replace(
        request,
        model=request.model or after.request.model,
        messages=after.conversation(choice) + request.messages,
    )


def _with_model(session: Session, request: ChatRequest) -> ChatRequest:
    endpoints = session.endpoints
    name, notice = (request.model, None) if request.model else endpoints.default_model()
    model = session.configuration.resolve_alias(name)
    warnings = (*request.warnings, notice) if notice else request.warnings
    return replace(request, model=model, warnings=warnings)


def build_request(
    messages: Any,
    model: str | None,
    variables: Mapping[str, Any] | None,
    extra: Mapping[str, Any] | None,
    parameters: Mapping[str, Any],
    max_tool_rounds: int | None,
) -> tuple[ChatRequest, ToolFunctions]:
    """Build a request, and its tools, from the arguments of `chat`; no defaults are applied yet.

    Raises:
        InvalidRequest: A name is unknown, or a value is out of range.
    """
    for name in parameters:
        if name not in PARAMETERS:
            raise InvalidRequest(
                f"unknown parameter {name}{nearest(name, PARAMETERS)}; "
                "pass fields that are not part of the API in extra={…}"
            )
    tools = parameters.get("tools")
    if isinstance(tools, list | tuple):
        parameters = {name: value for name, value in parameters.items() if name != "tools"}
    else:
        tools = ()
    fields = {"model": model, "messages": read_messages(messages), **apply_implied(parameters)}
    request = replace(read_fields(fields, allow_extra=False), extra=read_extra(extra or {}))
    if variables is not None:
        request = _rendered(request, variables)
    return with_tools(request, tools, max_tool_rounds)


def _rendered(request: ChatRequest, variables: Mapping[str, Any]) -> ChatRequest:
    messages = tuple(
        replace(message, content=render_text(message.content, variables))
        if isinstance(message.content, str)
        else message
        for message in request.messages
    )
    return replace(request, messages=messages)


def request_limits(
    session: Session,
    *,
    timeout_s: float | None = None,
    retries: int | None = None,
    top_up: bool = True,
) -> RequestLimits:
    """Check limits, and fill in the configured ones.

    Raises:
        InvalidRequest: `timeout_s` or `retries` is out of range.
    """
    if timeout_s is not None and not (is_number(timeout_s) and 0 < timeout_s < math.inf):
        raise InvalidRequest(f"timeout {timeout_s}: must be a number of seconds above 0")
    if retries is None:
        setting = session.configuration.setting("retries")
        retries = RETRIES if setting is None or setting.value is UNSET else setting.value
    return RequestLimits(
        timeout_s=timeout_s, retries=check_setting("retries", retries), top_up=bool(top_up)
    )
