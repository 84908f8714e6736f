"""Altair charts as outputs of a notebook."""

from __future__ import annotations

import pytest

from chat_magic.errors import InvalidRequest
from chat_magic.view.vega import VEGA_LITE, chart_bundle, required_chart


class Chart:
    """A chart of altair, as far as a bundle asks for it."""

    def to_dict(self):
        return {
            "data": {"values": [{"a": 1}]}, "mark": "point",
            "encoding": {"x": {"field": "a", "type": "quantitative"}},
        }  # fmt: skip


def missing():
    raise ImportError("altair")


def test_a_chart_has_an_image_for_pages_that_do_not_draw_it():
    """Of its own size in the page, with text beside it."""
    drawn, metadata = chart_bundle(Chart, html=lambda: "<b>", text="words")
    assert list(drawn) == [VEGA_LITE, "image/png", "text/plain"]
    assert drawn["text/plain"] == "words"
    assert set(metadata["image/png"]) == {"width", "height"}


def test_without_altair_there_is_a_table():
    """And text."""
    assert chart_bundle(missing, html=lambda: "<b>", text="words") == (
        {"text/html": "<b>", "text/plain": "words"}, {},
    )  # fmt: skip


def test_a_chart_that_was_asked_for_says_what_to_install():
    """In one line."""
    with pytest.raises(InvalidRequest, match=r"requires altair: pip install 'chat-magic\[plots\]'"):
        required_chart(missing)
