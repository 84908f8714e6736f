"""The command `/thread`, which lists, draws and changes conversations over several cells."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chat_magic.core.nearest import nearest
from chat_magic.core.reply.thread_use import ThreadRow, ThreadUse
from chat_magic.engine.session import default_session
from chat_magic.engine.threads import check_name
from chat_magic.errors import InvalidRequest
from chat_magic.view.summary import thread_fact
from chat_magic.view.thread_view import ThreadView

if TYPE_CHECKING:
    import pandas as pd

    from chat_magic.store.turns import ThreadPlace, ThreadStore

__all__ = ["ACTIONS", "run_thread", "thread_rows"]

ACTIONS = ("reset", "undo", "fork")


def run_thread(arguments: str) -> pd.DataFrame | ThreadView | None:
    """Run `/thread`, `/thread NAME` or `/thread NAME reset|undo|fork NEW`.

    Raises:
        InvalidRequest: There is no such thread, or the command is not one of these.
        ChatError: The history cannot be used.
    """
    match arguments.split():
        case []:
            return _table()
        case [name]:
            return _draw(_known(name))
        case [name, "reset"]:
            print(_reset(_known(name)))
        case [name, "undo"]:
            print(_undo(_known(name)))
        case [name, "fork", new]:
            print(_fork(_known(name), check_name(new, "/thread fork")))
        case _:
            raise InvalidRequest(
                "write %chat /thread, /thread NAME, or /thread NAME reset|undo|fork NEW", line=1
            )
    return None


def thread_rows() -> list[ThreadRow]:
    """Return the conversations of this notebook, by name."""
    history = default_session().history
    return _store().list_threads(history.threads.scope(history.locate()))


def _table() -> pd.DataFrame:
    from chat_magic.analysis.listing_tables import threads_table

    return threads_table(thread_rows())


def _draw(row: ThreadRow) -> ThreadView:
    result = default_session().history.threads.last_answer(_place(row.thread))
    if result is None:
        return ThreadView(row.thread, (), ["no turns"])
    use = result._thread or ThreadUse(name=row.thread)
    count = f"{row.turns} turn{'s'[: row.turns != 1]}"
    tokens = thread_fact(use, result.reply.usage).partition(": ")[2]
    facts = [result.model, count, *filter(None, [tokens])]
    return ThreadView(row.thread, result.conversation(), facts)


def _reset(row: ThreadRow) -> str:
    count = _store().reset(_idle_place(row.thread))
    if not count:
        return f"Thread {row.thread} has no turns."
    them = "turn is" if count == 1 else f"{count} turns are"
    return f"The {them} dropped from thread {row.thread}; undo restores what was dropped."


def _undo(row: ThreadRow) -> str:
    restored, removed = _store().undo(_idle_place(row.thread))
    if not restored:
        raise InvalidRequest(f"/thread {row.thread} undo: no turn was dropped", line=1)
    which = f"Turn {restored[0]} is"
    if len(restored) > 1:
        which = f"Turns {restored[0]} to {restored[-1]} are"
    gone = ", ".join(f"#{number}" for number in removed)
    verb = "is" if len(removed) == 1 else "are"
    rest = f"; {gone} {verb} no longer part of it" if removed else ""
    return f"{which} back in thread {row.thread}{rest}."


def _fork(row: ThreadRow, new: str) -> str:
    count = _store().fork(_place(row.thread), new)
    if count is None:
        raise InvalidRequest(
            f"/thread {row.thread} fork {new}: thread {new} exists; choose another name", line=1
        )
    turns = f"the {count} turns" if count != 1 else "the turn"
    return f"Thread {new} begins with {turns} of thread {row.thread}."


def _known(name: str) -> ThreadRow:
    """Return the row of a thread that there is."""
    check_name(name, "/thread")
    rows = {row.thread: row for row in thread_rows()}
    if name not in rows:
        near = nearest(name, rows)
        raise InvalidRequest(
            f"/thread {name}: this notebook has no such thread{near}; --thread {name} begins it",
            line=1,
        )
    return rows[name]


def _store() -> ThreadStore:
    return default_session().history.store().threads


def _idle_place(name: str) -> ThreadPlace:
    place = _place(name)
    default_session().history.threads.check_idle(place)
    return place


def _place(name: str) -> ThreadPlace:
    history = default_session().history
    return history.threads.place(name, history.locate())
