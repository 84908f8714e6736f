"""Conversations over several cells, as cells and `%chat /thread` use them."""

from __future__ import annotations

import pytest
from IPython.core.completer import CompletionContext

from chat_magic import InvalidRequest, load_ipython_extension, unload_ipython_extension
from chat_magic.engine.history_recorder import CellPlace
from chat_magic.shell.completion import ChatMatcher
from chat_magic.view.thread_view import ThreadView
from tests.completions import completion, delta
from tests.engine.calls import echo
from tests.gateway import HOLD, events, streamed
from tests.kernels import running_kernel


@pytest.fixture(autouse=True)
def _file(history_file):
    return history_file


@pytest.fixture
def chat(shell, session):
    """Return the magic: one argument is a line, two are a cell, whose number is `cell`."""
    load_ipython_extension(shell)

    def run(line, text=None, cell=None):
        session.history.locate = lambda: CellPlace(notebook="/w/a.ipynb", cell_id=cell)
        if text is None:
            return shell.run_line_magic("chat", line)
        return shell.run_cell_magic("chat", line, text)

    yield run
    unload_ipython_extension(shell)


@pytest.fixture
def trip(chat, gateway):
    """Ask three turns; return the gateway."""
    server = gateway(lambda request: streamed(completion("Yes!")))
    for cell in ("c1", "c2", "c3"):
        chat("--thread trip", f"user: {cell}", cell=cell)
    return server


def sent(server):
    """Return the contents of the last request's messages."""
    return [message["content"] for message in server.requests[-1].json["messages"]]


def test_cells_continue_a_thread(chat, trip):
    """Also a line; a cell that runs again says what it drops."""
    assert sent(trip) == ["c1", "Yes!", "c2", "Yes!", "c3"]
    result = chat("--thread trip", "user: again", cell="c2")
    assert sent(trip) == ["c1", "Yes!", "again"]
    assert "turn 3 (#3) was dropped" in result.warnings[0]
    chat("--thread trip What else?")
    assert sent(trip)[-3:] == ["again", "Yes!", "What else?"]


def test_a_dry_run_shows_the_conversation_and_is_no_turn(chat, trip, capsys):
    """Nothing is sent or changed."""
    chat("--thread trip --dry-run", "user: again", cell="c1")
    chat("--thread trip --dry-run", "user: more", cell="c4")
    assert "c3" in capsys.readouterr().out
    assert len(trip.requests) == 3
    chat("--thread trip", "user: c4", cell="c4")
    assert sent(trip)[:2] == ["c1", "Yes!"]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("--thread trip --models a/b,c/d", "--thread: a grid has no conversation"),
        ("--thread trip --sweep temperature=0,1", "--thread: a grid has no conversation"),
        ("--thread trip -c", "-c and --thread exclude each other"),
        ("--thread trip --after r", "--after and --thread exclude each other"),
        ("--thread trip --no-history", "thread trip: a conversation is kept in the history"),
        ("--thread 12", "thread '12': must be a name"),
    ],
)
def test_what_a_thread_excludes_is_an_error_of_the_line(chat, gateway, line, words):
    """Nothing is sent."""
    server = gateway(echo)
    with pytest.raises(InvalidRequest, match=words) as error:
        chat(line, "user: Hi")
    assert error.value.line == 1
    assert not server.requests


def test_the_command_lists_the_threads_of_the_notebook(chat, trip):
    """With the first prompt of each."""
    chat("--thread other -m x/y", "user: Hello")
    table = chat("/thread")
    assert table["thread"].tolist() == ["other", "trip"]
    assert table["turns"].tolist() == [1, 3]
    assert table["prompt"].tolist() == ["Hello", "c1"]
    assert table["model"].tolist() == ["x/y", "a/b"]


def test_a_thread_is_drawn_as_one(chat, trip, capsys):
    """Its value has the messages."""
    view = chat("/thread trip")
    assert isinstance(view, ThreadView)
    assert [message.role for message in view.messages] == ["user", "assistant"] * 3
    assert "thread trip · a/b · 3 turns" in capsys.readouterr().out
    chat("/thread trip reset")
    assert chat("/thread trip").messages == ()


def test_reset_and_undo(chat, trip, capsys):
    """Each says what it did."""
    chat("/thread trip reset")
    assert "3 turns are dropped from thread trip" in capsys.readouterr().out
    chat("--thread trip", "user: new", cell="c1")
    assert sent(trip) == ["new"]
    capsys.readouterr()
    chat("/thread trip undo")
    assert capsys.readouterr().out == (
        "Turns 1 to 3 are back in thread trip; #4 is no longer part of it.\n"
    )
    chat("--thread trip", "user: c4", cell="c4")
    assert sent(trip) == ["c1", "Yes!", "c2", "Yes!", "c3", "Yes!", "c4"]


