"""A request whose answer is one JSON value: sent, retried like a completion, and decoded."""

from __future__ import annotations

import asyncio
import random
import time
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import msgspec

from chat_magic.errors import ChatError, ConnectionFailed, InvalidRequest, RequestTimeout
from chat_magic.transport import http
from chat_magic.transport.api_error import api_error, error_text, failure_of, read_failure
from chat_magic.transport.credentials import redact_answer, redact_exception
from chat_magic.transport.retry import RETRIES, Failure, wait_s

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chat_magic.transport.endpoints import Endpoint
    from chat_magic.transport.http import HttpClient

__all__ = ["request_json"]

TIMEOUT_S = 600.0
"""How long an answer may take by default: a long prompt is slow to read."""


async def request_json(
    client: HttpClient,
    endpoint: Endpoint,
    url: str,
    body: Mapping[str, Any] | None = None,
    *,
    retries: int = RETRIES,
    timeout_s: float | None = None,
) -> bytes:
    """Send a request to a server, and return the JSON text that it answers, keys removed.

    A transient failure is retried, as in `exchange`.

    Args:
        client: The connections.
        endpoint: The server, and its key.
        url: Where the request is sent.
        body: The JSON object of a POST; None for a GET.
        retries: How often it may be sent again.
        timeout_s: Seconds that it may take, all tries and waits included; 600 by default.

    Raises:
        InvalidRequest: The body cannot be written as JSON; nothing was sent.
        ApiError: The server refused.
        ConnectionFailed: The connection failed, or was lost.
        RequestTimeout: The answer did not arrive in time.
    """
    timeout_s = timeout_s or TIMEOUT_S
    try:
        async with asyncio.timeout(timeout_s):
            return await _until_answered(client, endpoint, url, body, retries)
    except TimeoutError as error:
        place = http.address(url)
        raise RequestTimeout(f"{place}: no answer within {timeout_s:g} s") from error
    except ChatError as error:
        redact_exception(error)
        raise


async def _until_answered(
    client: HttpClient,
    endpoint: Endpoint,
    url: str,
    body: Mapping[str, Any] | None,
    retries: int,
) -> bytes:
    n_failed = 0
    while True:
        outcome = await _try_once(client, endpoint, url, body)
        if isinstance(outcome, bytes):
            return outcome
        error, failure = outcome
        n_failed += 1
        pause_s = _pause_s(failure, n_failed) if n_failed <= retries else None
        if pause_s is None:
            raise error from error.__cause__
        await asyncio.sleep(pause_s)


def _pause_s(failure: Failure, n_failed: int) -> float | None:
    return wait_s(failure, n_failed, now_s=time.time(), chance=random.random())  # noqa: S311 - jitter


async def _try_once(
    client: HttpClient, endpoint: Endpoint, url: str, body: Mapping[str, Any] | None
) -> bytes | tuple[ChatError, Failure]:
    """Return the body of the answer, or the error and what decides whether to try again."""
    try:
        response = await _send(client, endpoint, url, body)
    except (ConnectionFailed, RequestTimeout) as error:
        return error, Failure(may_pass=http.may_pass(error.__cause__))
    try:
        if not http.is_success(response):
            failure = await read_failure(response)
            return api_error(endpoint, response, failure, body), failure
        async with aclosing(http.chunks(response)) as chunks:
            content = b"".join([chunk async for chunk in chunks])
        if not content.strip().startswith((b"{", b"[")):
            failure = failure_of(response, error_text(content))
            raise api_error(endpoint, response, failure, body)
        return redact_answer(content)
    except http.ConnectionLost as error:
        why = f"{http.address(url)}: the connection was lost ({http.reason(error)})"
        lost = ConnectionFailed(why)
        lost.__cause__ = error
        return lost, Failure(may_pass=error.may_pass)
    finally:
        await http.close_response(response)


async def _send(
    client: HttpClient, endpoint: Endpoint, url: str, body: Mapping[str, Any] | None
) -> http.Response:
    if body is None:
        return await client.get(
            url, endpoint.secret, headers=endpoint.headers, ca_bundle=endpoint.ca_bundle
        )
    return await client.post(
        url,
        _encode(body),
        endpoint.secret,
        headers=endpoint.headers,
        keep_alive=endpoint.keeps_alive,
        ca_bundle=endpoint.ca_bundle,
    )


def _encode(body: Mapping[str, Any]) -> bytes:
    try:
        return msgspec.json.encode(dict(body))
    except (TypeError, ValueError) as error:
        raise InvalidRequest(f"the request cannot be written as JSON: {error}") from error
