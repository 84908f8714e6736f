"""From the user's input to a call that is complete, checked and ready to be sent."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, get_args, get_origin
from urllib.parse import urlsplit

from chat_magic.core.cell.template import render_text
from chat_magic.core.nearest import nearest
from chat_magic.core.reply.capability_warnings import capability_warnings, prefill_fault
from chat_magic.core.reply.cost import has_known_cost
from chat_magic.core.request.attachment import Attachment
from chat_magic.core.request.messages import without_server_fields
from chat_magic.core.request.parameters import (
    PARAMETERS,
    imply_with,
    is_number,
    replaced_warnings,
)
from chat_magic.core.request.request import (
    ChatRequest,
    PromptSource,
    as_written,
    read_extra,
    read_fields,
    read_messages,
    validate,
    with_alternatives,
)
from chat_magic.core.request.response_format import with_response_format
from chat_magic.core.request.settings import SCALARS, Setting, apply_defaults, check_setting
from chat_magic.core.unset import UNSET
from chat_magic.engine.prompt_call import read_prompt_request
from chat_magic.engine.tool_functions import NO_TOOLS, ToolFunctions, with_tools
from chat_magic.errors import InvalidRequest
from chat_magic.results.chat_result import ChatResult, not_a_result
from chat_magic.results.chat_results import ChatResults
from chat_magic.results.prompt import Prompt
from chat_magic.transport import attachments, local
from chat_magic.transport.retry import RETRIES

if TYPE_CHECKING:
    from collections.abc import Callable

    from chat_magic.core.request.config import Price
    from chat_magic.core.request.messages import Message
    from chat_magic.core.schema.structured import Schema
    from chat_magic.engine.replay import CallReplay, Recordings
    from chat_magic.engine.session import Session
    from chat_magic.store.recording import RecordedDefaults
    from chat_magic.transport.endpoints import Endpoint

__all__ = [
    "CONTINUE_AS_VLLM",
    "DEFAULT_LIMITS",
    "PreparedCall",
    "RequestLimits",
    "body_for",
    "build_request",
    "prepare_call",
    "render_messages",
    "request_limits",
    "takes_newest_names",
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
    max_cost: float | None = None
    """Dollars that the answer, or all answers of a grid, may cost."""


DEFAULT_LIMITS = RequestLimits()
_NEWEST_HOSTS = ("api.openai.com", "openai.azure.com")
"""Servers that are known to take the newest names of parameters, as the local server does."""

CONTINUE_AS_VLLM = {"continue_final_message": True, "add_generation_prompt": False}
"""How vLLM is asked to continue a final assistant message."""


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
    notices: tuple[str, ...] = ()
    """What its server is known not to do of what it asks."""
    is_one_by_one: bool = False
    """Whether the server is known to return one choice whatever `n` is."""
    replay: CallReplay | None = None
    """The recorded answer, and where those to later rounds are looked up; None if they are not."""


def prepare_call(
    session: Session,
    request: ChatRequest,
    *,
    after: ChatResult | None = None,
    choice: int | None = None,
    schema: Schema | None = None,
    tools: ToolFunctions = NO_TOOLS,
    limits: RequestLimits = DEFAULT_LIMITS,
    recordings: Recordings | None = None,
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
        recordings: Where recorded answers are looked up; None if they are not.

    Raises:
        InvalidRequest: The request is incomplete or contradictory.
    """
    request = with_response_format(request, schema)
    if request.score is not None:
        limits = replace(limits, top_up=False)
    before: tuple[Message, ...] = ()
    if after is not None:
        before = _conversation(after, choice)
        request = replace(
            request,
            model=request.model or after.request.model,
            messages=before + request.messages,
        )
    request = attachments.inline(request)
    with session.configuration.held():
        if recordings is None:
            request, replay = _complete(session, request), None
        else:
            replay = recordings.look_up(
                request, lambda written, by: _complete_for(session, written, by, after, len(before))
            )
            found = replay.found
            written = replay.request
            request = written if found is None else as_written(found.request, written)
        tools.check(request)
        prepared = partial(PreparedCall, schema=schema, tools=tools, replay=replay)
        if replay is not None and (replay.found is not None or replay.recordings.mode == "offline"):
            return prepared(request=request, limits=limits)
        return _with_server(prepared, session, request, limits, after, len(before))


