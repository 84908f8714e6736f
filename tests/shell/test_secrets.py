"""Keys are only in their headers: not in anything printed, logged, pickled or saved."""

from __future__ import annotations

import logging
import pickle
import traceback
from dataclasses import replace

import nbformat
import pytest

import chat_magic
from chat_magic.errors import ChatError
from chat_magic.shell import load_ipython_extension, unload_ipython_extension
from tests.completions import DONE, completion, delta
from tests.gateway import CLOSE, RESET, Answer, Gateway, events, streamed, whole

KEY = "sk-canary-0123456789/abcdef"
TEAM = "canary-of-the-team-0123"
ECHO = {"seen": f"Bearer {KEY}", "headers": {"x-team": TEAM}}

FAULTS = [
    whole({"error": {"message": f"'Bearer {KEY}' of {TEAM} is wrong"}}, status=401),
    whole({"error": f"no {KEY}"}),
    Answer([f"<title>{KEY}</title>".encode()], status=502),
    Answer([b"no"], status=400, headers={"X-Request-Id": KEY}),
    Answer([], status=302, headers={"Location": f"http://{KEY}/"}),
    Answer([], status=302, headers={"Location": f"http://x.invalid/?key={KEY}"}),
    Answer([RESET], framing="raw"),
    Answer([CLOSE], framing="raw"),
    Answer([b"oops " + KEY.encode()], framing="raw"),
    events(delta("Half"), RESET),
    events(delta("Half"), {"error": f"not {KEY}"}),
    events(delta("Half"), f"event: error\ndata: {KEY}\n\n".encode()),
    events(delta("Half"), f"data: {KEY}\n\n".encode()),
]
WRAPPED = """\
import chat_magic
try:
    chat_magic.chat("Hi", retries=1)
except Exception as error:
    raise RuntimeError("mine") from error
"""
"""Code that prints a whole chain of tracebacks."""


@pytest.fixture
def keyed(monkeypatch, config_file):
    """Return a function that starts a gateway with secrets in its URL, key and header."""
    opened = []

    def start(*answers):
        gateway = Gateway(*answers).__enter__()
        opened.append(gateway)
        monkeypatch.setenv("V_KEY", KEY)
        monkeypatch.setenv("V_TEAM", TEAM)
        monkeypatch.setenv("CHAT_MAGIC_MODEL", "v/m")
        config_file(
            f'[endpoints.v]\nbase_url = "{gateway.base_url}?key={KEY}"\nkey = "V_KEY"\n'
            'headers = { "X-Team" = "${V_TEAM}" }\n[routes]\n"v/*" = "v"\n'
        )
        return gateway

    yield start
    for gateway in opened:
        gateway.__exit__()


def leaks_in(text):
    """Return the surroundings of each secret in a text; its beginning is a leak too."""
    return [
        text[max(0, at - 60) : at + 30]
        for secret in (KEY[:14], TEAM[:14])
        for at in [text.find(secret)]
        if at >= 0
    ]


@pytest.mark.parametrize("fault", FAULTS, ids=range(len(FAULTS)))
def test_no_fault_shows_a_key(keyed, shell, capsys, caplog, fault):
    """Neither in the verbose traceback of a chain of exceptions, nor in a log of any level."""
    caplog.set_level(logging.DEBUG)
    for name in list(logging.root.manager.loggerDict):
        logging.getLogger(name).setLevel(logging.NOTSET)
    keyed(fault)
    load_ipython_extension(shell)
    shell.run_line_magic("xmode", "Verbose")
    try:
        shell.run_cell("%%chat --retries 1\nHi")
        shell.run_cell(WRAPPED)
    finally:
        shell.run_line_magic("xmode", "Context")
        unload_ipython_extension(shell)
    printed = "".join(capsys.readouterr())
    assert "RuntimeError" in printed
    assert leaks_in(printed) == []
    assert leaks_in(caplog.text) == []


