"""What the answers to small test requests tell about a server."""

from __future__ import annotations

import json
import math

import pytest

from chat_magic.core.reply import capability_rules as rules
from chat_magic.core.reply.assembler import Assembler
from tests.completions import completion, token


def reply(*texts, usage=True, **more):
    """Return the reply with these texts as choices."""
    value = {**completion(*texts), **more}
    if not usage:
        del value["usage"]
    answer = Assembler()
    answer.feed_whole(json.dumps(value).encode(), 0.0)
    return answer.reply()


def scored(*tokens, finish_reason="stop"):
    """Return a reply of one choice with these tokens."""
    text = "".join(one["token"] for one in tokens)
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": text},
        "logprobs": {"content": list(tokens)},
        "finish_reason": finish_reason,
    }
    answer = Assembler()
    answer.feed_whole(json.dumps({"choices": [choice]}).encode(), 0.0)
    return answer.reply()


def of_probs(**probs):
    """Return a reply of one token whose alternatives have these probabilities."""
    top = [{"token": name, "logprob": math.log(prob)} for name, prob in probs.items()]
    return scored({**top[0], "top_logprobs": top})


@pytest.mark.parametrize(
    ("text", "prefill"),
    [
        (" 7, 8, 9", ("honoured", "continues")),
        ("7, 8", ("honoured", "continues")),
        ("Counting: 1, 2, 3, 4, 5, 6, 7", ("partly", "repeats")),
        ("1, 2, 3, 4", ("ignored", "starts anew")),
        ("Sure! Here you are:", ("ignored", "starts anew")),
        ("<|im_start|>assistant\n7", ("ignored", "starts anew")),
        ("", ("unknown", "the answer is empty")),
    ],
)
def test_a_prefill_is_continued_repeated_or_answered_anew(text, prefill):
    """The number that follows in the count decides."""
    found = rules.prefill_of(reply(text))
    assert (found.support, found.detail) == prefill


@pytest.mark.parametrize(
    ("other", "found"),
    [
        ({"a": 0.6, "b": 0.3, "c": 0.1}, ("honoured", "before")),
        ({"a": 0.473, "b": 0.334, "c": 0.193}, ("honoured", "after")),
        ({"a": 0.1, "b": 0.3, "c": 0.6}, ("unknown", "the probabilities tell nothing")),
    ],
)
def test_a_doubled_temperature_halves_the_differences_of_log_probabilities(other, found):
    """0.6, 0.3 and 0.1 at 1 are the normed square roots 0.473, 0.334 and 0.193 at 2."""
    cold = scored(token("One", ["One", "Two"], -0.1))
    judged = rules.temperature_of(cold, of_probs(a=0.6, b=0.3, c=0.1), of_probs(**other), 0.5)
    assert (judged.support, judged.detail) == found


def test_a_server_that_samples_less_likely_tokens_at_0_ignores_the_temperature():
    """Its probabilities are from before it, in the other case they could not be."""
    cold = scored(token("Two", ["One", "Two"], -1.0) | {"logprob": -2.0})
    same = of_probs(a=0.6, b=0.3, c=0.1)
    assert rules.temperature_of(cold, same, same, 0.5).support == "ignored"


@pytest.mark.parametrize(
    ("words", "limit"),
    [
        ("Invalid value for 'top_logprobs': must be less than or equal to 20.", 20),
        ("top_logprobs must be between 0 and 5", 5),
        ("Requested sample logprobs of 1000, which is greater than max allowed: 20", 20),
        ("top_logprobs: 0 to 8", 8),
        ("no such field", None),
    ],
)
def test_the_limit_is_read_from_a_refusal(words, limit):
    """A sentence without one gives none."""
    assert rules.limit_in(words) == limit


@pytest.mark.parametrize(
    ("n", "asked", "found"),
    [
        (5, 5, ("honoured", "5 or more")),
        (20, 1000, ("honoured", "20 at most")),
        (5, 1000, ("partly", "5 at most")),
        (1000, 1000, ("honoured", "1000 or more")),
        (0, 1000, ("ignored", "0 alternatives came")),
    ],
)
def test_the_number_of_alternatives_is_told(n, asked, found):
    """It is counted on the token that has the most."""
    judged = rules.top_logprobs_of(scored(token("a", [f"a{k}" for k in range(n)])), asked)
    assert (judged.support, judged.detail) == found


@pytest.mark.parametrize(
    ("after", "support"),
    [
        ("One, ", "honoured"),
        ("One, two", "partly"),
        ("One, two, three", "ignored"),
        ("Once upon", "unknown"),
    ],
)
def test_a_stop_sequence_ends_the_same_answer_earlier(after, support):
    """It may be left in, or be passed; another answer tells nothing."""
    whole = "One, two"
    word = rules.stop_word(whole)
    assert word == "two"
    whole = "One, two, three"
    assert rules.stop_of(whole, word, reply(after)).support == support


@pytest.mark.parametrize(("text", "word"), [("12345678", "5"), ("aaa", None), ("", None)])
def test_a_text_of_one_word_is_stopped_at_a_character(text, word):
    """One that occurs there first."""
    assert rules.stop_word(text) == word


def test_equal_seeds_give_equal_answers_where_others_differ():
    """Where all answers are the same, nothing is known."""
    a, b = reply("a"), reply("b")
    assert rules.seed_of(a, a, ["b"]).support == "honoured"
    assert rules.seed_of(a, b, []).support == "ignored"
    assert rules.seed_of(a, a, ["a"]).support == "unknown"


def test_choices_are_counted():
    """One is none of those asked for, some are some."""
    assert rules.n_of(reply("a", "b"), 2).support == "honoured"
    assert rules.n_of(reply("a"), 2).support == "ignored"


def test_an_answer_that_ended_by_itself_tells_nothing_of_its_limit():
    """A longer one was not limited, a cut one was."""
    assert rules.max_tokens_of(scored(token("a"), finish_reason="length"), 8).support == "honoured"
    assert rules.max_tokens_of(scored(token("a")), 8).support == "unknown"
    assert rules.max_tokens_of(scored(*[token("a")] * 9), 8).support == "ignored"


def test_log_probabilities_that_are_none_are_partly_there():
    """All 0, or a sentinel in place of each."""
    assert rules.logprobs_of(reply("a")).support == "ignored"
    assert rules.logprobs_of(scored(token("a", logprob=0.0), token("b", logprob=0.0))).support == (
        "partly"
    )
    assert rules.logprobs_of(scored(token("a", logprob=-9999.0))).support == "partly"
    assert rules.logprobs_of(scored(token("a"), token("b"))).support == "honoured"


@pytest.mark.parametrize(
    ("text", "support"),
    [
        ('{"zebras": 3}', "honoured"),
        ('{ "zebras" : 1', "honoured"),
        ('{\n  "zebras"\n\t\t', "honoured"),
        ('{"zebras":  -', "honoured"),
        ('{"zebras": "three"}', "partly"),
        ('{\n  "zeb', "partly"),
        ('{"greeting": "Hello"}', "partly"),
        ("Hello!", "ignored"),
    ],
)
def test_an_unlikely_object_shows_that_its_schema_was_used(text, support):
    """A cut one does too."""
    assert rules.json_schema_of(reply(text)).support == support


def test_the_longest_field_that_an_error_names_is_meant():
    """`logprobs` is a part of `top_logprobs`."""
    fields = ("logprobs", "top_logprobs")
    assert rules.named_field("unknown field top_logprobs", fields) == "top_logprobs"
    assert rules.named_field("logprobs is not allowed", fields) == "logprobs"
    assert rules.named_field("no", fields) is None
