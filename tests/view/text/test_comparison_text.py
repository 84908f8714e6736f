"""Answers beside each other as a terminal prints them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chat_magic.core.reply.reply import Choice, Message, Reply, Timing
from chat_magic.view.bundle import RunView, bundle
from chat_magic.view.text.comparison_text import WIDTH
from tests.view.conftest import answers, axis, run
from tests.wire.make_comparison import TEMPERATURE, TONE, four, grid


def text_of(*runs: RunView, **options) -> str:
    return bundle(runs, **options)["text/plain"]


def test_several_answers_stand_under_their_numbers_and_identical_ones_once() -> None:
    """Then how they differ, the tree, where they part, and what the request took."""
    assert text_of(*four()) == (
        "── 0 ──\n👋🏽 1. Charlotte\n"
        "(\u00d72, same as 2 · finished · 2 tokens · perplexity 1.81 · "
        "mean logprob \u22120.59 · least sure Charlotte\n31%)\n\n"
        "── 1 ──\n👋🏽 1. Clara\n"
        "(finished · 2 tokens · perplexity 3.35 · mean logprob \u22121.21 · "
        "least sure Clara 9%)\n\n"
        "── 3 ──\n👋🏽 1. Charlotte Ann\n"
        "(finished · 3 tokens · perplexity 1.60 · mean logprob \u22120.47 · "
        "least sure Charlotte 31%)\n\n"
        "1 compared with 0: 👋🏽 1.[- Charlotte-]{+ Clara+}\n\n"
        "3 compared with 0: 👋🏽 1. Charlotte{+ Ann+}\n\n"
        "all 4  👋🏽 1.\n"
        "├ 3/4 · model 31%  Charlotte\n"
        "│ ├ 2/3 → 0, 2  (end)\n"
        "│ └ 1/3 · model 80% → 3  Ann\n"
        "└ 1/4 · model 9% → 1  Clara\n\n"
        "identical up to: 👋🏽 1.\n"
        "First difference: Charlotte (model 31%, sampled 3/4), Clara (9%, 1/4)\n"
        "3 distinct answers, the commonest 2 of 4 times · "
        "entropy 1.86 bits (of which 0.36 small-sample\ncorrection) · unseen mass about 50%\n"
        "openai/gpt-4o · temperature 0.8 · 0.41 s to first token · 92 tokens/s · 31 in · 52 out\n"
        "unsure: Charlotte 31% (Catherine 24, Clara 9) in choices 0, 2 and 3 · "
        "Clara 9% (Charlotte 31, Catherine 24) in choice 1"
    )


def test_the_first_choice_comes_first_even_if_another_is_more_frequent() -> None:
    """A terminal has printed it already."""
    assert text_of(answers("a\n\n", "b", "b")).startswith(
        "── 0 ──\na\n(finished)\n\n── 1 ──\nb\n(\u00d72"
    )


def test_answers_with_little_in_common_are_compared_only_on_request() -> None:
    runs = [answers("one two three", "four five six")]
    assert "1 compared with 0: little in common" in text_of(*runs)
    assert "[-one two three-]{+four five six+}" in text_of(*runs, opens="diff")


def test_differences_that_fit_a_line_are_written_out_where_anything_is_the_same() -> None:
    runs = [answers("the weight off", "the doctor away")]
    assert "1 compared with 0: the[- weight off-]{+ doctor away+}\n" in text_of(*runs)


def test_many_changes_are_counted_unless_they_were_asked_for() -> None:
    """Of thirty words every second is another: fifteen deletions, and as many insertions."""
    words = [f"w{n}" for n in range(30)]
    others = [word if n % 2 else f"x{n}" for n, word in enumerate(words)]
    runs = [answers(" ".join(words), " ".join(others))]
    assert "1 compared with 0: 30 changes\n" in text_of(*runs)
    assert text_of(*runs, opens="diff").count("[-") == 15


def test_json_differs_by_fields() -> None:
    text = text_of(answers('{"a": 1, "b": 2}', '{"a": 1, "b": 3, "c": []}'))
    assert "1 compared with 0: \n  /b: [-2-]{+3+}\n  /c: {+[]+}" in text


def test_each_run_has_its_status_and_a_failed_one_its_error() -> None:
    """Without control characters."""
    text = text_of(answers("a", model="a/b"), run(model="c/d", error="429: slow\x1b[31m down"))
    assert text == (
        "── a/b ──\na\n(finished · 52 tokens · temperature 0.8 · 1.2 s · 31 in · 52 out)\n\n"
        "── c/d ──\n(no answer)\nfailed: 429: slow down"
    )


def test_a_grid_is_a_table_with_a_column_for_each_axis() -> None:
    lines = text_of(*grid(), axes=(TEMPERATURE, TONE)).split("\n")
    names = "temperature tone choice finish tokens perplexity least sure time cost answer"
    assert " ".join(lines[0].split()) == names
    assert lines[7].split(maxsplit=3) == [
        "1", "formal", "failed", "the server …",
    ]  # fmt: skip
    assert lines[8].startswith("1            playful  0       finished  2       2.50")
    assert max(map(len, lines)) <= WIDTH
    assert lines[-1] == "failed: temperature 1 · formal: the server said 429: too many requests"


@pytest.mark.parametrize(("count", "is_table"), [(12, False), (13, True)])
def test_beyond_twelve_answers_there_is_a_table(count: int, is_table: bool) -> None:
    text = text_of(answers(*[f"answer {n}" for n in range(count)]))
    assert ("── 0 ──" in text) != is_table
    assert text.split("\n")[0].split() == ["finish", "answer"] or not is_table


def test_lines_of_a_table_are_no_wider_than_a_page() -> None:
    lines = text_of(answers(*["word " * 200 + str(n) for n in range(13)])).split("\n")[:14]
    assert max(map(len, lines)) <= WIDTH


def test_one_axis_of_a_grid_names_its_column() -> None:
    runs = [answers(text, coordinates={"seed": text}) for text in "12"]
    text = text_of(*runs, axes=(axis("seed", "1", "2"),))
    head = "seed  finish    tokens  time   answer\n"
    assert text.startswith(f"{head}1     finished  52      1.2 s  1\n")


@settings(deadline=None)
@given(st.lists(st.text(), min_size=2, max_size=15), st.sampled_from(["answers", "diff"]))
def test_whatever_came_only_text_is_printed(texts, opens) -> None:
    choices = tuple(Choice(index=n, message=Message(content=t)) for n, t in enumerate(texts))
    view = RunView(model="m", request={}, reply=Reply(choices=choices), timing=Timing())
    text = text_of(view, opens=opens)
    text.encode()
    assert all(c in "\t\n" or ord(c) > 0x9F or 0x20 <= ord(c) < 0x7F for c in text)
