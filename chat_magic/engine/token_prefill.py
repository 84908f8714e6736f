"""Sending a prefill as token ids, so that the model reads the very tokens that were written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chat_magic.core.reply.llama_chunk import chat_chunk
from chat_magic.core.request.llama_body import completion_body
from chat_magic.core.request.prefill_tokens import FIELD, read_prefill_tokens
from chat_magic.engine.llama_prompt import prompt_pieces

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from chat_magic.engine.session import Session
    from chat_magic.transport.endpoints import Endpoint
    from chat_magic.transport.llama_server import LlamaServer

__all__ = ["Wire", "wire_of"]


@dataclass(frozen=True, kw_only=True)
class Wire:
    """How a request is sent."""

    body: Mapping[str, Any]
    url: str | None = None
    """Where, if that is not the URL of completions."""
    translate: Callable[[bytes], bytes] | None = None
    """Makes an event of a chat completion of each event, if they are of another kind."""
    warning: str | None = None


async def wire_of(session: Session, endpoint: Endpoint, body: Mapping[str, Any]) -> Wire:
    """Return how a chat request is sent whose prefill may have token ids.

    Only llama.cpp takes them; to other servers the text of the prefill is sent. Where that was
    edited, the tokens that still spell its beginning are kept, and the rest is tokenized.

    Args:
        session: The session whose connections are used.
        endpoint: The server.
        body: The request.
    """
    chat = {name: value for name, value in body.items() if name != FIELD}
    if FIELD not in body:
        return Wire(body=chat)
    ids = read_prefill_tokens(body[FIELD])
    if await session.server_kinds.find(session.http, endpoint) != "llama.cpp":
        return Wire(body=chat, warning=f"{FIELD}: this server takes no token ids; {_AS_TEXT}")
    if body.get("tools"):
        return Wire(body=chat, warning=f"{FIELD}: with tools {_AS_TEXT}")
    from chat_magic.transport.llama_server import LlamaServer

    server = LlamaServer(session.http, endpoint)
    prompt, warning = await _prompt(server, chat, ids)
    return Wire(
        body=completion_body(chat, prompt),
        url=endpoint.server_url("/completion"),
        translate=chat_chunk,
        warning=warning,
    )


_AS_TEXT = "the prefill is sent as text, and tokenized anew"


async def _prompt(
    server: LlamaServer, chat: Mapping[str, Any], ids: Sequence[int]
) -> tuple[list[int], str | None]:
    """Return the token ids of a prompt with its prefill, and a warning if some are not used."""
    *before, last = chat["messages"]
    text = str(last["content"])
    spelled = await server.detokenize(ids)
    if text.endswith(spelled):
        head, kept, rest, warning = text.removesuffix(spelled), ids, "", None
    else:
        count, start = await _kept(server, text, ids)
        head, kept, rest = "", ids[:count], text[start:]
        warning = f"{FIELD}: the text was edited: {count} of {len(ids)} tokens are kept"
    messages = [*before, {**last, "content": head}] if head else before
    pieces = await prompt_pieces(server, {**chat, "messages": messages})
    more = await server.tokenize(rest, parse_special=False) if rest else []
    prompt = [*(piece.id for piece in pieces), *kept, *(piece.id for piece in more)]
    return prompt, warning


async def _kept(server: LlamaServer, text: str, ids: Sequence[int]) -> tuple[int, int]:
    """Return how many tokens spell the beginning of a text, and how long that is, by bisection."""
    low, start, high = 0, 0, len(ids) - 1
    while low < high:
        middle = (low + high + 1) // 2
        spelled = await server.detokenize(ids[:middle])
        if text.startswith(spelled):
            low, start = middle, len(spelled)
        else:
            high = middle - 1
    return low, start
