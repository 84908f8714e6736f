"""Differences, trees and the table of a comparison are drawn as HTML."""

from __future__ import annotations

import pytest

from chat_magic.view.comparison_model import compare_runs
from chat_magic.view.html.comparison_details import (
    differences_html,
    excerpt_html,
    table_html,
    trees_html,
)
from chat_magic.view.html.markdown import RINGED
from tests.view.conftest import answers, run
from tests.view.html.sanitizer import dropped, text_of
from tests.wire.make_comparison import TEMPERATURE, TONE, four, grid


def test_an_excerpt_mutes_shared_text_and_has_a_ring_at_the_divergence() -> None:
    """White space stays outside of the ring."""
    comparison = compare_runs([answers("a b c", "a d")])
    assert excerpt_html(comparison, 0, 40) == (
        f'<span style="opacity:0.65">a</span> <span style="{RINGED}">b</span> c'
    )


def test_an_empty_answer_has_a_remark_for_an_excerpt() -> None:
    """Nothing would look like a mistake."""
    assert text_of(excerpt_html(compare_runs([answers("", "a")]), 0, 40)) == "empty answer"


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        (("a b", "a c"), "compared with 0 only here only in the base 1 a b c"),
        (("Red tea", "Green tea"), "compared with 0 only here only in the base 1 Red Green tea"),
        (("a", "a"), "the answers are identical"),
        (('{"a": 1}', '{"a":1}'), "1 the same values, written differently"),
        (('{"a": 1}', '{"b": 1}'), "field base here /a 1 /b 1"),
    ],
)
def test_differences_are_words_or_fields(texts, words: str) -> None:
    """The legend names the base; identical answers have no boxes."""
    html = differences_html(compare_runs([answers(*texts)]))
    assert text_of(html).endswith(words)
    assert dropped(html) == []


def test_answers_beyond_the_twelfth_difference_are_counted() -> None:
    """They are in the table."""
    html = differences_html(compare_runs([answers(*map(str, range(15)))]))
    assert text_of(html).endswith("2 more answers are in the table")


def test_only_runs_whose_answers_diverge_have_a_tree() -> None:
    """Each tree of several runs has a title."""
    assert trees_html(compare_runs([answers("a", "a")])) == ""
    single = text_of(trees_html(compare_runs(four())))
    assert single.startswith("all 4 👋🏽 1. ├ 3/4 · model 31%")
    several = text_of(trees_html(compare_runs(grid())))
    assert several.startswith("temperature 0.5 · formal all 2 A cat is a")


def test_a_run_without_an_answer_has_its_problem_in_the_table() -> None:
    """In place of the answer."""
    html = table_html(compare_runs([answers("x"), run(error="429 <slow>"), run()]), ())
    assert text_of(html) == (
        "finish tokens time in · out answer run 0 finished 52 1.2 s 31 · 52 x "
        "run 1 failed 429 &lt;slow&gt; run 2 no answer"
    )
    assert dropped(html) == []


def test_the_table_of_a_grid_has_a_column_for_each_axis() -> None:
    """And one for the choice."""
    html = table_html(compare_runs(grid()), (TEMPERATURE, TONE))
    assert text_of(html).startswith("temperature tone choice finish tokens")
