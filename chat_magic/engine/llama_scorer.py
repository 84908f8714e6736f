"""Scoring texts on a llama.cpp server: made to write a text, it reports how likely that was."""

from __future__ import annotations

from dataclasses import dataclass
from reprlib import repr as short_repr
from typing import TYPE_CHECKING

from chat_magic.core.reply.llama_answers import LlamaToken
from chat_magic.core.reply.llama_tokens import (
    end_sum,
    forced_runs,
    logprob_of,
    token_grammar,
)
from chat_magic.core.reply.scored_text import ScoredText, ScoreFacts, log_sum
from chat_magic.engine.llama_model import BIAS, WHOLE_VOCABULARY
from chat_magic.errors import ApiError, InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chat_magic.core.reply.llama_answers import LlamaCompletion, LlamaPiece
    from chat_magic.core.reply.scored_text import Method
    from chat_magic.engine.llama_model import LlamaModel
    from chat_magic.transport.llama_server import LlamaServer

__all__ = ["LlamaScorer"]

_END_ALTERNATIVES = 100
"""Alternatives that are asked for where an answer ends: end tokens are likely there, or rare."""
_REFUSED = (400, 500)
"""Statuses with which a grammar of tokens is refused."""
_MANY_ALTERNATIVES = (1_000, WHOLE_VOCABULARY)
"""How many are asked for where a token can only be read among them: few first, they are quick."""


@dataclass(frozen=True)
class LlamaScorer:
    """Scores texts after one prompt.

    Args:
        server: The server.
        model: What it says of its model.
        prompt: The token ids of the prompt.
        n_top: Alternatives to keep for each token.
    """

    server: LlamaServer
    model: LlamaModel
    prompt: tuple[int, ...]
    n_top: int

    async def score(self, text: str, *, end: bool) -> ScoredText:
        """Return how likely a text is.

        Args:
            text: The text.
            end: Whether the probability that the answer ends after it is asked for too.

        Raises:
            InvalidRequest: The server cannot tokenize it, or it does not fit into the window.
            ApiError: The server wrote something else, or refused.
        """
        pieces = await self.server.tokenize(text, parse_special=False)
        self._check(text, pieces)
        prefix, tokens = [*self.prompt], list[LlamaToken]()
        method: Method = "grammar"
        last: LlamaToken | None = None
        runs = forced_runs(pieces)
        for run in runs:
            ids = [piece.id for piece in run.pieces]
            entries = None
            if run.is_forced:
                entries = await self._force(prefix, ids, end=end and run is runs[-1])
            if entries is None:
                method, entries = "steps", await self._read_each(prefix, ids)
            tokens += entries[: len(ids)]
            last = entries[len(ids)] if len(entries) > len(ids) else None
            prefix += ids
        facts = ScoreFacts(
            method=method, end_logprob=await self._end(prefix, last) if end else None
        )
        written = [logprob_of(*pair, self.n_top) for pair in zip(tokens, pieces, strict=True)]
        return ScoredText(text=text, tokens=written, facts=facts)

    def _check(self, text: str, pieces: Sequence[LlamaPiece]) -> None:
        """Check that tokens are those of a text, and that a request can hold them."""
        if b"".join(piece.content for piece in pieces) != text.encode():
            raise InvalidRequest(
                f"candidate {short_repr(text)}: the server cannot tokenize it as it is"
            )
        count, n_ctx = len(self.prompt) + len(pieces) + 1, self.model.n_ctx
        if n_ctx is not None and count > n_ctx:
            raise InvalidRequest(
                f"candidate {short_repr(text)}: the prompt, this text and its end have {count} "
                f"tokens; the window of the model has {n_ctx}"
            )

    async def _force(
        self, prefix: Sequence[int], ids: Sequence[int], *, end: bool
    ) -> list[LlamaToken] | None:
        """Let the model write these tokens, and an end token after them.

        Returns:
            An entry for each; None where the server cannot force, or does not report, them all.

        Raises:
            ApiError: It wrote others.
        """
        count = len(ids) + end
        try:
            answer = await self.server.complete(
                prefix,
                n_predict=count,
                n_probs=max(self.n_top, _END_ALTERNATIVES if end else 1),
                grammar=token_grammar(ids),
            )
        except ApiError as error:
            if error.status in _REFUSED:
                return None
            raise
        _check_written(answer, [*ids])
        entries = answer.completion_probabilities
        is_whole = [entry.id for entry in entries[: len(ids)]] == [*ids] and len(entries) == count
        return entries if is_whole else None

    async def _read_each(self, prefix: Sequence[int], ids: Sequence[int]) -> list[LlamaToken]:
        """Return the entries of tokens that are written one by one."""
        return [
            await self._read([*prefix, *ids[:position]], token)
            for position, token in enumerate(ids)
        ]

    async def _read(self, prefix: Sequence[int], token: int) -> LlamaToken:
        """Return the entry of one token after a prefix.

        A token that ends inside a character has none of its own: it is read among the alternatives
        of an end token that is written in its place.

        Raises:
            ApiError: The server wrote another one, or does not report it.
        """
        answer = await self.server.complete(
            prefix, n_predict=1, n_probs=max(self.n_top, 1), bias={token: BIAS}
        )
        _check_written(answer, [token])
        for entry in answer.completion_probabilities:
            if entry.id == token:
                return entry
        for n_probs in _MANY_ALTERNATIVES:
            entry = await self._at_end(prefix, n_probs)
            for other in entry.top_logprobs:
                if other.id == token:
                    return LlamaToken(
                        id=token,
                        token=other.token,
                        raw_bytes=other.raw_bytes,
                        logprob=other.logprob,
                        top_logprobs=entry.top_logprobs[: self.n_top],
                    )
        raise ApiError(f"the server does not report the probability of token {token}", status=200)

    async def _at_end(self, prefix: Sequence[int], n_probs: int) -> LlamaToken:
        """Return the entry of an end token after a prefix, with so many alternatives."""
        end = self.model.ends[0]
        answer = await self.server.complete(prefix, n_predict=1, n_probs=n_probs, bias={end: BIAS})
        _check_written(answer, [end])
        for entry in answer.completion_probabilities:
            return entry
        raise ApiError("the server reports no probabilities: it cannot score texts", status=200)

    async def _end(self, prefix: Sequence[int], entry: LlamaToken | None) -> float:
        """Return the log probability that the answer ends after a prefix, in nats.

        Args:
            prefix: The ids of the prompt and the text.
            entry: The end token that was written there, if one was.
        """
        entry = entry or await self._at_end(prefix, _END_ALTERNATIVES)
        found = end_sum(entry, self.model.ends)
        others = [await self._read(prefix, token) for token in found.missing]
        known = [other.logprob for other in others if other.logprob is not None]
        return log_sum([found.logprob, *known])


def _check_written(answer: LlamaCompletion, ids: Sequence[int]) -> None:
    """Check that the server wrote these tokens first."""
    if answer.tokens[: len(ids)] != [*ids]:
        raise ApiError(
            f"the server wrote {short_repr(answer.content)}, not the text that it was made to "
            "write: it ignores grammars or biases, so that it cannot score texts",
            status=200,
        )
