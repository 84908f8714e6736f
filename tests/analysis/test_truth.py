"""Right answers are compared without case and outer white space."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from chat_magic.analysis.truth import said_form, truth_form


@pytest.mark.parametrize(
    ("value", "form"),
    [
        (" Good\n", "good"),
        ("STRASSE", "strasse"),
        ("straße", "strasse"),
        (True, "true"),
        (2, "2"),
        (2.0, "2"),
        (2.5, "2.5"),
        (None, None),
        (math.nan, None),
        (math.inf, "inf"),
        (pd.NA, None),
        (pd.NaT, None),
        (["a"], "['a']"),
    ],
)
def test_a_truth_has_one_form_and_may_be_missing(value, form):
    """A whole number of a column with gaps is written as one."""
    assert truth_form(value) == form


@pytest.mark.parametrize(
    ("probabilities", "said"),
    [
        ({"Yes": 0.2, "no": 0.7, "other": 0.9}, "no"),
        ({"Yes": 0.5, "no": 0.5}, "yes"),
        ({"Yes": math.nan, "no": math.nan}, "maybe"),
        ({"Yes": 0.0, "no": 0.0}, "maybe"),
        (None, "maybe"),
    ],
)
def test_an_answer_says_its_likeliest_label(probabilities, said):
    """Else its text, where no label has a probability."""
    assert said_form(" Maybe ", probabilities, ["Yes", "no"]) == said
