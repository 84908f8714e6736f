"""The function `score`: what it asks of each kind of server, and what it refuses."""

from __future__ import annotations

import math
import pickle

import pytest

import chat_magic
from chat_magic import ApiError, ChatError, ChatResult, InvalidRequest
from tests.engine import score_servers
from tests.engine.score_servers import LlamaScript, sent_to
from tests.gateway import whole

TEXTS = ["Paris", "London"]


@pytest.fixture(autouse=True)
def _nothing_is_known(session):
    """Forget what earlier servers at the same address could."""
    session.score_ways.clear()
    session.llama_models._known.clear()
    session.server_kinds._kinds.clear()


def a_tool(name: str) -> str:
    """A function that a model may call."""
    return name


def score(candidates=TEXTS, **options):
    """Score texts at the gateway."""
    return chat_magic.score("Hi", candidates, model="a/b", **options)


def test_each_text_is_a_choice_with_the_log_probabilities_of_its_tokens(gateway):
    """So that all tables of a result serve; `.scores` adds them up."""
    gateway(LlamaScript())
    result = score(["abc", "?"])
    assert [choice.text for choice in result] == ["abc", "?"]
    assert result.tokens["token"].tolist() == ["a", "b", "c", "?"]
    assert result.frame["joint_logprob"].tolist() == pytest.approx(
        [3 * math.log(0.5), math.log(0.5)]
    )
    scores = result.scores
    assert scores["prob"].tolist() == pytest.approx([1 / 8, 1 / 2])
    assert scores["end_logprob"].tolist() == pytest.approx([math.log(3 / 8)] * 2)
    assert scores["share"].tolist() == pytest.approx([0.2, 0.8])
    assert scores["rank"].tolist() == [2, 1]
    assert set(scores["method"]) == {"grammar"}
    assert set(scores["bound"]) == {"exact"}
    assert result.warnings == ()


def test_a_result_with_scores_is_kept_like_any_other(gateway):
    """Pickled, as JSON, with its texts in the request."""
    gateway(LlamaScript())
    result = score()
    assert pickle.loads(pickle.dumps(result)) == result
    assert ChatResult.from_json(result.to_json()) == result
    assert result.request.body()["score"] == {"candidates": TEXTS, "end": True}


def test_llama_gets_the_prompt_as_ids_and_a_grammar_of_tokens(gateway):
    """The end tokens are found once, by their ids without a text."""
    server = gateway(LlamaScript())
    score(["ab"], end=False)
    score(["ab"])
    prompt = [ord(c) for c in "HiA:"]
    asked = [body for body in sent_to(server.requests, "/completion") if "grammar" in body]
    assert [body["prompt"] for body in asked] == [prompt, prompt]
    assert {body["grammar"] for body in asked} == {"root ::= <[97]> <[98]>"}
    assert [body["n_predict"] for body in asked] == [2, 3]
    assert len(sent_to(server.requests, "/props")) == 1
    tokenized = sent_to(server.requests, "/tokenize")
    assert {body["parse_special"] for body in tokenized if body["content"] == "ab"} == {False}


def test_tokens_that_cannot_be_forced_are_read_one_by_one(gateway):
    """Here one that ends inside a character, among the alternatives of an end token."""
    server = gateway(LlamaScript())
    result = score(["a½b"])
    assert result.scores["prob"].tolist() == pytest.approx([0.5 * 0.0625 * 0.5])
    assert result.scores["method"].tolist() == ["steps"]
    assert result.scores["end_logprob"].tolist() == pytest.approx([math.log(3 / 8)])
    prefix = [ord(c) for c in "HiA:a"]
    read = [body for body in sent_to(server.requests, "/completion") if body["prompt"] == prefix]
    assert {body["n_probs"] for body in read} == {5, 1000}


def test_a_server_that_refuses_grammars_of_tokens_is_asked_step_by_step(gateway):
    """Older ones know none."""
    gateway(LlamaScript(refuses_grammar=True))
    scores = score(["ab"]).scores
    assert scores["prob"].tolist() == pytest.approx([0.25])
    assert scores["method"].tolist() == ["steps"]


def test_a_server_that_ignores_the_grammar_is_an_error_and_no_number(gateway):
    """It is found by the tokens that came back."""
    gateway(LlamaScript(heeds=False))
    with pytest.raises(ApiError, match="not the text that it was made to write: it ignores"):
        score()


def test_a_prompt_that_fills_the_window_is_refused(gateway):
    """With the numbers."""
    gateway(LlamaScript(window=8))
    words = r"candidate 'Paris': the prompt, this text and its end have 10 tokens; .* has 8"
    with pytest.raises(InvalidRequest, match=words):
        score()


def test_a_text_that_the_server_cannot_tokenize_is_refused(gateway):
    """Its tokens are those of another text."""
    script = LlamaScript()

    def without_accents(request):
        if request.path == "/tokenize" and "é" in request.json["content"]:
            return whole({"tokens": [{"id": 101, "piece": "e"}]})
        return script(request)

    gateway(without_accents)
    with pytest.raises(InvalidRequest, match="candidate 'é': the server cannot tokenize it"):
        score(["é"])


