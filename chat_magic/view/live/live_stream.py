"""What a page that paints tokens is told while they stream: the whole state, or what was added."""

from __future__ import annotations

import uuid
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from chat_magic.core.reply.tokens import well_formed
from chat_magic.view.live.text_pieces import Piece, TextPieces, joined

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chat_magic.core.reply.reply import TokenLogprob

LIVE_TYPE = "application/vnd.chat-magic.live.v1+json"
_ID_LENGTH = 12
"""Hexadecimal digits that tell the streams of a page apart; every message has them."""


@dataclass(frozen=True, kw_only=True)
class LiveAnswer:
    """An answer that streams."""

    title: str | None = None
    """What it is an answer of; None for the only one."""
    state: str = ""
    text: str = ""
    tokens: Sequence[TokenLogprob] = ()
    """Those that have log probabilities, so far; a list that may grow."""


@dataclass(frozen=True, kw_only=True)
class LiveMatrix:
    """A grid whose runs stand in rows and columns."""

    corner: str
    columns: Sequence[str]
    """Empty for a single column without a title."""
    rows: Sequence[str]
    answers: Sequence[int]
    """How many answers each run has, in row-major order."""


@dataclass(frozen=True, kw_only=True)
class LiveState:
    """An answer or a grid while it streams, as values."""

    title: str
    facts: Sequence[str]
    n_done: int | None = None
    """How many runs of a grid are done; None for a single request."""
    n_runs: int = 1
    rounds: Sequence[str] = ()
    """The rounds before the answer, whose tool calls were run."""
    matrix: LiveMatrix | None = None
    """Where its answers stand; without it they are side by side."""
    answers: Sequence[LiveAnswer] = field(default=())

    @property
    def length(self) -> int:
        """Characters of all answers."""
        return sum(len(answer.text) for answer in self.answers)


class LiveStream:
    """The messages about one answer or grid: each continues from the one before it.

    `seq` counts both kinds. A page that missed one waits for the next whole state.
    """

    def __init__(self) -> None:
        self._id = uuid.uuid4().hex[:_ID_LENGTH]
        self._seq = 0
        self._frame: object = None
        """What stands around the answers."""
        self._answers: list[_AnswerStream] = []
        self._n_done: int | None = None

    def whole(self, state: LiveState) -> dict[str, Any]:
        """Return the whole state."""
        self._frame = _frame(state)
        self._n_done = state.n_done
        answers = state.answers
        if len(self._answers) != len(answers):
            self._answers = [_AnswerStream() for _ in answers]
        for stream, answer in zip(self._answers, answers, strict=True):
            if not stream.is_continued(answer):
                stream.begin()
            stream.follow(answer)
        return {
            **self._head(),
            "title": well_formed(state.title),
            "facts": list(state.facts),
            "done": state.n_done,
            "runs": state.n_runs,
            "rounds": list(map(well_formed, state.rounds)),
            "matrix": state.matrix and asdict(state.matrix),
            "answers": [
                {"title": answer.title, "state": answer.state, "pieces": joined(stream.pieces)}
                for stream, answer in zip(self._answers, answers, strict=True)
            ],
        }

    def part(self, state: LiveState, *, has_facts: bool = True) -> dict[str, Any] | None:
        """Return what was added since the last message, which may be nothing: an empty message.

        None if more than that has changed.

        Args:
            state: The state.
            has_facts: Whether to tell the facts of its title line, too.
        """
        pairs = list(zip(self._answers, state.answers, strict=False))
        if _frame(state) != self._frame or not all(s.is_continued(a) for s, a in pairs):
            return None
        changes = [
            [index, *change]
            for index, (stream, answer) in enumerate(pairs)
            if (change := stream.follow(answer))
        ]
        parts: dict[str, Any] = {"answers": changes}
        if has_facts:
            parts["facts"] = list(state.facts)
        if state.n_done != self._n_done:
            parts["done"] = self._n_done = state.n_done
        return {**self._head(), "parts": parts} if changes or len(parts) > 1 else {}

    def end(self) -> dict[str, Any]:
        """Return the message after which none follows."""
        return {**self._head(), "parts": None}

    def _head(self) -> dict[str, Any]:
        self._seq += 1
        return {"stream": self._id, "seq": self._seq}


class _AnswerStream:
    """The pieces of one answer."""

    def __init__(self) -> None:
        self._state = ""
        self.begin()

    def begin(self) -> None:
        """Forget the text so far."""
        self.pieces: list[Piece] = []
        self._text = TextPieces()

    def is_continued(self, answer: LiveAnswer) -> bool:
        """Whether the text begins with the one before it."""
        return answer.text.startswith(self._text.text)

    def follow(self, answer: LiveAnswer) -> tuple[str | None, list[Piece]] | None:
        """Return the new state, None if it is the same, and the new pieces; None if nothing is.

        The answer's text continues the one before it.
        """
        added = self._text.add(answer.text, answer.tokens)
        self.pieces += added
        state = answer.state if answer.state != self._state else None
        self._state = answer.state
        return (state, joined(added)) if added or state is not None else None


def _frame(state: LiveState) -> object:
    titles = [answer.title for answer in state.answers]
    return (state.title, state.n_runs, state.rounds, state.matrix, titles)
