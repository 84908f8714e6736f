"""A distribution as the display payload that the labextension draws."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from chat_magic.core.cell.cell_head import write_head
from chat_magic.core.request import prefill_tokens
from chat_magic.errors import InvalidRequest
from chat_magic.view.payload import plain_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from chat_magic.analysis.answer_search import AnswerSearch
    from chat_magic.core.request.request import ChatRequest
    from chat_magic.view.distribution_tree import DistributionNode

__all__ = ["distribution_payload"]


def distribution_payload(
    request: ChatRequest,
    search: AnswerSearch,
    root: DistributionNode,
    *,
    facts: Sequence[str],
    warnings: Sequence[str],
    handle: str | None,
) -> dict[str, Any]:
    """Return a distribution as plain JSON, which `tests/wire/result.v1.schema.json` describes.

    Args:
        request: What was asked.
        search: The tree of token sequences.
        root: What is drawn of it.
        facts: What is said beside it.
        warnings: What is to be known about it.
        handle: The name by which the kernel can extend it; None if it cannot.
    """
    nodes = list(_nodes(search, root, -1, 0))
    value = {
        "version": 1,
        "results": [],
        "axes": [],
        "comparison": None,
        "distribution": {
            "model": request.model,
            "facts": list(facts),
            "warnings": list(warnings),
            "handle": handle,
            "cell": _cell_head(request),
            "prefill": request.prefill,
            "nodes": [node for node, _ in nodes],
        },
    }
    plain: dict[str, Any] = plain_json(value)
    return plain


def _nodes(
    search: AnswerSearch, node: DistributionNode, parent: int, number: int
) -> Iterator[tuple[dict[str, Any], int]]:
    """Yield a node and those below it, each after its parent, and the number of the next one."""
    yield (
        {
            "parent": parent,
            "node": node.node,
            "text": node.text,
            "prob": node.prob,
            "ending": node.ending,
            "others": node.others,
            "unseen": node.unseen,
            "tokens": _ids(search, node.node),
            "is_text": _is_text(search.nodes[node.node].content),
        },
        number + 1,
    )
    following = number + 1
    for child in node.children:
        for below, after in _nodes(search, child, number, following):
            yield below, after
            following = after


def _ids(search: AnswerSearch, node: int) -> str:
    """Return the ids of a node's tokens, separated by commas; empty where they are not known."""
    ids = [token.id for token in search.prefix(node) if not token.is_end]
    return "" if any(token < 0 for token in ids) else ",".join(map(str, ids))


def _is_text(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


def _cell_head(request: ChatRequest) -> dict[str, str | None] | None:
    """Return the cell that continues the request, up to the messages that are still to come."""
    extra = {name: value for name, value in request.extra.items() if name != prefill_tokens.FIELD}
    messages = request.messages[:-1] if request.prefill else request.messages
    try:
        return asdict(write_head(replace(request, messages=messages, extra=extra)))
    except InvalidRequest:
        return None
