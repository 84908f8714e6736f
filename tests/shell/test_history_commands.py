"""The commands of the history, run in a shell of their own."""

from __future__ import annotations

import pytest
from IPython.core.completer import CompletionContext

import chat_magic
from chat_magic import ChatError, InvalidRequest, load_ipython_extension, unload_ipython_extension
from chat_magic.engine import history
from chat_magic.shell.completion import ChatMatcher
from chat_magic.store import history_store
from chat_magic.view.history_view import HistoryView
from tests.completions import completion
from tests.engine.calls import echo
from tests.engine.llama_script import llama
from tests.gateway import streamed
from tests.waiting import TIMEOUT_S


@pytest.fixture(autouse=True)
def _file(history_file):
    return history_file


@pytest.fixture
def chat(shell, monkeypatch):
    """Return the magic: one argument is a line, two are a cell."""
    load_ipython_extension(shell)
    inputs = []
    monkeypatch.setattr(shell, "set_next_input", inputs.append)

    def run(line, cell=None):
        if cell is None:
            return shell.run_line_magic("chat", line)
        return shell.run_cell_magic("chat", line, cell)

    run.inputs = inputs
    yield run
    unload_ipython_extension(shell)


def completed(shell, text):
    """Return the completions of a line, each with its type."""
    context = CompletionContext(
        token=text.split()[-1],
        full_text=text,
        cursor_position=len(text),
        cursor_line=0,
        limit=None,
    )
    completions = ChatMatcher(shell).match(context)["completions"]
    return [(found.text, found.type) for found in completions]


def test_history_draws_the_rows_that_a_query_finds(chat, gateway, capsys):
    """Its value has them as a table."""
    gateway(echo)
    chat("", "user: Name a cat")
    chat("-t 0.5", "user: Name a dog")
    view = chat("/history name DOG")
    assert isinstance(view, HistoryView)
    assert view.table["prompt"].tolist() == ["Name a dog"]
    assert "#2  " in capsys.readouterr().out
    assert chat("/history").table.index.tolist() == [2, 1]


def test_show_draws_a_result_and_is_its_value(chat, gateway):
    """As it was."""
    gateway(streamed(completion("Félix", "Tom", n_top=2)))
    result = chat("--n 2 --top-logprobs 2", "user: Name a cat")
    assert chat("/show #1") == result
    assert chat("/show #1").history_id == 1


def test_cell_writes_the_cell_as_the_next_input(chat, gateway):
    """To the letter, comments and templates included."""
    gateway(echo)
    chat("-t 0.5 --out r", "user: One {{ 1 + 1 }}\n")
    chat("/cell #1")
    assert chat.inputs == ["%%chat -t 0.5 --out r\nuser: One {{ 1 + 1 }}\n"]


def test_a_call_without_a_cell_is_written_as_one_that_asks_the_same(chat, gateway):
    """As from a script."""
    gateway(echo)
    chat_magic.chat("Hi", temperature=0.5)
    chat("/cell #1")
    (text,) = chat.inputs
    assert text.startswith("%%chat a/b")
    assert "0.5" in text
    assert "Hi" in text


def test_cell_writes_the_cell_of_a_prompt_file(chat, tmp_path):
    """As the file has it; nothing in it runs."""
    path = tmp_path / "my prompts" / "extract.chat"
    path.parent.mkdir()
    path.write_text("%%chat a/b -t 0\nuser: Extract {{ what }}\n", "utf-8")
    chat(f"/cell {path}")
    assert chat.inputs == ["%%chat a/b -t 0\nuser: Extract {{ what }}"]


def test_rerun_sends_the_same_request_again(chat, gateway, session):
    """Whatever the defaults are now; it is a new execution."""
    server = gateway(echo)
    chat("-t 0.5", "user: Name a cat")
    session.configuration.set("top_p", 0.1)
    result = chat("/rerun #1")
    assert server.requests[0].json == server.requests[1].json
    assert result.history_id == 2


def test_usage_is_drawn_whole_and_is_a_table(chat, gateway, capsys):
    """Whatever the width of the terminal; columns in which nothing is known are left out."""
    gateway(echo)
    chat("", "user: Name a cat")
    capsys.readouterr()
    table = chat("/usage")
    title, names, line = capsys.readouterr().out.splitlines()
    assert title == "1 row"
    assert [*names.split()][:4] == ["model", "day", "requests", "failed"]
    assert line.split()[0] == "a/b"
    assert "…" not in names + line
    assert table["requests"].tolist() == [1]


