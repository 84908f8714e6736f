"""Conversations over several cells: what a turn continues from, replaces and drops."""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager

import pytest

import chat_magic
from chat_magic.core.reply.history_row import SESSION_MARK
from chat_magic.engine.chat import start_answer
from chat_magic.engine.execution_record import HistoryOptions
from chat_magic.engine.history_recorder import CellPlace
from chat_magic.engine.models import list_models
from chat_magic.errors import ChatError, ChatInterrupted, InvalidRequest
from chat_magic.store import turns
from tests.completions import completion, delta
from tests.engine.calls import prepare
from tests.gateway import HOLD, events, streamed, whole

NOTEBOOK = "/w/a.ipynb"


@pytest.fixture(autouse=True)
def _file(history_file):
    return history_file


@pytest.fixture
def run_in(session):
    """Return a function that asks a turn in a cell: each call is a run of that cell."""
    runs = iter(range(1_000))

    def run_in(cell_id, prompt, *, notebook=NOTEBOOK, thread="trip", **options):
        place = CellPlace(notebook=notebook, cell_id=cell_id, run=str(next(runs)))
        session.history.locate = lambda: place
        return chat_magic.chat(prompt, thread=thread, **options)

    yield run_in
    session.history.forget_place()


def answer(request):
    """Answer with the number of the messages and the last one."""
    messages = request.json["messages"]
    return streamed(completion(f"{len(messages)}: {messages[-1]['content']}"))


def conversation(server, position=-1):
    """Return the contents of the messages of a request."""
    return [message["content"] for message in server.requests[position].json["messages"]]


def test_a_turn_continues_the_conversation(gateway, run_in):
    """Each request has all turns before it; the model is that of the first."""
    server = gateway(answer)
    run_in("c1", "Hi", model="x/y")
    run_in("c2", "And?")
    run_in("c3", "So?")
    assert conversation(server) == ["Hi", "1: Hi", "And?", "3: And?", "So?"]
    assert [request.json["model"] for request in server.requests] == ["x/y"] * 3
    assert chat_magic.history("thread:trip")["thread"].tolist() == ["trip"] * 3


def test_a_cell_that_runs_again_replaces_its_turn_and_drops_the_later_ones(gateway, run_in):
    """A line of the answer says which."""
    server = gateway(answer)
    for cell in ("c1", "c2", "c3"):
        run_in(cell, cell)
    result = run_in("c1", "again")
    assert conversation(server) == ["again"]
    (words,) = result.warnings
    assert words == (
        "thread trip: turn 1 was run again, so turns 2 to 3 (#2, #3) were dropped; "
        "%chat /thread trip undo restores all"
    )
    assert chat_magic.load(result.history_id).warnings == result.warnings
    run_in("c2", "next")
    assert conversation(server) == ["again", "1: again", "next"]


@pytest.mark.parametrize(
    ("again", "sent", "words"),
    [
        ("c1", ["x"], "turns 2 to 3 (#2, #3) were dropped"),
        ("c2", ["c1", "1: c1", "x"], "turn 3 (#3) was dropped"),
        ("c3", ["c1", "1: c1", "c2", "3: c2", "x"], ""),
        ("c4", ["c1", "1: c1", "c2", "3: c2", "c3", "5: c3", "x"], ""),
        (None, ["c1", "1: c1", "c2", "3: c2", "c3", "5: c3", "x"], ""),
    ],
)
def test_what_a_cell_replaces(gateway, run_in, again, sent, words):
    """Its own turn; a new cell, or one without an id, replaces nothing."""
    server = gateway(answer)
    for cell in ("c1", "c2", "c3"):
        run_in(cell, cell)
    result = run_in(again, "x")
    assert conversation(server) == sent
    assert words in "".join(result.warnings)
    assert bool(words) == bool(result.warnings)


