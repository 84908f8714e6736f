"""An ablation as plain text."""

from __future__ import annotations

from chat_magic.view.ablation_view import (
    AblationView,
    PaintedMessage,
    Piece,
    RankedSegment,
    answer_effect,
)
from chat_magic.view.text.ablation_text import ablation_text

GIVES, TAKES = answer_effect(6.2), answer_effect(-1.1)
VIEW = AblationView(
    model="a/b",
    subject="answer: Paris\x1b[2J",
    facts=("2 segments by sentence",),
    messages=(
        PaintedMessage("user", (Piece("One word.", GIVES, 0), Piece(" Be kind.", TAKES, 1))),
    ),
    ranked=(RankedSegment("One word.", GIVES, 0), RankedSegment("Be kind.", TAKES, 1)),
    warnings=("slow",),
)


def test_the_list_comes_before_the_prompt_with_marks() -> None:
    """Plus where a segment gives, minus where it takes; a terminal is not controlled."""
    assert ablation_text(VIEW) == (
        "a/b · 2 segments by sentence\n\nanswer: Paris\n\n"
        "“One word.” +6.2 bits\n“Be kind.” \N{MINUS SIGN}1.1 bits\n\n"
        "user: [+One word.+] [\N{MINUS SIGN}Be kind.\N{MINUS SIGN}]\n\nslow"
    )