def _complete(
    session: Session, request: ChatRequest, defaults: RecordedDefaults | None = None
) -> ChatRequest:
    """Complete a request by the settings, or by those that a cassette recorded, and check it."""
    if defaults is None:
        settings = session.configuration.settings()
        request = validate(with_alternatives(apply_defaults(request, settings)))
        return _with_model(session, request)
    settings = {
        name: Setting(UNSET if value is None else check_setting(name, value), "the cassette")
        for name, value in defaults.parameters.items()
        if name in SCALARS
    }
    model = request.model or defaults.model or ""
    request = validate(with_alternatives(apply_defaults(request, settings)))
    return replace(request, model=defaults.aliases.get(model, model))


def _complete_for(
    session: Session,
    request: ChatRequest,
    defaults: RecordedDefaults | None,
    after: ChatResult | None,
    count: int,
) -> ChatRequest:
    """Complete a request as it is looked up: no key is looked for.

    Args:
        session: The session.
        request: The request as it was written.
        defaults: The settings that complete it; None for the user's.
        after: The result that it continues.
        count: How many of its messages are from there.
    """
    request = _complete(session, request, defaults)
    if after is None:
        return request
    find = session.endpoints.find_server
    models = [(one.model or "") for one in (request, after.request)]
    servers = [(find(model), model.partition("/")[0]) for model in models]
    return request if servers[0] == servers[1] else _without_server_fields(request, count)


def _with_server(
    prepared: Callable[..., PreparedCall],
    session: Session,
    request: ChatRequest,
    limits: RequestLimits,
    after: ChatResult | None,
    count: int,
) -> PreparedCall:
    """Find the server, the key and the price for a complete request that is to be sent.

    Raises:
        InvalidRequest: The server cannot take it, or its cost cannot be limited.
    """
    model = request.model or ""
    if local.is_local(model):
        _check_text_only(request)
    endpoint = session.endpoints.find(model)
    replaced = replaced_warnings(_given(request), is_newest=takes_newest_names(endpoint))
    known = session.capabilities.find(model, endpoint)
    missing = capability_warnings(request, known, top_up=limits.top_up)
    request = replace(
        request,
        server=_server_of(endpoint, model),
        warnings=(*request.warnings, *replaced, *missing),
        no_branch=prefill_fault(known),
    )
    price = session.configuration.price_of(model)
    if limits.max_cost is not None and not local.is_local(model):
        _check_price(request, model, price)
    if after is not None and not _is_same_server(session, request, after.request):
        request = _without_server_fields(request, count)
    return prepared(
        request=request,
        endpoint=endpoint,
        price=price,
        limits=_with_timeout(limits, endpoint),
        notices=missing,
        is_one_by_one=known is not None and known.lacks("n"),
    )


def _check_price(request: ChatRequest, model: str, price: Price | None) -> None:
    """Check that the cost of a request can be limited.

    Raises:
        InvalidRequest: The price of its prompt or of its answer is not known.
    """
    if not has_known_cost(request, price):
        missing = "is not known" if price is None else "has no input, or no output"
        raise InvalidRequest(
            f"max_cost: the price of {model} {missing}; add it to [prices] in the config file: "
            f'"{model}" = {{ input = …, output = … }}, in dollars per million tokens'
        )


