"""The function `ablate`: what is left out, what it costs, and what is measured."""

from __future__ import annotations

import json
import math
import pickle

import pytest

import chat_magic
from chat_magic import BudgetExceeded, ChatError, InvalidRequest
from tests.completions import completion
from tests.engine import score_servers
from tests.engine.score_servers import LlamaScript, sent_to
from tests.gateway import whole

PROMPT = "Be brief. Be kind. Name a city."
PARTS = [{"role": "user", "content": [{"type": "text", "text": "Be brief. Be kind."}]}]


@pytest.fixture(autouse=True)
def _nothing_is_known(session):
    """Forget what earlier servers at the same address could."""
    session.score_ways.clear()
    session.llama_models._known.clear()
    session.server_kinds._kinds.clear()


def vllm_where(probs):
    """Return a vLLM server whose answers are likely by the first of these words in the prompt."""

    def reply(request):
        if request.path == "/v1/models":
            return score_servers.listed("vllm")
        prompt = json.dumps(request.json["messages"][:-1])
        prob = next((prob for word, prob in probs.items() if word in prompt), 0.125)
        row = {"1": {"logprob": math.log(prob), "decoded_token": "Rome"}}
        return whole({**completion("x"), "prompt_logprobs": [None, row]})

    return reply


def test_each_segment_is_left_out_once_and_the_answer_is_scored_again(gateway):
    """A segment that makes it likelier has bits above 0."""
    server = gateway(vllm_where({"brief": 0.5}))
    ablation = chat_magic.ablate(PROMPT, "Rome", model="a/b")
    frame = ablation.frame
    assert frame["segment"].tolist() == ["Be brief.", " Be kind.", " Name a city."]
    assert frame["bits"].tolist() == pytest.approx([2.0, 0.0, 0.0])
    assert frame["prob_before"].tolist() == pytest.approx([0.5] * 3)
    assert frame["prob_after"].tolist() == pytest.approx([0.125, 0.5, 0.5])
    asked = sent_to(server.requests, "/v1/chat/completions")
    assert next(body["messages"][0]["content"] for body in asked) == PROMPT
    assert {body["messages"][0]["content"] for body in asked[1:]} == {
        " Be kind. Name a city.", "Be brief. Name a city.", "Be brief. Be kind.",
    }  # fmt: skip
    assert len(asked) == 4
    assert ablation.answer == "Rome"
    assert pickle.loads(pickle.dumps(ablation)) == ablation


def test_the_number_of_requests_is_said_first(gateway, capsys):
    """With the one for the answer, if none is given."""
    gateway(vllm_where({}))
    chat_magic.ablate(PROMPT, "Rome", model="a/b")
    assert capsys.readouterr().err == "ablate: 3 segments by sentence: 4 requests\n"


def test_without_an_answer_the_likeliest_is_written_first(gateway):
    """At temperature 0, with a limit of tokens."""
    server = gateway(vllm_where({}))
    first = []

    def reply(request):
        if request.path != "/v1/models" and "prompt_logprobs" not in request.json:
            first.append(request.json)
            return whole(completion("Rome"))
        return vllm_where({})(request)

    server._answers = (reply,)
    ablation = chat_magic.ablate(PROMPT, model="a/b")
    assert ablation.answer == "Rome"
    assert (first[0]["temperature"], first[0]["max_tokens"]) == (0, 256)


def test_the_limit_of_the_cost_is_for_all_requests_together(gateway, config_file):
    """Each scores one text, for a thousandth of a dollar; the error has what was measured."""
    config_file('[prices]\n"a/*" = { input = 0, output = 1000 }')
    usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
    answer = vllm_where({})

    def reply(request):
        said = answer(request)
        if request.path == "/v1/models":
            return said
        return whole({**json.loads(said.steps[0]), "usage": usage})

    gateway(reply)
    with pytest.raises(BudgetExceeded, match=r"max_cost \$0\.0025") as caught:
        chat_magic.ablate(PROMPT, "Rome", model="a/b", max_cost=0.0025)
    assert caught.value.result.frame["bits"].notna().sum() == 1


