"""Scoring on llama.cpp: forced tokens, others one by one, and the embedded model."""

from __future__ import annotations

import math

import pytest

import chat_magic
from chat_magic import ApiError, InvalidRequest
from tests.engine.score_servers import LlamaScript, sent_to
from tests.engine.test_score import TEXTS, _nothing_is_known, score  # noqa: F401
from tests.gateway import whole


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
        """Each of its tokens, since they are the usual ones."""
        answer = chat_magic.chat(
            "What is 2+2?", model="local", temperature=0, top_logprobs=5,
            max_completion_tokens=40, history=False,
        )  # fmt: skip
        scored = chat_magic.score("What is 2+2?", [answer.text], model="local")
        written = answer.tokens[answer.tokens["align"] == "ok"]
        assert scored.tokens["token"].tolist() == written["token"].tolist()
        expected = written["logprob"].tolist()
        assert scored.tokens["logprob"].tolist() == pytest.approx(expected, abs=self.NATS)

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
