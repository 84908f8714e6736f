"""The possible answers of a request, as they are given."""

from __future__ import annotations

import re

import pytest

from chat_magic.core.request.label_set import LabelSet, label_form, read_labels
from chat_magic.errors import InvalidRequest


@pytest.mark.parametrize(
    ("labels", "at", "read"),
    [
        (None, None, None),
        (["a", "b"], None, LabelSet(("a", "b"))),
        (("a",), "/label", LabelSet(("a",), "/label")),
        (["a"], re.compile("x"), LabelSet(("a",), re.compile("x"))),
    ],
)
def test_labels_are_texts_at_a_place(labels, at, read):
    """By default that is the start of the answer."""
    assert read_labels(labels, at) == read


@pytest.mark.parametrize(
    ("labels", "at", "words"),
    [
        (None, "first", "labels_at requires labels"),
        ("yes", None, "labels 'yes': must be a list of texts"),
        ([], None, "must be a list of texts"),
        ({"yes": 1}, None, "must be a list of texts"),
        (["yes", "Yes "], None, "'Yes ' is empty, or like another one"),
        (["yes", "n\ud800o"], None, "has a lone surrogate, which no model can write"),
        (["residual"], None, "'residual' is a column of the table"),
        (["yes"], "last", "at 'last': must be 'first', a JSON Pointer"),
    ],
)
def test_anything_else_is_refused_before_a_request_is_sent(labels, at, words):
    """The error names what is wrong."""
    with pytest.raises(InvalidRequest, match=words):
        read_labels(labels, at)


def test_labels_are_compared_without_case_width_and_outer_spaces():
    """As tokens spell them."""
    assert label_form(" \uff39es ") == "yes"
