"""The function `model_input`: the prompt as the model reads it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Unpack

from chat_magic.core.reply.prompt_parts import (
    boundaries,
    common_start,
    inserted_text,
    oddities,
    with_messages,
)
from chat_magic.engine.prepare import body_for, build_request, prepare_call
from chat_magic.engine.session import Session, default_session
from chat_magic.errors import ApiError, InvalidRequest
from chat_magic.results.chat_result import ChatResult
from chat_magic.results.rendered_prompt import ModelInput

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chat_magic.core.request.messages import Message
    from chat_magic.core.request.parameter_types import Parameters
    from chat_magic.engine.prepare import PreparedCall
    from chat_magic.engine.prompt_readers import PromptReader
    from chat_magic.results.prompt import Prompt

__all__ = ["find_model_input", "model_input"]

_MARK = "chat-magic-system-message"
_MOST_MESSAGES = 40
"""Messages up to which the server is asked where each ends."""


def model_input(
    messages: str | Sequence[Mapping[str, Any] | Message] | Prompt | ChatResult,
    *,
    model: str | None = None,
    after: ChatResult | None = None,
    variables: Mapping[str, Any] | None = None,
    extra: Mapping[str, Any] | None = None,
    **parameters: Unpack[Parameters],
) -> ModelInput:
    """Return the prompt as the model reads it: the template applied, in text and in tokens.

    A doubled first token, a system message that the template puts in by itself, and a control token
    in the text of a message are warnings. Nothing is sampled, and no tokens are charged.

    Args:
        messages: As for `chat`; or a result, whose request is shown, with the tokens that the
            server read from its cache.
        model: `vendor/model`; by default the configured one.
        after: A result whose conversation this continues.
        variables: Values for `{{ }}` in the messages.
        extra: Further request fields, sent as given.
        **parameters: Request parameters; those that concern the prompt count, such as `tools`.

    Raises:
        InvalidRequest: The request is not valid, or its server cannot tell: llama.cpp, the local
            model and vLLM can.
        ChatError: The server does not answer.

    Example:
        >>> prompt = chat_magic.model_input("Hi", model="local")
        >>> prompt.text, prompt.tokens
    """
    session, n_cached = default_session(), None
    if isinstance(messages, ChatResult):
        details = messages.usage and messages.usage.prompt_tokens_details
        n_cached = (details or {}).get("cached_tokens")
        request = messages.request
    else:
        request, _ = build_request(messages, model, variables, extra, parameters, None)
    call = prepare_call(session, request, after=after)
    found = session.loop.run(find_model_input(session, call))
    return replace(found, n_cached=n_cached if isinstance(n_cached, int) else None)


async def find_model_input(session: Session, call: PreparedCall) -> ModelInput:
    """Return the prompt of a call as the model reads it; raises as `model_input`."""
    model = call.request.model or ""
    endpoint = call.endpoint or await session.endpoints.resolve(model)
    body = body_for(call.request, endpoint)
    reader = await _reader(session, endpoint, model)
    text = await reader.text(body)
    tokens = await reader.tokens(body, text)
    messages = body["messages"]
    contents = [_content(message) for message in messages]
    own = await _own_system(reader, body, text)
    ends = boundaries(text, await _starts(reader, body), contents)
    first = 0 if own is None else own[1]
    placed = with_messages(text, tokens, ends, first)
    return ModelInput(
        model=model,
        text=text,
        prompt_tokens=tuple(placed),
        roles=tuple(str(message.get("role")) for message in messages),
        warnings=tuple(oddities(placed, contents, None if own is None else own[0])),
    )


async def _reader(session: Session, endpoint: Any, model: str) -> PromptReader:
    """Return what tells the prompts of a server.

    Raises:
        InvalidRequest: It cannot.
    """
    from chat_magic.engine.prompt_readers import LlamaPromptReader, VllmPromptReader
    from chat_magic.transport.llama_server import LlamaServer

    kind = await session.server_kinds.find(session.http, endpoint)
    if kind == "llama.cpp":
        return LlamaPromptReader(LlamaServer(session.http, endpoint))
    if kind == "vllm":
        return VllmPromptReader(session.http, endpoint)
    raise InvalidRequest(
        f"model_input: the server of {model} does not report what the model reads; local, "
        "llama.cpp and vLLM do"
    )


async def _starts(reader: PromptReader, body: Mapping[str, Any]) -> list[str | None]:
    """Return the prompts of the first message, of the first two, and so on."""
    messages = body["messages"]
    if len(messages) > _MOST_MESSAGES:
        return [None] * len(messages)
    starts: list[str | None] = []
    for count in range(1, len(messages) + 1):
        sent = {**body, "messages": messages[:count], "add_generation_prompt": False}
        is_prefill = messages[count - 1].get("role") == "assistant"
        starts.append(None if is_prefill and count == len(messages) else await _try(reader, sent))
    return starts


async def _try(reader: PromptReader, body: Mapping[str, Any]) -> str | None:
    """Return the prompt of a request; None if the template takes no such messages."""
    try:
        return await reader.text(body)
    except ApiError:
        return None


async def _own_system(
    reader: PromptReader, body: Mapping[str, Any], text: str
) -> tuple[str, int] | None:
    """Return the system message that the template puts in, and where the first message begins."""
    messages = body["messages"]
    if messages[0].get("role") in ("system", "developer"):
        return None
    mark = {"role": "system", "content": _MARK}
    marked = await _try(reader, {**body, "messages": [mark, *messages]})
    found = None if marked is None else inserted_text(text, marked, _MARK)
    if marked is None or found is None:
        return None
    alone = await _try(reader, {**body, "messages": [mark], "add_generation_prompt": False})
    end = common_start(alone, marked) if alone is not None else found[0] + len(_MARK)
    return found[1], end - len(_MARK) + len(found[1])


def _content(message: Mapping[str, Any]) -> str:
    content = message.get("content")
    if isinstance(content, list):
        return "".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    return content if isinstance(content, str) else ""