def test_a_model_that_thinks_first_is_refused(gateway):
    """The text would be scored as a thought."""
    gateway(LlamaScript(template_end="<think>\n"))
    with pytest.raises(InvalidRequest, match="thinks before it answers"):
        score()


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


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"n": 2}, "n: a score has a choice for each text"),
        ({"logprobs": False}, "logprobs: a score consists"),
        ({"tools": [a_tool]}, "tools: a score runs no functions"),
        ({"candidates": ["a", "a"]}, "are equal"),
        ({"candidates": [""]}, "must not be empty"),
    ],
)
def test_what_cannot_be_scored_is_refused_before_anything_is_sent(gateway, options, words):
    """The error names the argument."""
    server = gateway(LlamaScript())
    with pytest.raises(InvalidRequest, match=words):
        score(**options)
    assert server.requests == []


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


def test_an_equal_score_is_served_from_the_cache(gateway, history_file):
    """And another list of texts is another request."""
    server = gateway(LlamaScript())
    first = score(cache=True)
    n_sent = len(server.requests)
    again = score(cache=True)
    assert len(server.requests) == n_sent
    assert again.replayed
    assert again.scores.equals(first.scores)
    score(["Rome"], cache=True)
    assert len(server.requests) > n_sent


def test_a_score_is_in_the_history(gateway, history_file):
    """It is loaded with its table."""
    gateway(LlamaScript())
    result = score(history=True)
    loaded = chat_magic.load(result.history_id)
    assert loaded.scores.equals(result.scores)


def test_texts_continue_a_last_assistant_message(gateway):
    """As an answer would."""
    server = gateway(score_servers.vllm())
    messages = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "It is "}]
    result = chat_magic.score(messages, ["Paris"], model="a/b")
    sent = sent_to(server.requests, "/v1/chat/completions")[0]["messages"]
    assert sent[-1]["content"] == "It is Paris"
    assert result.scores["candidate"].tolist() == ["Paris"]


QUESTION = "The capital of France is"
CAPITALS = ["Paris", "London", "Berlin", "The capital of France is Paris."]


class TestOnTheEmbeddedModel:
    """The figures are those that the model has when it writes by itself, to its repeatability."""

    NATS = 0.05
    """How far the server's own figures may move between requests of other shapes."""

    @pytest.fixture(autouse=True)
    def _needs(self, weights):
        """Have the model."""

    def test_a_greedy_answer_has_the_score_that_it_was_written_with(self):
        """Its tokens are the usual ones, and its end is the end token's."""
        answer = chat_magic.chat(
            QUESTION, model="local", temperature=0, top_logprobs=5, max_tokens=40, history=False
        )
        (row,) = chat_magic.score(QUESTION, [answer.text], model="local").scores.to_dict("records")
        written = answer.tokens["logprob"]
        assert row["method"] == "grammar"
        total = row["logprob"] + row["end_logprob"]
        assert total == pytest.approx(written.sum(), abs=self.NATS)

    def test_each_token_is_among_the_alternatives_with_the_same_probability(self):
        """Of 300, at the first position."""
        scored = chat_magic.score(QUESTION, CAPITALS, model="local")
        free = chat_magic.chat(
            QUESTION, model="local", max_tokens=1, logprobs=True, history=False,
            extra={"top_logprobs": 300},
        )  # fmt: skip
        listed = dict(zip(free.alternatives["token"], free.alternatives["logprob"], strict=True))
        first = scored.tokens[scored.tokens["position"] == 0]
        found = [token for token in first["token"] if token in listed]
        assert found
        for token, logprob in zip(first["token"], first["logprob"], strict=True):
            if token in listed:
                assert logprob == pytest.approx(listed[token], abs=self.NATS)

    def test_each_token_has_the_probability_that_it_has_after_those_before_it(self):
        """Asked for step by step, with the tokens so far as a prefill."""
        (text,) = ["Paris, of course."]
        tokens = chat_magic.score(QUESTION, [text], model="local").tokens
        for position in (1, 2):
            prefill = "".join(tokens["token"][:position])
            messages = [
                {"role": "user", "content": QUESTION},
                {"role": "assistant", "content": prefill},
            ]
            rest = chat_magic.score(messages, [text.removeprefix(prefill)], model="local").tokens
            assert rest["token"].tolist() == tokens["token"].tolist()[position:]
            expected = tokens["logprob"].tolist()[position:]
            assert rest["logprob"].tolist() == pytest.approx(expected, abs=self.NATS)

    def test_a_text_whose_tokens_end_inside_characters_is_scored_whole(self):
        """The server leaves such tokens out of an answer; here none is missing."""
        result = chat_magic.score("Say a word in Japanese.", ["数学は", "a"], model="local")
        tokens = result.tokens[result.tokens["choice"] == 0]
        assert b"".join(tokens["bytes"]) == "数学は".encode()
        assert tokens["logprob"].notna().all()
        assert result.scores["method"].tolist() == ["steps", "grammar"]

    def test_shares_add_up_and_the_right_city_is_the_likeliest(self):
        """Among the texts."""
        scores = chat_magic.score(QUESTION, CAPITALS[:3], model="local").scores
        assert scores["share"].sum() == pytest.approx(1.0)
        assert scores.sort_values("rank")["candidate"].iloc[0] == "Paris"

    def test_a_special_token_in_a_text_is_text(self):
        """It does not end the answer."""
        (row,) = chat_magic.score(QUESTION, ["<|im_end|>"], model="local").scores.to_dict("records")
        assert row["n_tokens"] > 1
        assert math.isfinite(row["end_logprob"])