def test_a_search_for_answers_is_not_run_again_as_an_answer(chat, gateway):
    """The error names the function."""
    server = gateway(llama())
    chat_magic.distribution("Hi", model="a/b", history=True)
    n_sent = len(server.requests)
    with pytest.raises(InvalidRequest, match=r"/rerun #1: .* call chat_magic\.distribution"):
        chat("/rerun #1")
    assert len(server.requests) == n_sent


def test_rerun_of_a_grid_sends_all_its_requests(chat, gateway):
    """With its axes."""
    server = gateway(echo)
    first = chat("--sweep temperature=0,1 --concurrency 1", "user: Name a cat")
    again = chat("/rerun #1")
    assert again.axes == first.axes
    bodies = [request.json for request in server.requests]
    key = str
    assert sorted(bodies[:2], key=key) == sorted(bodies[2:], key=key)


def test_star_and_unstar_mark_a_result(chat, gateway):
    """The rest of the line is the note."""
    gateway(echo)
    chat("", "user: Hi")
    chat("/star #1 the best one")
    row = chat("/history is:starred").rows[0]
    assert (row.is_starred, row.note) == (True, "the best one")
    chat("/unstar #1")
    assert chat("/history is:starred").rows == []


@pytest.mark.parametrize(
    ("arguments", "left"),
    [
        ("#1", [4, 3, 2]),
        ("#1 #3", [4, 2]),
        ("cat", [4, 3]),
        ("all", [2]),
        ("all --starred", []),
        ('"2024"', [4, 3, 2]),
    ],
)
def test_forget_deletes_what_it_names_and_says_how_many(
    chat, gateway, capsys, monkeypatch, arguments, left
):
    """And reminds of other copies. All keeps what is starred."""
    monkeypatch.setattr(history_store, "SCRUB_S", TIMEOUT_S)
    gateway(echo)
    for text in ("cat 2024", "cat", "dog", "bird"):
        chat(";", f"user: {text}")
    chat("/star #2")
    capsys.readouterr()
    chat(f"/forget {arguments}")
    n_gone = 4 - len(left)
    words = capsys.readouterr().out
    assert words.startswith(f"{n_gone} execution{'s'[: n_gone != 1]} forgotten. Saved outputs")
    assert chat_magic.history().index.tolist() == left


def test_forget_says_what_it_leaves_for_the_background(chat, gateway, capsys, monkeypatch):
    """Until then the words can be read in the file."""
    monkeypatch.setattr(history, "is_scrubbed", lambda: False)
    gateway(echo)
    chat(";", "user: cat")
    capsys.readouterr()
    chat("/forget cat")
    assert capsys.readouterr().out == (
        "1 execution forgotten. What that leaves in the file is being overwritten, in the "
        "background. Saved outputs of notebooks, cassettes and backups are other copies.\n"
    )


def test_what_no_query_finds_is_not_forgotten(chat, capsys):
    """The count says so."""
    chat("/forget nothing")
    assert capsys.readouterr().out == "0 executions forgotten.\n"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("/show 5", 'line 1: /show 5: write #5 for a number of the history, "5" for the text'),
        ("/history 2024", "/history 2024: write #2024"),
        ("/forget 7", "/forget 7: write #7"),
        ("/forget #1 7", "/forget 7: write #7"),
        ("/star 5 note", "/star 5: write #5"),
        ("/star", "write %chat /star #N [NOTE]"),
        ("/show", "write %chat /show #N"),
        ("/show #1 #2", "write %chat /show #N"),
        ("/cell x", "/cell x: expected a number such as #12, or the file of a prompt: prompt x"),
        ("/cell 5", "/cell 5: write #5"),
        ("/cell", "write %chat /cell #N"),
        ("/rerun #", "/rerun #: expected a number"),
        ("/show #-1", "expected a number"),
        ("/forget", "write %chat /forget #N"),
        ("/show #99", "there is no #99"),
        ("/rerun #99", "there is no #99"),
        ("/unstar #99", "there is no #99"),
        ("/forget #99", "there is no #99"),
        ("/history since:never", "since:never: must be an age"),
    ],
)
def test_what_a_command_does_not_take_is_an_error(chat, line, words):
    """A bare number is refused, since it may be meant as that of an `In[…]`."""
    with pytest.raises(InvalidRequest) as caught:
        chat(line)
    assert words in str(caught.value)


