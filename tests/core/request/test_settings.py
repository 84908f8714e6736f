"""Defaults: which there are, what they may be, and how they give way to what a request says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_magic.core.request.messages import Message
from chat_magic.core.request.parameters import PARAMETERS, apply_implied
from chat_magic.core.request.request import ChatRequest, validate
from chat_magic.core.request.settings import (
    SETTINGS,
    Setting,
    apply_defaults,
    check_setting,
    merge_settings,
    read_setting,
)
from chat_magic.core.unset import UNSET
from chat_magic.errors import InvalidRequest

HI = (Message(role="user", content="hi"),)
VALUES = {
    "temperature": 0.5,
    "top_p": 0.5,
    "top_k": 4,
    "frequency_penalty": 1,
    "presence_penalty": 1,
    "max_completion_tokens": 9,
    "max_tokens": 9,
    "n": 2,
    "seed": 1,
    "stop": ["a"],
    "logprobs": True,
    "top_logprobs": 5,
    "parallel_tool_calls": False,
    "reasoning_effort": "low",
    "verbosity": "low",
    "store": False,
    "stream": False,
    "service_tier": "flex",
    "prompt_cache_key": "k",
    "prompt_cache_retention": "24h",
    "safety_identifier": "a",
    "user": "a",
}


def defaults(**values):
    return {name: Setting(value, "here") for name, value in values.items()}


def completed(parameters, **values):
    request = ChatRequest(messages=HI, parameters=parameters)
    return dict(apply_defaults(request, defaults(**values)).parameters)


def test_every_scalar_parameter_can_have_a_default():
    """And the model, the server, the tries and what is kept; objects and lists cannot."""
    others = {"model", "base_url", "retries", "history", "history_mb", "history_days"}
    others |= {"cache", "offline", "cassette", "saved_versions", "updates", "interactive"}
    assert set(SETTINGS) == {*others, *VALUES}


@pytest.mark.parametrize(
    ("parameters", "values", "sent"),
    [
        ({}, {"temperature": 0.2}, {"temperature": 0.2}),
        ({"temperature": 1}, {"temperature": 0.2}, {"temperature": 1}),
        ({"temperature": UNSET}, {"temperature": 0.2}, {"temperature": UNSET}),
        ({}, {"top_logprobs": 5}, {"top_logprobs": 5, "logprobs": True}),
        ({"logprobs": True}, {"top_logprobs": 5}, {"logprobs": True, "top_logprobs": 5}),
        ({"logprobs": False}, {"top_logprobs": 5}, {"logprobs": False}),
        ({"logprobs": UNSET}, {"top_logprobs": 5}, {"logprobs": UNSET}),
        ({}, {"logprobs": False, "top_logprobs": 5}, {"logprobs": False}),
        ({}, {"top_logprobs": 5, "logprobs": False}, {"top_logprobs": 5, "logprobs": True}),
        ({}, {"logprobs": UNSET, "top_logprobs": 5}, {"logprobs": UNSET}),
        ({"max_completion_tokens": 5}, {"max_tokens": 9}, {"max_completion_tokens": 5}),
        ({"max_tokens": 5}, {"max_completion_tokens": 9}, {"max_tokens": 5}),
        ({"max_tokens": UNSET}, {"max_completion_tokens": 9}, None),
        ({}, {"max_tokens": 9, "max_completion_tokens": 5}, {"max_tokens": 9}),
        ({}, {"parallel_tool_calls": True}, {}),
        ({"tools": [{}]}, {"parallel_tool_calls": True}, None),
        ({}, {"model": "a/b", "base_url": "https://a.example"}, {}),
    ],
)
def test_a_default_fills_a_gap_or_gives_way(parameters, values, sent):
    """What the request says comes first, then the stronger default; None: both go together."""
    assert completed(parameters, **values) == (sent if sent is not None else parameters | values)


@given(
    st.fixed_dictionaries({}, optional={name: st.just(value) for name, value in VALUES.items()}),
    st.permutations([*VALUES.items()]),
    st.sets(st.sampled_from([*VALUES])),
)
def test_no_default_makes_a_valid_request_invalid_or_changes_what_it_says(given_, order, unset):
    """Whatever the defaults are, and in whatever order they come."""
    request = ChatRequest(messages=HI, parameters=apply_implied(given_))
    try:
        validate(request)
    except InvalidRequest:
        return
    values = {name: UNSET if name in unset else value for name, value in order}
    filled = validate(apply_defaults(request, defaults(**values)))
    assert {name: filled.parameters[name] for name in request.parameters} == request.parameters


def test_stronger_layers_win_and_come_first():
    """So that of two defaults that exclude each other the stronger stays."""
    merged = merge_settings(
        {"max_tokens": Setting(1, "%config")},
        {"n": Setting(2, "env"), "max_tokens": Setting(2, "env")},
        {"max_completion_tokens": Setting(3, "file"), "n": Setting(3, "file")},
    )
    assert [(name, one.value, one.source) for name, one in merged.items()] == [
        ("max_tokens", 1, "%config"),
        ("n", 2, "env"),
        ("max_completion_tokens", 3, "file"),
    ]


@pytest.mark.parametrize(
    ("name", "word", "value"),
    [
        ("temperature", "0.2", 0.2),
        ("n", "3", 3),
        ("logprobs", "true", True),
        ("store", "0", False),
        ("stop", r"\n", ["\n"]),
        ("reasoning_effort", "low", "low"),
        ("model", "a/b", "a/b"),
        ("base_url", " https://a.example/v1\n", "https://a.example/v1"),
    ],
)
def test_text_of_the_environment_is_read_by_the_table(name, word, value):
    """Numbers, true and false, escapes."""
    assert read_setting(name, word) == value


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("temperature", 3, "there temperature 3: must be 0 to 2"),
        ("temperature", "hot", "temperature hot: must be 0 to 2"),
        ("logprobs", "yes", "logprobs yes: must be true or false"),
        ("model", " ", "vendor/model"),
        ("model", 5, "model 5: must be text"),
        ("base_url", "sk-secret-key", "base_url is not a URL such as https://host/v1"),
    ],
)
def test_a_default_out_of_range_is_refused(name, value, words):
    """With the table's words; an address is not repeated, since it may hold a key."""
    with pytest.raises(InvalidRequest, match=words) as caught:
        check_setting(name, value, f"there {name}")
    assert "sk-secret" not in str(caught.value)


def test_unset_is_a_default_too():
    """For any setting."""
    assert all(check_setting(name, UNSET) is UNSET for name in SETTINGS)
    assert set(VALUES) <= set(PARAMETERS)


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("off", False),
        ("OFF", False),
        ("false", False),
        ("0", False),
        ("no", False),
        ("on", True),
        ("1", True),
        ("~/chats.db", "~/chats.db"),
        ("/work/history.db", "/work/history.db"),
    ],
)
def test_the_history_is_on_or_off_or_in_a_file(word, value):
    """As text and as a value."""
    assert read_setting("history", word) == value
    assert check_setting("history", value) == value


@pytest.mark.parametrize("value", [1, 0.5, "", " ", ["off"]])
def test_a_history_that_is_neither_is_an_error(value):
    """And names what it may be."""
    with pytest.raises(InvalidRequest, match=r"history .*: must be true or false"):
        check_setting("history", value)
