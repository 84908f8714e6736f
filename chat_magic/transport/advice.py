"""What to change after a server's refusal, in words: pure rules."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from chat_magic.core.nearest import nearest
from chat_magic.core.request.parameters import PARAMETERS, Parameter
from chat_magic.transport.credentials import redact
from chat_magic.transport.retry import blames_request, is_about_credit, server_delay_s

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chat_magic.transport.endpoints import Endpoint
    from chat_magic.transport.retry import Failure

__all__ = ["advice_on", "advice_on_parameters"]

_OTHER_API = re.compile(
    r"only supported in [/\w]*responses|v1/responses and not|not a chat model", re.IGNORECASE
)
_MODEL = re.compile(r"model|deployment", re.IGNORECASE)
_REFUSED = re.compile(r"n't\b|\bnot\b|\bunsupported\b|\bunavailable\b", re.IGNORECASE)
_DISTINCT = {"temperature", "logprobs"}
"""Names without an underscore that are no common words."""


def advice_on(
    endpoint: Endpoint, failure: Failure, sent: Mapping[str, Any] | None, *, now_s: float
) -> str:
    """Return what to change after a refusal; empty if nothing is known to help.

    Args:
        endpoint: The server.
        failure: Its response.
        sent: The body of the request; None for the list of models.
        now_s: Seconds since 1970 UTC.
    """
    status = failure.status or 0
    if _OTHER_API.search(failure.words):
        return "this model has no Chat Completions: choose another model"
    if status in {401, 403} and (advice := _on_key(endpoint, status)):
        return advice
    if status in {404, 405} and sent is None:
        return "this server may have no list of models: name a model, which is sent as it is"
    if status in {404, 405}:
        return _on_place(endpoint, failure)
    if status == 413:
        return "the request is too large for this server: shorten it, or send smaller attachments"
    if status in {402, 429}:
        return _on_limit(failure, now_s)
    if status >= 500 and not blames_request(failure):
        return f"this is a fault of the server: {_wait(failure, now_s, 'try again later')}"
    return advice_on_parameters(failure.words, sent or {})


def _on_key(endpoint: Endpoint, status: int) -> str:
    """Say what is wrong with the key; a 403 with a key has many causes."""
    if endpoint.secret is None and endpoint.key_variable:
        return f"no key was sent: {endpoint.key_variable} is not set"
    if status == 403:
        return ""
    if endpoint.has_password:
        return f"check the user and the password in {endpoint.source}"
    if endpoint.key_variable:
        return f"check the key in {endpoint.key_variable}"
    if endpoint.headers:
        return f"check the headers of {endpoint.source}"
    return f"no key was sent: {endpoint.source} names no variable that holds one (key = …)"


def _on_place(endpoint: Endpoint, failure: Failure) -> str:
    if _MODEL.search(failure.words):
        others = [name for name in endpoint.known_models() if name != endpoint.model]
        near = nearest(endpoint.model, others)
        return f"does this server have a model {endpoint.model!r}? %chat /models lists them{near}"
    parts = urlsplit(endpoint.url)
    place = redact(parts._replace(query="", fragment="").geturl())
    hint = "" if re.search(r"/v\d|/openai", parts.path) else ", which lacks /v1"
    return (
        f"it was sent to {place}: is the base URL in {endpoint.source} right{hint}, "
        f"and is there a model {endpoint.model!r}?"
    )


def _on_limit(failure: Failure, now_s: float) -> str:
    if failure.status == 402 or is_about_credit(failure):
        return "the account has no credit or quota left: check its plan and billing"
    return f"too many requests: {_wait(failure, now_s, 'wait and try again')}"


def _wait(failure: Failure, now_s: float, otherwise: str) -> str:
    delay_s = server_delay_s(failure, now_s=now_s)
    return f"wait {math.ceil(delay_s)} s and try again" if delay_s else otherwise


def advice_on_parameters(words: str, sent: Mapping[str, Any]) -> str:
    """Return what to change if an error message names parameters that were sent, else nothing.

    Short names are common words too: they count in quotes only.

    Args:
        words: The server's message.
        sent: The body of the request.
    """
    named = [row for row in map(PARAMETERS.get, sent) if row and _is_named(row.name, words)]
    written = dict.fromkeys(_written(row, sent).name for row in named)
    advice = [_removal(PARAMETERS[name], sent[name]) for name in written]
    is_of_logprobs = any(row.name in {"logprobs", "top_logprobs"} for row in named)
    if is_of_logprobs and _REFUSED.search(words) and sent.get("reasoning_effort") != "none":
        advice.append("GPT-5.1 and later give log probabilities only with --reasoning-effort none")
    return ", ".join(advice)


def _is_named(name: str, words: str) -> bool:
    bare = rf"|\b{name}\b" if "_" in name or name in _DISTINCT else ""
    return re.search(rf"(?P<quote>['\"`]){name}(?P=quote){bare}", words) is not None


def _written(row: Parameter, sent: Mapping[str, Any]) -> Parameter:
    """Return the parameter that turned this one on, as `top_logprobs` does with `logprobs`."""
    causes = (other for other in PARAMETERS.values() if other.implies == row.name)
    return next((cause for cause in causes if cause.name in sent), row)


def _removal(row: Parameter, value: Any) -> str:
    if row.name == "stream" and value is True:
        return "use --no-stream"
    if not row.on_line:
        return f"use --unset {row.name}"
    instead = f" and use {PARAMETERS[row.replaced_by].option}" if row.replaced_by else ""
    return f"remove {row.option}{instead}"
