"""Calls and results as rows of the history, and rows as results."""

from __future__ import annotations

import json

import pytest

from chat_magic.core.reply.reply import Reply, Timing
from chat_magic.core.request.request import read_fields
from chat_magic.engine.execution_rows import (
    Origin,
    end_of,
    request_json,
    start_of,
    without_tokens,
)
from chat_magic.results.chat_result import ChatResult
from chat_magic.results.chat_results import ChatResults
from chat_magic.results.result_json import result_from_json, result_to_json
from chat_magic.transport.credentials import Secret
from tests.completions import completion
from tests.engine.calls import prepare

KEY = "sk-canary-in-a-prompt-123"
ORIGIN = Origin(started_s=1.0, notebook="/w/a.ipynb", cell_id="c", source="%%chat\nHi", thread="t")


@pytest.fixture(autouse=True)
def _model(monkeypatch):
    monkeypatch.setenv("CHAT_MAGIC_BASE_URL", "https://me:canary-pw-123@a.example/v1")
    monkeypatch.setenv("CHAT_MAGIC_MODEL", "a/b")


def user(content):
    return {"role": "user", "content": content}


def test_a_start_has_the_last_prompt_and_where_it_was_asked():
    """The search has all messages."""
    messages = [{"role": "system", "content": "Be brief."}, user("One"), user("Two")]
    start = start_of("answer", [prepare(messages=messages)], ORIGIN)
    assert (start.prompt, start.messages) == ("Two", "Be brief.\nOne\nTwo")
    assert (start.kind, start.model, start.requests) == ("answer", "a/b", 1)
    assert (start.notebook, start.cell_id, start.source) == ("/w/a.ipynb", "c", "%%chat\nHi")
    assert json.loads(start.runs[0].request)["messages"] == messages


@pytest.mark.parametrize(
    ("content", "prompt"),
    [
        ("Hi", "Hi"),
        ([{"type": "text", "text": "Look"}, {"type": "text", "text": "here"}], "Look\nhere"),
        ([{"type": "image_url", "image_url": {"url": "data:image/png;base64,AA"}}], ""),
    ],
)
def test_the_prompt_is_text_without_attachments(content, prompt):
    """Parts that are text are joined."""
    assert start_of("answer", [prepare(messages=[user(content)])], ORIGIN).prompt == prompt


@pytest.mark.parametrize("text", ["Hi", "\ud800 and more", "Ünïcode 猫"])
def test_a_request_is_kept_as_json(text):
    """Also one with half a surrogate pair, which no server takes."""
    body = {"model": "a/b", "messages": [user(text)], "temperature": 0.5}
    assert json.loads(request_json(body)) == body


def test_a_grid_names_each_model_once_and_has_a_request_for_each_run():
    """A text that all runs share is searched once."""
    calls = [prepare(messages=[user("Hi")], model=model) for model in ("a/b", "c/d", "a/b")]
    start = start_of("grid", calls, ORIGIN)
    assert (start.model, start.requests, start.messages) == ("a/b, c/d", 3, "Hi")
    assert [run.model for run in start.runs] == ["a/b", "c/d", "a/b"]


def test_no_key_is_in_a_row():
    """Wherever it is: prompt, source, address, answer, error."""
    Secret(KEY)
    origin = Origin(started_s=1.0, source=f"key = '{KEY}'")
    start = start_of("answer", [prepare(messages=[user(f"My key is {KEY}")])], origin)
    end = end_of(result(KEY), status="failed", error=f"bad key {KEY}")
    for text in (repr(start), repr(end)):
        assert KEY not in text
        assert "canary-pw" not in text
    assert start.runs[0].endpoint == "https://me:***@a.example/v1"


def result(*texts, n_top=None, request=None):
    """Return a result with these choices."""
    from chat_magic.core.reply.assembler import Assembler

    assembler = Assembler()
    assembler.feed_whole(json.dumps(completion(*texts, n_top=n_top)).encode(), 500.0)
    request = request or read_fields({"messages": [user("Hi")], "model": "a/b"}, allow_extra=False)
    timing = Timing(ttft_s=0.1, total_s=0.5)
    return ChatResult(request, assembler.reply(), timing, cost=0.25)


def test_an_end_has_the_numbers_of_a_result():
    """And the whole of it as JSON."""
    value = result("One", "Two", n_top=2)
    end = end_of(value, status="complete")
    assert (end.answer, end.texts, end.answers, end.failed) == ("One", "One\nTwo", 2, 0)
    assert (end.cost, end.ttft_s, end.total_s, end.has_tokens) == (0.25, 0.1, 0.5, True)
    assert end.total_tokens == end.prompt_tokens + end.completion_tokens
    assert result_from_json(end.result) == value


def test_an_end_of_a_grid_adds_up_its_runs():
    """The failed ones are counted."""
    empty = ChatResult(result("x").request, Reply(), Timing())
    grid = ChatResults((result("One"), result("Two"), empty), errors={2: "refused"})
    end = end_of(grid, status="complete")
    single = end_of(result("One"), status="complete")
    assert (end.answers, end.failed, end.cost) == (2, 1, 0.5)
    assert end.prompt_tokens == 2 * single.prompt_tokens


def test_an_end_without_anything_is_an_error_alone():
    """Such as a refused request."""
    end = end_of(None, status="failed", error="refused")
    assert (end.result, end.answers, end.failed, end.error) == (None, 0, 1, "refused")
    assert (end.cost, end.total_tokens, end.total_s) == (None, None, None)


def test_a_result_can_be_kept_without_its_token_tables():
    """Texts and usage stay."""
    value = result("One", "Two", n_top=2)
    for full in (value, ChatResults((value, value))):
        bare = result_from_json(without_tokens(result_to_json(full)))
        runs = bare.results if isinstance(bare, ChatResults) else [bare]
        assert [choice.text for run in runs for choice in run][:2] == ["One", "Two"]
        assert all(choice.logprobs is None for run in runs for choice in run)
        assert runs[0].usage == value.usage
    assert without_tokens("no JSON") == "no JSON"
