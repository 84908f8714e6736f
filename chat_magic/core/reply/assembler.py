"""Chunks become a reply, one at a time, each token at a constant cost."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import msgspec

from chat_magic.core.reply.chunk import Chunk, ChunkChoice, ChunkDecoder, Delta, TokenLists
from chat_magic.core.reply.logprob_shapes import has_probabilities, read_legacy, with_logprobs
from chat_magic.core.reply.message_builder import MessageBuilder, Warn, as_int, merge
from chat_magic.core.reply.reply import Choice, Logprobs, Reply, TokenLogprob, TokenTimes, Usage
from chat_magic.core.reply.server_error import ServerError

_HEAD = ("id", "created", "model", "system_fingerprint", "service_tier")
_USAGE = {
    field.name: field.type for field in msgspec.structs.fields(Usage) if field.name != "extra"
}


class Assembler:
    """Folds the events of one answer into a `Reply`.

    One thread feeds it; others may read the live properties at any time.

    Args:
        prefill: The beginning of the answer in the request, which some servers repeat.
    """

    def __init__(self, prefill: str = "") -> None:
        self._prefill = prefill
        self._decoder = ChunkDecoder(self.warn)
        self._drafts: dict[int, _ChoiceDraft] = {}
        self._head: dict[str, Any] = {}
        self._missing: tuple[str, ...] = _HEAD
        self._usage: Any = None
        self._extra: dict[str, Any] = {}
        self._warnings: dict[str, None] = {}
        self._n_events = 0
        self.first_text_ms: float | None = None
        """Milliseconds from the request to the first output; None before it."""

    def feed(self, data: bytes, t_ms: float) -> None:
        """Add the JSON of one streamed event, `t_ms` milliseconds after the request.

        Raises:
            MalformedChunk: It is not a chunk of a chat completion; nothing of it is kept.
            ServerError: It reports an error; the rest of it is kept.
        """
        self._fold(self._decoder.decode(data), t_ms)

    def feed_whole(self, data: bytes, t_ms: float) -> None:
        """Add the JSON of a completion that was not streamed; raises what `feed` raises."""
        self._fold(self._decoder.decode(data), t_ms)
        for draft in self._drafts.values():
            draft.drop_prefill(self._prefill)

    def reply(self, unfinished: str | None = None) -> Reply:
        """Return all that has arrived, its choices by index.

        Args:
            unfinished: Finish reason for the choices that have none: `error`, `interrupted`.
        """
        choices = tuple(draft.choice(unfinished) for _, draft in self._sorted())
        head = self._head
        return Reply(
            id=_text(head.get("id")),
            created=as_int(head.get("created")),
            model=_text(head.get("model")),
            system_fingerprint=_text(head.get("system_fingerprint")),
            service_tier=_text(head.get("service_tier")),
            choices=choices,
            usage=_usage(self._usage) if isinstance(self._usage, dict) else None,
            extra=self._extra.copy(),
            warnings=tuple(self._warnings),
        )

    def texts(self) -> list[str]:
        """Return the content of each choice so far, by index."""
        return [draft.text for _, draft in self._sorted()]

    def indices(self) -> list[int]:
        """Return the indices of the choices that have arrived so far, in whole or in part."""
        return sorted(self._drafts)

    def is_interleaved(self, n: int) -> bool:
        """Whether n choices seem to have been interleaved, all under index 0."""
        draft = self._drafts.get(0)
        return len(self._drafts) == 1 and draft is not None and draft.is_interleaved(n)

    def finish_reasons(self) -> list[str | None]:
        """Return the finish reason of each choice, by index; None while it is being written."""
        return [draft.finish_reason for _, draft in self._sorted()]

    @property
    def n_tokens(self) -> int:
        """Completion tokens so far: the server's count, else those that arrived."""
        if isinstance(self._usage, dict):
            counted = as_int(self._usage.get("completion_tokens"))
            if counted is not None:
                return counted
        return sum(draft.n_tokens for _, draft in self._sorted())

    @property
    def n_events(self) -> int:
        """The number of events; an answer that is not streamed is one."""
        return self._n_events

    @property
    def has_output(self) -> bool:
        """Whether any choice has written anything."""
        return self.first_text_ms is not None

    @property
    def is_complete(self) -> bool:
        """Whether there are choices and each has a finish reason."""
        return bool(self._drafts) and None not in self.finish_reasons()

    def warn(self, warning: str) -> None:
        """Add a warning to the reply, unless it is there already."""
        self._warnings[warning] = None

    def _sorted(self) -> list[tuple[int, _ChoiceDraft]]:
        return sorted(self._drafts.items(), key=lambda item: item[0])

    def _fold(self, chunk: Chunk, t_ms: float) -> None:
        self._take_head(chunk)
        choices = chunk.choices
        if choices:
            if len(choices) == 1 and type(choices[0].index) is int:
                self._take_choice(choices[0].index, choices[0], t_ms)
            else:
                self._take_choices(choices, t_ms)
        self._n_events += 1
        if chunk.error or chunk.object == "error":
            raise ServerError(chunk.error or chunk.extras())

    def _take_head(self, chunk: Chunk) -> None:
        for name in self._missing:
            if value := getattr(chunk, name):
                self._head[name] = value
                self._missing = tuple(other for other in self._missing if other != name)
        extras = chunk.extras() if chunk.unknown else {}
        if chunk.usage:
            is_of_one = not chunk.choices and "timings" in extras
            self._usage = _add_choice(self._usage, chunk.usage) if is_of_one else chunk.usage
        for name, value in extras.items():
            if value is not None or name not in self._extra:
                self._extra[name] = value

    def _take_choices(self, choices: list[ChunkChoice], t_ms: float) -> None:
        taken: set[int] = set()
        for position, choice in enumerate(choices):
            index = choice.index if type(choice.index) is int else self._index(choice, position)
            if index in taken:
                self.warn(f"two choices of one event had index {index}: numbered by their position")
                index = max(taken) + 1
            taken.add(index)
            self._take_choice(index, choice, t_ms)

    def _take_choice(self, index: int, choice: ChunkChoice, t_ms: float) -> None:
        draft = self._drafts.get(index)
        if draft is None:
            draft = self._drafts[index] = _ChoiceDraft(index, self.warn)
        if draft.add(choice, self._n_events, t_ms) and self.first_text_ms is None:
            self.first_text_ms = t_ms

    def _index(self, choice: ChunkChoice, position: int) -> int:
        index = as_int(choice.index)
        if index is None:
            self.warn("a choice has no index: numbered by its position")
            return position
        return index


