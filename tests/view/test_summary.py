"""What all pictures say in words and figures."""

from __future__ import annotations

import dataclasses

import msgspec
import pytest
from msgspec.structs import replace

from chat_magic.core.reply.reply import FunctionCall, Timing, Usage
from chat_magic.core.reply.thread_use import ThreadUse
from chat_magic.view.summary import (
    calls_of,
    choice_facts,
    money,
    notices,
    number,
    percent,
    percent_digits,
    perplexity_fact,
    sparkline,
    status_facts,
    thread_fact,
    token_name,
    truncated,
    unsure_summary,
)
from chat_magic.view.text_segments import text_segments


@pytest.mark.parametrize(
    ("value", "text"), [(0.412, "0.41"), (3.21, "3.2"), (92.3, "92"), (1234.5, "1234"), (0, "0.00")]
)
def test_numbers_have_three_digits_unless_they_need_more(value: float, text: str) -> None:
    assert number(value) == text


@pytest.mark.parametrize(
    ("prob", "text"),
    [(0.314, "31"), (0.999, "100"), (0.01, "1"), (0.004, "0.4"), (0.0002, "0.02"), (1e-9, "0.00")],
)
def test_percentages_are_whole_unless_they_are_small(prob: float, text: str) -> None:
    assert percent_digits(prob) == text
    assert percent(prob) == f"{text}%"


@pytest.mark.parametrize(
    ("cost", "text"),
    [
        (0.0007, "$0.0007"),
        (0.00001, "<$0.0001"),
        (0.0, "$0.00"),
        (12.345, "$12.35"),
        (0.5, "$0.5000"),
    ],
)
def test_money_has_the_digits_it_needs(cost: float, text: str) -> None:
    assert money(cost) == text


def test_the_status_says_speed_tokens_and_cost(make_run) -> None:
    assert status_facts(make_run(cost=0.0007)) == [
        "temperature 0.8",
        "0.41 s to first token",
        "92 tokens/s",
        "31 in · 52 out",
        "$0.0007",
    ]


def test_the_status_says_only_what_is_known(make_run) -> None:
    assert status_facts(make_run(usage=None, request={}, timing=Timing(total_s=2.0))) == ["2.0 s"]


def test_reasoning_tokens_are_told_apart(make_run) -> None:
    usage = Usage(
        prompt_tokens=5, completion_tokens=30, completion_tokens_details={"reasoning_tokens": 20}
    )
    assert status_facts(make_run(usage=usage))[-1] == "5 in · 30 out (20 reasoning)"


def test_a_warning_of_both_request_and_answer_is_shown_once(make_run) -> None:
    """The request's warnings come first."""
    assert notices(make_run(warnings=("a", "b"), reply_warnings=("b", "c"))) == ["a", "b", "c"]


def test_a_choice_says_how_it_ended_and_how_long_it_is(make_choice, make_token) -> None:
    tokens = [make_token("a", 0.5)]
    assert choice_facts(make_choice(tokens)) == ["finished", "1 token"]
    assert choice_facts(make_choice(text="a")) == ["finished"]
    assert choice_facts(make_choice(text="a"), Usage(completion_tokens=7)) == [
        "finished",
        "7 tokens",
    ]
    assert choice_facts(make_choice(text="a", finish_reason=None)) == []
    assert perplexity_fact(make_choice(tokens)) == "perplexity 2.00"
    assert perplexity_fact(make_choice(text="a")) is None


@pytest.mark.parametrize(
    ("logprob", "words"),
    [(-4.6, "99.48"), (-9.03, "8,350"), (-20.0, "4.85e+08")],
)
def test_a_high_perplexity_has_no_decimals(make_choice, make_token, logprob, words):
    """One of a million and more is written with an exponent."""
    choice = make_choice([make_token("a", 1.0, logprob=logprob)])
    assert perplexity_fact(choice) == f"perplexity {words}"


