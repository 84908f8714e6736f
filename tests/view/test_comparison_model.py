"""What all pictures of a comparison say: titles, how far the answers agree, where they part."""

from __future__ import annotations

import pytest

from chat_magic.view.comparison_model import (
    agreement_words,
    compared,
    divergence_summary,
    excerpt,
    figure_words,
)
from chat_magic.view.differences import differences
from chat_magic.view.text.tree_lines import branches
from tests.view.conftest import choice, run, token
from tests.wire.make_comparison import TEMPERATURE, TONE, four, grid


def answers(*texts: str, **fields):
    """Return a run of choices without log probabilities."""
    return run(*[choice(text=text, index=n) for n, text in enumerate(texts)], **fields)


def test_one_answer_or_none_is_no_comparison() -> None:
    assert compared([answers("a")]) is None
    assert compared([run()]) is None
    assert compared([run(), run()]) is not None


@pytest.mark.parametrize(
    ("runs", "titles"),
    [
        ([answers("a", "b")], ("0", "1")),
        ([answers("a", model="a/b"), answers("b", model="c/d")], ("a/b", "c/d")),
        ([answers("a"), answers("b")], ("run 0", "run 1")),
        (
            [
                answers("a", coordinates={"temperature": "0.5"}),
                answers("b", coordinates={"t": "x"}),
            ],
            ("temperature 0.5", "x"),
        ),
        (
            [answers("a", "b", coordinates={"seed": "unset", "tone": "formal"}), answers("c")],
            ("seed unset · formal · choice 0", "seed unset · formal · choice 1", "run 1"),
        ),
    ],
)
def test_an_answer_is_called_by_what_sets_it_apart(runs, titles) -> None:
    """Its index, its model, its place in the grid; a bare value with the name of its axis."""
    assert compared(runs).titles == titles


def test_the_chip_says_what_the_model_held_and_what_came() -> None:
    found = compared(four())
    assert divergence_summary(found.comparison.branches) == (
        "here: Charlotte 31 % · Clara 9 % (model) vs 3/4 · 1/4 (sampled)"
    )


def test_without_probabilities_the_chip_says_what_came() -> None:
    found = compared([answers("a b", "a c", "a", "a c")])
    assert (
        divergence_summary(found.comparison.branches)
        == "here: c · b · the end, 2/4 · 1/4 · 1/4 (sampled)"
    )


def test_the_chip_names_four_ways_and_a_number_in_quotes() -> None:
    found = compared([answers("1", "2", "3", "4", "5", "6")])
    assert divergence_summary(found.comparison.branches) == (
        "here: “1” · “2” · “3” · “4” · 2 more, 1/6 · 1/6 · 1/6 · 1/6 (sampled)"
    )


def test_there_is_no_chip_where_nothing_parts() -> None:
    assert divergence_summary(compared([answers("a", "a")]).comparison.branches) is None


@pytest.mark.parametrize(
    ("runs", "words"),
    [
        ([answers("a", "a")], "both agree"),
        ([answers("Yes", " yes\n", "no")], "2 of 3 agree · 2 different"),
        ([answers("a"), answers("b")], "both different"),
        ([answers("a"), answers("b"), answers("a")], "2 of 3 agree · 2 different"),
    ],
)
def test_agreement_is_told_in_words(runs, words: str) -> None:
    """Case and the white space around an answer do not count."""
    assert agreement_words(compared(runs)).startswith(words)


def test_entropy_is_told_with_its_correction_for_one_request_only() -> None:
    """Of 2, 1, 1 of 4: 1.5 ln 2 = 1.04 nats, Miller and Madow's (3 - 1) / 8 = 0.25; 2 came once."""
    assert agreement_words(compared(four())) == (
        "2 of 4 agree · 3 different · entropy 1.29 nats (1.04 + 0.25 as they are few)"
        " · about 50 % unseen"
    )
    assert "entropy" not in agreement_words(compared(grid()))


def test_identical_answers_are_grouped_within_a_run() -> None:
    found = compared([answers("b", "a", "a"), answers("a")])
    assert found.groups == [(1, 2, 3), (0,)]
    assert found.groups_by_run[0] == [(1, 2), (0,)]
    assert found.groups_by_run[1] == [(3,)]


