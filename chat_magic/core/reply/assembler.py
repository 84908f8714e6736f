"""Chunks become a reply, one at a time, each token at a constant cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from chat_magic.core.reply.choice_builder import ChoiceBuilder
from chat_magic.core.reply.chunk import Chunk, ChunkChoice, ChunkDecoder, Delta
from chat_magic.core.reply.reply import Reply, Usage
from chat_magic.core.reply.reported_error import (
    ChoiceError,
    has_message,
    named_error,
    reported_error,
)
from chat_magic.core.reply.server_error import ServerError, describe_error
from chat_magic.core.reply.tool_calls_builder import as_int
from chat_magic.core.reply.usage import of_all_choices, with_cost

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chat_magic.core.reply.reply import TokenLogprob

_HEAD = ("id", "created", "model", "system_fingerprint", "service_tier")
_USAGE = {
    field.name: field.type for field in msgspec.structs.fields(Usage) if field.name != "extra"
}

_WRITTEN = tuple(name for name in Delta.__struct_fields__ if name not in {"role", "annotations"})
_MAX_STRAYS = 128
_MAX_SKIPPED = 3
"""Events left out that are shown; the others are counted."""
_MAX_EXCERPT = 80
"""Characters of one that are shown."""


class Assembler:
    """Folds the events of one answer into a `Reply`.

    One thread feeds it; others may read the live properties at any time.

    Args:
        prefill: The beginning of the answer in the request, which some servers repeat.
        n: How many choices were requested; None if that is not known.
        number: The index under which warnings name the only choice; by default its own.
    """

    def __init__(self, prefill: str = "", n: int | None = None, number: int | None = None) -> None:
        self._prefill = prefill
        self._n = n
        self.number = number
        self.restart()

    def restart(self) -> None:
        """Forget everything that has arrived: the request is sent again."""
        self._warnings: dict[str, None] = {}
        # Not our own method: such a cycle would leave every answer to the garbage collector.
        self._note_warning = self._warnings.setdefault
        self._decoder = ChunkDecoder(self._note_warning)
        self._builders: dict[int, ChoiceBuilder] = {}
        self._strays: list[_Stray] = []
        """Finish reasons of choices that continued: they belong to others."""
        self._repeats: list[_Stray] = []
        """Finish reasons of choices that got another one: they may belong to others."""
        self._fault: Any = None
        self._head: dict[str, Any] = {}
        self._missing: tuple[str, ...] = _HEAD
        self._usage: Any = None
        self._extra: dict[str, Any] = {}
        self._n_events = 0
        self._skipped: list[str] = []
        self._n_skipped = 0
        self._cut_at = -1
        self._note: dict[str, Any] = {}
        """The server's own fields of the last event, if it had no choices."""
        self.header_cost: float | None = None
        """What the answer cost in dollars, as a header of the response says."""
        self.first_text_ms: float | None = None
        """Milliseconds from the request to the first output; None before it."""

    def feed(self, data: bytes, t_ms: float) -> None:
        """Add the JSON of one streamed event, `t_ms` milliseconds after the request.

        Raises:
            MalformedChunk: It is not a chunk of a chat completion; nothing of it is kept.
            ServerError: It reports an error; the rest of it is kept.
        """
        self._fold(self._decoder.decode(data), t_ms)

    def skip(self, data: bytes, expected: str) -> None:
        """Leave out an event, and warn about it.

        Args:
            data: Its data, without keys.
            expected: What it is not: `JSON`, …
        """
        self._n_skipped += 1
        self._cut_at = self._n_events if data.startswith(b"{") else -1
        if self._n_skipped <= _MAX_SKIPPED:
            words = " ".join(data.decode(errors="replace").split())
            words = "".join(character for character in words if character.isprintable())
            shown = words if len(words) <= _MAX_EXCERPT else words[:_MAX_EXCERPT] + "…"
            self._skipped.append(f"an event that is not {expected} was skipped: {shown}")

    def feed_whole(self, data: bytes, t_ms: float) -> None:
        """Add the JSON of a completion that was not streamed; raises what `feed` raises."""
        self._fold(self._decoder.decode(data), t_ms)
        for builder in self._builders.values():
            builder.drop_prefill(self._prefill)

    def reply(self, unfinished: str | None = None) -> Reply:
        """Return all that has arrived, its choices by index.

        Args:
            unfinished: Finish reason for the choices that have none: `error`, `interrupted`.
        """
        strays = self._strays if unfinished else [*self._strays, *self._repeats]
        given = self._given(strays)
        choices = tuple(
            builder.choice(given.get(index, unfinished), is_cut=bool(unfinished))
            for index, builder in self._sorted()
            if unfinished or index in given or not builder.is_empty
        )
        for index in given:
            number = self._builders[index].number
            self.warn(f"the finish_reason of choice {number} arrived under the index of another")
        head = self._head
        return Reply(
            id=_text(head.get("id")),
            created=as_int(head.get("created")),
            model=_text(head.get("model")),
            system_fingerprint=_text(head.get("system_fingerprint")),
            service_tier=_text(head.get("service_tier")),
            choices=choices,
            usage=self._checked_usage(),
            extra=self._extra.copy(),
            warnings=(*self._warnings, *self.skipped),
        )

    def texts(self) -> list[str]:
        """Return the content of each choice so far, by index."""
        return [builder.text for _, builder in self._sorted()]

    def scored(self) -> list[Sequence[TokenLogprob]]:
        """Return the tokens of each choice that have log probabilities, which grow, by index."""
        return [builder.scored for _, builder in self._sorted()]

    def indices(self) -> list[int]:
        """Return the indices of the choices that have arrived so far, in whole or in part."""
        return sorted(self._builders)

    def answered(self) -> list[int]:
        """Return the indices of the choices that have written something, or ended."""
        given = self._given(self._strays)
        return [i for i, builder in self._sorted() if i in given or not builder.is_empty]

    def is_interleaved(self, n: int) -> bool:
        """Whether n choices seem to have been interleaved, all under index 0."""
        builder = self._builders.get(0)
        return len(self._builders) == 1 and builder is not None and builder.is_interleaved(n)

    def finish_reasons(self) -> list[str | None]:
        """Return the finish reason of each choice, by index; None while it is being written."""
        given = self._given(self._strays)
        return [builder.finish_reason or given.get(index) for index, builder in self._sorted()]

    @property
    def skipped(self) -> tuple[str, ...]:
        """Which events were left out, in words."""
        more = self._n_skipped - len(self._skipped)
        others = (f"{more} more event{'s'[: more != 1]} skipped",) if more else ()
        return (*self._skipped, *others)

    @property
    def is_cut(self) -> bool:
        """Whether the last event is the beginning of a JSON text, and the rest is missing."""
        return self._cut_at == self._n_events

    @property
    def last_words(self) -> str:
        """What the last event says, if that is a message in place of choices; else empty."""
        return describe_error(self._note) if has_message(self._note) else ""

    @property
    def n_tokens(self) -> int:
        """Completion tokens so far: the server's count, else those that arrived."""
        if isinstance(self._usage, dict):
            counted = as_int(self._usage.get("completion_tokens"))
            if counted is not None:
                return counted
        return sum(builder.n_tokens for _, builder in self._sorted())

    @property
    def n_events(self) -> int:
        """The number of events; an answer that is not streamed is one."""
        return self._n_events

    @property
    def has_output(self) -> bool:
        """Whether any choice has written anything."""
        return self.first_text_ms is not None

    @property
    def has_content(self) -> bool:
        """Whether any choice has written anything, or ended."""
        if self.has_output:
            return True
        return any(builder.finish_reason for builder in list(self._builders.values()))

    @property
    def is_complete(self) -> bool:
        """Whether there are choices and each has a finish reason."""
        return bool(self._builders) and None not in self.finish_reasons()

    def warn(self, warning: str) -> None:
        """Add a warning to the reply, unless it is there already."""
        self._warnings[warning] = None

    def _checked_usage(self) -> Usage | None:
        usage = _usage(self._usage) if isinstance(self._usage, dict) else None
        written = [builder for builder in self._builders.values() if not builder.was_given]
        scored = [builder.n_scored for builder in written]
        usage, warning = of_all_choices(usage, scored)
        if warning:
            self.warn(warning)
        return with_cost(usage, self.header_cost)

    def _sorted(self) -> list[tuple[int, ChoiceBuilder]]:
        return sorted(self._builders.items(), key=lambda item: item[0])

    def _fold(self, chunk: Chunk, t_ms: float) -> None:
        extras = chunk.extras() if chunk.unknown else {}
        self._take_head(chunk, extras)
        choices = chunk.choices
        if choices:
            if len(choices) == 1 and type(choices[0].index) is int:
                self._take_choice(choices[0].index, choices[0], t_ms)
            else:
                self._take_choices(choices, t_ms)
        self._n_events += 1
        if chunk.error and (error := named_error({**extras, "error": chunk.error})):
            raise ServerError(error)
        if chunk.object == "error":
            raise ServerError(extras)
        if self._fault is not None:
            raise ChoiceError(self._fault)
        self._note = {} if choices else extras
        if extras and not choices and (error := reported_error(extras)) is not None:
            raise ServerError(error)

    def _take_head(self, chunk: Chunk, extras: dict[str, Any]) -> None:
        for name in self._missing:
            if value := getattr(chunk, name):
                self._head[name] = value
                self._missing = tuple(other for other in self._missing if other != name)
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
        builder = self._builders.get(index)
        if builder is None:
            if self._is_misplaced(choice):
                self._strays.append(self._stray(choice.finish_reason))
                return
            builder = self._builders[index] = ChoiceBuilder(index, self._note_warning, self.number)
        elif builder.finish_reason is not None and len(self._builders) > 1:
            self._reconsider(builder, choice)
        if builder.add(choice, self._n_events, t_ms) and self.first_text_ms is None:
            self.first_text_ms = t_ms
        if builder.fault is not None:
            self._fault = builder.fault

    def _is_misplaced(self, choice: ChunkChoice) -> bool:
        """Whether a choice that is new is but the end of another: all of them have begun."""
        has_all = self._n is not None and len(self._builders) >= self._n
        return has_all and bool(choice.finish_reason) and not _writes(choice)

    def _reconsider(self, builder: ChoiceBuilder, choice: ChunkChoice) -> None:
        """Judge a piece of a choice that has ended, while there are others.

        Some servers send the finish reason of one choice under the index of another.
        """
        if _writes(choice):
            if len(self._strays) < _MAX_STRAYS:
                self._strays.append(self._stray(builder.finish_reason))
            builder.retract_finish()
        elif choice.finish_reason and len(self._repeats) < _MAX_STRAYS:
            self._repeats.append(self._stray(builder.finish_reason))

    def _stray(self, finish_reason: Any) -> _Stray:
        sizes = {index: builder.n_pieces for index, builder in self._builders.items()}
        return _Stray(str(finish_reason), sizes)

    def _given(self, strays: Sequence[_Stray]) -> dict[int, str]:
        """Return the finish reasons that arrived under a wrong index, by their own choices.

        One belongs to a choice that has none, and has written nothing since. Where several do not,
        it is known only if there is one for each of them, all the same.
        """
        given: dict[int, str] = {}
        unused = list(strays)
        for stray in [*strays, *strays]:
            fits = [
                index for index in stray.sizes if index not in given and self._fits(stray, index)
            ]
            same = sum(other.finish_reason == stray.finish_reason for other in unused)
            if stray in unused and fits and (len(fits) == 1 or same >= len(fits)):
                given[fits[0]] = stray.finish_reason
                unused.remove(stray)
        return given

    def _fits(self, stray: _Stray, index: int) -> bool:
        builder = self._builders[index]
        return builder.finish_reason is None and builder.n_pieces == stray.sizes[index]

    def _index(self, choice: ChunkChoice, position: int) -> int:
        index = as_int(choice.index)
        if index is None:
            self.warn("a choice has no index: numbered by its position")
            return position
        return index


@dataclass(frozen=True)
class _Stray:
    """A finish reason that may belong to another choice than that of its index."""

    finish_reason: str
    sizes: dict[int, int]
    """By index, how many pieces of each choice had arrived before."""


def _writes(choice: ChunkChoice) -> bool:
    """Whether a piece adds to a message."""
    delta = choice.delta or choice.message
    return bool(choice.text) or (delta is not None and any(getattr(delta, n) for n in _WRITTEN))


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