def test_a_replacement_stands_in_the_place_of_each_segment(gateway):
    """In the prompts that are sent, not in the table."""
    server = gateway(vllm_where({}))
    ablation = chat_magic.ablate(PROMPT, "Rome", replace=" Hm.", model="a/b")
    prompts = [
        b["messages"][0]["content"] for b in sent_to(server.requests, "/v1/chat/completions")
    ]
    assert " Hm. Be kind. Name a city." in prompts
    assert ablation.frame["segment"].tolist()[0] == "Be brief."


def test_labels_have_bounds_on_any_gateway(gateway):
    """By the alternatives of the first token; a request for each segment and one for the whole."""

    def reply(request):
        likely = 0.75 if "brief" in json.dumps(request.json["messages"]) else 0.25
        return score_servers.plain({"good": likely, "bad": 0.125})(request)

    server = gateway(reply)
    ablation = chat_magic.ablate(PROMPT, labels=["good", "bad"], model="a/b")
    frame = ablation.frame
    good = frame[frame["label"] == "good"]
    assert good["prob_before_low"].tolist() == pytest.approx([0.75] * 3)
    assert good["prob_before_high"].tolist() == pytest.approx([0.875] * 3)
    assert good["prob_after_low"].tolist() == pytest.approx([0.25, 0.75, 0.75])
    assert good["prob_after_high"].tolist() == pytest.approx([0.875, 0.875, 0.875])
    asked = sent_to(server.requests, "/v1/chat/completions")
    assert len(asked) == 4
    assert {body["top_logprobs"] for body in asked} == {20}
    assert "good" in str(ablation)


@pytest.mark.parametrize(
    ("options", "sent"),
    [
        ({"top_logprobs": 3}, 3),
        ({"extra": {"top_logprobs": 500}}, 500),
        ({"extra": {"top_logprobs": 500}, "logprobs": True}, 500),
    ],
)
def test_the_alternatives_that_are_asked_for_may_be_given(gateway, options, sent):
    """More of them make the bounds narrower, and some servers allow fewer than 20."""
    server = gateway(score_servers.plain({"good": 0.5, "bad": 0.25}))
    chat_magic.ablate(PROMPT, labels=["good", "bad"], model="a/b", **options)
    asked = sent_to(server.requests, "/v1/chat/completions")
    assert {body["top_logprobs"] for body in asked} == {sent}
    assert {body["logprobs"] for body in asked} == {True}


def test_the_beginning_of_the_answer_is_left_out_like_any_segment(gateway):
    """The answer is then scored as one without it."""
    server = gateway(vllm_where({"Hm": 0.5}))
    messages = [{"role": "user", "content": "Hm?"}, {"role": "assistant", "content": "It is "}]
    frame = chat_magic.ablate(messages, "Rome", model="a/b").frame
    assert frame["segment"].tolist() == ["Hm?", "It is "]
    assert frame["bits"].tolist() == pytest.approx([2.0, 0.0])
    last = [b["messages"][-1]["content"] for b in sent_to(server.requests, "/v1/chat/completions")]
    assert sorted(last) == ["It is Rome", "It is Rome", "Rome"]


def test_labels_require_log_probabilities(gateway):
    """Which the first answer shows: the segments are not sent."""
    server = gateway(whole(completion("good")))
    with pytest.raises(InvalidRequest, match="a/b: its server returned no log probabilities"):
        chat_magic.ablate(PROMPT, labels=["good", "bad"], model="a/b")
    assert len(server.requests) == 1


def test_an_empty_answer_of_the_model_cannot_be_scored(gateway):
    """The error says what to give in its place."""
    gateway(whole(completion("")))
    with pytest.raises(InvalidRequest, match=r"wrote an empty answer.*give the answer"):
        chat_magic.ablate(PROMPT, model="a/b")


