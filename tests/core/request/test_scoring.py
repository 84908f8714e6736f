"""The texts that are scored: which are allowed, and how they are written as JSON."""

from __future__ import annotations

from typing import Any

import pytest

from chat_magic.core.request.request import ChatRequest, read_messages, read_sent
from chat_magic.core.request.scoring import Scoring, read_candidates, read_scoring
from chat_magic.errors import InvalidRequest


@pytest.mark.parametrize("value", [["a", "b"], ("a", "b"), {"a": 1, "b": 2}.keys(), iter("ab")])
def test_any_series_of_texts_is_taken(value: Any) -> None:
    """In its order."""
    assert read_candidates(value) == ("a", "b")


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("Paris", "candidates: must be a list of texts, got str"),
        ({"a": 1}, "candidates: must be a list of texts, got dict"),
        (5, "candidates: must be a list of texts, got int"),
        ([], "candidates: expected 1 to 1000 texts, got 0"),
        ([str(n) for n in range(1001)], "got 1001"),
        (["a", 5], r"candidates\[1\]: must be a text, got int"),
        (["a", ""], r"candidates\[1\]: must not be empty"),
        (["a", "b", "a"], r"candidates\[0\] and candidates\[2\] are equal \('a'\)"),
        (["\ud800"], r"candidates\[0\]: .* has a lone surrogate"),
    ],
)
def test_what_cannot_be_scored_is_an_error(value: Any, words: str) -> None:
    """It names the text by its position."""
    with pytest.raises(InvalidRequest, match=words):
        read_candidates(value)


def test_a_long_text_is_shortened_in_an_error() -> None:
    """Its ends tell which it is."""
    text = "first " + "word " * 20_000 + "last"
    with pytest.raises(InvalidRequest, match=r"\('first .*\.\.\..*last'\)") as error:
        read_candidates([text, text])
    assert len(str(error.value)) < 120


def test_texts_that_differ_in_spaces_only_are_different() -> None:
    """They have other tokens."""
    assert read_candidates(["a", " a", "a\n"]) == ("a", " a", "a\n")


@pytest.mark.parametrize(
    "value",
    [None, 5, {}, {"candidates": ["a"]}, {"candidates": "a", "end": True},
     {"candidates": ["a"], "end": 1}, {"candidates": ["a"], "end": True, "x": 1}],
)  # fmt: skip
def test_another_field_of_that_name_is_left_alone(value: Any) -> None:
    """A server may have one."""
    assert read_scoring(value) is None


def test_a_request_with_texts_is_read_from_its_body() -> None:
    """It has a choice for each text, and no stream."""
    messages = read_messages("Hi")
    request = ChatRequest(model="a/b", messages=messages, score=Scoring(("x", "y"), False))
    body = request.body()
    assert body["score"] == {"candidates": ["x", "y"], "end": False}
    assert "stream" not in body
    assert request.n == 2
    read = read_sent(body)
    assert (read.score, read.body()) == (request.score, body)
