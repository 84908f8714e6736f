"""Answers beside each other in static HTML, which loses nothing in an untrusted notebook."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chat_magic.core.reply.reply import Choice, Message, Reply, Timing
from chat_magic.view.bundle import RunView, bundle
from chat_magic.view.html.escape import escape
from chat_magic.view.html.markdown import RINGED
from tests.view.conftest import answers, axis, choice, run, token
from tests.view.html.sanitizer import dropped, text_of
from tests.wire.make_comparison import TEMPERATURE, TONE, four, grid


def html_of(*runs: RunView, **options) -> str:
    """Return the HTML of runs after checking that a sanitizer leaves it alone."""
    html = bundle(runs, **options)["text/html"]
    assert dropped(html) == []
    return html


def ringed(html: str) -> list[str]:
    """Return what stands in rings."""
    return [
        re.sub("<[^>]*>", "", inner)
        for inner in re.findall(f'<span style="{re.escape(RINGED)}">(.*?)</span>', html)
    ]


def test_choices_stand_side_by_side_and_identical_ones_once() -> None:
    """The most frequent first, with how many there are and which."""
    html = html_of(answers("a x", "b y", "b y"))
    assert html.count("width:50.000%") == 2
    seen = text_of(html)
    assert "1 \u00d72 finished same as 2 b y" in seen
    assert seen.index("1 \u00d72") < seen.index("0 finished a x")


def test_a_column_has_the_metrics_of_its_answer() -> None:
    """Facts above the answer, metrics below."""
    seen = text_of(html_of(*four()))
    assert "0 \u00d72 finished 2 tokens same as 2" in seen
    assert "perplexity 3.35 mean logprob \u22121.21 least sure Clara 9%" in seen


def test_the_divergence_has_a_ring_and_shared_text_is_muted() -> None:
    """Once for each distinct answer."""
    html = html_of(*four())
    columns = html.partition("differences</summary>")[0]
    assert ringed(columns) == ["Charlotte", "Clara", "Charlotte"]
    assert columns.count('<span style="opacity:0.65">👋🏽 1. </span>') == 3
    assert "First difference: Charlotte (model 31%, sampled 3/4), Clara (9%, 1/4)" in text_of(html)
    assert "First difference: <bdi>Charlotte</bdi> (model 31%" in html


def test_identical_answers_have_no_ring_and_nothing_is_muted() -> None:
    """They have no differences either."""
    html = html_of(answers("a b", "a b"))
    assert ringed(html) == []
    assert '<p style="margin:0 0 8px 0">a b</p>' in html
    assert "both answers agree" in text_of(html)
    assert "differences" not in html


def test_an_answer_that_is_the_beginning_of_others_is_muted() -> None:
    """All of its text is shared."""
    html = html_of(answers("a b", "a"))
    assert '<p style="margin:0 0 8px 0"><span style="opacity:0.65">a</span></p>' in html


def test_a_difference_is_marked_by_more_than_colour() -> None:
    html = html_of(answers("a b", "a c"))
    _, _, drawn = html.partition("differences</summary>")
    assert re.search(r"<del [^>]*> b</del><ins [^>]*> c</ins>", drawn)
    assert "only here" in drawn
    assert "only in the base" in drawn


def test_white_space_that_comes_in_is_seen() -> None:
    assert re.search(r"<ins [^>]*>↵\n↵\n</ins>", html_of(answers("a b", "a\n\n b")))


def test_a_view_of_differences_has_them_open_and_the_answers_behind_a_click() -> None:
    html = html_of(answers("a b", "a c"), opens="diff")
    assert html.index("</ins>") < html.index("answers</summary>") < html.index("tree</summary>")
    assert "differences</summary>" not in html


def test_json_answers_differ_in_fields() -> None:
    seen = text_of(html_of(answers('{"a": 1}', '{"a": 2}'), opens="diff"))
    assert "field base here /a 1 2" in seen


def test_each_run_has_its_status_and_a_failed_one_its_error() -> None:
    runs = [
        answers("a", model="a/b", cost=0.5),
        run(model="c/d", error="429: too <many> requests", timing=Timing(total_s=0.3)),
    ]
    seen = text_of(html_of(*runs))
    assert "a/b temperature 0.8 1.2 s 31 in · 52 out $0.5000 finished 52 tokens a" in seen
    assert (
        "c/d temperature 0.8 0.30 s 31 in · 52 out 429: too &lt;many&gt; requests no answer" in seen
    )


def test_a_notice_that_all_runs_have_is_told_once() -> None:
    runs = [answers("a", warnings=("old", "own")), answers("b", warnings=("old",))]
    seen = text_of(html_of(*runs))
    assert seen.count("old") == 1
    assert seen.count("own") == 1


def test_a_grid_is_rows_and_columns_of_cells() -> None:
    """Each with how its answer begins, its figures, and a failed run with why."""
    html = html_of(*grid(), axes=(TEMPERATURE, TONE))
    head, *rows = re.findall("<tr.*?</tr>", html.partition("differences</summary>")[0], re.DOTALL)
    assert text_of(head) == "formal playful"
    starts = [text_of(row)[:34] for row in rows if "temperature" in row]
    assert starts == [
        "temperature 0 A cat is a mammal. f",
        "temperature 0.5 A cat is a small m",
        "temperature 1 the server said 429:",
    ]
    assert "1 of 2 choices" in html


def test_one_axis_is_a_row_of_cells() -> None:
    runs = [answers(text, coordinates={"t": title}) for text, title in (("a", "0"), ("b", "1"))]
    html = html_of(*runs, axes=(axis("t", "0", "1"),))
    assert html.count("width:50.000%") == 2
    assert "t 0 a finished 52 tokens the whole answer" in text_of(html)


def test_three_axes_have_combined_titles_of_rows() -> None:
    axes = [axis(name, "0", "1") for name in "abc"]
    runs = [
        answers(str(n), coordinates=dict(zip("abc", f"{n:03b}", strict=True))) for n in range(8)
    ]
    html = html_of(*runs, axes=axes)
    titles = re.findall(r">(a \d · b \d)</strong>", html.partition("differences</summary>")[0])
    assert titles == ["a 0 · b 0", "a 0 · b 1", "a 1 · b 0", "a 1 · b 1"]


def test_models_alone_stand_side_by_side_as_whole_answers() -> None:
    runs = [answers("x", coordinates={"model": m}, model=m) for m in ("a/b", "c/d")]
    html = html_of(*runs, axes=(axis("model", "a/b", "c/d"),))
    assert "the whole answer" not in html
    assert text_of(html).count("same as") == 2


def test_the_table_has_the_figures_of_every_answer() -> None:
    runs = [
        run(choice([token("a", 0.5), token("b", 0.125)]), cost=0.5, coordinates={"model": "a/b"}),
        answers("c", coordinates={"model": "c/d"}),
    ]
    _, _, drawn = html_of(*runs).partition("table</summary>")
    names = "finish tokens perplexity mean logprob least sure bits/byte time in · out cost answer"
    assert text_of(drawn) == (
        f"{names} a/b finished 2 4.00 \u22121.39 13% 2.00 1.2 s 31 · 52 $0.5000 ab"
        " c/d finished 52 1.2 s 31 · 52 c"
    )


def test_beyond_twelve_answers_the_table_comes_first() -> None:
    html = html_of(answers(*[f"text {n}" for n in range(13)]))
    assert html.index("<table") < html.index("answers</summary>")
    few = html_of(answers(*[f"text {n}" for n in range(12)]))
    assert few.index("table</summary>") < few.index("<table")


def test_of_very_many_tokens_the_bare_answers_are_drawn() -> None:
    """A notebook stays small: 13 answers of 400 tokens are more than 5,000 tokens."""
    tokens = [[token(f" w{n}", 0.3)] + [token(" x", 0.3)] * 399 for n in range(13)]
    choices = [choice(of_choice, index=n) for n, of_choice in enumerate(tokens)]
    html = html_of(run(*choices))
    assert "tokens by probability" not in html
    assert all(f"> w{n} x" in html for n in range(13))
    assert "tokens by probability" in html_of(run(*choices[:12]))


def test_very_many_changes_have_no_background_colour() -> None:
    words = [f"w{n}" for n in range(80)]
    others = [word if n % 2 else f"x{n}" for n, word in enumerate(words)]
    html = html_of(answers(" ".join(words), " ".join(others)))
    assert html.count("<ins>") == 40
    assert html.count("<del>") == 40


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "</pre><b>", "a\u202eb", "`<i>`"])
def test_what_a_model_wrote_is_never_markup(text: str) -> None:
    html = html_of(answers(text, text + " x", '{"a": "<b>"}'), opens="diff")
    assert "<script" not in html
    assert "<i>" not in html
    assert "\u202e" not in html


TEXT = st.text(
    st.sampled_from("ab <>&*_`#|$\\\n\r\t[](){}\"'1.-\u202e\ud83d🐈\ufdd0\ufdd1") | st.characters()
)


@settings(deadline=None)
@given(
    st.lists(st.lists(TEXT, max_size=3), min_size=1, max_size=3),
    st.sampled_from(["answers", "diff"]),
)
def test_whatever_came_the_page_holds_each_answer_and_none_of_its_tags(texts, opens) -> None:
    """Each distinct answer of a run stands there exactly as it is; all elements are ours."""
    runs = []
    for contents in texts:
        choices = tuple(Choice(index=n, message=Message(content=t)) for n, t in enumerate(contents))
        runs.append(RunView(model="m", request={}, reply=Reply(choices=choices), timing=Timing()))
    html = html_of(*runs, opens=opens)
    for text in {text for contents in texts for text in contents if text}:
        assert f">{escape(text)}</pre>" in html


def test_a_prefill_stays_on_the_line_that_it_began() -> None:
    tokens = [[token(" Paris", 0.6), token(".", 0.9)], [token(" Rome", 0.3), token(".", 0.9)]]
    choices = [choice(of_choice, index=n) for n, of_choice in enumerate(tokens)]
    html = html_of(run(*choices, prefill="It is"))
    assert re.search(r"<p[^>]*><span [^>]*>It is </span><span [^>]*border[^>]*>Paris</span>", html)


def test_a_sole_answer_is_drawn_without_a_comparison() -> None:
    html = html_of(run(choice([token("a", 0.5)])))
    assert "table</summary>" not in html
    assert "distinct" not in html
