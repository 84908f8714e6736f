"""Conversations over several cells: what a turn continues from, and what it replaces."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from chat_magic.core.reply.history_row import SESSION_MARK
from chat_magic.core.reply.thread_use import ThreadUse
from chat_magic.errors import InvalidRequest
from chat_magic.transport import attachments

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from chat_magic.core.request.messages import Message
    from chat_magic.core.request.request import ChatRequest
    from chat_magic.engine.history_recorder import CellPlace
    from chat_magic.results.chat_result import ChatResult
    from chat_magic.results.chat_results import ChatResults
    from chat_magic.store.history_store import HistoryStore
    from chat_magic.store.turns import ThreadPlace, TurnRow

    Position = tuple[ThreadPlace, int]

__all__ = ["Threads", "Turn", "check_name"]

_MOST_CHARACTERS = 80
_INSTRUCTIONS = ("system", "developer")


def check_name(name: str, label: str = "thread") -> str:
    """Return the name of a thread if it is valid.

    Args:
        name: The name.
        label: What the error calls it.

    Raises:
        InvalidRequest: It is empty, only of digits, too long, or not one word.
    """
    is_word = isinstance(name, str) and name.isprintable() and " " not in name
    if not is_word or not 0 < len(name) <= _MOST_CHARACTERS or name[0] in "-#" or name.isdigit():
        raise InvalidRequest(
            f"{label} {name!r}: must be a name such as plan: one word of at most "
            f"{_MOST_CHARACTERS} characters that is not a number and begins with neither - nor #"
        )
    return name


@dataclass(frozen=True, kw_only=True, eq=False)
class Turn:
    """A turn of a conversation that is to be asked."""

    place: ThreadPlace
    position: int
    """From 1."""
    after: ChatResult | None
    """The answer of the turn before it; None for the first."""
    dropped: Sequence[TurnRow]
    """The later turns, which its answer drops."""
    run: str | None
    """What tells the execution of its cell from others."""
    threads: Threads
    window: int | None = None
    """The tokens that its model can read, if known."""

    def continued(self, request: ChatRequest) -> ChatRequest:
        """Return its request without the system message, which the first turn has given.

        Raises:
            InvalidRequest: Its system message is another, or it has no other message.
        """
        given = [message for message in request.messages if message.role in _INSTRUCTIONS]
        if self.after is None or not given:
            return request
        first = [m for m in self.after.request.messages if m.role in _INSTRUCTIONS]
        if _as_json(attachments.inline(replace(request, messages=tuple(given))).messages) != (
            _as_json(first)
        ):
            raise InvalidRequest(
                f"thread {self.place.thread}: the system message is that of the first turn; remove "
                "it here, or change it in the cell of the first turn and run that again"
            )
        rest = tuple(message for message in request.messages if message not in given)
        if not rest:
            raise InvalidRequest(f"thread {self.place.thread}: the turn has no message of a user")
        return replace(request, messages=rest)

    def begin(self) -> None:
        """Note that it is asked now: the next one must wait for it."""
        self.threads.under_way[self.place] = self

    def abandon(self) -> None:
        """Note that it was cancelled: the next turn need not wait until its request is closed."""
        if self.threads.under_way.get(self.place) is self:
            del self.threads.under_way[self.place]

    def answered(self, result: ChatResult) -> ChatResult:
        """Return its answer with what the status line says, and which turns are dropped."""
        use = ThreadUse(name=self.place.thread, window=self.window)
        words = (self._dropped_words(),) if self.dropped else ()
        return replace(result, warnings=(*result.warnings, *words), _thread=use)

    def end(self, result: ChatResult | ChatResults | None, status: str) -> Position | None:
        """Note that it has ended; return its position, unless it is no part of the conversation.

        Args:
            result: Its answer, or what had arrived.
            status: `complete`, `interrupted` or `failed`.
        """
        is_awaited = self.threads.under_way.get(self.place) is self
        self.abandon()
        if not is_awaited or status != "complete" or not _can_be_continued(result):
            return None
        self.threads.last_runs[self.place] = self.run
        return self.place, self.position

    def _dropped_words(self) -> str:
        name, positions = self.place.thread, [turn.position for turn in self.dropped]
        numbers = ", ".join(f"#{turn.execution_id}" for turn in self.dropped)
        which = f"turn {positions[0]} ({numbers}) was"
        if len(positions) > 1:
            which = f"turns {positions[0]} to {positions[-1]} ({numbers}) were"
        return (
            f"thread {name}: turn {self.position} was run again, so {which} dropped; "
            f"%chat /thread {name} undo restores all"
        )


class Threads:
    """The conversations of a session.

    Args:
        store: Returns the history that keeps them.
    """

    def __init__(self, store: Callable[[], HistoryStore]) -> None:
        self._store = store
        self.under_way: WeakValueDictionary[ThreadPlace, Turn] = WeakValueDictionary()
        """The turns that are being asked; one that never ran is gone with its task."""
        self.last_runs: dict[ThreadPlace, str | None] = {}
        """The execution of a cell that asked the last turn."""

    def place(self, name: str, cell: CellPlace) -> ThreadPlace:
        """Return where a conversation of the running notebook is."""
        from chat_magic.store.turns import ThreadPlace

        return ThreadPlace(self.scope(cell), name)

    def scope(self, cell: CellPlace) -> str:
        """Return what conversations belong to: the notebook, else the kernel session."""
        return cell.notebook or self._store().session_key

    def next_turn(self, name: str, cell: CellPlace) -> Turn:
        """Return the turn that a cell asks: its own again, else a new one at the end.

        Raises:
            InvalidRequest: The name is not valid, a turn is under way, or the one before is gone.
            ChatError: The history cannot be used.
        """
        place = self.place(check_name(name), cell)
        self.check_idle(place)
        turns = self._store().threads.turns(place)
        own = next((turn for turn in turns if self._is_own(turn, place, cell)), None)
        before = [turn for turn in turns if own is None or turn.position < own.position]
        if own and own.position != (before[-1].position + 1 if before else 1):
            raise InvalidRequest(
                f"thread {name}: the turn before turn {own.position} is not in the history any "
                f"more; %chat /thread {name} reset begins anew"
            )
        return Turn(
            place=place,
            position=before[-1].position + 1 if before else 1,
            after=self._answer(before[-1]) if before else None,
            dropped=[turn for turn in turns if own and turn.position > own.position],
            run=cell.run,
            threads=self,
        )

    def check_idle(self, place: ThreadPlace) -> None:
        """Check that no turn of a conversation is being answered.

        Raises:
            InvalidRequest: One is.
        """
        if place in self.under_way:
            raise InvalidRequest(
                f"thread {place.thread}: a turn is still being answered; wait for it, or cancel it"
            )

    def last_answer(self, place: ThreadPlace) -> ChatResult | None:
        """Return the answer of the last turn of a conversation; None if it has no turns."""
        turns = self._store().threads.turns(place)
        return self._answer(turns[-1]) if turns else None

    def _is_own(self, turn: TurnRow, place: ThreadPlace, cell: CellPlace) -> bool:
        """Whether a turn was asked by this cell when it ran before."""
        if cell.cell_id is None or turn.cell_id != cell.cell_id:
            return False
        if cell.run is not None and self.last_runs.get(place) == cell.run:
            return False  # the cell asks several turns
        is_lasting = not cell.cell_id.startswith(SESSION_MARK)
        return is_lasting or turn.session_key == self._store().session_key

    def _answer(self, turn: TurnRow) -> ChatResult:
        from chat_magic.engine.execution_rows import stored_result
        from chat_magic.results.chat_result import ChatResult

        result = stored_result(self._store().load(turn.execution_id))
        if not isinstance(result, ChatResult):
            raise InvalidRequest(f"thread: #{turn.execution_id} has no answer to continue from")
        return result


def _can_be_continued(result: ChatResult | ChatResults | None) -> bool:
    from chat_magic.results.chat_result import ChatResult

    return isinstance(result, ChatResult) and bool(result.choices or result.rounds)


def _as_json(messages: Sequence[Message]) -> list[object]:
    return [message.to_json() for message in messages]
