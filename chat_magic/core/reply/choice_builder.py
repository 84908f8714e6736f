"""One choice of an answer while it arrives: its pieces in, a `Choice` out."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from chat_magic.core.reply.chunk import UNREADABLE, UNREADABLE_LOGPROBS, Delta
from chat_magic.core.reply.logprob_shapes import (
    has_probabilities,
    is_legacy,
    read_legacy,
    with_logprobs,
)
from chat_magic.core.reply.message_builder import MessageBuilder, Warn, merge
from chat_magic.core.reply.reply import Choice, Logprobs, TokenLogprob, TokenTimes
from chat_magic.core.reply.reported_error import failed_choice
from chat_magic.core.reply.scored_text import SCORE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chat_magic.core.reply.chunk import ChunkChoice, TokenLists

LEGACY = "log probabilities are in the shape of the older completions API"


class ChoiceBuilder:
    """Assembles one choice from its pieces, each at a constant cost.

    Args:
        index: The index of the choice.
        warn: Called with each warning, in plain words.
        number: The index under which warnings name it; by default `index`.
    """

    def __init__(self, index: int, warn: Warn, number: int | None = None) -> None:
        self._index = index
        self.number = index if number is None else number
        self._warn = warn
        self._message = MessageBuilder(warn)
        self._tokens: dict[str, _TokensBuilder] = {}
        self._extra: dict[str, Any] = {}
        self._unreadable: list[Any] = []
        self._is_closed = False
        self._ends: list[int] = []
        """At each finish reason, how many pieces had written something."""
        self.n_pieces = 0
        """The pieces that wrote something."""
        self._n_openings = 0
        """Pieces before the first finish reason that name the role and write nothing."""
        self._is_followed = False
        """Whether such a piece followed it: choices are sent one after the other."""
        self.finish_reason: str | None = None
        self.fault: Any = None
        """Why the choice failed, as sent."""
        self.n_tokens = 0
        """Tokens so far: those with log probabilities, or else the pieces that wrote something."""

    @property
    def text(self) -> str:
        """The content so far."""
        return "".join(self._message.content)

    @property
    def scored(self) -> Sequence[TokenLogprob]:
        """The tokens of the content that have log probabilities; it grows as they arrive."""
        tokens = self._tokens.get("content")
        return tokens.tokens if tokens else ()

    @property
    def n_scored(self) -> int:
        """Tokens so far that have log probabilities."""
        return sum(len(part.tokens) for part in self._tokens.values())

    @property
    def was_given(self) -> bool:
        """Whether the server did not write it: it is a text that was scored."""
        return SCORE in self._extra

    @property
    def is_empty(self) -> bool:
        """Whether it has neither written anything nor ended."""
        return not self.n_pieces and self.finish_reason is None

    def add(self, choice: ChunkChoice, event: int, t_ms: float) -> bool:
        """Take what event number `event` says; return whether it wrote anything."""
        delta = choice.delta or choice.message
        if choice.text:
            delta = self._with_text(delta, choice.text)
        if self.finish_reason and delta:
            self._check_finished(choice, delta)
        if self._is_closed:
            self._count_piece(choice, wrote=bool(delta and delta.content))
            return False
        wrote = self._message.add(delta) if delta else False
        scored = self._add_tokens(choice.logprobs, event, t_ms) if choice.logprobs else 0
        self.n_tokens += scored or wrote
        if choice.finish_reason or not wrote:
            self._count_piece(choice, wrote=wrote)
        else:
            self.n_pieces += 1
        if choice.finish_reason or choice.unknown:
            self._add_rest(choice.finish_reason, choice.extras())
        if delta and delta.unknown and (fault := delta.extras().get("error")):
            self.fault, self.finish_reason = fault, "error"
        return wrote

    def retract_finish(self) -> str | None:
        """Take back the finish reason, since the choice continues; return it."""
        self._warn(f"choice {self.number} continues after its finish_reason: the rest is kept")
        finish_reason, self.finish_reason = self.finish_reason, None
        return finish_reason

    def drop_prefill(self, prefill: str) -> None:
        """Remove a repeated prefill, unless the tokens show that the model wrote it."""
        text = self.text
        tokens = self._tokens.get("content")
        if prefill and text.startswith(prefill) and not (tokens and tokens.spell(text)):
            self._message.content = [text[len(prefill) :]]

    def choice(self, finish_reason: str | None, *, is_cut: bool = False) -> Choice:
        """Return the choice so far.

        Args:
            finish_reason: The finish reason if it has none.
            is_cut: Whether the lack of one is to be expected.
        """
        finish_reason = self.finish_reason or finish_reason
        if finish_reason is None and not is_cut:
            self._warn(f"choice {self.number} ended without a finish_reason")
        lists = self._token_lists()
        extra = self._extra.copy()
        if self._unreadable:
            extra[UNREADABLE_LOGPROBS] = _together(self._unreadable)
        return Choice(
            index=self._index,
            message=self._message.message(self.number),
            finish_reason=finish_reason,
            logprobs=Logprobs(**lists) if lists else None,
            arrivals={part: tokens.arrivals() for part, tokens in self._tokens.items()},
            extra=extra,
        )

    def is_interleaved(self, n: int) -> bool:
        """Whether n choices seem to have been interleaved as this one.

        They have been where n openings came before the first finish reason, or where the n finish
        reasons are closer together than those of choices sent one after the other.
        """
        if self._n_openings >= n:
            return True
        if len(self._ends) < n or self._is_followed:
            return False
        was_joined = not self._is_closed and self._ends[0] < self.n_pieces
        return was_joined or (
            self._ends[0] > 1 and any(after - before <= 1 for before, after in pairwise(self._ends))
        )

    def _count_piece(self, choice: ChunkChoice, *, wrote: bool) -> None:
        delta = choice.delta
        self.n_pieces += wrote
        if choice.finish_reason:
            self._ends.append(self.n_pieces)
        elif not wrote and delta and delta.role:
            self._is_followed |= bool(self._ends)
            self._n_openings += not self._ends

    def _check_finished(self, choice: ChunkChoice, delta: Delta) -> None:
        """Judge a piece that comes after a finish reason.

        Some servers give every chunk a finish reason: then the choice continues. Others send all
        choices with the same index, one after the other: only the first is kept.
        """
        continues = (delta.content and self._message.content) or (
            delta.tool_calls and len(self._message.calls)
        )
        if continues and not self._is_closed:
            self._is_closed = not choice.finish_reason or self._is_followed
            action = "the rest is left out" if self._is_closed else "the rest is kept"
            self._warn(f"choice {self.number} continues after its finish_reason: {action}")

    def _with_text(self, delta: Delta | None, text: Any) -> Delta | None:
        """Return a delta with the text of the older completions API, unless it has a content."""
        if not isinstance(text, str):
            merge(self._extra, {"text": text})
            return delta
        if delta is None:
            return Delta(content=text)
        if not delta.content:
            delta.content = text
        return delta

    def _add_rest(self, finish_reason: Any, extras: dict[str, Any]) -> None:
        """Take the end of the choice, and the fields that are not the API's."""
        if finish_reason:
            self.finish_reason = str(finish_reason)
        self.fault = failed_choice(finish_reason, extras)
        if self.fault is not None:
            self.finish_reason = "error"
        unreadable = extras.pop(UNREADABLE_LOGPROBS, None)
        if unreadable is not None:
            self._unreadable.append(unreadable)
        merge(self._extra, extras)

    def _add_tokens(self, lists: TokenLists, event: int, t_ms: float) -> int:
        """Take the log probabilities of a piece; return how many tokens they are of."""
        added = 0
        parts = {
            "content": lists.content,
            "refusal": lists.refusal,
            "reasoning": lists.reasoning_content,
        }
        if lists.unknown:
            extras = lists.extras()
            merge(self._extra, extras)
            parts["content"] = lists.content or read_legacy(extras) or lists.content
        for part, tokens in parts.items():
            if tokens is not None:
                self._tokens.setdefault(part, _TokensBuilder()).add(tokens, event, t_ms)
                added += len(tokens)
        return added

    def _token_lists(self) -> dict[str, list[TokenLogprob]]:
        """Return the tokens by part; warn where they were not in the API's shape."""
        lists = {part: tokens.tokens.copy() for part, tokens in self._tokens.items()}
        if is_legacy(self._extra):
            legacy = read_legacy(self._extra)
            if not any(lists.values()) and legacy:
                lists = {"content": legacy}
            self._warn(LEGACY if legacy is not None else f"{UNREADABLE} (lists that do not match)")
        elif any(map(has_probabilities, lists.values())):
            self._warn(
                "the server sent probabilities after sampling settings instead of log probabilities"
            )
            lists = {part: with_logprobs(tokens) for part, tokens in lists.items()}
        return lists


