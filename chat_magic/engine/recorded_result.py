"""Answers as they are recorded, and recorded ones as results."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from chat_magic.core.request.request_key import canonical_request, request_key
from chat_magic.core.request.settings import SCALARS
from chat_magic.core.unset import UNSET
from chat_magic.errors import InvalidRequest
from chat_magic.results.chat_result import ChatResult
from chat_magic.results.result_json import result_from_json, result_to_json
from chat_magic.store.recording import RecordedDefaults, Recording
from chat_magic.transport import local
from chat_magic.transport.credentials import redact

if TYPE_CHECKING:
    from chat_magic.core.request.request import ChatRequest
    from chat_magic.engine.session import Session

__all__ = ["current_defaults", "key_of", "recorded_result", "recording_of", "request_identity"]


def request_identity(request: ChatRequest) -> dict[str, Any]:
    """Return what identifies a request, its model resolved."""
    return canonical_request(request.body(), model=local.resolved_model(request.model or ""))


def key_of(request: ChatRequest, draw: int) -> str:
    """Return the key of a request and its draw; of a local model also with its weights."""
    model = request.model or ""
    weights = local.weights_name(model) if local.is_local(model) else None
    return request_key(request_identity(request), draw, weights)


def recording_of(result: ChatResult, draw: int, asked: str | None, recorded_s: float) -> Recording:
    """Return an answer as it is recorded: without keys, addresses, and what repeats the request.

    Args:
        result: One round of an answer.
        draw: How many equal requests came before it in the same call.
        asked: The key of the request as it was written, if that is known.
        recorded_s: When the answer arrived, in seconds since 1970-01-01 UTC, unless it is a
            recorded one itself.
    """
    request = replace(result.request, destination=None, server="", source=None, labels=None)
    key = key_of(request, draw)
    text = redact(result_to_json(replace(result, request=request, schema=None, _recorded_s=None)))
    document = json.loads(text)
    messages = document["result"]["request"].pop("messages")
    identity = json.loads(redact(json.dumps(request_identity(request))))
    return Recording(
        key=key,
        asked=asked,
        recorded_s=recorded_s if result._recorded_s is None else result._recorded_s,
        request={**identity, "messages": messages},
        result=document,
    )


def recorded_result(recording: Recording) -> ChatResult:
    """Return the result of a recording.

    Raises:
        InvalidRequest: It is not a recorded answer, or of a version that is not known here.
    """
    document = recording.result
    try:
        parts = document["result"]
        request = {**parts["request"], "messages": recording.request["messages"]}
        text = json.dumps({**document, "result": {**parts, "request": request}})
    except (KeyError, TypeError) as error:
        raise InvalidRequest(f"not a recorded answer: {error!r}") from error
    result = result_from_json(text)
    if not isinstance(result, ChatResult):
        raise InvalidRequest("not a recorded answer: expected one result")
    return replace(result, _recorded_s=recording.recorded_s)


def current_defaults(session: Session) -> RecordedDefaults:
    """Return the settings in force, as a cassette records them."""
    settings = session.configuration.settings()
    return RecordedDefaults(
        model=session.configuration.value_of("model") or session.endpoints.fallback_model(),
        parameters={
            name: None if setting.value is UNSET else setting.value
            for name, setting in settings.items()
            if name in SCALARS
        },
        aliases=dict(session.configuration.config().aliases),
    )