def test_within_one_run_of_a_cell_turns_append(gateway, session):
    """Run again, they are replaced from the first on."""
    server = gateway(answer)
    for run in ("1", "2"):
        place = CellPlace(notebook=NOTEBOOK, cell_id="c1", run=run)
        session.history.locate = lambda place=place: place
        results = [chat_magic.chat(word, thread="trip") for word in ("a", "b", "c")]
        assert conversation(server) == ["a", "1: a", "b", "3: b", "c"]
    assert len(server.requests) == 6
    assert not results[2].warnings
    session.history.forget_place()


def test_without_a_cell_turns_append(gateway, session):
    """As in a terminal or a script, where the kernel session is the place."""
    server = gateway(answer)
    session.history.forget_place()
    for word in ("a", "b"):
        chat_magic.chat(word, thread="trip")
    assert conversation(server) == ["a", "1: a", "b"]


@pytest.mark.parametrize("notebook", ["/w/b.ipynb", None])
def test_a_name_belongs_to_its_notebook(gateway, run_in, notebook):
    """Another one, or the same cell in a copy of it, begins its own."""
    server = gateway(answer)
    run_in("c1", "Hi")
    run_in("c1", "Hello", notebook=notebook)
    assert conversation(server) == ["Hello"]
    run_in("c2", "And?")
    assert conversation(server) == ["Hi", "1: Hi", "And?"]


def test_an_id_that_ends_with_the_kernel_is_no_cell_of_another_session(
    gateway, run_in, session, monkeypatch
):
    """VS Code counts cells anew: the same id may be another cell."""
    server = gateway(answer)
    run_in(f"{SESSION_MARK}W0", "Hi")
    run_in(f"{SESSION_MARK}W0", "Hello")
    assert conversation(server) == ["Hello"]
    session.history.store().flush()
    monkeypatch.setattr(session.history.store(), "session_key", "another")
    run_in(f"{SESSION_MARK}W0", "And?")
    assert conversation(server) == ["Hello", "1: Hello", "And?"]


def test_a_failed_turn_is_not_part(gateway, run_in):
    """What it would have replaced stays, and nothing is said to be dropped."""
    server = gateway(answer, answer, whole({"error": {"message": "no"}}, status=400), answer)
    run_in("c1", "one")
    run_in("c2", "two")
    with pytest.raises(ChatError):
        run_in("c1", "wrong")
    run_in("c3", "three")
    assert conversation(server) == ["one", "1: one", "two", "3: two", "three"]


def test_a_broken_or_interrupted_turn_is_not_part(gateway, run_in, session):
    """Whatever has arrived of it; the next turn need not wait for it."""
    server = gateway(answer, events(delta("Hel")), events(delta("Hel"), HOLD), answer)
    run_in("c1", "one")
    with pytest.raises(ChatError) as broken:
        run_in("c2", "broken")
    assert broken.value.result.text == "Hel"

    async def cancel():
        task = asyncio.create_task(chat_magic.achat("held", thread="trip"))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(task, 0.5)

    asyncio.run(cancel())
    run_in("c2", "two")
    assert conversation(server) == ["one", "1: one", "two"]


@pytest.fixture
def hold_loop(session):
    """Return a context in which the event loop of the session does nothing."""

    @contextmanager
    def hold_loop():
        is_held, is_free = threading.Event(), threading.Event()

        async def hold():
            is_held.set()
            is_free.wait()

        session.loop.submit(hold())
        is_held.wait()
        try:
            yield
        finally:
            is_free.set()

    return hold_loop


def test_a_cancelled_turn_is_not_waited_for(gateway, session, hold_loop):
    """The next may be asked while the loop has yet to close its request."""
    server = gateway(events(delta("Hel"), HOLD), answer)
    session.history.locate = lambda: CellPlace(notebook=NOTEBOOK)
    options = HistoryOptions(turn=session.history.next_turn("trip"))
    handle = start_answer(session, prepare(messages="Hi", model="a/b"), options)
    server.wait_for_request()
    with hold_loop():
        handle.cancel()
        assert session.history.next_turn("trip").position == 1
    assert chat_magic.chat("And?", thread="trip").text == "1: And?"


