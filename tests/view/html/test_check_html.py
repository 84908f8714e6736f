"""Checks in static HTML."""

from __future__ import annotations

import re

from chat_magic.analysis.paired_difference import PairedFigures
from chat_magic.view.html.check_html import bar_html, checks_html, versus_html
from tests.view.checks import CHECKS, HOSTILE, rate
from tests.view.html.sanitizer import dropped, text_of

HTML = checks_html(CHECKS)


def test_nothing_of_it_is_dropped_by_the_sanitizer_and_what_is_named_is_text():
    """Titles, exceptions and answers come from elsewhere."""
    assert dropped(HTML) == []
    assert "<img" not in HTML
    assert "\x1b" not in HTML


def test_each_variant_has_its_rate_its_bar_and_its_interval():
    """The words say all that the bar shows."""
    text = text_of(HTML)
    assert "prompt A" in text
    assert "passed 17 of 20 (64\N{EN DASH}95 %)" in text
    assert "1 failed request" in text
    assert "prompt A passes 85 points more than B" in text
    assert "check x: ValueError" in text


def test_above_a_table_of_rows_the_rates_are_left_to_its_header():
    """How variants compare stays."""
    text = text_of(checks_html(CHECKS, has_rates=False))
    assert "passed 17 of 20" not in text
    assert "prompt A passes 85 points more than B" in text


def test_a_bar_has_a_shade_up_to_each_end_of_the_interval_and_the_share():
    """64 %, 21 % and 10 % of its width, which is at most that of a narrow column."""
    shades = re.findall(r"<div style=\"width:([\d.]+)%", bar_html(rate()))
    assert shades == ["64.0", "21.0", "10.0"]
    assert "width:100%;max-width:140px" in bar_html(rate(), fits=True)


def test_a_confusion_table_has_right_answers_in_bold():
    """True values to the left, answers at the top."""
    assert re.findall(r"<strong[^>]*>(\d)</strong>", HTML) == ["3", "2"]
    assert "&lt;img" in HTML


def test_a_comparison_is_its_sentence():
    """With what its titles hold as text."""
    html = versus_html(HOSTILE, "B", PairedFigures(0.5, 0.2, 0.7, 0.01, 20, 10, 15), 0)
    assert dropped(html) == []
    assert "passes 50 points more than B (+20 to +70): settled by 20 rows." in text_of(html)
