"""The other distinct answers are compared with the base."""

from __future__ import annotations

import pytest

from chat_magic.view.comparison_model import compare_runs
from chat_magic.view.differences import differences, replaces_without_space
from tests.view.conftest import answers, choice, run, token


def test_every_other_distinct_answer_is_compared_with_the_base() -> None:
    """The base is the most frequent answer."""
    shown, n_more = differences(compare_runs([answers("a b c", "a c", "a b c", "a c", "x")]))
    assert [difference.positions for difference in shown] == [(1, 3), (4,)]
    assert shown[0].changes == [("same", "a"), ("delete", " b"), ("same", " c")]
    assert n_more == 0


def test_json_is_compared_field_by_field() -> None:
    """Only what changes is listed; the prefill belongs to the JSON."""
    run_ = answers('"a": 1, "b": [2]}', '"a":1,"b":[3],"c":null}', prefill="{")
    ((difference,), _) = differences(compare_runs([run_]))
    assert [(f.pointer, f.kind, f.before, f.after) for f in difference.fields] == [
        ("/b/0", "change", "2", "3"),
        ("/c", "insert", None, "null"),
    ]


@pytest.mark.parametrize(
    ("by", "changes"),
    [
        ("word", [("same", "One two."), ("delete", " Red"), ("insert", " Blue"), ("same", ".")]),
        ("sentence", [("same", "One two."), ("delete", " Red."), ("insert", " Blue.")]),
        ("token", [("same", "One two. "), ("delete", "R"), ("insert", "Blu"), ("same", "e"),
                   ("delete", "d"), ("same", ".")]),
    ],
)  # fmt: skip
def test_a_difference_is_made_of_the_chosen_unit(by, changes) -> None:
    """Words, sentences or tokens."""
    cuts = (["One two. ", "R", "e", "d", "."], ["One two. ", "Blu", "e", "."])
    choices = [choice([token(t, 0.9) for t in texts], index=n) for n, texts in enumerate(cuts)]
    ((difference,), _) = differences(compare_runs([run(*choices)], by=by))
    assert difference.changes == changes


@pytest.mark.parametrize(
    ("former", "change", "expected"),
    [
        (("delete", "Red"), ("insert", "Green"), True),
        (("delete", "Red"), ("insert", " Green"), False),
        (("delete", "a\n"), ("insert", "b"), False),
        (("delete", "Red"), ("same", "Green"), False),
        (("same", "Red"), ("insert", "Green"), False),
    ],
)
def test_a_word_replaced_at_the_start_of_a_text_has_no_space_before_it(
    former, change, expected
) -> None:
    """Elsewhere a word has its space with it."""
    assert replaces_without_space(former, change) is expected


def test_the_middle_of_a_long_unchanged_text_is_left_out() -> None:
    """Its ends are kept next to changes, up to a whole word."""
    same = " word" * 100
    ((difference,), _) = differences(
        compare_runs([answers(f"A{same} x{same} end", f"A{same} y{same} end")])
    )
    kinds = [kind for kind, _ in difference.changes]
    assert kinds == ["left out", "same", "delete", "insert", "same", "left out"]
    assert difference.changes[0][1] == "442 unchanged characters"
    assert difference.changes[1][1] == "word" + " word" * 11


def test_at_most_twelve_answers_are_compared_with_the_base() -> None:
    """The others are counted."""
    shown, n_more = differences(compare_runs([answers(*[f"answer {n}" for n in range(20)])]))
    assert (len(shown), n_more) == (12, 7)
