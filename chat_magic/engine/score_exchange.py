"""Scoring texts: the score of each is fed to the assembler like a streamed choice."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from chat_magic.core.reply.scored_text import score_chunk
from chat_magic.core.reply.sse import Event
from chat_magic.core.reply.thinking import NO_THINKING
from chat_magic.engine.gateway_scorer import Asker, PromptScorer, first_token_alternatives
from chat_magic.engine.llama_prompt import answer_prompt, prompt_fields
from chat_magic.engine.llama_scorer import LlamaScorer
from chat_magic.errors import ChatError, RequestTimeout
from chat_magic.transport.credentials import redact_exception
from chat_magic.transport.llama_server import LlamaServer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chat_magic.core.reply.assembler import Assembler
    from chat_magic.core.reply.scored_text import ScoredText
    from chat_magic.core.request.scoring import Scoring
    from chat_magic.engine.gateway_scorer import Way
    from chat_magic.engine.session import Session
    from chat_magic.transport.endpoints import Endpoint
    from chat_magic.transport.exchange import Listener
    from chat_magic.transport.stopwatch import Stopwatch

__all__ = ["score_exchange"]

CONCURRENCY = 8
"""Texts that are scored at a time, once the first has shown that the server can."""
_WAYS: tuple[Way, ...] = ("prompt_logprobs", "echo")
_WITHOUT_THOUGHTS = (
    "the model thinks before it answers: these are the scores of answers without thinking; "
    f"{NO_THINKING}"
)


class Scorer(Protocol):
    """Scores texts after one prompt."""

    async def score(self, text: str, *, end: bool) -> ScoredText:
        """Return how likely a text is, and, if `end`, that the answer ends after it."""


async def score_exchange(
    session: Session,
    scoring: Scoring,
    endpoint: Endpoint,
    body: Mapping[str, Any],
    assembler: Assembler,
    *,
    retries: int,
    timeout_s: float | None,
    on_change: Callable[[], None],
    on_wait: Callable[[str], None],
    on_events: Listener | None,
    stopwatch: Stopwatch,
) -> None:
    """Score the texts of a request, and feed each to the assembler as a choice.

    Args:
        session: The session whose connections are used.
        scoring: The texts.
        endpoint: The server.
        body: The chat request that they answer, as it would be sent to that server.
        assembler: What the scores are fed to; it keeps those that arrived before a fault.
        retries: How often each request is sent again when it fails.
        timeout_s: Seconds that all may take together.
        on_change: Called after each text.
        on_wait: Called with what is being done, in words.
        on_events: Called with each text's event before it is read.
        stopwatch: Measures the times.

    Raises:
        ApiError: The server refused, or cannot score.
        InvalidRequest: A text cannot be scored.
        RequestTimeout: It took too long.
    """
    texts = scoring.candidates
    stopwatch.restart()
    on_wait(f"scoring {len(texts)} text{'s'[: len(texts) != 1]}, at least a request each")

    def deliver(data: bytes) -> None:
        t_ms = stopwatch.elapsed_s * 1000
        if on_events:
            on_events([Event(data)], t_ms)
        assembler.feed(data, t_ms)
        on_change()
        if count := len(texts) - len(assembler.indices()):
            on_wait(f"{count} of {len(texts)} texts left")

    try:
        async with asyncio.timeout(timeout_s):
            scorer, asker = await _scorer_for(session, texts[0], endpoint, body, retries)
            await _score_all(scorer, scoring, endpoint.model, deliver, assembler.warn)
            if usage := asker and _total(asker):
                deliver(msgspec.json.encode({"choices": [], "usage": usage}))
    except TimeoutError as error:
        raise RequestTimeout(f"the texts were not scored within {timeout_s:g} s") from error
    except ChatError as error:
        redact_exception(error)
        raise


async def _score_all(
    scorer: Scorer,
    scoring: Scoring,
    model: str,
    deliver: Callable[[bytes], None],
    warn: Callable[[str], None],
) -> None:
    """Score the first text alone, which fills the cache of the prompt, then the others."""
    texts, end = scoring.candidates, scoring.end
    gate = asyncio.Semaphore(CONCURRENCY)

    async def score(index: int) -> None:
        async with gate:
            scored = await scorer.score(texts[index], end=end)
        if scored.lacks_thoughts:
            warn(_WITHOUT_THOUGHTS)
        deliver(score_chunk(index, scored, model))

    await score(0)
    try:
        async with asyncio.TaskGroup() as group:
            for index in range(1, len(texts)):
                group.create_task(score(index))
    except BaseExceptionGroup as failed:
        raise failed.exceptions[0] from None


async def _scorer_for(
    session: Session,
    text: str,
    endpoint: Endpoint,
    body: Mapping[str, Any],
    retries: int,
) -> tuple[Scorer, Asker | None]:
    """Return what scores texts on a server, and what counts its tokens, if anything does.

    Args:
        session: The session that knows the server.
        text: One of the texts, by which it is found out what the server can.
        endpoint: The server.
        body: The chat request.
        retries: How often each request is sent again.
    """
    prompt = prompt_fields(body)
    kind = await session.server_kinds.find(session.http, endpoint)
    if kind == "llama.cpp":
        server = LlamaServer(session.http, endpoint, retries=retries)
        n_top = body.get("top_logprobs")
        model = await session.llama_models.find(server, endpoint)
        ids = await answer_prompt(server, prompt)
        return LlamaScorer(server, model, ids, n_top if isinstance(n_top, int) else 0), None
    asker = Asker(session.http, endpoint, prompt, retries)
    return await _gateway_scorer(session, text, asker), asker


async def _gateway_scorer(session: Session, text: str, asker: Asker) -> Scorer:
    """Return a scorer in the best way that a server knows, which is found out once."""
    key = (asker.endpoint.models_url, asker.endpoint.model)
    known = session.score_ways.get(key)
    for way in _WAYS if known is None else _WAYS[:0]:
        scorer = PromptScorer(asker, way)
        if await scorer.can_score(text):
            session.score_ways[key] = way
            return scorer
    if known is not None and known != "alternatives":
        return PromptScorer(asker, known)
    scorer_by_bounds = await first_token_alternatives(asker)
    session.score_ways[key] = "alternatives"
    return scorer_by_bounds


def _total(asker: Asker) -> dict[str, int]:
    """Return the tokens that all answers together report."""
    names = ("prompt_tokens", "completion_tokens", "total_tokens")
    counts = {name: [usage.get(name) for usage in asker.usages] for name in names}
    return {
        name: sum(count for count in values if isinstance(count, int))
        for name, values in counts.items()
        if any(isinstance(count, int) for count in values)
    }
