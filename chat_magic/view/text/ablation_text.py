"""An ablation as plain text: the segments by their effect, and the prompt with marks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chat_magic.view.text.result_text import terminal_safe

if TYPE_CHECKING:
    from chat_magic.view.ablation_view import AblationView, Piece

_MINUS = "\N{MINUS SIGN}"
_MARKS = {1: ("[+", "+]"), -1: (f"[{_MINUS}", f"{_MINUS}]")}
"""What stands around a segment that gives or takes."""
_MOST_ROWS = 20


def ablation_text(view: AblationView) -> str:
    """Write an ablation: facts, what was measured, the list, and the prompt with marks."""
    head = " · ".join([view.model, *view.facts])
    rows = [f"“{row.excerpt}” {row.effect.words}" for row in view.ranked[:_MOST_ROWS]]
    if len(view.ranked) > _MOST_ROWS:
        rows.append(f"… and {len(view.ranked) - _MOST_ROWS} more")
    prompt = [
        f"{message.role}: {''.join(map(_marked, message.pieces))}" for message in view.messages
    ]
    paragraphs = [head, view.subject, "\n".join(rows), "\n".join(prompt), *view.warnings]
    return "\n\n".join(map(terminal_safe, paragraphs))


def _marked(piece: Piece) -> str:
    grade = piece.effect.grade if piece.effect else 0
    if not grade:
        return piece.text
    opening, closing = _MARKS[1 if grade > 0 else -1]
    text = piece.text.strip()
    before, _, after = piece.text.partition(text)
    return f"{before}{opening}{text}{closing}{after}"
