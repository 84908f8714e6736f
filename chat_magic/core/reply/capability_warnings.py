"""What a request cannot get from a server whose capabilities are known, said before it is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chat_magic.core.reply.capability import KnownCapabilities
    from chat_magic.core.request.request import ChatRequest

__all__ = ["capability_warnings", "prefill_fault"]

_FIELDS = {
    "seed": "seed",
    "stop": "stop",
    "logprobs": "logprobs",
    "temperature": "temperature",
    "tools": "tools",
    "reasoning_effort": "reasoning",
}
"""The feature that each field requires."""


def capability_warnings(
    request: ChatRequest, known: KnownCapabilities | None, *, top_up: bool
) -> tuple[str, ...]:
    """Return what a server is known not to do of what a request asks.

    Args:
        request: The request, complete.
        known: What was found about its server and model; None if nothing was.
        top_up: Whether choices that do not come are requested again.
    """
    return () if known is None else tuple(_warnings(request, known, top_up=top_up))


def _warnings(request: ChatRequest, known: KnownCapabilities, *, top_up: bool) -> Iterator[str]:
    if request.n > 1 and known.lacks("n"):
        words = f"this server {_what(known, 'n')} n"
        yield f"{words}: {request.n} requests will be sent" if top_up else f"{words}: 1 will come"
    asked, most = request.sent("top_logprobs"), known.most_alternatives
    if isinstance(asked, int) and most is not None and asked > most:
        yield f"top_logprobs {asked}: this server returns at most {most}"
    for field, feature in _FIELDS.items():
        if request.sent(field) not in (None, False) and known.lacks(feature):
            yield f"this server {_what(known, feature)} {field}"
    form = request.sent("response_format")
    is_schema = isinstance(form, dict) and form.get("type") == "json_schema"
    if is_schema and known.lacks("json_schema"):
        yield f"this server {_what(known, 'json_schema')} json_schema"
    if request.prefill and (reason := prefill_fault(known)):
        yield f"prefill: {reason}"


def _what(known: KnownCapabilities, feature: str) -> str:
    return {"ignored": "ignores", "refused": "refuses"}[known.findings[feature].support]


def prefill_fault(known: KnownCapabilities | None) -> str:
    """Return what a server does with a prefill instead of continuing it; empty if not known."""
    found = known.findings.get("prefill") if known else None
    if found is None or found.support in ("honoured", "unknown"):
        return ""
    if found.support == "refused":
        return "this server refuses a final assistant message"
    if found.detail == "repeats":
        return "this server repeats a final assistant message"
    return "this server starts a new turn after an assistant message"