def test_a_server_that_gives_only_bounds_is_refused_without_labels(gateway):
    """After the first request, not after all."""
    server = gateway(score_servers.plain({"Rome": 0.5}))
    with pytest.raises(InvalidRequest, match=r"give labels=\[…\] \(--labels\)"):
        chat_magic.ablate(PROMPT, "Rome", model="a/b")
    assert len(sent_to(server.requests, "/v1/chat/completions")) == 3


@pytest.mark.parametrize(
    ("prompt", "options", "words"),
    [
        ("Hi " * 201, {"by": "word"}, r"has 201 segments.*at most 200.*by sentence \(1\)"),
        ("Hi", {"by": "message"}, "a prompt of one message has none"),
        ("Hi", {"by": "example"}, "no segment of this kind"),
        (PARTS, {}, "a message of several parts, as with an attachment, is not cut"),
        ("Hi", {"by": "lines"}, "by 'lines': must be one of"),
        ("Hi", {"replace": 5}, "replace: must be a text"),
        ("Hi", {"answer": ""}, "^answer: must not be empty"),
        ("Hi", {"answer": 5}, "^answer: must be a text, got int"),
        ("Hi", {"answer": "a", "labels": ["a"]}, "answer and labels exclude each other"),
        ("Hi", {"labels": ["a", "A"]}, "labels: 'A' is empty, or like another one"),
    ],
)
def test_what_cannot_be_ablated_is_refused_before_anything_is_sent(gateway, prompt, options, words):
    """With a coarser unit where there are too many segments."""
    server = gateway(LlamaScript())
    with pytest.raises(InvalidRequest, match=words):
        chat_magic.ablate(prompt, model="a/b", **options)
    assert server.requests == []


def test_a_segment_whose_request_fails_is_not_known(gateway):
    """The others are measured, and the reason is a warning."""
    answer = vllm_where({"brief": 0.5})

    def reply(request):
        if request.path != "/v1/models" and "kind" not in json.dumps(request.json["messages"]):
            return whole({"error": {"message": "no kindness"}}, status=400)
        return answer(request)

    gateway(reply)
    ablation = chat_magic.ablate(PROMPT, "Rome", model="a/b")
    assert ablation.frame["bits"].isna().tolist() == [False, True, False]
    assert any("no kindness" in warning for warning in ablation.warnings)


def test_where_all_fail_the_error_has_what_was_measured(gateway):
    """That is the whole prompt."""
    answer = vllm_where({})

    def reply(request):
        if request.path != "/v1/models" and request.json["messages"][0]["content"] != PROMPT:
            return whole({"error": {"message": "gone"}}, status=400)
        return answer(request)

    gateway(reply)
    with pytest.raises(ChatError, match="gone") as caught:
        chat_magic.ablate(PROMPT, "Rome", model="a/b")
    assert caught.value.result.frame["bits"].isna().all()


def test_an_ablation_is_drawn_as_html_and_text(gateway):
    """With the sentence that matters most first."""
    gateway(vllm_where({"brief": 0.5}))
    ablation = chat_magic.ablate(PROMPT, "Rome", model="a/b")
    bundle = ablation._repr_mimebundle_()
    assert bundle["text/plain"].splitlines()[4] == "“Be brief.” +2.0 bits"
    assert "Be brief." in bundle["text/html"]
    assert repr(ablation) == "<Ablation a/b, 3 segments by sentence>"


def test_messages_and_examples_are_left_out_as_a_whole(gateway):
    """A message with its role, an example with its answer."""
    server = gateway(vllm_where({}))
    messages = [
        {"role": "system", "content": "S"},
        {"role": "user", "content": "good?"},
        {"role": "assistant", "content": "yes"},
        {"role": "user", "content": "bad?"},
    ]
    frame = chat_magic.ablate(messages, "Rome", by="example", model="a/b").frame
    assert frame[["message", "segment", "start", "end"]].to_numpy().tolist() == [[1, "good?", 0, 5]]
    last = sent_to(server.requests, "/v1/chat/completions")[-1]["messages"]
    assert [message["role"] for message in last] == ["system", "user", "assistant"]
