"""The line of the labels and unsure tokens of a run."""

from __future__ import annotations

import pytest

from chat_magic.core.request.label_set import LabelSet
from chat_magic.view.bundle import MIME_TYPE, bundle
from chat_magic.view.run_summary import labels_summary, run_summary
from tests.view.conftest import choice, run, token

YES_NO = LabelSet(("yes", "no"))
SURE = token("yes", 0.75, ("no", 0.2), ("so", 0.03))


@pytest.mark.parametrize(
    ("labels", "tokens", "words"),
    [
        (YES_NO, [SURE], "labels: yes 75% (no 20, other 3, not listed 2)"),
        (YES_NO, [token("yes", 0.996, ("no", 0.003))], "labels: yes 99.6%"),
        (YES_NO, [token("yes", 0.99999)], "labels: yes 99.9%"),
        (YES_NO, [token("so", 0.9, ("no", 0.1))], "labels: no 10% (other 90)"),
        (YES_NO, [token("y", 0.5, ("n", 0.5))], "labels: yes 50% (no 50)"),
        (LabelSet(("yes", "yesterday")), [token("ye", 1.0)], "labels: yes 0% (ambiguous 100)"),
        (LabelSet(("?", "no")), [token("no", 0.5, ("?", 0.5))], "labels: “?” 50% (no 50)"),
        (YES_NO, [], None),
        (None, [SURE], None),
    ],
)
def test_the_likeliest_label_is_named_with_the_others_of_one_percent_and_more(
    labels, tokens, words
) -> None:
    """Also what is no label, and what the server did not list."""
    answer = choice(tokens) if tokens else choice(text="yes")
    assert labels_summary(run(answer, labels=labels)) == words


def test_choices_that_differ_are_named() -> None:
    """Those of one prompt mostly agree, and are named once."""
    other = token("no", 0.6, ("yes", 0.4))
    same = [choice([SURE], index=index) for index in range(2)]
    assert labels_summary(run(*same, labels=YES_NO)) == (
        "labels: yes 75% (no 20, other 3, not listed 2)"
    )
    assert labels_summary(run(same[0], choice([other], index=1), labels=YES_NO)) == (
        "labels: yes 75% (no 20, other 3, not listed 2) in choice 0 · no 60% (yes 40) in choice 1"
    )


def test_the_runs_of_a_grid_have_their_labels_elsewhere() -> None:
    """In the table of its rows; a line for each of many runs would cost much."""
    assert labels_summary(run(choice([SURE]), labels=YES_NO, coordinates={"row": "1"})) is None


def test_labels_stand_before_the_unsure_tokens_in_every_picture() -> None:
    """Their names are text."""
    tokens = [token("<i>", 0.4, ("no", 0.3))]
    drawn = bundle([run(choice(tokens), labels=LabelSet(("<i>", "no")))])
    words = "labels: <i> 40% (no 30, not listed 30) · unsure: <i> 40% (no 30)"
    assert drawn[MIME_TYPE]["results"][0]["unsure"] == words
    assert words in drawn["text/plain"]
    assert "<i> 40%" not in drawn["text/html"]
    assert "not listed 30" in drawn["text/html"]


def test_a_run_without_doubt_or_labels_has_no_line() -> None:
    assert run_summary(run(choice([token("a", 0.9)]))) is None
