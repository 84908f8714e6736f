"""The keys of requests: what makes two of them equal, and that they never change."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_magic.core.request.request_key import (
    DrawCounter,
    canonical_request,
    differing_fields,
    request_key,
)

KNOWN = json.loads((Path(__file__).parents[2] / "wire" / "request_keys.json").read_text())
BODY = {"model": "a/b", "messages": [{"role": "user", "content": "Hi"}], "temperature": 1}

values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)
bodies = st.dictionaries(st.text(min_size=1, max_size=5), values, max_size=5)


def key(body, draw=0, model="a/b", weights=None):
    """Return the key of a body."""
    return request_key(canonical_request(body, model=model), draw, weights)


@pytest.mark.parametrize("case", KNOWN, ids=lambda case: case["name"])
def test_the_key_of_a_request_never_changes(case):
    """What was recorded by an earlier version is found by this one."""
    assert key(case["body"], case["draw"], case["model"], case["weights"]) == case["key"]


@pytest.mark.parametrize(
    ("change", "is_same"),
    [
        ({"temperature": 1.0}, True),
        ({"stream": True, "stream_options": {"include_usage": True}}, True),
        ({"stream": False}, True),
        ({"model": "the name at the server"}, True),
        ({"messages": ({"content": "Hi", "role": "user"},)}, True),
        ({"temperature": 1.5}, False),
        ({"temperature": True}, False),
        ({"n": 1}, False),
        ({"seed": None}, False),
        ({"messages": [{"role": "user", "content": "Hi "}]}, False),
        ({"temperature": "1"}, False),
    ],
)
def test_what_is_sent_makes_the_key_and_not_how_it_is_written(change, is_same):
    """Numbers have one form, the order of fields does not count, nor how the answer is sent."""
    assert (key(BODY | change) == key(BODY)) is is_same


def as_floats(value):
    """Return a value with each whole number as a float."""
    if isinstance(value, dict):
        return {name: as_floats(item) for name, item in reversed(value.items())}
    if isinstance(value, list):
        return tuple(map(as_floats, value))
    return float(value) if type(value) is int else value


@given(bodies)
def test_numbers_and_the_order_of_fields_do_not_change_a_key(body):
    """At any depth."""
    assert key(as_floats(body)) == key(body)


@given(bodies, bodies)
def test_different_requests_have_different_keys(first, second):
    """By their values, in which True is not 1."""
    texts = [
        json.dumps(canonical_request(body, model="a/b"), sort_keys=True) for body in (first, second)
    ]
    assert (key(first) == key(second)) is (texts[0] == texts[1])


@given(bodies, st.integers(0, 50), st.integers(0, 50))
def test_draws_have_keys_of_their_own(body, first, second):
    """And so have the weights of a local model."""
    assert (key(body, first) == key(body, second)) is (first == second)
    assert key(body, first, weights="a.gguf:1") != key(body, first)


def test_the_request_is_not_changed():
    """The canonical form is a copy."""
    body = {"stop": [1.0], "x": {"y": 2.0}}
    canonical_request(body, model="a/b")["x"]["y"] = 5
    assert body == {"stop": [1.0], "x": {"y": 2.0}}


@given(st.lists(st.sampled_from("abc")))
def test_a_draw_is_the_number_of_equal_ones_before(keys):
    """In the order of the data."""
    counter = DrawCounter()
    assert [counter.next_draw(one) for one in keys] == [
        keys[:index].count(one) for index, one in enumerate(keys)
    ]


@pytest.mark.parametrize(
    ("change", "phrases"),
    [
        ({}, []),
        ({"temperature": 0.7}, ["temperature 0.7 (recorded: 1)"]),
        ({"seed": 3}, ["seed 3 (recorded: not set)"]),
        ({"model": "c/d"}, ['model "c/d" (recorded: "a/b")']),
        ({"messages": [{"role": "user", "content": "Ho"}]}, ["messages[0]"]),
        ({"stop": ["a"]}, ["stop"]),
    ],
)
def test_a_miss_says_what_differs_from_the_nearest_recording(change, phrases):
    """Of several recordings that with the fewest differences."""
    far = {"model": "x/y", "messages": [], "temperature": 0, "seed": 1, "n": 9}
    assert differing_fields(BODY | change, [far, BODY, far]) == phrases


def test_without_recordings_nothing_differs():
    """There is no nearest one."""
    assert differing_fields(BODY, []) == []