def _check_text_only(request: ChatRequest) -> None:
    """Check that the local model is given nothing but text, since it takes nothing else.

    Raises:
        InvalidRequest: A message has an image or a sound.
    """
    for position, message in enumerate(request.messages):
        parts = message.content if isinstance(message.content, tuple) else ()
        for part in parts:
            kind = part.kind if isinstance(part, Attachment) else str(part.get("type"))
            for words, what in (("image", "sees no images"), ("audio", "hears no sound")):
                if words in kind:
                    raise InvalidRequest(
                        f"messages[{position}]: {request.model} {what}; use another model, "
                        "or remove the attachment"
                    )


def _with_timeout(limits: RequestLimits, endpoint: Endpoint | None) -> RequestLimits:
    """Fill in the time limit of the endpoint, where the request has none."""
    if limits.timeout_s is not None or endpoint is None or endpoint.timeout_s is None:
        return limits
    return replace(limits, timeout_s=endpoint.timeout_s)


def body_for(request: ChatRequest, endpoint: Endpoint | None) -> dict[str, Any]:
    """Return the JSON object that is sent to a server.

    It has the server's own name of the model, and the fields that its configuration adds: those of
    the request win, `UNSET` among them.
    """
    body = request.body()
    if endpoint is None:
        return body
    extra = {**CONTINUE_AS_VLLM} if request.prefill and endpoint.prefill == "vllm" else {}
    extra |= endpoint.extra
    unset = [name for name, value in request.parameters.items() if value is UNSET]
    kept = {name: value for name, value in extra.items() if name not in unset}
    return {**kept, **body, "model": endpoint.model}


def _conversation(after: Any, choice: int | None) -> tuple[Message, ...]:
    if isinstance(after, ChatResults):
        raise InvalidRequest(
            f"after: expected one result, got the ChatResults of {len(after)} runs: continue from "
            f"one answer, such as .pick({len(after) - 1})"
        )
    if not isinstance(after, ChatResult):
        raise InvalidRequest(f"after: {not_a_result(after)}")
    return after.conversation(choice)


def _given(request: ChatRequest) -> list[str]:
    return [name for name, value in request.parameters.items() if value is not UNSET]


def takes_newest_names(endpoint: Endpoint | None) -> bool:
    """Whether a server is known to take the newest names of parameters."""
    host = urlsplit(endpoint.url).hostname or "" if endpoint else _NEWEST_HOSTS[0]
    return any(host == newest or host.endswith(f".{newest}") for newest in _NEWEST_HOSTS)


def _server_of(endpoint: Endpoint | None, model: str) -> str:
    """Return what tells servers apart: the address, and the vendor behind a gateway."""
    vendor = model.partition("/")[0] if "/" in model else ""
    if endpoint is None:
        return vendor
    parts = urlsplit(endpoint.url)
    return f"{parts.hostname}:{parts.port or parts.scheme}{parts.path} {vendor}"


def _is_same_server(session: Session, request: ChatRequest, before: ChatRequest) -> bool:
    """Whether a request goes to the server that answered an earlier one."""
    model = before.model or ""
    server = before.server or _server_of(session.endpoints.find(model), model)
    return request.server == server


def _without_server_fields(request: ChatRequest, count: int) -> ChatRequest:
    """Take what another server sent out of the first messages of a request."""
    before = map(without_server_fields, request.messages[:count])
    return replace(request, messages=(*before, *request.messages[count:]))


def _with_model(session: Session, request: ChatRequest) -> ChatRequest:
    name, notice = (request.model, None) if request.model else _default_model(session, request)
    model = session.configuration.resolve_alias(name)
    if model == request.model:
        return request
    warnings = (*request.warnings, notice) if notice else request.warnings
    return replace(request, model=model, warnings=warnings)


def _default_model(session: Session, request: ChatRequest) -> tuple[str, str | None]:
    """Return the default model and a notice; the error names what was misplaced in the cell."""
    try:
        return session.endpoints.default_model()
    except InvalidRequest as error:
        raise InvalidRequest("; ".join((error.message, *request.warnings))) from None


