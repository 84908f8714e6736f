"""Tokens in HTML, painted by probability in five bins: ink only where the model was unsure."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from chat_magic.core.reply.tokens import BIN_EDGES
from chat_magic.view.html.escape import escape, isolated, visible
from chat_magic.view.html.html_table import table
from chat_magic.view.html.markdown import INK
from chat_magic.view.summary import name, percent
from chat_magic.view.text_segments import TextSegment, alternatives, mark_below, text_segments

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chat_magic.core.reply.reply import TokenLogprob

_UNKNOWN = 5
"""The legend's last bin: tokens whose log probability is a sentinel or missing."""
_BINS = ("≥ 50 %", "25\u201350", "10\u201325", "3\u201310", "< 3", "not known")
_PLAIN = "text-decoration:none;border-radius:2px"
_PAINT = (
    _PLAIN,
    f"{_PLAIN};background-color:rgba({INK},0.13)",
    f"{_PLAIN};background-color:rgba({INK},0.26);border-bottom:1px solid",
    f"{_PLAIN};background-color:rgba({INK},0.42);border-bottom:1px dashed",
    f"{_PLAIN};background-color:rgba({INK},0.60);border-bottom:1px dashed;font-weight:600",
    "text-decoration:none;border-bottom:3px double",
)
_TEXT = (
    "margin:4px 0 6px 0;padding:0;font-family:inherit;font-size:100%;line-height:1.8;"
    "white-space:pre-wrap;word-wrap:break-word;background-color:transparent"
)
_ROWS = 10
_OTHERS = 4
"""Alternatives that a row of the table names."""


def tokens_html(tokens: Sequence[TokenLogprob]) -> str:
    """Return the tokens as painted text, a legend with counts, and the least sure as a table."""
    pieces = text_segments(tokens)
    below = mark_below(pieces)
    text = "".join(_painted(piece, below) for piece in pieces)
    return f'<pre style="{_TEXT}">{text}</pre>{_legend(pieces)}{_table(pieces)}'


def _bin(piece: TextSegment) -> int:
    return _UNKNOWN if piece.prob is None else piece.grade


def _painted(piece: TextSegment, below: float) -> str:
    """Paint a token but for the space before it; a line break gets a mark that is not copied."""
    number = _bin(piece)
    if number == 0 or (piece.prob or 0.0) >= below:
        return escape(piece.text, hidden=True)
    text = piece.text.strip() or piece.text.strip("\n")
    before, _, after = piece.text.partition(text) if text else ("", "", piece.text)
    inner = escape(text, hidden=True) or "<q style=\"quotes:'↵' ''\"></q>"
    title = escape(visible(_title(piece)))
    return f'{before}<u style="{_PAINT[number]}" title="{title}">{inner}</u>{after}'


def _title(piece: TextSegment) -> str:
    if piece.prob is None:
        return f"probability {piece.status}: {piece.token.logprob}"
    return " · ".join([f"{percent(piece.prob)} %", *_others(piece)])


def _others(piece: TextSegment) -> list[str]:
    return [f"{name(text)} {percent(prob)}" for text, prob in alternatives(piece.token)[:_OTHERS]]


def _legend(pieces: Sequence[TextSegment]) -> str:
    counts = Counter(map(_bin, pieces))
    entries = [
        f'<span style="white-space:nowrap;padding:1px 6px;{style}">'
        f"{escape(words)}: {counts[number]}</span>"
        for number, (words, style) in enumerate(zip(_BINS, _PAINT, strict=True))
        if number != _UNKNOWN or counts[_UNKNOWN]
    ]
    bins = " ".join(entries)
    below = mark_below(pieces)
    partly = "" if below == BIN_EDGES[0] else f"; painted under {percent(below)} % only"
    return f'<div style="font-size:80%;margin:0 0 6px 0">tokens by probability {bins}{partly}</div>'


def _table(pieces: Sequence[TextSegment]) -> str:
    least = sorted((p for p in pieces if p.grade), key=lambda piece: piece.prob or 0.0)[:_ROWS]
    if not least:
        return ""
    return table(("least sure", "%", "instead"), list(map(_row, least)))


def _row(piece: TextSegment) -> tuple[str, ...]:
    mark = f'<u style="{_PAINT[piece.grade]}">{isolated(name(piece.text))}</u>'
    others = [
        f'<span style="white-space:nowrap">{isolated(other)}</span>' for other in _others(piece)
    ]
    return (mark, percent(piece.prob or 0.0), " · ".join(others))
