"""Values that notebooks draw have HTML of their own for front ends that know no bundles."""

from __future__ import annotations

import pytest

from chat_magic.view.bundle import ComparisonView, TokensView
from chat_magic.view.html_repr import HtmlRepr


@pytest.mark.parametrize(
    ("bundle", "html"),
    [
        ({"text/html": "<p>", "text/plain": "x"}, "<p>"),
        (({"text/html": "<p>"}, {"view": "tokens"}), "<p>"),
        ({"text/plain": "x"}, None),
    ],
)
def test_the_html_is_that_of_the_bundle(bundle, html):
    """With or without metadata; None where there is none, so that others are asked."""

    class Value(HtmlRepr):
        def _repr_mimebundle_(self):
            return bundle

    assert Value()._repr_html_() == html


def test_views_of_answers_have_it(make_run, make_choice, names):
    """marimo, HoloViz Panel and Streamlit ask for nothing else."""
    runs = [make_run(make_choice(names), make_choice(names, index=1))]
    for view in (TokensView(runs), ComparisonView(runs)):
        assert (view._repr_html_() or "").startswith("<div ")
