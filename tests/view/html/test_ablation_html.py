"""An ablation as static HTML."""

from __future__ import annotations

from dataclasses import replace

from chat_magic.view.ablation_view import PaintedMessage, Piece, RankedSegment, answer_effect
from chat_magic.view.html.ablation_html import ablation_html
from tests.view.text.test_ablation_text import VIEW


def test_giving_and_taking_differ_in_hue_and_in_pattern() -> None:
    """The numbers are in the titles, and in the list."""
    html = ablation_html(VIEW)
    assert "border-bottom:2px solid rgba(46,139,208" in html
    assert "border-bottom:2px dashed" in html
    assert 'title="+6.2 bits"' in html
    assert html.index("“One word.”") < html.index("“Be kind.”")


def test_the_text_of_a_prompt_is_only_shown() -> None:
    """As is that of a label in a title."""
    evil = "<b onclick='x'>"
    effect = answer_effect(2.0)._replace(words=evil)
    view = replace(
        VIEW,
        messages=(PaintedMessage("user", (Piece(evil, effect),)),),
        ranked=(RankedSegment(evil, effect, 0),) * 30,
        subject=evil,
    )
    html = ablation_html(view)
    assert "<b" not in html.replace("<bdi", "")
    assert "… and 10 more" in html
