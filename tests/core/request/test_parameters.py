"""The parameter table: each row's range, and how rows depend on each other."""

from __future__ import annotations

import math

import pytest

from chat_magic.core.nearest import nearest
from chat_magic.core.request.parameters import (
    PARAMETERS,
    apply_implied,
    check,
    check_together,
    read_word,
    unescape,
)
from chat_magic.core.unset import UNSET
from chat_magic.errors import InvalidRequest

SCHEMA = {"type": "json_schema", "json_schema": {"name": "x", "schema": {}}}

ROWS = [
    # name, taken, refused
    ("temperature", [0, 2, 0.7], [-0.1, 2.1, "1", True, None, math.nan, math.inf]),
    ("top_p", [0, 1, 0.5], [-0.01, 1.01, "x"]),
    ("top_k", [1, 10**6], [0, -1, 1.5, True]),
    ("frequency_penalty", [-2, 2, 0.1], [-2.1, 2.1]),
    ("presence_penalty", [-2, 2, 0.1], [-2.1, 2.1]),
    ("max_completion_tokens", [1, 10**6], [0, 1.0, "1"]),
    ("max_tokens", [1], [0]),
    ("n", [1, 128], [0, 129, 1.0]),
    ("seed", [0, -(2**63), 2**63 - 1], [2**63, -(2**63) - 1, 0.5]),
    ("stop", ["a", ["a"], ["a", "b", "c", "d"]], [[], ["a"] * 5, [1], 1]),
    ("logprobs", [True, False], [1, "true", None]),
    ("top_logprobs", [0, 20], [-1, 21, True]),
    ("logit_bias", [{}, {"50256": -100, "1": 2.5}], [{"a": 1}, {"1": 101}, {"1": "x"}, []]),
    ("response_format", [{"type": "text"}, SCHEMA], ["text", []]),
    ("tools", [[], [{}] * 128], [[{}] * 129, {}]),
    ("tool_choice", ["none", "auto", "required", {"type": "function"}], ["any", 1]),
    ("parallel_tool_calls", [True], ["yes"]),
    ("functions", [[{"name": "f"}]], [{}]),
    ("function_call", ["none", "auto", {"name": "f"}], [1, "required"]),
    ("modalities", [["text"], ["text", "audio"], ["image"]], [["video"], [], "text"]),
    ("audio", [{"voice": "alloy", "format": "wav"}], ["alloy", {"voice": "alloy"}, {}]),
    ("prediction", [{"type": "content", "content": "x"}], ["x"]),
    ("reasoning_effort", ["low", "medium", "high", "minimal", "xhigh", "ultra"], [1, None]),
    ("verbosity", ["low", "medium", "high", "loud"], [1, ["low"]]),
    ("metadata", [{}, {"k": "v"}], [{"k": 1}, {str(i): "v" for i in range(17)}]),
    ("store", [True], [0]),
    ("stream", [False], ["no"]),
    ("stream_options", [{"include_usage": True}], [True]),
    ("service_tier", ["auto", "flex", "scale", "fast", "slow"], [1]),
    (
        "web_search_options",
        [{}, {"search_context_size": "low", "user_location": {"type": "approximate"}}],
        [True, {"search_context_size": "huge"}, {"search_context_size": 1}],
    ),
    ("prompt_cache_key", ["k"], [1]),
    (
        "prompt_cache_options",
        [{}, {"mode": "explicit", "ttl": "30m"}],
        ["explicit", {"mode": "off"}, {"ttl": 30}],
    ),
    ("prompt_cache_retention", ["in_memory", "24h"], [24]),
    ("safety_identifier", ["u", "x" * 64], ["x" * 65, 1]),
    ("user", ["u"], [1]),
    ("moderation", [{}, {"model": "m", "policy": "p"}], ["m", {"model": 1}]),
]


def test_every_row_of_the_table_is_specified_here():
    """A new row needs its cases."""
    assert [name for name, _, _ in ROWS] == list(PARAMETERS)


@pytest.mark.parametrize(("name", "value"), [(n, v) for n, taken, _ in ROWS for v in taken])
def test_a_value_in_range_is_taken_as_it_is(name, value):
    """The checked value is the value that is sent."""
    assert check(PARAMETERS[name], value) is value


@pytest.mark.parametrize(("name", "value"), [(n, v) for n, _, refused in ROWS for v in refused])
def test_a_value_out_of_range_is_refused_by_name(name, value):
    """The error names the field."""
    with pytest.raises(InvalidRequest, match=f"^{name} "):
        check(PARAMETERS[name], value)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("temperature", 3, "temperature 3: must be 0 to 2"),
        ("top_k", 0, "top_k 0: must be a whole number, at least 1"),
        ("n", 1000, "n 1000: must be a whole number, 1 to 128"),
        ("stop", list("abcde"), "stop ['a', 'b', 'c', 'd', 'e']: at most 4 are allowed"),
        (
            "logit_bias",
            {"a": 1},
            "logit_bias {'a': 1}: must be token ids with a bias of -100 to 100",
        ),
        (
            "tool_choice",
            "any",
            "tool_choice any: must be none, auto, required or an object that names a tool",
        ),
        (
            "function_call",
            "required",
            "function_call required: must be none, auto or an object that names a tool",
        ),
        ("audio", "alloy", "audio alloy: must be an object with voice and format"),
        ("metadata", {"k": 1}, "metadata {'k': 1}: must be keys and values that are text"),
        ("logprobs", "yes", "logprobs yes: must be true or false"),
    ],
)
def test_a_refusal_says_the_value_and_the_range(name, value, message):
    """Option, value, allowed range."""
    with pytest.raises(InvalidRequest) as caught:
        check(PARAMETERS[name], value)
    assert str(caught.value).partition("; to send")[0] == message


