"""The `ApiError` for a server's refusal: what the server said, and what to change."""

from __future__ import annotations

import asyncio
import json
import re
import time
from contextlib import aclosing, suppress
from html import unescape
from typing import TYPE_CHECKING, Any

from chat_magic.core.reply.server_error import describe_error
from chat_magic.errors import ApiError
from chat_magic.transport import http
from chat_magic.transport.advice import advice_on
from chat_magic.transport.credentials import redact
from chat_magic.transport.retry import Failure

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chat_magic.transport.endpoints import Endpoint

__all__ = ["api_error", "error_text", "failure_of", "read_failure", "shown"]

_MAX_BODY = 64 * 1024
_BODY_S = 5.0
"""How long reading the body of a refusal may take."""
_MAX_WORDS = 1000
_REQUEST_IDS = ("x-request-id", "request-id", "x-amzn-requestid", "apim-request-id", "cf-ray")
_TITLE = re.compile(r"<title[^>]*>(.*?)</title", re.IGNORECASE | re.DOTALL)


async def read_failure(response: http.Response) -> Failure:
    """Read a response that is not a success."""
    body = bytearray()
    with suppress(TimeoutError, http.ConnectionLost):
        async with asyncio.timeout(_BODY_S), aclosing(http.chunks(response)) as chunks:
            async for chunk in chunks:
                body += chunk
                if len(body) > _MAX_BODY:
                    break
    words = error_text(bytes(body), response.status)
    return failure_of(response, words, _json(bytes(body)))


def failure_of(response: http.Response, words: str, body: Any = None) -> Failure:
    """Return a response as a failure.

    Args:
        response: The response.
        words: The message in it.
        body: Its decoded JSON, if it is JSON.
    """
    headers = http.header_fields(response)
    return Failure(status=response.status, headers=headers, words=words, body=body)


def api_error(
    endpoint: Endpoint,
    response: http.Response,
    failure: Failure,
    sent: Mapping[str, Any] | None = None,
) -> ApiError:
    """Return the error for a response, with the server's message and what to change.

    Args:
        endpoint: The server that answered.
        response: Its response.
        failure: The same, as read.
        sent: The body of the request, a field of which the message may name; None for the list of
            models.
    """
    request_id = _request_id(response)
    parts = [
        f"{endpoint.name} answered {response.status}: {shown(failure.words)}",
        _redirect(response) or advice_on(endpoint, failure, sent, now_s=time.time()),
        f"request {request_id}" if request_id else "",
    ]
    message = "; ".join(part for part in parts if part)
    return ApiError(redact(message), status=response.status, request_id=request_id)


def error_text(body: bytes, status: int = 200) -> str:
    """Return the message in a body: of a JSON error, the title of an HTML page, or the text.

    Args:
        body: The body.
        status: The status of its response: a page with 413, 429 or from 500 on has another cause
            than a wrong address.
    """
    text = body.decode(errors="replace").strip()
    if not text:
        return "nothing (an empty body)"
    if text.startswith("<"):
        title = _TITLE.search(text)
        name = f' "{unescape(title[1]).strip()}"' if title else ""
        hint = ": is the base URL right, and is a proxy or a login page in between?"
        is_placed = status < 500 and status not in {413, 429}
        return describe_error(f"an HTML page{name} instead of JSON{hint if is_placed else ''}")
    value = _json(body)
    return describe_error(text if value is None else value)


def shown(words: str) -> str:
    """Return a server's message without keys, shortened to a readable length."""
    words = redact(words)
    return words if len(words) <= _MAX_WORDS else words[:_MAX_WORDS] + "…"


def _request_id(response: http.Response) -> str | None:
    for name in _REQUEST_IDS:
        if value := response.headers.get(name):
            return shown(describe_error(value))
    return None


def _redirect(response: http.Response) -> str:
    target = http.redirect_target(response)
    if not target:
        return ""
    place = http.address(redact(target))
    return f"it redirects to {place}: if that is right, set the base URL to it"


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None
