"""The parameters of a request that a server ignored, as far as its answer shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chat_magic.core.request.tools import is_forced, tool_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chat_magic.core.reply.reply import Choice, Reply, TokenLogprob
    from chat_magic.core.request.request import ChatRequest


def ignored_parameters(request: ChatRequest, reply: Reply) -> tuple[str, ...]:
    """Return a warning for each parameter that the server seems to have ignored.

    Args:
        request: What was asked.
        reply: The whole answer to it.
    """
    return (
        *_count(request, reply),
        *_logprobs(request, reply),
        *_stop(request, reply),
        *_tool_choice(request, reply),
    )


def _count(request: ChatRequest, reply: Reply) -> Iterator[str]:
    count = len(reply.choices)
    if count != request.n:
        yield f"n {request.n}: the server returned {count} choice{'' if count == 1 else 's'}"


def _logprobs(request: ChatRequest, reply: Reply) -> Iterator[str]:
    if request.parameters.get("logprobs") is not True:
        return
    written = [choice for choice in reply.choices if choice.text]
    tokens = [token for choice in written for token in _tokens(choice)]
    if written and not tokens:
        yield "logprobs: the server returned none"
        return
    asked = request.parameters.get("top_logprobs", 0)
    most = max((len(token.top_logprobs or ()) for token in tokens), default=asked)
    if isinstance(asked, int) and most < asked:
        yield f"top_logprobs {asked}: the server returned {most or 'none'}"


def _tokens(choice: Choice) -> list[TokenLogprob]:
    return (choice.logprobs and choice.logprobs.content) or []


def _stop(request: ChatRequest, reply: Reply) -> Iterator[str]:
    asked = request.parameters.get("stop")
    for text in [asked] if isinstance(asked, str) else asked if isinstance(asked, list) else []:
        if any(text in choice.text for choice in reply.choices):
            yield f"stop {text!r}: it is in the answer, so the server ignored it"


def _tool_choice(request: ChatRequest, reply: Reply) -> Iterator[str]:
    asked = request.parameters.get("tool_choice")
    wanted = tool_name(asked)
    if not is_forced(asked):
        return
    for choice in reply.choices:
        names = [call.function.name for call in choice.tool_calls]
        if choice.finish_reason != "length" and not (wanted in names if wanted else names):
            called = "another" if names else "none"
            yield f"tool_choice {wanted or asked}: the model called {called}"
            return
