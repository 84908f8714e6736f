"""`%chat /cassette`: which file is used, and what is in it."""

from __future__ import annotations

from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_notebook

import chat_magic
from chat_magic.shell.cassette_command import run_cassette
from tests.completions import completion
from tests.gateway import streamed

FILE = "demo.chat.jsonl"


@pytest.fixture(autouse=True)
def _own_files(history_file, monkeypatch, tmp_path):
    """Each test has a history, a folder and no CI of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CI", raising=False)


def test_a_new_file_has_what_is_in_the_history(gateway, capsys):
    """It says how many answers; from then on answers are recorded and replayed."""
    server = gateway(streamed(completion("Hello")))
    chat_magic.chat("Hi")
    run_cassette(FILE)
    assert f"{FILE} has 1 answer from the history." in capsys.readouterr().out
    assert chat_magic.chat("Hi").replayed
    chat_magic.chat("Ho")
    assert len(server.requests) == 2
    assert len(Path(FILE).read_text().splitlines()) == 3


def test_alone_it_says_what_is_used_and_what_is_stale(gateway, session, capsys):
    """Stale is what no cell of this session has used."""
    gateway(streamed(completion("Hello")))
    for prompt in ("old\x1b[31m one", "new one"):
        chat_magic.chat(prompt, cassette=FILE)
    session.cassettes._open.clear()  # as in another session
    run_cassette(FILE)
    chat_magic.chat("new one")
    capsys.readouterr()
    run_cassette("")
    assert (
        capsys.readouterr()
        .out.splitlines()[0]
        .endswith(f"{FILE}: 2 answers, 1 used in this session")
    )
    run_cassette("")
    assert capsys.readouterr().out.splitlines()[1:] == [
        "1 stale, used by no cell of this session:",
        "  a/b: old [31m one",
    ]


def test_off_ends_it(gateway, monkeypatch, capsys):
    """Also where the environment names one."""
    monkeypatch.setenv("CHAT_MAGIC_CASSETTE", FILE)
    server = gateway(streamed(completion("Hello")))
    run_cassette("off")
    for _ in range(2):
        chat_magic.chat("Hi")
    assert len(server.requests) == 2
    capsys.readouterr()
    run_cassette("")
    assert capsys.readouterr().out.startswith("No cassette is used: ")


def test_broken_lines_are_named(capsys):
    """The line and what is wrong with it."""
    Path(FILE).write_text("rubbish\n")
    run_cassette(f'"{FILE}"')
    assert f"note: cassette {Path(FILE).absolute()}: line 1 is skipped" in capsys.readouterr().out


CELLS = [
    "%load_ext chat_magic",
    "%%chat --cache --n 2 --top-logprobs 2 --out first\nName a cat",
    "%%chat --cache --sweep temperature=0,1 --out grid\nName a dog",
    "%%chat --cache --after first\nAnother",
    "print(first.frame.to_csv(), first.tokens.to_csv(), grid.frame.to_csv(), grid.cost)",
]


def test_a_notebook_that_is_run_twice_sends_nothing_and_gives_the_same_outputs(
    gateway, execute_notebook
):
    """In new kernels; the pictures differ only by the day of the recording."""
    server = gateway(lambda request: streamed(_numbered(server, request)))
    outputs, sent = [], []
    for _ in range(3):
        notebook = new_notebook(cells=[new_code_cell(cell) for cell in CELLS])
        execute_notebook(notebook)
        outputs.append([_shown(cell) for cell in notebook.cells])
        sent.append(len(server.requests))
    assert sent == [4, 4, 4]
    assert outputs[1] == outputs[2]
    assert outputs[0][-1] == outputs[1][-1]
    assert "recorded" in outputs[1][1][0]["text/plain"]


def _shown(cell):
    """Return what a cell shows."""
    return [output.get("data", output.get("text")) for output in cell.outputs]


def _numbered(server, request):
    """Return an answer with the number of the request."""
    n = request.json.get("n", 1)
    return completion(*[f"answer {len(server.requests)}"] * n, n_top=2)
