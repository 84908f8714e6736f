"""Tokens are coloured by probability, counted by bin, and the least sure are listed."""

from __future__ import annotations

import re

import pytest

from chat_magic.view.html.token_html import tokens_html
from tests.view.html.sanitizer import text_of


@pytest.mark.parametrize(
    ("prob", "style"),
    [
        (0.5, None),
        (0.49, r"background-color:rgba\(213,94,0,0.13\)"),
        (0.24, r"background-color:rgba\(213,94,0,0.26\);border-bottom:1px solid"),
        (0.09, r"background-color:rgba\(213,94,0,0.42\);border-bottom:1px dashed"),
        (0.02, r"background-color:rgba\(213,94,0,0.60\);border-bottom:1px dashed;font-weight:600"),
    ],
)
def test_the_colour_grows_with_uncertainty_and_sure_tokens_have_none(
    prob: float, style: str | None, make_token
) -> None:
    text = tokens_html([make_token("word", prob)]).partition("</pre>")[0]
    assert bool(re.search(f"<u .*{style}.*>word</u>", text)) == (style is not None)
    assert text.endswith("word" if style is None else "word</u>")


def test_a_token_with_an_unknown_probability_has_a_double_underline(make_token) -> None:
    html = tokens_html([make_token("a", 1, logprob=-9999.0)])
    assert "border-bottom:3px double" in html
    assert "probability censored: -9999.0" in html
    assert "unknown: 1" in html


def test_copied_tokens_are_the_exact_text(make_token) -> None:
    """The space before a token is not coloured; the mark of a line break is not text."""
    tokens = [
        make_token(" a", 0.1),
        make_token("\n\n", 0.1),
        make_token("  ", 0.1),
        make_token("b \n", 0.1),
        make_token("c", 0.9),
    ]
    text = tokens_html(tokens).partition("</pre>")[0]
    assert re.sub(r"<[^>]*>", "", text) == " a\n\n  b \nc"
    assert "quotes:'↵'" in text


def test_the_legend_counts_the_tokens_of_each_bin(make_token) -> None:
    """The bins are those of the whole product."""
    html = text_of(tokens_html([make_token("a", p) for p in (0.9, 0.8, 0.3, 0.2, 0.05, 0.01)]))
    expected = "≥ 50%: 2 25\u201350: 1 10\u201325: 1 3\u201310: 1 &lt; 3: 1"
    assert f"tokens by probability {expected}" in html


def test_the_least_sure_tokens_are_listed_with_their_alternatives(names) -> None:
    """The most probable alternative first."""
    assert "Charlotte 31 Catherine 24 · Clara 9 · Cleo 0.4" in text_of(tokens_html(names))


def test_the_table_names_the_ten_least_sure_tokens(make_token) -> None:
    """The least sure first."""
    html = tokens_html([make_token(f"w{n}", 0.4 - n / 100) for n in range(20)])
    assert re.findall(r"<bdi>(w\d+)</bdi>", html) == [f"w{n}" for n in range(19, 9, -1)]