class _ChoiceDraft:
    """Assembles one choice from its pieces."""

    def __init__(self, index: int, warn: Warn) -> None:
        self._index = index
        self._warn = warn
        self._message = MessageBuilder(warn)
        self._tokens: dict[str, _TokensDraft] = {}
        self._extra: dict[str, Any] = {}
        self._is_closed = False
        self._ends: list[int] = []
        """At each finish reason, how many pieces had written something."""
        self._n_pieces = 0
        self._n_openings = 0
        """Pieces before the first finish reason that name the role and write nothing."""
        self._is_followed = False
        """Whether such a piece followed it: choices are sent one after the other."""
        self.finish_reason: str | None = None
        self.n_tokens = 0
        """Tokens so far: those with log probabilities, or else the pieces that wrote something."""

    @property
    def text(self) -> str:
        """The content so far."""
        return "".join(self._message.content)

    def add(self, choice: ChunkChoice, event: int, t_ms: float) -> bool:
        """Take what event number `event` says; return whether it wrote anything."""
        delta = choice.delta or choice.message
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
            self._n_pieces += 1
        if choice.finish_reason:
            self.finish_reason = str(choice.finish_reason)
        if choice.unknown:
            merge(self._extra, choice.extras())
        return wrote

    def drop_prefill(self, prefill: str) -> None:
        """Remove a repeated prefill, unless the tokens show that the model wrote it."""
        text = self.text
        tokens = self._tokens.get("content")
        if prefill and text.startswith(prefill) and not (tokens and tokens.spell(text)):
            self._message.content = [text[len(prefill) :]]

    def choice(self, unfinished: str | None) -> Choice:
        """Return the choice so far, with this finish reason if it has none."""
        if self.finish_reason is None and unfinished is None:
            self._warn(f"choice {self._index} ended without a finish_reason")
        lists = {part: draft.tokens.copy() for part, draft in self._tokens.items()}
        if not any(lists.values()) and (legacy := read_legacy(self._extra)):
            self._warn("log probabilities are in the shape of the older completions API")
            lists = {"content": legacy}
        elif any(map(has_probabilities, lists.values())):
            self._warn(
                "the server sent probabilities after sampling settings instead of log probabilities"
            )
            lists = {part: with_logprobs(tokens) for part, tokens in lists.items()}
        return Choice(
            index=self._index,
            message=self._message.message(self._index),
            finish_reason=self.finish_reason or unfinished,
            logprobs=Logprobs(**lists) if lists else None,
            arrivals={part: draft.arrivals() for part, draft in self._tokens.items()},
            extra=self._extra.copy(),
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
        was_joined = not self._is_closed and self._ends[0] < self._n_pieces
        return was_joined or (
            self._ends[0] > 1 and any(after - before <= 1 for before, after in pairwise(self._ends))
        )

    def _count_piece(self, choice: ChunkChoice, *, wrote: bool) -> None:
        delta = choice.delta
        self._n_pieces += wrote
        if choice.finish_reason:
            self._ends.append(self._n_pieces)
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
            self._warn(f"choice {self._index} continues after its finish_reason: {action}")

    def _add_tokens(self, lists: TokenLists, event: int, t_ms: float) -> int:
        added = 0
        parts = {
            "content": lists.content,
            "refusal": lists.refusal,
            "reasoning": lists.reasoning_content,
        }
        for part, tokens in parts.items():
            if tokens is not None:
                self._tokens.setdefault(part, _TokensDraft()).add(tokens, event, t_ms)
                added += len(tokens)
        if lists.unknown:
            merge(self._extra, lists.extras())
        return added


class _TokensDraft:
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


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _add_choice(so_far: Any, usage: Any) -> Any:
    """Add up what llama.cpp counts choice by choice, each with the whole prompt."""
    try:
        completion = so_far["completion_tokens"] + usage["completion_tokens"]
        total = completion + usage["prompt_tokens"]
    except (KeyError, TypeError):
        return usage
    return {**usage, "completion_tokens": completion, "total_tokens": total}


def _usage(value: dict[str, Any]) -> Usage:
    known, extra = {}, {}
    for name, item in value.items():
        try:
            known[name] = msgspec.convert(item, _USAGE[name])
        except (KeyError, msgspec.ValidationError):
            extra[name] = item
    return Usage(**known, extra=extra)