def test_an_awaited_turn_that_is_cancelled_is_not_waited_for(gateway, session, hold_loop):
    """Also where `achat` is cancelled by its caller."""
    server = gateway(events(delta("Hel"), HOLD), answer)
    session.history.locate = lambda: CellPlace(notebook=NOTEBOOK)

    async def cancel():
        task = asyncio.create_task(chat_magic.achat("held", thread="trip"))
        await asyncio.to_thread(server.wait_for_request)
        with hold_loop():
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert session.history.next_turn("trip").position == 1

    asyncio.run(cancel())
    assert chat_magic.chat("And?", thread="trip").text == "1: And?"


def test_an_answer_that_comes_after_its_cancelling_is_not_part(gateway, session):
    """Another turn may have been asked in its place."""
    gateway(answer)
    session.history.locate = lambda: CellPlace(notebook=NOTEBOOK)
    record = session.history.record(
        "answer",
        [prepare(messages="Hi", model="a/b")],
        HistoryOptions(turn=session.history.next_turn("trip")),
    )
    late = chat_magic.chat("Hi")
    record.abandon()

    async def answered():
        return late

    asyncio.run(record.keep(answered(), lambda: None))
    assert session.history.next_turn("trip").position == 1


def test_a_turn_under_way_is_an_error_of_the_next(gateway, run_in, session):
    """There is nothing to continue from yet."""
    server = gateway(events(delta("Hel"), HOLD), answer)
    session.history.locate = lambda: CellPlace(notebook=NOTEBOOK)
    turn = session.history.next_turn("trip")
    call = prepare(messages="Hi", model="a/b")
    handle = start_answer(session, call, HistoryOptions(turn=turn))
    with pytest.raises(InvalidRequest, match="thread trip: a turn is still being answered"):
        chat_magic.chat("And?", thread="trip")
    server.wait_for_request()
    handle.cancel()
    with pytest.raises(ChatInterrupted):
        handle.wait()
    assert chat_magic.chat("And?", thread="trip").text == "1: And?"


SYSTEM = {"role": "system", "content": "Be brief."}
HI = {"role": "user", "content": "Hi"}


@pytest.mark.parametrize(
    ("first", "second", "is_allowed"),
    [
        ([SYSTEM, HI], [HI], True),
        ([SYSTEM, HI], [SYSTEM, HI], True),
        ([SYSTEM, HI], [{**SYSTEM, "content": "Be long."}, HI], False),
        ([SYSTEM, HI], [{**SYSTEM, "role": "developer"}, HI], False),
        ([HI], [SYSTEM, HI], False),
        ([SYSTEM, HI], [SYSTEM], False),
        ([SYSTEM, HI], [HI, SYSTEM], True),
    ],
)
def test_the_system_message_is_that_of_the_first_turn(gateway, run_in, first, second, is_allowed):
    """It may be repeated; changing it is an error, before anything is sent."""
    server = gateway(answer)
    run_in("c1", first)
    if is_allowed:
        run_in("c2", second)
        contents = [message["content"] for message in first]
        assert conversation(server) == [*contents, f"{len(first)}: Hi", "Hi"]
    else:
        with pytest.raises(InvalidRequest, match="thread trip: the"):
            run_in("c2", second)
        assert len(server.requests) == 1


def test_the_first_turn_may_change_the_system_message(gateway, run_in):
    """It replaces the conversation."""
    server = gateway(answer)
    run_in("c1", [SYSTEM, HI])
    run_in("c2", "And?")
    run_in("c1", [{**SYSTEM, "content": "Be long."}, HI])
    assert conversation(server) == ["Be long.", "Hi"]


@pytest.mark.parametrize(
    "name", ["", "1", "1042", "٣", "two words", "a\nb", "-x", "#7", "x" * 81, "a\x00", 7]
)
def test_a_name_is_one_word_and_no_number(gateway, run_in, name):
    """An error says what it must be."""
    gateway(answer)
    with pytest.raises(InvalidRequest, match=r"thread .*: must be a name such as plan"):
        run_in("c1", "Hi", thread=name)