def test_fork_begins_another_thread(chat, trip, capsys):
    """A cell replaces its turn in that alone."""
    chat("/thread trip fork plan-b")
    assert capsys.readouterr().out.endswith(
        "Thread plan-b begins with the 3 turns of thread trip.\n"
    )
    chat("--thread plan-b", "user: again", cell="c2")
    assert sent(trip) == ["c1", "Yes!", "again"]
    chat("--thread trip", "user: c4", cell="c4")
    assert len(sent(trip)) == 7


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("tirp", r"/thread tirp: this notebook has no such thread.*trip"),
        ("none reset", "/thread none: this notebook has no such thread"),
        ("7", "/thread '7': must be a name"),
        ("trip undo", "/thread trip undo: no turn was dropped"),
        ("trip fork trip", "/thread trip fork trip: thread trip exists"),
        ("trip fork 12", "/thread fork '12': must be a name"),
        ("trip fork", "write %chat /thread, /thread NAME"),
        ("trip delete", "write %chat /thread, /thread NAME"),
        ("trip reset now", "write %chat /thread, /thread NAME"),
    ],
)
def test_what_cannot_be_done_is_an_error(chat, trip, arguments, words):
    """One line that says why."""
    with pytest.raises(InvalidRequest, match=words):
        chat(f"/thread {arguments}")


def test_a_thread_is_not_changed_while_it_is_answered(chat, gateway, session):
    """In the background."""
    gateway(echo, events(delta("Hel"), HOLD))
    chat("--thread trip", "user: Hi")
    job = chat("--thread trip --background", "user: And?")
    with pytest.raises(InvalidRequest, match="a turn is still being answered"):
        chat("/thread trip reset")
    with pytest.raises(InvalidRequest, match="a turn is still being answered"):
        chat("--thread trip", "user: So?")
    job.cancel()
    job.join()


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("%chat /thread ", ["other", "trip"]),
        ("%chat /thread t", ["trip"]),
        ("%chat /thread trip ", ["reset", "undo", "fork"]),
        ("%chat /thread trip fork ", []),
        ("%chat --thread ", ["other", "trip"]),
        ("%%chat --thread=o", ["other"]),
    ],
)
def test_names_and_actions_complete(chat, trip, shell, line, offered):
    """Of this notebook."""
    chat("--thread other", "user: Hello")
    context = CompletionContext(
        token="", full_text=line, cursor_position=len(line), cursor_line=0, limit=None
    )
    found = ChatMatcher(shell).match(context)["completions"]
    assert [each.text for each in found] == offered


def test_the_status_line_shows_how_long_the_conversation_is(chat, gateway, config_file):
    """By the server's last count, and the window of the config file."""
    config_file('[models]\n"a/*" = { window = 1000 }')
    gateway(lambda request: streamed(completion("Yes!")))
    result = chat("--thread trip", "user: Hi")
    count = result.usage.total_tokens
    text = result._repr_mimebundle_()["text/plain"]
    assert f"thread trip: {count:,} of 1,000 tokens" in text
    assert "thread" not in chat("", "user: Hi")._repr_mimebundle_()["text/plain"]


LOAD = "%load_ext chat_magic"


@pytest.fixture
def restartable(gateway, history_file, monkeypatch):
    """Return a kernel of its own that knows its notebook, and its gateway."""
    server = gateway(lambda request: streamed(completion("Yes!")))
    monkeypatch.setenv("JPY_SESSION_NAME", "/w/a.ipynb")
    with running_kernel(LOAD) as kernel:
        yield kernel, server


def test_a_thread_goes_on_after_a_restart_of_the_kernel(restartable):
    """In the middle of it; a cell of before still replaces its own turn."""
    kernel, server = restartable
    for cell in ("c1", "c2"):
        assert kernel.run(f"%%chat --thread trip\nuser: {cell}", cell_id=cell).status == "ok"
    kernel.restart()
    kernel.run(LOAD)
    assert kernel.run("%%chat --thread trip\nuser: c3", cell_id="c3").status == "ok"
    assert sent(server) == ["c1", "Yes!", "c2", "Yes!", "c3"]
    again = kernel.run("%%chat --thread trip\nuser: again", cell_id="c2")
    assert sent(server) == ["c1", "Yes!", "again"]
    assert "turn 3 (#3) was dropped" in str(again.displays)
    kernel.restart()
    kernel.run(LOAD)
    kernel.run("%chat /thread trip undo", cell_id="c9")
    kernel.run("import chat_magic; r = chat_magic.chat('c4', thread='trip')", cell_id="c4")
    assert sent(server) == ["c1", "Yes!", "c2", "Yes!", "c3", "Yes!", "c4"]


def test_a_loop_in_a_cell_appends_and_its_next_run_replaces_all(restartable):
    """The front end's request tells one run from the next."""
    kernel, server = restartable
    loop = "import chat_magic\nfor word in 'ab': chat_magic.chat(word, thread='trip')"
    for _ in range(2):
        assert kernel.run(loop, cell_id="c1").status == "ok"
        assert sent(server) == ["a", "Yes!", "b"]
