"""What is drawn of a distribution."""

from __future__ import annotations

import pytest

from chat_magic.analysis.answer_search import AnswerSearch, NextToken
from chat_magic.view.distribution_tree import (
    distribution_tree,
    summary_of_distribution,
    tree_rows,
)

END = 0


def token(text, prob):
    """Return a token with its probability; an empty text is the end."""
    is_end = not text
    number = sum(text.encode())
    return NextToken(number, text.encode(), prob, is_end=is_end, text=text)


@pytest.fixture
def search():
    """A search that found `Paris` and `Paris.`, and left 10 % at the beginning."""
    found = AnswerSearch(max_tokens=8)
    found.extend(0, [token("Par", 0.9), token("L", 0.05), token("x", 0.001)])
    found.extend(1, [token("is", 0.99)])
    (paris,) = found.best(1)
    found.extend(paris, [token("", 0.6), token(".", 0.4)])
    (dot,) = found.best(1)
    found.extend(dot, [token("", 1.0)])
    return found


def test_what_all_but_follows_is_one_node(search):
    """`is` follows `Par`."""
    root = distribution_tree(search)
    assert [(child.text, round(child.prob, 3)) for child in root.children] == [
        ("Paris", 0.891),
        ("L", 0.05),
    ]
    assert [child.ending for child in root.children[0].children] == ["end", ""]
    assert root.children[1].ending == "open"
    assert root.unseen == pytest.approx(0.05 + 0.009)


def test_the_parts_of_each_node_add_up_to_it(search):
    """What is drawn, other answers, and what was not seen; what a joined node lost is above it."""

    def check(node):
        if node.children:
            parts = sum(child.prob for child in node.children) + node.others + node.unseen
            assert parts == pytest.approx(node.prob)
        for child in node.children:
            check(child)

    check(distribution_tree(search))


def test_rows_end_with_what_was_not_seen(search):
    """Each has its line of boxes."""
    rows = [(row.indent + row.text, row.kind) for row in tree_rows(distribution_tree(search))]
    assert rows[0] == ("├ Paris", "text")
    assert rows[-1] == ("└ unseen", "unseen")
    assert ("├ L", "open") in rows


def test_the_summary_says_how_many_answers_hold_how_much(search):
    """Its interval is rounded outwards."""
    assert summary_of_distribution(search) == "2 answers hold 89\N{EN DASH}95 %; 11 % unseen"
    assert summary_of_distribution(AnswerSearch(1)) == "no answer found; 100 % unseen"


def test_answers_that_hold_next_to_nothing_are_not_counted():
    """They are in the table."""
    found = AnswerSearch(max_tokens=4)
    found.extend(0, [token("", 0.9), token("a", 0.0991), token("b", 0.0009)])
    for node in found.best(2):
        found.extend(node, [token("", 1.0)])
    assert summary_of_distribution(found).startswith("2 answers hold 99")
