"""A tree of answers is drawn as indented lines."""

from __future__ import annotations

from chat_magic.view.comparison_model import compare_runs
from chat_magic.view.tree_lines import tree_lines
from tests.view.conftest import answers
from tests.wire.make_comparison import four


def test_a_tree_is_drawn_from_the_root_down() -> None:
    """A leaf names its answers."""
    comparison = compare_runs(four())
    assert [
        (line.indent, line.token, line.rest, line.facts)
        for line in tree_lines(comparison.trees[0], ["0", "1", "2", "3"])
    ] == [
        ("", "", "👋🏽 1. ", "all 4"),
        ("├ ", "Charlotte", "", "3/4 · model 31%"),
        ("│ ├ ", "(end)", "", "2/3 → 0, 2"),
        ("│ └ ", "Ann", "", "1/3 · model 80% → 3"),
        ("└ ", "Clara", "", "1/4 · model 9% → 1"),
    ]


def test_long_texts_are_cut() -> None:
    """The root keeps its end, the other nodes their beginning."""
    tree = compare_runs([answers("word " * 20 + "a" * 9, "word " * 20 + "b" * 9)]).trees[0]
    root, *branches = tree_lines(tree, ["0", "1"], most=5)
    assert root.rest == "… word"
    assert [line.token + line.rest for line in branches] == ["aaaaaaaaa", "bbbbbbbbb"]


def test_a_run_without_answers_has_no_lines() -> None:
    """Its tree is empty."""
    assert tree_lines([], []) == []
