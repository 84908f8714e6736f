"""Requesting the list of a server's models."""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing
from typing import TYPE_CHECKING

from chat_magic.core.reply.listing import ListedModel, read_models
from chat_magic.errors import ChatError, ConnectionFailed, RequestTimeout
from chat_magic.transport import http
from chat_magic.transport.api_error import api_error, error_text, failure_of, read_failure
from chat_magic.transport.credentials import redact_answer, redact_exception

if TYPE_CHECKING:
    from chat_magic.transport.endpoints import Endpoint
    from chat_magic.transport.http import HttpClient

__all__ = ["list_models"]

_TIMEOUT_S = 30.0


async def list_models(
    client: HttpClient, endpoint: Endpoint, *, timeout_s: float | None = None
) -> list[ListedModel]:
    """Return the models of a server, ordered by name.

    Args:
        client: The connections.
        endpoint: The server.
        timeout_s: Seconds that it may take; 30 by default.

    Raises:
        ApiError: The server refused, or its answer is not a list of models.
        ConnectionFailed: The connection failed, or was lost.
        RequestTimeout: The list did not arrive in time.
    """
    place = http.address(endpoint.models_url)
    timeout_s = timeout_s or _TIMEOUT_S
    try:
        async with asyncio.timeout(timeout_s):
            return await _request_list(client, endpoint)
    except TimeoutError as error:
        raise RequestTimeout(f"{place}: no list of models within {timeout_s:g} s") from error
    except http.ConnectionLost as error:
        why = f"{place}: the connection was lost ({http.reason(error)})"
        raise ConnectionFailed(why) from error
    except ChatError as error:
        redact_exception(error)
        raise


async def _request_list(client: HttpClient, endpoint: Endpoint) -> list[ListedModel]:
    response = await client.get(
        endpoint.models_url,
        endpoint.secret,
        headers=endpoint.headers,
        ca_bundle=endpoint.ca_bundle,
    )
    try:
        if not http.is_success(response):
            raise api_error(endpoint, response, await read_failure(response))
        async with aclosing(http.chunks(response)) as chunks:
            body = b"".join([chunk async for chunk in chunks])
        try:
            models = read_models(json.loads(redact_answer(body)))
        except (ValueError, RecursionError):
            models = None
        if models is None:
            words = f"not a list of models: {error_text(body)}"
            raise api_error(endpoint, response, failure_of(response, words))
        return models
    finally:
        await http.close_response(response)
