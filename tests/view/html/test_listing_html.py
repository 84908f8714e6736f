"""The table of a command as static HTML."""

from __future__ import annotations

import pandas as pd

from chat_magic.view.html.listing_html import listing_html
from chat_magic.view.listing_view import ListingView


def test_a_listing_is_a_table_below_the_number_of_its_rows():
    """What servers and users wrote is escaped."""
    html = listing_html(ListingView(pd.DataFrame({"id": ["<b>", "c"]}), "model"))
    assert "2 models" in html
    assert html.count("<tr") == 3
    assert "&lt;b&gt;" in html
    assert "<b>" not in html


def test_an_empty_listing_says_so():
    """In words, without a table."""
    html = listing_html(ListingView(pd.DataFrame({"id": []}), "model"))
    assert "no models" in html
    assert "<table" not in html
