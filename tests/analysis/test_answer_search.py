"""Best-first search through answers, on models whose probabilities are known."""

from __future__ import annotations

import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_magic.analysis.answer_search import AnswerSearch, NextToken

END = NextToken(0, b"", 0.0, is_end=True)


def listed(**probs):
    """Return these texts as tokens with their probabilities; `end` is the end."""
    return [
        NextToken(0, b"", prob, is_end=True)
        if text == "end"
        else NextToken(1 + ord(text[0]), text.encode(), prob)
        for text, prob in probs.items()
    ]


def found(search):
    """Return the answers with their lower bounds, rounded."""
    return {answer.text: round(answer.prob_low, 6) for answer in search.answers()}


def test_the_likeliest_sequence_is_extended_first():
    """Whatever its depth."""
    search = AnswerSearch(max_tokens=8)
    assert search.best() == [0]
    search.extend(0, listed(a=0.6, b=0.4))
    search.extend(1, listed(c=0.5, end=0.5))
    assert [search.nodes[node].content for node in search.best(3)] == [b"b", b"ac"]
    assert found(search) == {"a": 0.3}
    assert search.unseen == pytest.approx(0.7)


def test_one_text_by_different_tokens_is_one_answer():
    """`Lo`, `n` and `Lon` lead to the same text."""
    search = AnswerSearch(max_tokens=8)
    search.extend(0, [NextToken(1, b"Lon", 0.5), NextToken(2, b"Lo", 0.25)])
    search.extend(1, listed(end=1.0))
    search.extend(2, [NextToken(3, b"n", 1.0)])
    search.extend(search.best()[0], listed(end=0.8))
    (answer,) = search.answers()
    assert (answer.text, round(answer.prob_low, 6), answer.n_tokens) == ("Lon", 0.7, 1)


def test_what_is_not_listed_may_be_an_answer_that_it_can_become():
    """Only what was left at a beginning of its text counts for it."""
    search = AnswerSearch(max_tokens=8)
    search.extend(0, listed(a=0.6, b=0.3))  # 0.1 is not listed, and may begin either
    search.extend(1, listed(end=1.0))
    search.extend(2, listed(end=0.5))  # 0.15 is not listed: it may be no "a"
    bounds = {a.text: (round(a.prob_low, 6), round(a.prob_high, 6)) for a in search.answers()}
    assert bounds == {"a": (0.6, 0.7), "b": (0.15, 0.4)}
    low, high = search.bounds(search.answers())
    assert (round(low, 6), round(high, 6)) == (0.75, 1.0)


def test_an_answer_is_cut_at_the_most_tokens():
    """It is not complete, and not extended."""
    search = AnswerSearch(max_tokens=1)
    search.extend(0, listed(a=0.5, end=0.5))
    assert [(answer.text, answer.is_complete) for answer in search.answers()] == [
        ("", True),
        ("a", False),
    ]
    assert search.best() == []
    assert search.unseen == 0.0


def test_the_continuations_of_one_node_can_be_followed_alone():
    """Others may be likelier."""
    search = AnswerSearch(max_tokens=8)
    search.extend(0, listed(a=0.6, b=0.4))
    search.extend(2, listed(c=0.5, d=0.3))
    assert [search.nodes[node].content for node in search.best(1, below=2)] == [b"bc"]
    assert [search.nodes[node].content for node in search.best(1)] == [b"a"]


def test_parts_of_a_character_make_one():
    """A cut answer that ends inside one has a replacement character."""
    search = AnswerSearch(max_tokens=2)
    first, second, third = "学".encode()[:1], "学".encode()[1:], b"!"
    search.extend(0, [NextToken(1, first, 1.0)])
    search.extend(1, [NextToken(2, second, 0.5), NextToken(3, first, 0.5)])
    assert [answer.text for answer in search.answers()] == ["学", "\ufffd\ufffd"]
    assert third.isascii()


class Model:
    """A model whose distribution can be summed: three letters and the end, to a depth."""

    def __init__(self, seed, depth):
        self._random = random.Random(seed)
        self._depth = depth
        self._known = {}

    def alternatives(self, prefix):
        """Return the alternatives after a prefix."""
        if prefix not in self._known:
            weights = [self._random.random() + 0.01 for _ in range(4)]
            if len(prefix) >= self._depth:
                weights = [0.0, 0.0, 0.0, 1.0]
            total = sum(weights)
            probs = dict(zip(["a", "b", "ab", "end"], [w / total for w in weights], strict=True))
            self._known[prefix] = probs
        return self._known[prefix]

    def true_probs(self):
        """Return the probability of each text."""
        sums = {}
        for length in range(self._depth + 1):
            for prefix in itertools.product(["a", "b", "ab"], repeat=length):
                prob = 1.0
                for at, token in enumerate(prefix):
                    prob *= self.alternatives(prefix[:at])[token]
                text = "".join(prefix)
                sums[text] = sums.get(text, 0.0) + prob * self.alternatives(prefix)["end"]
        return sums


@given(st.integers(0, 10_000), st.integers(1, 3), st.integers(1, 25), st.integers(1, 4))
def test_bounds_hold_what_a_model_really_gives(seed, depth, n_steps, n_listed):
    """With some alternatives not listed, and some sequences not followed."""
    model = Model(seed, depth)
    truth = model.true_probs()
    search = AnswerSearch(max_tokens=8)
    for _ in range(n_steps):
        for node in search.best():
            prefix = tuple(token.content.decode() for token in search.prefix(node))
            probs = model.alternatives(prefix)
            likeliest = sorted(probs, key=lambda name: -probs[name])[:n_listed]
            search.extend(node, listed(**{name: probs[name] for name in likeliest}))
    answers = search.answers()
    for answer in answers:
        assert answer.prob_low - 1e-9 <= truth.get(answer.text, 0.0) <= answer.prob_high + 1e-9
    total = sum(answer.prob_low for answer in answers) + search.unseen
    assert total == pytest.approx(1.0)
    assert sum(search.unseen_below()[:1]) == pytest.approx(search.unseen)
    low, high = search.bounds(answers)
    together = sum(truth.get(answer.text, 0.0) for answer in answers)
    assert low - 1e-9 <= together <= high + 1e-9