def test_a_cell_can_be_left_out_of_the_history(chat, gateway):
    """Its result has no number."""
    gateway(echo)
    assert chat("--no-history", "user: Hi").history_id is None
    assert chat("/history").rows == []


def test_numbers_are_completed_with_the_beginning_of_their_prompts(chat, gateway, shell):
    """For the commands that take one; the latest come first."""
    gateway(echo)
    chat(";", "user: Name a cat")
    chat(";", "user: " + "word " * 30)

    offered = completed(shell, "%chat /show ")
    assert [text for text, _ in offered] == ["#2", "#1"]
    assert offered[1] == ("#1", "Name a cat")
    assert offered[0][1].endswith("…")
    assert completed(shell, "%chat /rerun #1") == [("#1", "Name a cat")]
    assert completed(shell, "%chat /models #") == []


def test_where_the_history_cannot_be_read_nothing_is_completed(chat, history_file, shell):
    """The command itself says why."""
    history_file.parent.mkdir()
    history_file.write_text("notes\n" * 500)
    with pytest.raises(ChatError, match="is not a database"):
        chat("/history")


@pytest.fixture
def in_cell(session, monkeypatch):
    """Run what follows in a cell with an id."""
    from chat_magic.engine.history_recorder import CellPlace

    def run(cell_id):
        place = CellPlace(cell_id=cell_id, source="%%chat", notebook="/w/a.ipynb")
        monkeypatch.setattr(session.history, "locate", lambda: place)

    return run


def test_versions_lists_the_executions_of_a_cell(chat, gateway, in_cell):
    """That of the last result, or of a number; they are numbered from the oldest."""
    gateway(echo)
    for cell_id, prompt in [("c", "One"), ("d", "Two"), ("c", "Three"), ("c", "Four")]:
        in_cell(cell_id)
        chat("", f"user: {prompt}")
    view = chat("/versions")
    assert view.table.index.tolist() == [4, 3, 1]
    assert [line.remark for line in view.lines] == ["version 3", "version 2", "version 1"]
    assert view.title == "3 versions, the newest first"
    assert chat("/versions #2").table.index.tolist() == [2]


def test_a_front_end_without_cell_ids_has_no_versions(chat, gateway):
    """As a terminal."""
    gateway(echo)
    chat("", "user: One")
    assert chat("/versions").title == "no versions"


def test_diff_draws_what_changed_between_two_results(chat, gateway, capsys):
    """Of any cells: prompt, parameters, answers."""
    gateway(echo)
    chat("-t 0.2", "user: Name a cat")
    chat("-t 0.8", "user: Name a dog")
    capsys.readouterr()
    found = chat("/diff #1 #2")
    assert repr(found) == "<ResultDiff #1 → #2>"
    drawn = capsys.readouterr().out
    assert "temperature 0.2 → 0.8" in drawn
    assert "user: Name a[- cat-]{+ dog+}" in drawn


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("/diff", "write %chat /diff #N #M"),
        ("/diff #1", "write %chat /diff #N #M"),
        ("/diff #1 2", "write #2 for a number of the history"),
        ("/diff #1 #99", "there is no #99"),
        ("/versions 1", "write #1 for a number of the history"),
        ("/versions #1 #1", "write %chat /versions #N"),
        ("/versions #99", "there is no #99"),
    ],
)
def test_numbers_of_versions_are_checked(chat, gateway, line, words):
    """The error says what to write."""
    gateway(echo)
    chat("", "user: Hi")
    with pytest.raises(InvalidRequest, match=words):
        chat(line)


def test_both_numbers_of_diff_complete(chat, gateway, shell):
    """And no third."""
    gateway(echo)
    chat("", "user: Hi")

    for line, count in [("%chat /diff ", 1), ("%chat /diff #1 ", 1), ("%chat /diff #1 #2 ", 0)]:
        assert len(completed(shell, line)) == count