def test_the_figures_name_the_least_sure_token() -> None:
    """The mean of ln 2 and ln 8 is ln 4."""
    each = choice([token("a", 0.5), token(" b", 0.125)])
    assert figure_words(each) == ["perplexity 4.00", "mean \u22121.39", "least sure b 13 %"]
    assert figure_words(choice(text="a")) == []


def test_the_beginning_of_an_answer_shows_where_it_parts() -> None:
    """Also far into the text: what is shown starts a little before."""
    long = "same " * 40
    found = compared(
        [
            answers(f"{long}here it goes on", f"{long}there"),
        ]
    )
    parts = excerpt(found.comparison.answers[0], 40)
    assert [(part.kind, part.text) for part in parts] == [
        ("shared", "… same same"),
        ("parting", " here"),
        ("own", " it goes on"),
    ]
    near = compared([answers("a\n b c", "a\n d")]).comparison.answers[0]
    assert [part.text for part in excerpt(near, 40)] == ["a ", " b", " c"]
    assert [part.text for part in excerpt(near, 3)] == ["…", " b", " …"]
    assert [part.text for part in excerpt(near, 4)] == ["a ", " b", "…"]


def test_a_tree_is_drawn_from_the_root_down() -> None:
    found = compared(four())
    assert [
        (line.lines, line.token, line.rest, line.facts)
        for line in branches(found.trees[0], ["0", "1", "2", "3"])
    ] == [
        ("", "", "👋🏽 1. ", "all 4"),
        ("├ ", "Charlotte", "", "3/4 · model 31 %"),
        ("│ ├ ", "(end)", "", "2/3 → 0, 2"),
        ("│ └ ", "Ann", "", "1/3 · model 80 % → 3"),
        ("└ ", "Clara", "", "1/4 · model 9 % → 1"),
    ]


def test_differences_are_those_of_every_other_distinct_answer() -> None:
    found, more = differences(compared([answers("a b c", "a c", "a b c", "a c", "x")]))
    assert [each.places for each in found] == [(1, 3), (4,)]
    assert found[0].changes == [("same", "a"), ("delete", " b"), ("same", " c")]
    assert more == 0


def test_json_is_compared_field_by_field() -> None:
    """Only what changes is listed; the prefill belongs to the JSON."""
    run_ = answers('"a": 1, "b": [2]}', '"a":1,"b":[3],"c":null}', prefill="{")
    ((found,), _) = differences(compared([run_]))
    assert [(f.pointer, f.kind, f.before, f.after) for f in found.fields] == [
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
def test_a_difference_is_made_of_what_was_asked_for(by, changes) -> None:
    cuts = (["One two. ", "R", "e", "d", "."], ["One two. ", "Blu", "e", "."])
    choices = [choice([token(t, 0.9) for t in own], index=n) for n, own in enumerate(cuts)]
    ((found,), _) = differences(compared([run(*choices)], by=by))
    assert found.changes == changes


def test_what_is_the_same_for_long_is_left_out_but_for_its_ends() -> None:
    same = " word" * 100
    ((found,), _) = differences(compared([answers(f"A{same} x{same} end", f"A{same} y{same} end")]))
    kinds = [kind for kind, _ in found.changes]
    assert kinds == ["left out", "same", "delete", "insert", "same", "left out"]
    assert found.changes[0][1] == "442 characters are the same"
    assert found.changes[1][1] == "word" + " word" * 11


def test_no_more_than_twelve_answers_are_held_against_the_base() -> None:
    found, more = differences(compared([answers(*[f"answer {n}" for n in range(20)])]))
    assert (len(found), more) == (12, 7)


def test_the_axes_of_the_fixture_fit_its_runs() -> None:
    assert len(grid()) == len(TEMPERATURE.titles) * len(TONE.titles)


@pytest.mark.parametrize(
    ("runs", "ends"),
    [
        (["The cat", "The dog"], [7, 7]),
        (["Cats purr", "The dog"], [0, 0]),
        (["Cats", "Cats"], [4, 4]),
    ],
)
def test_answers_to_several_requests_are_ringed_where_they_share_something(runs, ends):
    """The first word of each is no news where the prompts differ."""
    found = compared([answers(text) for text in runs])
    assert [answer.end for answer in found.comparison.answers] == ends
