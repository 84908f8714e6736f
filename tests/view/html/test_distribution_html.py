"""A distribution in static HTML."""

from __future__ import annotations

import re

from chat_magic.view.distribution_tree import DistributionNode, TreeRow
from chat_magic.view.html.distribution_html import distribution_html
from chat_magic.view.text.distribution_text import HATCH
from tests.view.html.sanitizer import dropped

LEAF = DistributionNode(node=2, text="no", prob=0.3, ending="open")
ROOT = DistributionNode(
    node=0,
    text="",
    prob=1.0,
    children=(DistributionNode(node=1, text="yes", prob=0.5, ending="end"), LEAF),
    unseen=0.2,
)


def test_heights_are_probabilities():
    """The boxes of a column fill it."""
    html = distribution_html("a/b", ["facts"], [], ROOT, [])
    heights = [int(px) for px in re.findall(r"width:150px;height:(\d+)px", html)]
    assert heights == [150, 90, 60]


def test_what_was_not_seen_is_hatched():
    """A leaf that was not followed too."""
    html = distribution_html(
        "a/b", [], [], ROOT, [TreeRow(indent="", text="x", prob=0.2, kind="unseen")]
    )
    assert html.count(HATCH * 14) == (90 // 13 - 1) + (60 // 13 - 1)


def test_there_is_no_script_and_no_raw_text():
    """A text is only shown."""
    root = DistributionNode(
        node=0, text="", prob=1.0, children=(DistributionNode(node=1, text="<i>", prob=1.0),)
    )
    html = distribution_html("<m>", [], ["<w>"], root, [])
    assert not re.search("<(i|m|w|script)>", html)


def test_its_look_survives_the_sanitizer():
    """Of an untrusted notebook."""
    rows = [TreeRow(indent="└ ", text="yes", prob=0.5, kind="end")]
    assert dropped(distribution_html("a/b", ["facts"], ["w"], ROOT, rows)) == []
