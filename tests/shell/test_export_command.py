"""The command `/export` in a shell: results by name, printed or written to files."""

from __future__ import annotations

import json

import pytest
from IPython.core.completer import provisionalcompleter

import chat_magic
from chat_magic import InvalidRequest, load_ipython_extension, unload_ipython_extension
from tests.completions import completion
from tests.gateway import streamed


@pytest.fixture
def chat(shell, gateway, tmp_path, monkeypatch):
    """Return the line magic, in a folder of its own, with a result `names` and a grid `grid`."""
    gateway(streamed(completion("One", "Two\x1b[31m")))
    monkeypatch.chdir(tmp_path)
    load_ipython_extension(shell)
    shell.push({"names": chat_magic.chat("Hi", model="a/b", n=2), "number": 5})
    shell.push({"grid": chat_magic.chat_grid("Hi", models=["a/b", "c/d"], n=2)})
    yield lambda line: shell.run_line_magic("chat", line)
    unload_ipython_extension(shell)
    for name in ("names", "grid", "number", "mine"):
        shell.user_ns.pop(name, None)


def test_a_format_is_printed(chat, shell, capsys):
    """Of a result by its name, without what would control a terminal."""
    assert chat("/export body names") is None
    assert json.loads(capsys.readouterr().out) == shell.user_ns["names"].request.body()
    chat("/export  markdown   grid")
    assert "## model a/b" in capsys.readouterr().out
    chat("/export markdown names")
    assert "\x1b" not in capsys.readouterr().out


def test_without_a_name_it_is_the_last_result(chat, shell, capsys):
    """That of the last cell, whatever it is called."""
    with pytest.raises(InvalidRequest, match="there is no result yet"):
        chat("/export body")
    shell.run_line_magic("chat", "-m a/b --out mine Hello")
    capsys.readouterr()
    chat("/export body")
    assert "Hello" in capsys.readouterr().out
    chat("/export html")
    assert capsys.readouterr().out.startswith("mine.html: a page with the prompt and 2 answers")


@pytest.mark.parametrize(
    ("line", "file"),
    [
        ("/export curl names > request.sh", "request.sh"),
        ("/export curl names >request.sh", "request.sh"),
        ("/export curl names > 'my request.sh'", "my request.sh"),
        ("/export curl names > my request.sh", "my request.sh"),
    ],
)
def test_a_file_is_written(chat, shell, capsys, tmp_path, line, file):
    """And said, with its size."""
    chat(line)
    text = shell.user_ns["names"].export("curl")
    assert (tmp_path / file).read_text("utf-8") == text
    printed = capsys.readouterr().out
    assert printed == f"{file}: a command for a shell ({len(text)} bytes)\n"


def test_a_page_always_goes_to_a_file(chat, capsys, tmp_path):
    """Named as the result, unless a file is given."""
    chat("/export html names")
    assert "names.html: a page with the prompt and 2 answers" in capsys.readouterr().out
    assert (tmp_path / "names.html").read_text("utf-8").startswith("<!DOCTYPE html>")
    chat("/export html grid > a.html")
    assert "a.html: a page with 4 answers, which loads nothing" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("/export", "write %chat /export FORMAT"),
        ("/export > a", "write %chat /export FORMAT"),
        ("/export curl names grid", "write %chat /export FORMAT"),
        ("/export cur names", "'cur' is not a format"),
        ("/export curl nams", "nams is not a name in the notebook; did you mean names?"),
        ("/export curl number", "int is not a chat result"),
        ("/export curl grid", "is the request of one run"),
        ("/export curl 7", "numbers of the history are written #7"),
        ("/export curl #7", "there is no #7"),
        ("/export curl names > no/such/folder", "cannot be written"),
    ],
)
def test_what_cannot_be_exported_is_an_error(history_file, chat, line, words):
    """That says what to write."""
    with pytest.raises(InvalidRequest) as caught:
        chat(line)
    assert words in str(caught.value)


def test_numbers_name_results_of_the_history(history_file, chat, shell, capsys):
    """A page of one is named by its number."""
    number = chat_magic.chat("Kept", model="a/b", n=2).history_id
    capsys.readouterr()
    chat(f"/export body #{number}")
    assert "Kept" in capsys.readouterr().out
    chat(f"/export html #{number}")
    assert capsys.readouterr().out.startswith(f"answer-#{number}.html: a page with the prompt")


def test_formats_and_results_are_completed(chat, shell):
    """First the formats, then the names of results, then nothing."""

    def offered(text):
        with provisionalcompleter():
            return [match.text for match in shell.Completer.completions(text, len(text))]

    assert offered("%chat /export m") == ["markdown"]
    assert offered("%chat /export curl ") == ["grid", "names"]
    assert offered("%chat /export curl na") == ["names"]
    assert offered("%chat /export curl names ") == []
