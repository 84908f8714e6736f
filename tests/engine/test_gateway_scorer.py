"""Scoring by chat requests: vLLM, servers that echo, and plain gateways."""

from __future__ import annotations

import json
import math

import pytest

import chat_magic
from chat_magic import ChatError
from chat_magic.engine.session import default_session
from tests.engine import score_servers
from tests.engine.score_servers import sent_to
from tests.engine.test_score import TEXTS, _nothing_is_known, score  # noqa: F401
from tests.gateway import whole


def test_vllm_gets_the_text_as_the_answer_so_far(gateway):
    """And is believed only when it reports the prompt."""
    server = gateway(score_servers.vllm())
    result = score()
    assert result.scores["prob"].tolist() == pytest.approx([0.25, 0.25])
    assert set(result.scores["method"]) == {"prompt_logprobs"}
    assert result.scores["end_logprob"].tolist() == pytest.approx([math.log(0.25)] * 2)
    first = sent_to(server.requests, "/v1/chat/completions")[0]
    expected = {"prompt_logprobs": 0, "max_tokens": 1, "stream": False}
    expected |= {"continue_final_message": True, "add_generation_prompt": False}
    assert expected.items() <= first.items()
    assert first["messages"] == [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Paris"},
    ]
    assert len(sent_to(server.requests, "/v1/chat/completions")) == 2
    assert result.usage.prompt_tokens is not None


@pytest.mark.parametrize(
    "script",
    [score_servers.vllm(), score_servers.echoing(beside=True), score_servers.plain({"Paris": 0.5})],
)
def test_a_score_counts_what_the_server_counted_and_warns_of_no_parameter(gateway, script):
    """The texts were not written: their tokens are no output, and no limit was ignored."""
    server = gateway(script)
    result = score(["Paris", "London"], max_completion_tokens=1, stop="n")
    answers = [r for r in sent_to(server.requests, "/v1/chat/completions") if r["max_tokens"] == 1]
    assert result.warnings == ()
    assert result.usage.completion_tokens in (1, 2)
    assert result.usage.completion_tokens <= len(answers)


@pytest.mark.parametrize("beside", [True, False])
def test_a_server_that_echoes_is_found_out(gateway, beside):
    """Beside the choices or before the answer; once for all further scores."""
    server = gateway(score_servers.echoing(beside=beside))
    scores = score().scores
    assert scores["prob"].tolist() == pytest.approx([0.25, 0.25])
    assert set(scores["method"]) == {"echo"}
    assert scores["end_logprob"].notna().all() == beside
    n_first = len(server.requests)
    score()
    assert len(server.requests) - n_first == len(TEXTS)


def test_a_plain_gateway_gives_bounds_by_one_answer(gateway):
    """They are labelled, and no share is made up."""
    server = gateway(score_servers.plain({"Paris": 0.5, "Lon": 0.25, "L": 0.125}))
    scores = score([*TEXTS, "Rome"]).scores
    assert scores["bound"].astype(str).tolist() == ["interval", "upper", "upper"]
    assert scores["low"].tolist() == pytest.approx([0.5, 0.0, 0.0])
    assert scores["high"].tolist() == pytest.approx([0.625, 0.5, 0.125])
    assert scores["prob"].isna().tolist() == [False, True, True]
    assert scores["share"].isna().all()
    bodies = sent_to(server.requests, "/v1/chat/completions")
    assert [body.keys() & {"echo", "prompt_logprobs"} for body in bodies[-1:]] == [set()]
    assert len(bodies) == 3


@pytest.mark.parametrize(
    ("script", "words"),
    [
        (score_servers.plain({}), "reports no alternatives"),
        (score_servers.plain({"a": 1.0}, reasoning_content="Hm"), "thinks before it answers"),
    ],
)
def test_a_server_that_cannot_say_is_an_error(gateway, script, words):
    """It names servers that can."""
    gateway(script)
    with pytest.raises(ChatError, match=words):
        score()


def test_a_model_that_would_think_first_is_told_with_the_scores(gateway):
    """They are those of answers without thoughts: by the first token, or by what is reported."""
    script = score_servers.vllm()

    def thinks(request):
        value = json.loads(b"".join(script(request).steps))
        return whole({**value, "usage": {"completion_tokens_details": {"reasoning_tokens": 1}}})

    for server in (thinks, score_servers.plain({"<think>": 0.9, "P": 0.1})):
        gateway(server)
        default_session().score_ways.clear()
        result = score(["Paris"])
        assert [w for w in result.warnings if "scores of answers without thinking" in w]


def test_texts_continue_a_last_assistant_message(gateway):
    """As an answer would."""
    server = gateway(score_servers.vllm())
    messages = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "It is "}]
    result = chat_magic.score(messages, ["Paris"], model="a/b")
    sent = sent_to(server.requests, "/v1/chat/completions")[0]["messages"]
    assert sent[-1]["content"] == "It is Paris"
    assert result.scores["candidate"].tolist() == ["Paris"]
