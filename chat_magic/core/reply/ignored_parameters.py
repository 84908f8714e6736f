"""The parameters of a request that a server ignored, as far as its answer shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chat_magic.core.request.tools import is_forced, tool_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chat_magic.core.reply.reply import Choice, Reply, TokenLogprob
    from chat_magic.core.request.request import ChatRequest

_LIMITS = (
    ("max_completion_tokens", "max_tokens"),
    ("max_tokens", "max_completion_tokens"),
)
"""The two names of the limit of tokens: each with the other, which a server may know instead."""


def ignored_parameters(request: ChatRequest, reply: Reply) -> tuple[str, ...]:
    """Return a warning for each parameter that the server seems to have ignored.

    Texts that were scored were not written by it: they show nothing of the parameters for writing.

    Args:
        request: What was asked.
        reply: The whole answer to it.
    """
    if request.score is not None:
        return (*_count(request, reply), *_service_tier(request, reply))
    return (
        *_count(request, reply),
        *_logprobs(request, reply),
        *_stop(request, reply),
        *_tool_choice(request, reply),
        *_max_tokens(request, reply),
        *_service_tier(request, reply),
    )


def _count(request: ChatRequest, reply: Reply) -> Iterator[str]:
    count = len(reply.choices)
    if count != request.n:
        yield f"n {request.n}: the server returned {count} choice{'' if count == 1 else 's'}"


def _logprobs(request: ChatRequest, reply: Reply) -> Iterator[str]:
    if request.sent("logprobs") is not True:
        return
    written = [choice for choice in reply.choices if choice.text]
    tokens = [token for choice in written for token in _tokens(choice)]
    if written and not tokens:
        yield "logprobs: the server returned none"
        return
    asked = request.sent("top_logprobs", 0)
    most = max((len(token.top_logprobs or ()) for token in tokens), default=asked)
    if isinstance(asked, int) and most < asked:
        yield f"top_logprobs {asked}: the server returned {most or 'none'}"


def _tokens(choice: Choice) -> list[TokenLogprob]:
    return (choice.logprobs and choice.logprobs.content) or []


def _stop(request: ChatRequest, reply: Reply) -> Iterator[str]:
    asked = request.sent("stop")
    for text in [asked] if isinstance(asked, str) else asked if isinstance(asked, list) else []:
        if any(_goes_on_after(choice, text) for choice in reply.choices):
            yield f"stop {text!r}: it is in the answer, so the server ignored it"


def _goes_on_after(choice: Choice, stop: str) -> bool:
    """Whether a choice continues after a stop: one that ends with it only kept it in the text.

    A server that stops there may keep the whole token that completes the stop, and what it cannot
    see, such as white space.
    """
    found = choice.text.find(stop) if isinstance(stop, str) else -1
    if found < 0 or not stop:
        return False
    rest = choice.text[found + len(stop) :]
    return bool(rest.strip()) and not _is_within_last_token(choice, rest)


def _is_within_last_token(choice: Choice, rest: str) -> bool:
    written = [token.token for token in _tokens(choice) if token.token]
    return bool(written) and written[-1] != rest and written[-1].endswith(rest)


def _tool_choice(request: ChatRequest, reply: Reply) -> Iterator[str]:
    asked = request.sent("tool_choice")
    wanted = tool_name(asked)
    if not is_forced(asked):
        return
    for choice in reply.choices:
        names = [call.called.name for call in choice.tool_calls]
        if choice.finish_reason != "length" and not (wanted in names if wanted else names):
            called = "another" if names else "none"
            words = asked if isinstance(asked, str) else wanted or "required"
            yield f"tool_choice {words}: the model called {called}"
            return


def _max_tokens(request: ChatRequest, reply: Reply) -> Iterator[str]:
    """Compare the limits of tokens with the server's count, and with the tokens that arrived."""
    for name, other in _LIMITS:
        limit = request.sent(name)
        if type(limit) is not int:
            continue
        # Of several choices, those that were requested again are counted twice.
        counted, allowed = _written(reply), limit * (1 if request.n == 1 else 2 * request.n)
        longest = max((len(_tokens(choice)) for choice in reply.choices), default=0)
        if counted > allowed or longest > limit:
            yield (
                f"{name} {limit}: the server wrote {max(counted, longest)} tokens, so it ignored "
                f"the limit; it may know --extra {other}={limit}"
            )


def _written(reply: Reply) -> int:
    """Return the server's count of the tokens it wrote, without those of a wrong prediction."""
    if reply.usage is None or reply.usage.completion_tokens is None:
        return 0
    rejected = (reply.usage.completion_tokens_details or {}).get("rejected_prediction_tokens")
    return reply.usage.completion_tokens - (rejected if isinstance(rejected, int) else 0)


def _service_tier(request: ChatRequest, reply: Reply) -> Iterator[str]:
    asked, answered = request.sent("service_tier"), reply.service_tier
    if asked not in (None, "auto") and answered not in (None, asked):
        yield f"service_tier {asked}: {answered} answered, and has its own price"