def test_a_deprecated_function_call_is_a_tool_call(make_choice) -> None:
    """It has a name and arguments as well."""
    (call,) = calls_of(make_choice(function_call=FunctionCall(name="f", arguments="{}")))
    assert (call.function.name, call.function.arguments) == ("f", "{}")


def test_the_unsure_line_names_the_token_and_its_alternatives(make_choice, names) -> None:
    """Alternatives under 1% are not named."""
    assert unsure_summary([make_choice(names)]) == "unsure: Charlotte 31% (Catherine 24, Clara 9)"


@pytest.mark.parametrize(
    ("n_known", "finish", "counted", "facts"),
    [
        (58, "stop", 58, ["finished", "58 tokens"]),
        (58, "stop", 80, ["finished", "58 of 80 tokens with a probability"]),
        (1, "stop", 2, ["finished", "1 token and the end token"]),
        (1, "length", 2, ["cut off at 2 tokens", "1 of them with a probability"]),
        (80, "length", 80, ["cut off at 80 tokens"]),
        (58, "stop", 50, ["finished", "58 tokens, 50 by the server's count"]),
        (0, "stop", 80, ["finished", "80 tokens"]),
    ],
)
def test_a_count_that_differs_from_the_servers_says_why(
    make_choice, make_token, n_known, finish, counted, facts
) -> None:
    """The status line has the server's count, which no number beside it may contradict."""
    choice = make_choice([make_token("a", 0.9)] * n_known, text="a", finish_reason=finish)
    assert choice_facts(choice, Usage(completion_tokens=counted)) == facts


def test_tokens_of_reasoning_are_not_missing(make_choice, make_token) -> None:
    """They are counted, but are no part of the answer."""
    choice = make_choice([make_token("a", 0.9)] * 3)
    usage = Usage(completion_tokens=23, completion_tokens_details={"reasoning_tokens": 20})
    assert choice_facts(choice, usage) == ["finished", "3 tokens"]


def test_there_is_no_unsure_line_when_no_token_is_under_half(make_choice, make_token) -> None:
    assert unsure_summary([make_choice([make_token("a", 0.5), make_token("b", 0.99)])]) is None
    assert unsure_summary([make_choice(text="no log probabilities")]) is None


def test_the_three_least_sure_are_named_in_reading_order(make_choice, make_token) -> None:
    tokens = [make_token(f" w{n}", prob) for n, prob in enumerate((0.4, 0.1, 0.3, 0.02, 0.2))]
    assert unsure_summary([make_choice(tokens)]) == "unsure: w1 10% · w3 2% · w4 20%"


def test_the_same_unsure_token_of_two_choices_is_named_once(make_choice, names) -> None:
    """Same text, same probability."""
    named = "unsure: Charlotte 31% (Catherine 24, Clara 9) in "
    for indexes, words in [
        ([0, 1], "choices 0 and 1"),
        ([2, 0, 5], "choices 2, 0 and 5"),
        ([0, 1, 2, 3], "4 choices"),
        ([0, 0], "choice 0"),
    ]:
        choices = [replace(make_choice(names), index=index) for index in indexes]
        assert unsure_summary(choices) == named + words


def test_an_unsure_token_says_which_choice_it_is_from(make_choice, names, make_token) -> None:
    """A single choice has no number."""
    other = replace(make_choice([make_token(" x", 0.4)]), index=3)
    assert unsure_summary([make_choice(names), other]) == (
        "unsure: Charlotte 31% (Catherine 24, Clara 9) in choice 0 · x 40% in choice 3"
    )


def test_punctuation_is_named_only_where_no_word_is(make_choice, make_token) -> None:
    comma = make_token(",", 0.1, ("\n", 0.4))
    assert unsure_summary([make_choice([comma, make_token(" x", 0.4)])]) == "unsure: x 40%"
    assert unsure_summary([make_choice([comma])]) == "unsure: “,” 10% (“↵” 40)"


