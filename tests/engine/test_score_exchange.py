"""Scoring the texts of a request: order, progress, faults, interrupts and time limits."""

from __future__ import annotations

import pytest

from chat_magic import ApiError, ChatInterrupted, InvalidRequest, RequestTimeout
from chat_magic.core.request.scoring import Scoring
from chat_magic.engine.chat import start_answer
from chat_magic.engine.prepare import build_request, prepare_call
from chat_magic.engine.score import scoring_request
from chat_magic.engine.session import default_session
from tests.engine.score_servers import LlamaScript
from tests.engine.test_score import TEXTS, _nothing_is_known, score  # noqa: F401
from tests.gateway import HOLD, Answer, whole
from tests.waiting import wait_until


def test_a_model_that_thinks_first_is_refused(gateway):
    """The text would be scored as a thought."""
    gateway(LlamaScript(template_end="<think>\n"))
    with pytest.raises(InvalidRequest, match="thinks before it answers"):
        score()


def test_what_was_scored_before_a_fault_is_kept(gateway):
    """In the result of the error."""
    script = LlamaScript()

    def failing(request):
        if request.path == "/tokenize" and request.json["content"] == "London":
            return whole({"error": {"message": "gone"}}, status=404)
        return script(request)

    gateway(failing)
    with pytest.raises(ApiError, match="gone") as caught:
        score()
    assert caught.value.result.scores["candidate"].tolist() == ["Paris"]


def test_the_first_text_shows_that_the_server_can_before_the_others_are_sent(gateway):
    """It also fills the server's cache of the prompt."""
    script, order = LlamaScript(), []

    def reply(request):
        if request.path == "/tokenize":
            order.append(request.json["content"])
        return script(request)

    gateway(reply)
    score(["a", "b", "c"])
    texts = [text for text in order if text in ("a", "b", "c")]
    assert texts[0] == "a"
    assert sorted(texts) == ["a", "b", "c"]


def test_progress_counts_the_texts_and_an_interrupt_keeps_those_that_were_scored(gateway):
    """Their choices are in the result."""
    script = LlamaScript()

    def reply(request):
        if request.path == "/tokenize" and request.json["content"] == "London":
            return Answer([HOLD])
        return script(request)

    gateway(reply)
    session = default_session()
    request, _ = build_request("Hi", "a/b", None, None, {}, None)
    call = prepare_call(session, scoring_request(request, Scoring(tuple(TEXTS))))
    handle = start_answer(session, call)
    wait_until(lambda: handle.task.note == "1 of 2 texts left")
    handle.cancel()
    with pytest.raises(ChatInterrupted) as caught:
        handle.wait()
    assert caught.value.result.scores["candidate"].tolist() == ["Paris"]
    assert caught.value.result.warnings == (
        "1 of 2 texts were scored: `share` and `rank` are among these",
    )


def test_a_score_that_takes_too_long_is_an_error(gateway):
    """It names the limit."""
    gateway(Answer([HOLD]))
    with pytest.raises(RequestTimeout, match=r"not scored within 0\.2 s"):
        score(timeout=0.2)
