"""Asking a server for the list of its models."""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing
from typing import TYPE_CHECKING

from chat_magic.core.reply.listing import ListedModel, read_models
from chat_magic.errors import ChatError, ConnectionFailed, RequestTimeout
from chat_magic.transport import configuration, endpoints, http
from chat_magic.transport import loop as background
from chat_magic.transport.api_error import api_error, error_text, read_refusal
from chat_magic.transport.credentials import redact_answer, redact_exception

if TYPE_CHECKING:
    from chat_magic.transport.endpoints import Endpoint

__all__ = ["list_models"]

_TIMEOUT_S = 30.0


def list_models(model: str | None = None) -> list[ListedModel]:
    """Return the models of the server that answers for a model, or for the default one.

    Args:
        model: A model or an alias; a local server is started if need be.

    Raises:
        InvalidRequest: No server is configured for it.
        ApiError: The server refused, or answered with what is no list.
        ConnectionFailed: There was no connection, or it was lost.
        RequestTimeout: The list did not come in time.
    """
    name = configuration.resolve_alias(model) if model else endpoints.any_model()
    endpoints.find_key(name)
    try:
        return background.run(_list(name))
    except ChatError as error:
        redact_exception(error)
        raise


async def _list(model: str) -> list[ListedModel]:
    endpoint = await endpoints.resolve(model)
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            return await _ask(endpoint)
    except TimeoutError as error:
        place = http.address(endpoint.models_url)
        raise RequestTimeout(f"{place}: no list of models within {_TIMEOUT_S:g} s") from error
    except http.Fault as error:
        place = http.address(endpoint.models_url)
        why = f"{place}: the connection was lost ({http.reason(error)})"
        raise ConnectionFailed(why) from error


async def _ask(endpoint: Endpoint) -> list[ListedModel]:
    response = await http.get(endpoint.models_url, endpoint.secret, headers=endpoint.headers)
    try:
        if not response.is_success:
            raise await read_refusal(endpoint, response, ())
        async with aclosing(http.chunks(response)) as chunks:
            body = b"".join([chunk async for chunk in chunks])
        try:
            models = read_models(json.loads(redact_answer(body)))
        except (ValueError, RecursionError):
            models = None
        if models is None:
            raise api_error(endpoint, response, f"no list of models but {error_text(body)}", ())
        return models
    finally:
        await response.aclose()
