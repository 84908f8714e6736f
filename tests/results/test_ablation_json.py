"""Ablations are written as JSON and read back without loss."""

from __future__ import annotations

import json
import math

import pytest

from chat_magic import Ablation, InvalidRequest
from chat_magic.analysis.prompt_segments import PromptSegment
from chat_magic.core.request.request import read_fields
from tests.results.test_ablation import result

REQUEST = read_fields({"model": "a/b", "messages": "Be brief. \ud800 Go."}, allow_extra=False)


def ablation(**changes) -> Ablation:
    """Return one of two segments, the second of which is not known."""
    values = {
        "request": REQUEST,
        "by": "sentence",
        "segments": (PromptSegment(0, "Be brief.", 0, 9), PromptSegment(0, " Go.", 9, 13)),
        "whole": result(-1.0, -2.0, end_logprob=-math.inf),
        "without": (result(-3.0), None),
        "answer": "x",
        "warnings": ("w",),
        "again": result(-1.5),
    }
    return Ablation(**{**values, **changes})


@pytest.mark.parametrize(
    "changes", [{}, {"answer": None, "labels": ("a", "b"), "replacement": "Hm."}]
)
def test_an_ablation_is_read_back_equal(changes):
    """With its results, of which one is missing, and a text that JSON cannot hold as it is."""
    written = ablation(**changes)
    read = Ablation.from_json(written.to_json())
    assert read == written
    assert read.to_json() == written.to_json()


def test_its_table_and_pictures_are_those_of_the_first():
    """Nothing is drawn from what is not kept."""
    written = ablation(request=read_fields({"messages": "Be brief. Go."}, allow_extra=False))
    read = Ablation.from_json(written.to_json())
    assert read.frame.equals(written.frame)
    assert read._repr_mimebundle_() == written._repr_mimebundle_()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"ablation": 2}, "expected version 1"),
        ({"without": []}, "a result a segment"),
        ({"by": "lines"}, "Invalid enum value"),
        ({"whole": {"chat_magic": 1}}, "expected either result or results"),
        ({"run": "rm"}, "unknown field"),
    ],
)
def test_other_json_is_an_error_of_one_line(change, words):
    """Nothing in it is run."""
    text = json.dumps({**json.loads(ablation().to_json()), **change})
    with pytest.raises(InvalidRequest, match=words):
        Ablation.from_json(text)


@pytest.mark.parametrize("value", ["", "[]", "{", None, 5])
def test_what_is_no_json_object_is_an_error(value):
    """Of a kind that names an ablation."""
    with pytest.raises(InvalidRequest, match="not the JSON of an ablation"):
        Ablation.from_json(value)
