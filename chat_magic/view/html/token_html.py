"""Tokens in HTML, coloured by probability in five bins; sure ones are left plain."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from chat_magic.core.reply.tokens import BIN_EDGES
from chat_magic.view.html.elements import EXACT
from chat_magic.view.html.escape import escape, isolated, visible
from chat_magic.view.html.html_table import table
from chat_magic.view.html.markdown import INK
from chat_magic.view.summary import percent, percent_digits, token_name
from chat_magic.view.text_segments import TextSegment, alternatives, mark_below, text_segments

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chat_magic.core.reply.reply import TokenLogprob
    from chat_magic.view.token_roles import Role

_UNKNOWN = 5
"""The legend's last bin: tokens whose log probability is a sentinel or missing."""
_NOT_COUNTED: dict[Role, str] = {
    "structure": "of JSON itself",
    "stripped": "not in the text",
}
_BINS = ("≥ 50%", "25\u201350", "10\u201325", "3\u201310", "< 3", "unknown")
_PLAIN = "text-decoration:none;border-radius:2px"
_BIN_STYLES = (
    _PLAIN,
    f"{_PLAIN};background-color:rgba({INK},0.13)",
    f"{_PLAIN};background-color:rgba({INK},0.26);border-bottom:1px solid",
    f"{_PLAIN};background-color:rgba({INK},0.42);border-bottom:1px dashed",
    f"{_PLAIN};background-color:rgba({INK},0.60);border-bottom:1px dashed;font-weight:600",
    "text-decoration:none;border-bottom:3px double",
)
_TEXT = (
    "margin:4px 0 6px 0;padding:0;font-family:inherit;font-size:100%;line-height:1.8;"
    f"{EXACT};background-color:transparent"
)
_LEGEND = "font-size:88%;line-height:1.7;margin:0 0 6px 0"
_MOST_ROWS, _FEW_ROWS = 10, 4
"""Tokens in the table; those that are named where tokens are not drawn."""
_MOST_DRAWN = 350
"""Tokens of all answers of an output that are drawn one by one, to keep a notebook small."""
_MOST_MARKED = 45
"""Words that are underlined in all answers where there are more."""
_MOST_ALTERNATIVES = 4
"""Alternatives that a row of the table names."""


def most_marked(n_tokens: int, n_answers: int) -> int | None:
    """Return how many words of each answer are underlined; None where its tokens are drawn.

    Args:
        n_tokens: Tokens of all answers of an output.
        n_answers: How many answers it has.
    """
    return None if n_tokens <= _MOST_DRAWN else _MOST_MARKED // n_answers


def token_counts_html(tokens: Sequence[TokenLogprob], roles: Sequence[Role], marked: int) -> str:
    """Say how many tokens are in each bin, and which are the least sure.

    Args:
        tokens: The tokens.
        roles: Their roles: those that do not count are left out.
        marked: How many words of the text are underlined at most.
    """
    segments = text_segments(tokens, roles)
    counts = _bin_counts(segments)
    bins = ", ".join(f"{_BINS[number]}: {count}" for number, count in sorted(counts.items()))
    below = percent(mark_below(segments, marked))
    words = f"tokens by probability: {bins}; underlined under {below}{_not_counted(segments)}"
    least = "".join(f"<br>{_least_sure(segment)}" for segment in _least(segments, _FEW_ROWS))
    return f'<div style="{_LEGEND}">{escape(words)}{least}</div>'


def tokens_html(tokens: Sequence[TokenLogprob], roles: Sequence[Role] | None = None) -> str:
    """Draw the tokens as coloured text, a legend with counts, and a table of the least sure.

    Args:
        tokens: The tokens.
        roles: Their roles: those that do not count are left plain.
    """
    segments = text_segments(tokens, roles)
    below = mark_below(segments)
    text = "".join(_marked(segment, below) for segment in segments)
    return f'<pre style="{_TEXT}">{text}</pre>{_legend(segments)}{_table(segments)}'


def _bin(segment: TextSegment) -> int:
    return _UNKNOWN if segment.prob is None and segment.counts else segment.grade


def _marked(segment: TextSegment, below: float) -> str:
    """Colour a token without the space before it; a line break gets a mark that is not copied."""
    number = _bin(segment)
    if number == 0 or not segment.counts or (segment.prob or 0.0) >= below:
        return escape(segment.text, hidden=True)
    text = segment.text.strip() or segment.text.strip("\n")
    before, _, after = segment.text.partition(text) if text else ("", "", segment.text)
    inner = escape(text, hidden=True) or "<q style=\"quotes:'↵' ''\"></q>"
    title = escape(visible(token_title(segment)))
    return f'{before}<u style="{_BIN_STYLES[number]}" title="{title}">{inner}</u>{after}'


def token_title(segment: TextSegment) -> str:
    """Return what a token's tooltip says: its probability, and its alternatives."""
    if segment.prob is None:
        return f"probability {segment.status}: {segment.token.logprob}"
    return " · ".join([percent(segment.prob), *_alternatives(segment)])


def _alternatives(segment: TextSegment) -> list[str]:
    return [
        f"{token_name(text)} {percent_digits(prob)}"
        for text, prob in alternatives(segment.token)[:_MOST_ALTERNATIVES]
    ]


def _legend(segments: Sequence[TextSegment]) -> str:
    counts = _bin_counts(segments)
    entries = [
        f'<span style="white-space:nowrap;padding:1px 6px;{style}">'
        f"{escape(label)}: {counts[number]}</span>"
        for number, (label, style) in enumerate(zip(_BINS, _BIN_STYLES, strict=True))
        if number != _UNKNOWN or counts[_UNKNOWN]
    ]
    bins = " ".join(entries)
    below = mark_below(segments)
    partly = "" if below == BIN_EDGES[0] else f"; coloured only under {percent(below)}"
    return (
        f'<div style="{_LEGEND}">tokens by probability {bins}{partly}{_not_counted(segments)}</div>'
    )


def _bin_counts(segments: Sequence[TextSegment]) -> Counter[int]:
    return Counter(_bin(segment) for segment in segments if segment.counts)


def _not_counted(segments: Sequence[TextSegment]) -> str:
    """Say how many tokens are in no bin, and why."""
    roles = Counter(segment.role for segment in segments)
    parts = [f"{roles[role]} {words}" for role, words in _NOT_COUNTED.items() if roles[role]]
    return f"; not counted: {', '.join(parts)}" if parts else ""


def _least(segments: Sequence[TextSegment], most: int) -> list[TextSegment]:
    return sorted((p for p in segments if p.grade), key=lambda segment: segment.prob or 0.0)[:most]


def _least_sure(segment: TextSegment) -> str:
    facts = [percent(segment.prob or 0.0), *map(isolated, _alternatives(segment))]
    return f"{isolated(token_name(segment.text))} {' · '.join(facts)}"


def _table(segments: Sequence[TextSegment]) -> str:
    least = _least(segments, _MOST_ROWS)
    if not least:
        return ""
    return table(("least sure", "%", "alternatives"), list(map(_row, least)))


def _row(segment: TextSegment) -> tuple[str, ...]:
    mark = f'<u style="{_BIN_STYLES[segment.grade]}">{isolated(token_name(segment.text))}</u>'
    others = [
        f'<span style="white-space:nowrap">{isolated(other)}</span>'
        for other in _alternatives(segment)
    ]
    return (mark, percent_digits(segment.prob or 0.0), " · ".join(others))
