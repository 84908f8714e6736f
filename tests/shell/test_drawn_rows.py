"""An opened row of a table that was drawn without all its tokens asks the kernel for its own."""

from __future__ import annotations

import gc
import json
from functools import partial

import pytest

from chat_magic import chat_grid
from chat_magic.errors import InvalidRequest
from chat_magic.shell.drawn_rows import whole_run, with_handle
from chat_magic.shell.version_requests import VersionReply
from chat_magic.view import bundle
from chat_magic.view.bundle import MIME_TYPE
from chat_magic.view.rows_payload import rows_payload
from tests.completions import completion
from tests.gateway import streamed


@pytest.fixture
def ask(gateway, monkeypatch):
    """Return a function that asks a table of two rows, whose tokens do not fit into its picture."""
    monkeypatch.setattr(bundle, "rows_payload", partial(rows_payload, largest=10))
    gateway(streamed(completion("One two", n_top=3)))
    return lambda: chat_grid("Hi {{ text }}", over=["a", "b"], model="a/b", top_logprobs=3)


def drawn(session, value):
    """Return the table of a value's payload."""
    return with_handle(session, value, value._repr_mimebundle_())[MIME_TYPE]["rows"]


def test_a_row_is_given_with_all_its_tokens(session, ask):
    """Which its picture lacks; the reply is that to the front end."""
    results = ask()
    rows = drawn(session, results)
    assert rows["is_cut"]
    saved = results._repr_mimebundle_()[MIME_TYPE]["results"][1]
    assert not saved["choices"][0]["parts"]
    request = json.dumps({"ask": "run", "handle": rows["handle"], "run": 1})
    payload = VersionReply(request)._repr_mimebundle_()["application/json"]["payload"]
    (whole,) = payload["results"]
    assert whole["choices"][0]["parts"]
    assert whole["alternatives_left_out"] == 0
    assert whole["choices"][0]["text"] == saved["choices"][0]["text"]


def test_a_table_with_all_its_tokens_needs_no_kernel(session, gateway):
    """Nor does a value that is no table."""
    gateway(streamed(completion("One")))
    whole = chat_grid("Hi {{ text }}", over=["a"], model="a/b")
    assert "handle" not in drawn(session, whole)
    single = whole[0]
    assert with_handle(session, single, {"text/plain": "x"}) == {"text/plain": "x"}


def test_a_run_that_there_is_not_is_an_error(session, ask):
    """As is any other value."""
    results = ask()
    handle = drawn(session, results)["handle"]
    for run in (-1, 2, "1", True):
        with pytest.raises(InvalidRequest, match="must be 0 to 1"):
            whole_run(session, handle, run)


def test_a_table_is_not_kept_for_its_picture(session, ask):
    """Once the notebook has dropped it, the reply says what to do."""
    results = ask()
    handle = drawn(session, results)["handle"]
    del results
    gc.collect()
    with pytest.raises(InvalidRequest, match="run its cell again"):
        whole_run(session, handle, 0)