@pytest.mark.parametrize(
    ("name", "value", "past", "way"),
    [
        ("temperature", 3, "--extra", "--extra temperature=3"),
        (
            "stop",
            [*"abcde"],
            "--extra",
            '--extra stop=["a", "b", "c", "d", "e"]',
        ),
        ("logprobs", "yes", "--extra", "--extra logprobs=yes"),
        (
            "tool_choice",
            "a b",
            "--extra",
            "--extra tool_choice='\"a b\"'",
        ),
        ("n", "true", "--extra", "--extra n='\"true\"'"),
        (
            "metadata",
            {"k": "x" * 99, "j": 1},
            "--extra",
            "--extra metadata=…",
        ),
        ("temperature", 3, "extra=", "extra={'temperature': 3}"),
        ("temperature", 3, None, ""),
        ("temperature", float("nan"), "--extra", ""),
    ],
)
def test_a_refusal_says_how_to_send_the_value_all_the_same(name, value, past, way):
    """On the line, in Python; a setting and a value that JSON lacks have no such way."""
    with pytest.raises(InvalidRequest) as caught:
        check(PARAMETERS[name], value, past=past)
    message = str(caught.value)
    assert message.partition("; to send it all the same: ")[2] == way


@pytest.mark.parametrize(
    ("name", "word", "value"),
    [
        ("temperature", "1", 1),
        ("temperature", "1e-1", 0.1),
        ("temperature", "hot", "hot"),
        ("temperature", "1_0", "1_0"),
        ("temperature", "nan", "nan"),
        ("n", "3", 3),
        ("n", "3.0", 3.0),
        ("seed", "-9223372036854775808", -(2**63)),
        ("stop", r"\n\t\x41\u00e9\q\\", ["\n\tAé\\q\\"]),
        ("metadata", "k=v=w", {"k": "v=w"}),
        ("logit_bias", "5=-1", {"5": -1}),
        ("modalities", "text,audio", ["text", "audio"]),
        ("audio", "voice=alloy, format=wav", {"voice": "alloy", "format": "wav"}),
        ("tool_choice", "f", {"type": "function", "function": {"name": "f"}}),
        ("reasoning_effort", "low", "low"),
    ],
)
def test_a_word_of_the_line_is_read_by_its_row(name, word, value):
    """What is no number stays text, which the check then refuses."""
    read = read_word(PARAMETERS[name], word)
    assert (read, type(read)) == (value, type(value))


def test_top_logprobs_turns_logprobs_on():
    """Unless it is unset, or logprobs is given."""
    assert apply_implied({"top_logprobs": 5}) == {"logprobs": True, "top_logprobs": 5}
    assert apply_implied({"top_logprobs": 5, "logprobs": False})["logprobs"] is False
    assert apply_implied({"top_logprobs": UNSET}) == {"top_logprobs": UNSET}


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"top_logprobs": 5}, "top_logprobs requires logprobs, which is not set"),
        ({"top_logprobs": 5, "logprobs": False}, "top_logprobs requires logprobs, which is off"),
        ({"tool_choice": "auto"}, "tool_choice requires tools"),
        ({"parallel_tool_calls": True}, "parallel_tool_calls requires tools"),
        ({"max_tokens": 1, "max_completion_tokens": 1}, "exclude each other"),
        ({"modalities": ["text", "audio"]}, "requires the field audio"),
    ],
)
def test_parameters_that_do_not_go_together_are_refused(parameters, message):
    """The error names both."""
    with pytest.raises(InvalidRequest, match=message):
        check_together(parameters)


@pytest.mark.parametrize(
    ("parameters", "warnings"),
    [
        ({"temperature": 1}, 0),
        ({"temperature": 1, "top_p": 1}, 1),
        ({"max_tokens": 1}, 0),
        ({"user": "a", "prompt_cache_retention": "24h"}, 2),
        ({"prompt_cache_retention": "1h"}, 2),
        ({"verbosity": "loud", "service_tier": "slow"}, 2),
        ({"functions": [], "function_call": "auto"}, 2),
        ({"reasoning_effort": "minimal"}, 0),
        ({"reasoning_effort": "ultra"}, 1),
        ({"top_logprobs": 1, "logprobs": True}, 0),
        ({"modalities": ["audio"], "audio": {"voice": "alloy"}}, 0),
    ],
)
def test_what_is_odd_but_allowed_earns_a_warning(parameters, warnings):
    """It is sent all the same."""
    assert len(check_together(parameters)) == warnings


def test_the_nearest_name_is_named():
    """And nothing when none is near."""
    assert nearest("tempreature", PARAMETERS) == "; did you mean temperature?"
    assert nearest("zzz", PARAMETERS) == ""


def test_unknown_escapes_stay_as_typed():
    """Backslashes of regexes and LaTeX are text."""
    assert unescape(r"\d \frac") == r"\d \frac"
