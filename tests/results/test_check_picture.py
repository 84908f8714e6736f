"""What checks said, as pictures take it."""

from __future__ import annotations

import pytest

from tests.results.checked import grid_of, result_of

ROWS = [{"label": "x"}] * 4
ANSWERS = {"A": ["x", "y", "y", "y"], "B": ["x"] * 4, "C": ["x", "x", "x", "y"], "D": ["y"] * 4}


def drawn(results):
    """Return the text of the picture."""
    return results._repr_mimebundle_()["text/plain"]


def test_results_that_are_not_checked_are_drawn_as_before():
    """Without rates or marks."""
    assert grid_of({"A": ["x"] * 4}, ROWS)._checks_view is None


def test_each_variant_has_its_rate():
    """In the order of the variants."""
    view = grid_of(ANSWERS, ROWS).check("answer == label")._checks_view
    assert [rate.title for rate in view.rates] == ["A", "B", "C", "D"]
    assert view.rates[1].words == "passed 4 of 4 (51\N{EN DASH}100 %)"


def test_the_best_variants_are_compared_and_it_is_said_where_the_others_are():
    """The better one comes first."""
    view = grid_of(ANSWERS, ROWS).check("answer == label")._checks_view
    assert [sentence.partition(" (")[0] for sentence in view.sentences] == [
        "B passes 25 points more than C",
        "B passes 75 points more than A",
        "C passes 50 points more than A",
        ".versus() compares all 4 variants.",
    ]


def test_an_exception_is_shown_once_with_its_row():
    """And what a check does not see."""
    rows = [{"answer": "1"}, {"answer": "2"}]
    view = grid_of({"A": ["x", "y"]}, rows).check("int(answer)")._checks_view
    assert view.notices == (
        "checks: answer is that of the answer; the column of this name is row['answer']",
        (
            "check int(answer): ValueError: invalid literal for int() with base 10: 'x' "
            "(row 0, and on 1 other answer)"
        ),
    )


def test_the_truth_has_a_confusion_table_for_each_variant():
    """With its title."""
    view = grid_of({"A": ["x"] * 4, "B": ["y"] * 4}, ROWS).check(truth="label")._checks_view
    assert [(one.title, one.counts) for one in view.confusions] == [
        ("A", [[4, 0]]), ("B", [[0, 4]]),
    ]  # fmt: skip


def test_long_answers_are_cut_in_the_confusion_table_and_stay_apart():
    """In one line each; a right answer is called as its truth is."""
    long = "so much " * 1000
    rows = [{"label": f"{long}1"}, {"label": f"{long}\n2"}]
    view = grid_of({"A": [f"{long}1", f"{long}3"]}, rows).check(truth="label")._checks_view
    (table,) = view.confusions
    cut = f"{long[:39]}…"
    assert tuple(table.answers) == (cut, f"{cut} (2)", f"{cut} (3)")
    assert tuple(table.truths) == (cut, f"{cut} (2)")
    assert table.counts == [[1, 0, 0], [0, 0, 1]]


@pytest.mark.parametrize(("n_rows", "n_tables"), [(0, 0), (40, 2), (41, 0), (600, 0)])
def test_confusion_tables_of_many_true_values_are_left_to_the_data(n_rows, n_tables):
    """A picture of 600 free texts by 600 would have 30 megabytes."""
    rows = [{"label": f"text {n}"} for n in range(n_rows)]
    checked = grid_of({"A": ["x"] * n_rows, "B": ["y"] * n_rows}, rows).check(truth="label")
    view = checked._checks_view
    assert len(view.confusions) == n_tables
    notices = [f"truth label: {n_rows} different values; .confusion has the counts"]
    assert list(view.notices) == (notices if n_rows > 40 else [])
    assert len(checked.confusion) == 2 * n_rows


def test_a_single_answer_has_its_rate_and_its_mark():
    """In text, HTML and the payload."""
    text = drawn(result_of("x").check("answer == 'x'"))
    assert text.startswith("a/b  passed 1 of 1 (21\N{EN DASH}100 %)")
    bundle = result_of("x", "y").check("answer == 'x'")._repr_mimebundle_()
    payload = bundle["application/vnd.chat-magic.result.v1+json"]
    assert [one["mark"] for one in payload["results"][0]["choices"]] == ["passed", "failed"]
    assert payload["checks"]["rates"][0]["bounds"][1] == 0.5
    assert "✓ " in bundle["text/plain"]
    assert "✗ " in bundle["text/html"]