@pytest.mark.parametrize(
    ("token", "text"),
    [
        (" Paris\n", "Paris"),
        ("\n\n", "“↵↵”"),
        (" ", "“␣”"),
        ("a\tb", "a b"),
        ("x" * 50, "x" * 39 + "…"),
        ("a\u202eb", "aU+202Eb"),
        ("", "∅"),
    ],
)
def test_a_token_is_named_so_that_it_can_be_read_in_a_sentence(token: str, text: str) -> None:
    assert token_name(token) == text


def test_the_sparkline_grows_with_the_surprisal(make_token) -> None:
    """1 is 0 bits, 1/2 is 1 of 7 bits, 1/128 fills the character."""
    segments = text_segments([make_token("a", p) for p in (1, 0.5, 1 / 128, 1e-9)])
    assert sparkline(segments) == "▁▂██"


def test_a_long_sparkline_still_shows_a_peak(make_token) -> None:
    """A full token among five: 1/√5 of the height of 7 steps is 3."""
    segments = text_segments([make_token("a", 1e-9 if n == 50 else 1) for n in range(100)])
    assert sparkline(segments) == "▁" * 10 + "▄" + "▁" * 9


def test_without_known_probabilities_there_is_no_sparkline(make_token) -> None:
    assert sparkline(text_segments([make_token("a", 1, logprob=-9999.0)])) == ""
    assert sparkline([]) == ""


@pytest.mark.parametrize(
    ("details", "facts"),
    [
        (None, []),
        ({"accepted_prediction_tokens": 0, "rejected_prediction_tokens": 0}, []),
        (
            {"accepted_prediction_tokens": 12, "rejected_prediction_tokens": 3},
            ["predicted: 12 accepted · 3 rejected"],
        ),
    ],
)
def test_the_status_counts_accepted_and_rejected_tokens_of_a_prediction(
    make_run, details, facts
) -> None:
    """If the server counts them, and there are any."""
    usage = Usage(prompt_tokens=1, completion_tokens=2, completion_tokens_details=details)
    assert [fact for fact in status_facts(make_run(usage=usage)) if "predicted" in fact] == facts


def test_the_status_has_the_seed_and_the_fingerprint(make_run) -> None:
    """A seed is reproducible for one fingerprint only."""
    run = make_run(request={"seed": 7, "messages": []})
    assert "seed 7" in status_facts(run)
    reply = msgspec.structs.replace(run.reply, system_fingerprint="fp_1")
    assert "seed 7 · fp_1" in status_facts(dataclasses.replace(run, reply=reply))


def test_a_long_text_is_cut_and_says_so() -> None:
    """A text of the greatest length is left alone."""
    assert truncated("abc", 3) == "abc"
    assert truncated("abcde" * 400, 3) == "abc… (1,997 characters left out)"


@pytest.mark.parametrize(
    ("usage", "window", "fact"),
    [
        (
            Usage(prompt_tokens=1200, completion_tokens=34, total_tokens=1234),
            None,
            ": 1,234 tokens",
        ),
        (Usage(total_tokens=1234), 128_000, ": 1,234 of 128,000 tokens (1%)"),
        (Usage(prompt_tokens=7000, completion_tokens=1192), 8192, ": 8,192 of 8,192 tokens (100%)"),
        (Usage(total_tokens=12), 1_000_000, ": 12 of 1,000,000 tokens (0.00%)"),
        (Usage(prompt_tokens=7), 8192, ""),
        (None, 8192, ""),
    ],
)
def test_a_conversation_says_how_much_of_the_window_it_takes(make_run, usage, window, fact):
    """By the server's last count, as far as both are known."""
    use = ThreadUse(name="trip", window=window)
    assert thread_fact(use, usage) == f"thread trip{fact}"
    run = dataclasses.replace(make_run(usage=usage), thread=use)
    assert status_facts(run)[0] == f"thread trip{fact}"