@pytest.mark.parametrize("name", ["plan", "1st", "Grüße", "a.b-c_d", "計画", "reset"])
def test_any_other_word_is_a_name(gateway, run_in, name):
    """In any script."""
    server = gateway(answer)
    run_in("c1", "Hi", thread=name)
    run_in("c2", "And?", thread=name)
    assert conversation(server) == ["Hi", "1: Hi", "And?"]


@pytest.mark.parametrize("how", ["setting", "call"])
def test_without_a_history_it_is_an_error_that_says_so(gateway, run_in, session, how):
    """Nothing is sent."""
    server = gateway(answer)
    if how == "setting":
        session.configuration.set("history", False)
    with pytest.raises(InvalidRequest, match=r"thread trip: .* history, which is off"):
        run_in("c1", "Hi", **({} if how == "setting" else {"history": False}))
    assert not server.requests


def test_after_and_thread_exclude_each_other(gateway, run_in):
    """A turn continues its thread."""
    gateway(answer)
    result = chat_magic.chat("Hi")
    with pytest.raises(InvalidRequest, match="after and thread exclude each other"):
        run_in("c1", "And?", after=result)


def test_a_grid_has_no_conversation(gateway):
    """The error says so, rather than that there is no such parameter."""
    server = gateway(answer)
    with pytest.raises(InvalidRequest, match="thread: a grid has no conversation"):
        chat_magic.chat_grid("Hi", sweep={"temperature": [0, 1]}, thread="trip")
    assert not server.requests


def test_achat_takes_a_thread_too(gateway, run_in, session):
    """Turn by turn."""
    server = gateway(answer)
    run_in("c1", "Hi")
    asyncio.run(chat_magic.achat("And?", thread="trip"))
    assert conversation(server) == ["Hi", "1: Hi", "And?"]


def test_a_forgotten_last_turn_is_no_turn_any_more(gateway, run_in):
    """The conversation goes on from the one before."""
    server = gateway(answer)
    for cell in ("c1", "c2"):
        run_in(cell, cell)
    chat_magic.forget(2)
    run_in("c3", "x")
    assert conversation(server) == ["c1", "1: c1", "x"]


def test_a_turn_after_a_forgotten_one_cannot_run_again(gateway, run_in):
    """Since what it continued from is gone; further turns are possible."""
    server = gateway(answer)
    for cell in ("c1", "c2"):
        run_in(cell, cell)
    chat_magic.forget(1)
    with pytest.raises(InvalidRequest, match="the turn before turn 2 is not in the history"):
        run_in("c2", "x")
    run_in("c3", "y")
    assert conversation(server) == ["c1", "1: c1", "c2", "3: c2", "y"]


def test_a_history_that_cannot_be_written_is_an_error_of_the_next_turn(
    gateway, run_in, session, monkeypatch
):
    """Rather than a gap in the conversation."""
    server = gateway(answer)
    run_in("c1", "Hi")
    monkeypatch.setattr(turns, "_WAIT_S", 0.0)
    with pytest.raises(ChatError, match="history: "):
        run_in("c2", "And?")
    assert len(server.requests) == 1


def test_the_window_is_that_of_a_list_that_was_requested(gateway, run_in, session):
    """No list is requested for it alone."""

    def answer_or_list(request):
        listed = {"data": [{"id": "a/b", "context_length": 4096}]}
        return whole(listed) if request.method == "GET" else answer(request)

    server = gateway(answer_or_list)
    assert "of 4,096 tokens" not in run_in("c1", "Hi")._repr_mimebundle_()["text/plain"]
    assert [request.method for request in server.requests] == ["POST"]
    list_models(session)
    assert "of 4,096 tokens" in run_in("c2", "And?")._repr_mimebundle_()["text/plain"]