class _TokensBuilder:
    """Collects the tokens of one part and their arrival times."""

    def __init__(self) -> None:
        self.tokens: list[TokenLogprob] = []
        self._events: list[int] = []
        self._times_ms: list[float] = []

    def add(self, tokens: list[TokenLogprob], event: int, t_ms: float) -> None:
        self.tokens += tokens
        self._events += [event] * len(tokens)
        self._times_ms += [t_ms] * len(tokens)

    def arrivals(self) -> TokenTimes:
        return TokenTimes(chunk=self._events.copy(), t_ms=self._times_ms.copy())

    def spell(self, text: str) -> bool:
        """Whether the tokens, joined, are the whole text."""
        return b"".join(map(_spelling, self.tokens)) == text.encode(errors="surrogatepass")


def _spelling(token: TokenLogprob) -> bytes:
    try:
        spelling = bytes(token.bytes or ())
    except (TypeError, ValueError):
        spelling = b""
    return spelling or token.token.encode(errors="surrogatepass")


def _together(pieces: Sequence[Any]) -> Any:
    """Return log probabilities that cannot be read as one object, or else as the list of pieces."""
    first = pieces[0]
    if len(pieces) == 1:
        return first
    if not all(isinstance(piece, dict) and piece.keys() == first.keys() for piece in pieces):
        return list(pieces)
    columns = {name: [piece[name] for piece in pieces] for name in first}
    if not all(isinstance(item, list) for column in columns.values() for item in column if item):
        return list(pieces)
    return {
        name: [item for items in column for item in items or ()] or first[name]
        for name, column in columns.items()
    }
