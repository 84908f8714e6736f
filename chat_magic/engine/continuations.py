"""What may follow an answer's beginning: the alternatives of its next token, from a server."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from chat_magic.analysis.answer_search import NextToken
from chat_magic.core.reply.assembler import Assembler
from chat_magic.core.reply.thinking import NO_THINKING
from chat_magic.core.reply.tokens import is_special, status_of, token_bytes
from chat_magic.engine.llama_model import BIAS
from chat_magic.errors import ApiError, InvalidRequest
from chat_magic.transport.exchange import exchange
from chat_magic.transport.retry import RETRIES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chat_magic.core.reply.llama_answers import LlamaAlternative
    from chat_magic.core.reply.reply import TopLogprob
    from chat_magic.engine.llama_model import LlamaModel
    from chat_magic.transport.endpoints import Endpoint
    from chat_magic.transport.http import HttpClient
    from chat_magic.transport.llama_server import LlamaServer

__all__ = ["Continuations", "LlamaContinuations", "TextContinuations"]

ALTERNATIVES = 300
"""Alternatives that are asked for by token ids."""


class Continuations(Protocol):
    """Tells what may follow a beginning."""

    async def after(self, prefix: Sequence[NextToken]) -> list[NextToken]:
        """Return the alternatives of the token after a beginning, with their probabilities."""


@dataclass(frozen=True)
class LlamaContinuations:
    """Asks a llama.cpp server by token ids.

    An end token is written in each answer: the alternatives of a token that ends inside a character
    would be left out.

    Args:
        server: The server.
        model: What it says of its model.
        prompt: The token ids of the prompt.
    """

    server: LlamaServer
    model: LlamaModel
    prompt: tuple[int, ...]

    async def after(self, prefix: Sequence[NextToken]) -> list[NextToken]:
        """Return the alternatives of the token after a beginning, with their probabilities."""
        ids = [*self.prompt, *(token.id for token in prefix)]
        end = self.model.ends[0]
        answer = await self.server.complete(
            ids, n_predict=1, n_probs=ALTERNATIVES, bias={end: BIAS}
        )
        entries = answer.completion_probabilities
        if not entries:
            raise ApiError("the server reports no probabilities of tokens", status=200)
        listed = {other.id: other for other in (*entries[0].top_logprobs, entries[0])}
        return [token for other in listed.values() if (token := self._token(other)) is not None]

    def _token(self, other: LlamaAlternative) -> NextToken | None:
        if other.logprob is None or status_of(other.logprob) != "ok":
            return None
        content = bytes(json.loads(bytes(other.raw_bytes)) or other.token.encode())
        return NextToken(
            id=other.id,
            content=content,
            prob=math.exp(other.logprob),
            is_end=other.id in self.model.ends,
            text=other.token,
        )


@dataclass(frozen=True)
class TextContinuations:
    """Asks a server that continues a final assistant message, whose tokens it makes anew.

    Args:
        client: The connections.
        endpoint: The server.
        body: The chat request.
        continuing: Fields by which its server continues a message.
        n_top: Alternatives to ask for.
        retries: How often a request that failed is sent again.
    """

    client: HttpClient
    endpoint: Endpoint
    body: Mapping[str, Any]
    continuing: Mapping[str, Any]
    n_top: int
    retries: int = RETRIES

    async def after(self, prefix: Sequence[NextToken]) -> list[NextToken]:
        """Return the alternatives of the token after a beginning, with their probabilities.

        An alternative whose text is that of a control token is the end. One that ends inside a
        character cannot be sent on as text, so that nothing is found after it.
        """
        try:
            text = b"".join(token.content for token in prefix).decode()
        except UnicodeDecodeError:
            return []
        body = {**self.body, "max_tokens": 1, "logprobs": True, "top_logprobs": self.n_top}
        messages = [*self.body["messages"]]
        if messages[-1]["role"] == "assistant":
            text = str(messages.pop()["content"]) + text
        if text:
            messages.append({"role": "assistant", "content": text})
            body |= {**self.continuing, "messages": messages}
        assembler = Assembler(text)
        await exchange(self.client, self.endpoint, body, assembler, retries=self.retries)
        choices = assembler.reply().choices
        if choices and choices[0].reasoning:
            raise InvalidRequest(f"distribution: the model thinks before it answers; {NO_THINKING}")
        logprobs = choices[0].logprobs if choices else None
        tokens = (logprobs.content or ()) if logprobs else ()
        if not tokens:
            if choices and choices[0].finish_reason == "stop" and not choices[0].text:
                return []
            raise InvalidRequest(
                "distribution: the server reports no probabilities of tokens; "
                "local and llama.cpp do"
            )
        listed = {other.token: other for other in (*(tokens[0].top_logprobs or ()), tokens[0])}
        return [found for other in listed.values() if (found := _text_token(other)) is not None]


def _text_token(other: TopLogprob) -> NextToken | None:
    if other.logprob is None or status_of(other.logprob) != "ok":
        return None
    content = token_bytes(other.token, other.raw_bytes)
    if content is None:
        return None
    is_end = not other.token or is_special(other.token)
    return NextToken(
        id=-1,
        content=b"" if is_end else content,
        prob=math.exp(other.logprob),
        is_end=is_end,
        text=other.token,
    )