def build_request(
    messages: Any,
    model: str | None,
    variables: Mapping[str, Any] | None,
    extra: Mapping[str, Any] | None,
    parameters: Mapping[str, Any],
    max_tool_rounds: int | None,
    schema: Any = None,
) -> tuple[ChatRequest, ToolFunctions]:
    """Build a request, and its tools, from the arguments of `chat`; no defaults are applied yet.

    Messages can be a prompt, whose model and parameters the arguments replace.

    Raises:
        InvalidRequest: A name is unknown, or a value is out of range.
    """
    for name in parameters:
        if name not in PARAMETERS:
            raise InvalidRequest(
                f"unknown parameter {name}{nearest(name, PARAMETERS)}; "
                "pass fields that are not part of the API in extra={…}"
            )
    check_variables(variables)
    extra = read_extra(extra or {})
    tools = parameters.get("tools")
    if isinstance(tools, list | tuple):
        parameters = {name: value for name, value in parameters.items() if name != "tools"}
    else:
        tools = ()
    parameters = imply_with(parameters, extra)
    fields = {"model": model, **parameters}
    request = replace(read_fields(fields, allow_extra=False, past="extra="), extra=extra)
    if isinstance(messages, Prompt):
        return read_prompt_request(messages, variables, request, tools, max_tool_rounds)
    source = PromptSource(
        messages=read_messages(messages),
        is_template=variables is not None,
        schema=_schema_word(schema),
        tools=tuple(tool.__name__ for tool in tools if hasattr(tool, "__name__")),
    )
    request = replace(request, messages=source.messages, source=source)
    if variables is not None:
        request = render_messages(request, variables)
    return with_tools(request, tools, max_tool_rounds)


def _schema_word(schema: Any) -> str | None:
    """Return a schema as it is written on the line of a cell; None for what has no name."""
    if get_origin(schema) is list:
        inner = _schema_word(get_args(schema)[0])
        return inner and f"list[{inner}]"
    return schema if isinstance(schema, str) else getattr(schema, "__name__", None)


def check_variables(variables: Any) -> None:
    """Check what the templates are to see.

    Raises:
        InvalidRequest: It is neither None nor a dict.
    """
    if variables is not None and not isinstance(variables, Mapping):
        kind = type(variables).__name__
        raise InvalidRequest(f"variables: expected a dict of names and values, got {kind}")


def render_messages(request: ChatRequest, variables: Mapping[str, Any]) -> ChatRequest:
    """Fill in the templates in the texts of a request's messages.

    Raises:
        InvalidRequest: One cannot be rendered.
    """
    warnings: list[str] = []
    messages = tuple(
        replace(message, content=render_text(message.content, variables, warnings))
        if isinstance(message.content, str)
        else message
        for message in request.messages
    )
    return replace(request, messages=messages, warnings=(*request.warnings, *warnings))


def request_limits(
    session: Session,
    *,
    timeout_s: float | None = None,
    retries: int | None = None,
    top_up: bool = True,
    max_cost: float | None = None,
) -> RequestLimits:
    """Check limits, and fill in the configured ones.

    Raises:
        InvalidRequest: `timeout_s`, `retries` or `max_cost` is out of range.
    """
    if max_cost is not None and not (is_number(max_cost) and 0 < max_cost < math.inf):
        raise InvalidRequest(f"max_cost {max_cost}: must be a number of dollars above 0")
    if timeout_s is not None and not (is_number(timeout_s) and 0 < timeout_s < math.inf):
        raise InvalidRequest(f"timeout {timeout_s}: must be a number of seconds above 0")
    if retries is None:
        setting = session.configuration.setting("retries")
        retries = RETRIES if setting is None or setting.value is UNSET else setting.value
    return RequestLimits(
        timeout_s=timeout_s,
        retries=check_setting("retries", retries),
        top_up=bool(top_up),
        max_cost=max_cost,
    )
