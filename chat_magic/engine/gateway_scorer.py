"""Scoring texts by chat requests: as a part of the prompt, or by bounds."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from reprlib import repr as short_repr
from typing import TYPE_CHECKING, Any, Literal

from chat_magic.core.reply.prompt_logprobs import (
    echoed_tokens,
    find_text,
    prompt_tokens,
    written_token,
)
from chat_magic.core.reply.scored_text import (
    ScoredText,
    ScoreFacts,
    alternative_bounds,
    end_of,
)
from chat_magic.core.reply.thinking import LIKELY, NO_THINKING, thinking_prob
from chat_magic.core.reply.tokens import status_of
from chat_magic.errors import ApiError
from chat_magic.transport.json_request import request_json

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chat_magic.core.reply.reply import TokenLogprob
    from chat_magic.transport.endpoints import Endpoint
    from chat_magic.transport.http import HttpClient

__all__ = ["AlternativesScorer", "Asker", "PromptScorer", "first_token_alternatives"]

MOST_ALTERNATIVES = 20
"""Alternatives that the API allows to ask for."""
_REFUSED = frozenset({400, 404, 405, 415, 422})
"""Statuses of servers that do not know a field."""
_AS_PROMPT = {"continue_final_message": True, "add_generation_prompt": False}
Way = Literal["prompt_logprobs", "echo"]
_FIELDS: Mapping[Way, Mapping[str, Any]] = {
    "prompt_logprobs": {
        "prompt_logprobs": 0,
        "logprobs": True,
        "top_logprobs": MOST_ALTERNATIVES,
    },
    "echo": {"echo": True, "logprobs": 1},
}
_READERS: Mapping[Way, Callable[[Mapping[str, Any]], list[TokenLogprob] | None]] = {
    "prompt_logprobs": prompt_tokens,
    "echo": echoed_tokens,
}


@dataclass(frozen=True)
class Asker:
    """Sends one prompt, with changes, to one server.

    Args:
        client: The connections.
        endpoint: The server.
        body: The chat request, without what only concerns a sampled answer.
        retries: How often a request that failed is sent again.
    """

    client: HttpClient
    endpoint: Endpoint
    body: Mapping[str, Any]
    retries: int
    usages: list[Mapping[str, Any]] = field(default_factory=list)
    """The usage that each answer reports."""

    async def ask(self, **fields: Any) -> Mapping[str, Any]:
        """Return the answer to the prompt, limited to one token, with further fields."""
        sent = {**self.body, "max_tokens": 1, "stream": False, **fields}
        answer = await request_json(
            self.client,
            self.endpoint,
            self.endpoint.url,
            sent,
            retries=self.retries,
        )
        value = json.loads(answer)
        value = value if isinstance(value, dict) else {}
        if isinstance(usage := value.get("usage"), dict):
            self.usages.append(usage)
        return value

    def with_answer(self, text: str) -> list[Any]:
        """Return the messages with a text as what the assistant has answered."""
        messages = [*self.body["messages"]]
        prefill = ""
        if messages and messages[-1]["role"] == "assistant":
            prefill = messages.pop().get("content") or ""
        return [*messages, {"role": "assistant", "content": prefill + text}]


@dataclass(frozen=True)
class PromptScorer:
    """Scores texts as the end of a prompt whose log probabilities the server reports.

    Args:
        asker: Sends the prompt.
        way: How the server is asked for them.
    """

    asker: Asker
    way: Way
    _known: dict[str, ScoredText] = field(default_factory=dict)

    async def can_score(self, text: str) -> bool:
        """Whether the server reports the tokens of a text; its score is kept."""
        try:
            scored = await self._ask(text)
        except ApiError as error:
            if error.status in _REFUSED:
                return False
            raise
        if scored is not None:
            self._known[text] = scored
        return scored is not None

    async def score(self, text: str, *, end: bool) -> ScoredText:
        """Return how likely a text is, and, if `end`, that the answer ends after it.

        Raises:
            ApiError: The server does not report the tokens of the text.
        """
        del end  # it comes with the answer
        scored = self._known.pop(text, None) or await self._ask(text)
        if scored is None:
            raise ApiError(
                f"candidate {short_repr(text)}: the server does not report the "
                "probabilities of its tokens",
                status=200,
            )
        return scored

    async def _ask(self, text: str) -> ScoredText | None:
        answer = await self.asker.ask(
            messages=self.asker.with_answer(text), **_AS_PROMPT, **_FIELDS[self.way]
        )
        tokens = _READERS[self.way](answer)
        found = find_text(text, tokens) if tokens else None
        if found is None:
            return None
        end = found.next_token or written_token(answer)
        facts = ScoreFacts(method=self.way, end_logprob=end_of(end))
        return ScoredText(text=text, tokens=found.tokens, facts=facts, thinks=_thinks(answer))


@dataclass(frozen=True)
class AlternativesScorer:
    """Bounds the probability of texts by the alternatives at the first token of the answer.

    Args:
        first: That token, with its alternatives.
    """

    first: TokenLogprob

    async def score(self, text: str, *, end: bool) -> ScoredText:
        """Return between which probabilities an answer begins with a text."""
        del end  # an answer of one token does not tell
        listed = [self.first, *(self.first.top_logprobs or ())]
        known = {
            other.token: other.logprob
            for other in listed
            if other.logprob is not None and status_of(other.logprob) == "ok"
        }
        low, high = alternative_bounds(text, known)
        facts = ScoreFacts(method="alternatives", low=low, high=high)
        tokens = [token for token in listed if token.token == text and text in known][:1]
        written = [_with_alternatives(token, self.first) for token in tokens]
        thinks = thinking_prob(listed) > LIKELY
        return ScoredText(text=text, tokens=written, facts=facts, thinks=thinks)


def _with_alternatives(token: Any, first: TokenLogprob) -> TokenLogprob:
    from chat_magic.core.reply.reply import TokenLogprob

    return TokenLogprob(
        token=token.token,
        logprob=token.logprob,
        raw_bytes=token.raw_bytes,
        top_logprobs=first.top_logprobs,
    )


async def first_token_alternatives(asker: Asker) -> AlternativesScorer:
    """Return a scorer by the alternatives at the first token of one answer.

    Raises:
        ApiError: The server reports none, or its model thinks first.
    """
    answer = await asker.ask(logprobs=True, top_logprobs=MOST_ALTERNATIVES)
    first = written_token(answer)
    if _thinks(answer):
        raise ApiError(
            "the model thinks before it answers: a text cannot be scored as its first words; "
            f"{NO_THINKING}",
            status=200,
        )
    if first is None or not first.top_logprobs:
        raise ApiError(
            "the server reports no alternatives at the first token (top_logprobs), nor the "
            "probabilities of a prompt: it cannot score texts; llama.cpp, vLLM and `local` can",
            status=200,
        )
    return AlternativesScorer(first)


def _thinks(answer: Mapping[str, Any]) -> bool:
    choices = answer.get("choices")
    first = choices[0] if isinstance(choices, list) and choices else {}
    message = first.get("message") if isinstance(first, dict) else None
    fields = message if isinstance(message, dict) else {}
    details = answer.get("usage") or {}
    counted = (details.get("completion_tokens_details") or {}).get("reasoning_tokens")
    return bool(fields.get("reasoning") or fields.get("reasoning_content") or counted)