@pytest.mark.parametrize("fault", FAULTS, ids=range(len(FAULTS)))
def test_no_error_contains_a_key(keyed, fault):
    """Neither its text, fields and causes, nor its result and the pickle of that."""
    keyed(fault)
    with pytest.raises(ChatError) as caught:
        chat_magic.chat("Hi", retries=0)
    error = caught.value
    shown = [str(error), repr(error), str(vars(error)), *traceback.format_exception(error)]
    if error.result is not None:
        shown += [repr(error.result), str(error.result.extra), str(pickle.dumps(error.result))]
    assert leaks_in("\n".join(shown)) == []


@pytest.mark.parametrize("fault", FAULTS, ids=range(len(FAULTS)))
def test_no_run_of_a_grid_contains_a_key(keyed, fault):
    """Neither the error, the picture and the pickle of the results, nor the error of the grid."""
    keyed(fault)
    with pytest.raises(ChatError) as caught:
        chat_magic.chat_grid("Hi", sweep={"seed": [1, 2]}, retries=0)
    results = caught.value.result
    shown = [str(caught.value), *traceback.format_exception(caught.value), str(results.errors)]
    shown += [str(results._repr_mimebundle_()), str(pickle.dumps(results))]
    assert leaks_in("\n".join(shown)) == []


@pytest.mark.parametrize("is_streamed", [True, False])
@pytest.mark.parametrize("escape", [b"/", b"\\/"])
def test_a_key_that_an_answer_repeats_is_removed(keyed, is_streamed, escape):
    """From the text and from unknown fields, however JSON escapes it; a warning says so."""
    value = {**completion(f"You sent {KEY} and"), "echo": ECHO}
    chunks = [{**delta(f"You sent {KEY} and"), "echo": ECHO}, delta(finish_reason="stop"), DONE]
    answer = events(*chunks) if is_streamed else whole(value)
    body = answer.steps[0].replace(b"/abc", escape + b"abc")
    gateway = keyed(replace(answer, steps=[body, *answer.steps[1:]]))
    result = chat_magic.chat("Hi")
    assert result.text == "You sent *** and"
    assert result.extra["echo"]["seen"] == "Bearer ***"
    assert "the server sent a key back: it was removed from the answer" in result.warnings
    kept = [repr(result), str(result.reply), str(pickle.dumps(result))]
    kept += [str(result._repr_mimebundle_()), result.frame.to_csv(), str(result.request)]
    assert leaks_in("\n".join(kept)) == []
    (request,) = gateway.requests
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.headers["x-team"] == TEAM


def test_a_short_placeholder_for_a_key_is_an_ordinary_word(gateway, monkeypatch):
    """Such as `ollama`, for servers that need no key: a model may write it."""
    gateway(streamed(completion("Ask ollama")))
    monkeypatch.setenv("CHAT_MAGIC_API_KEY", "ollama")
    result = chat_magic.chat("Hi")
    assert (result.text, result.warnings) == ("Ask ollama", ())


def test_a_saved_notebook_contains_no_key(execute_notebook, keyed, tmp_path):
    """After answers, refusals, broken streams, settings and a dry run."""
    keyed(streamed(completion("Hello")), *FAULTS[:1], FAULTS[-3])
    cells = [
        "%load_ext chat_magic\n%xmode Verbose\nimport logging\nlogging.basicConfig(level=10)",
        "%%chat --out r\nHi",
        "r, r.extra, r.request, r.frame",
        "%%chat --retries 0\nHi",
        "%%chat --retries 0\nHi",
        "%chat /config",
        "%%chat --dry-run\nHi",
        WRAPPED,
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in cells])
    execute_notebook(notebook, allow_errors=True, resources={"metadata": {"path": tmp_path}})
    saved = nbformat.writes(notebook)
    assert "Hello" in saved
    assert "RuntimeError" in saved
    assert "POST to 127.0.0.1" in saved
    assert leaks_in(saved) == []
