"""A distribution as a user holds it."""

from __future__ import annotations

import pytest

from chat_magic.analysis.answer_search import AnswerSearch, NextToken
from chat_magic.core.request.request import ChatRequest
from chat_magic.results.answer_distribution import Distribution
from chat_magic.view.text.distribution_text import HATCH


@pytest.fixture
def found():
    """A distribution with an answer that looks like HTML."""
    search = AnswerSearch(8)
    search.extend(0, [NextToken(1, b"<b>", 0.75, text="<b>"), NextToken(2, b"x", 0.2, text="x")])
    search.extend(1, [NextToken(0, b"", 1.0, is_end=True)])
    return Distribution(
        request=ChatRequest(model="a/b"), search=search, n_requests=2, warnings=("beware",)
    )


def test_its_line_says_what_holds_how_much(found):
    """The upper bound has what is not listed."""
    assert repr(found) == ("<Distribution a/b: 1 answer holds 75\N{EN DASH}80 %; 25 % unseen>")


def test_its_pictures_show_unseen_probability_and_escape_the_text(found):
    """In HTML and in a terminal."""
    bundle = found._repr_mimebundle_()
    assert "&lt;b&gt;" in bundle["text/html"]
    assert "<b>" not in bundle["text/html"]
    assert HATCH in bundle["text/html"]
    assert "unseen" in bundle["text/html"]
    lines = bundle["text/plain"].splitlines()
    assert "25 % unseen" in lines[0]
    assert "75.0 % ├ <b>" in lines[1]
    assert lines[-1] == "! beware"


def test_a_further_warning_is_added(found):
    """As by a display that fails."""
    assert found._with_warning("more").warnings == ("beware", "more")
