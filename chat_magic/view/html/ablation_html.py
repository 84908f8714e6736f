"""An ablation as static HTML: the painted prompt, and beside it its segments by their effect."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chat_magic.view.html.elements import MUTED, SMALL, columns, nowrap, page, status_line
from chat_magic.view.html.escape import escape, isolated, visible
from chat_magic.view.html.html_table import table
from chat_magic.view.html.markdown import INK

if TYPE_CHECKING:
    from chat_magic.view.ablation_view import AblationView, PaintedMessage, Piece, RankedSegment

_GIVING, _TAKING = "46,139,208", INK
_STRENGTHS = (0.0, 0.16, 0.30, 0.48)
"""How opaque the paint of each grade is."""
_TEXT = (
    "margin:2px 0 8px 0;padding:0;font-family:inherit;font-size:100%;line-height:1.8;"
    "white-space:pre-wrap;word-wrap:break-word;background-color:transparent"
)
_LEGEND = (
    "painted blue, solid line: gives to it · amber, dashed line: takes from it · moves, not causes"
)
_MOST_ROWS = 20


def ablation_html(view: AblationView) -> str:
    """Draw an ablation."""
    head = status_line(view.model, view.facts, view.warnings)
    subject = f'<div style="{SMALL};{MUTED};margin:0 0 6px 0">{escape(view.subject)}</div>'
    prompt = "".join(map(_message, view.messages))
    legend = f'<div style="{SMALL};{MUTED}">{escape(_LEGEND)}</div>'
    return page(head + subject + columns([prompt + legend, _list(view)]))


def _message(message: PaintedMessage) -> str:
    role = f'<div style="{SMALL};{MUTED}">{escape(message.role)}</div>'
    return f'{role}<pre style="{_TEXT}">{"".join(map(_piece, message.pieces))}</pre>'


def _piece(piece: Piece) -> str:
    if piece.effect is None:
        return escape(piece.text)
    text = piece.text.strip()
    before, _, after = piece.text.partition(text)
    title = escape(visible(piece.effect.words))
    style = _style(piece.effect.grade)
    return f'{before}<u style="{style}" title="{title}">{escape(text)}</u>{after}'


def _style(grade: int) -> str:
    """Return hue and pattern of a grade: a solid line if it gives, a dashed one if it takes."""
    if not grade:
        return "text-decoration:none"
    hue, line = (_GIVING, "solid") if grade > 0 else (_TAKING, "dashed")
    return (
        f"text-decoration:none;border-radius:2px;border-bottom:2px {line} rgba({hue},0.95);"
        f"background-color:rgba({hue},{_STRENGTHS[abs(grade)]:.2f})"
    )


def _list(view: AblationView) -> str:
    rows = [_row(row) for row in view.ranked[:_MOST_ROWS]]
    rest = len(view.ranked) - _MOST_ROWS
    more = f'<div style="{SMALL};{MUTED}">… and {rest} more</div>' if rest > 0 else ""
    return table(("segment", "effect"), rows) + more


def _row(row: RankedSegment) -> list[str]:
    style = _style(row.effect.grade)
    effect = f'<u style="{style}">{escape(row.effect.words)}</u>'
    return [isolated(f"“{row.excerpt}”"), nowrap(effect)]
