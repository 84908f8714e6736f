"""A distribution as a result, which the history, the cache and files keep, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec
from msgspec import Struct

from chat_magic.analysis.answer_search import AnswerSearch, NextToken
from chat_magic.core.reply.reply import Timing
from chat_magic.errors import InvalidRequest
from chat_magic.results.chat_result import ChatResult

if TYPE_CHECKING:
    from chat_magic.core.reply.reply import Reply
    from chat_magic.results.answer_distribution import Distribution

__all__ = ["FIELD", "recorded_distribution", "result_of_distribution", "without_search"]

_MOST = 1.001
"""The most that a probability may be: servers round."""
FIELD = "search"
"""The field of a reply that holds the tree of a search."""


class _Token(Struct, frozen=True, array_like=True):
    id: int
    content: bytes
    prob: float
    is_end: bool
    text: str


class _Search(Struct, frozen=True, kw_only=True):
    method: Literal["token ids", "text"]
    max_tokens: int
    n_requests: int
    steps: list[tuple[int, list[_Token]]]
    """The nodes that were extended, in order, each with the tokens that may follow it."""


def result_of_distribution(found: Distribution) -> ChatResult:
    """Return a result whose choices are the answers that were found, and which has the whole tree.

    Each answer is scored: its tokens have their own log probabilities, and none was sampled.
    """
    from chat_magic.analysis.distribution_table import found_reply

    reply = found_reply(found.search, found.answers)
    steps = [(n, [_Token(*token) for token in tokens]) for n, tokens in found.search.steps()]
    search = _Search(
        method=found.method,
        max_tokens=found.search.max_tokens,
        n_requests=found.n_requests,
        steps=steps,
    )
    extra = {**reply.extra, FIELD: msgspec.to_builtins(search)}
    return ChatResult(
        found.request,
        msgspec.structs.replace(reply, extra=extra),
        Timing(total_s=found.total_s),
        found.warnings,
        _history=found._history,
    )


def recorded_distribution(result: ChatResult) -> Distribution:
    """Return the distribution that a result was made from.

    Raises:
        InvalidRequest: It was made from none.
    """
    from chat_magic.results.answer_distribution import Distribution

    try:
        search = msgspec.convert(result.extra.get(FIELD), _Search)
    except msgspec.ValidationError as error:
        raise InvalidRequest(f"the result is not that of a distribution: {error}") from error
    return Distribution(
        request=result.request,
        search=_tree(search),
        method=search.method,
        n_requests=search.n_requests,
        total_s=result.timing.total_s,
        warnings=result.warnings,
        replayed=result.replayed,
        _history=result._history,
    )


def _tree(search: _Search) -> AnswerSearch:
    tree = AnswerSearch(search.max_tokens)
    for node, tokens in search.steps:
        if not 0 <= node < len(tree.nodes) or tree.nodes[node].state != "open":
            raise InvalidRequest(f"the tree of the distribution: node {node} is not open")
        if not all(0 <= token.prob <= _MOST for token in tokens):
            raise InvalidRequest("the tree of the distribution: prob must be 0 to 1")
        tree.extend(node, [NextToken(*msgspec.structs.astuple(token)) for token in tokens])
    return tree


def without_search(reply: Reply) -> Reply:
    """Return a reply without the tree of a search, which is as large as its tokens."""
    extra = {name: value for name, value in reply.extra.items() if name != FIELD}
    return msgspec.structs.replace(reply, extra=extra)
