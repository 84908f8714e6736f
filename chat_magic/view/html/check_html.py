"""Checks in static HTML: pass rates with bars and intervals, comparisons, confusion tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chat_magic.view.check_words import versus_words
from chat_magic.view.html.elements import (
    EN_SPACE,
    MUTED,
    details,
    line,
    nowrap,
    page,
    strong,
    warning_html,
)
from chat_magic.view.html.escape import escape
from chat_magic.view.html.html_table import table

if TYPE_CHECKING:
    from chat_magic.analysis.paired_difference import PairedFigures
    from chat_magic.view.checks_view import ChecksView, ConfusionView, VariantRate

_BAR = "140px"
"""How wide a bar from 0 to 1 is, where there is room."""
_SHADES = ("0.85", "0.55", "0.25")
"""How dark a bar is up to the lower end, the share and the upper end."""
_RIGHT = "padding:1px 8px 1px 8px;text-align:right;vertical-align:top;border:none"


def checks_html(checks: ChecksView, *, has_rates: bool = True) -> str:
    """Draw what checks said: a line for each variant, how they compare, what went wrong.

    Args:
        checks: What they said.
        has_rates: Whether the lines of the variants are drawn here.
    """
    rows = [
        [strong(rate.title), nowrap(escape(rate.words)), bar_html(rate), _facts(rate)]
        for rate in checks.rates
    ]
    parts = [table(("", "", "", ""), rows, size="90%") if rows and has_rates else ""]
    parts += [line(escape(sentence)) for sentence in checks.sentences]
    parts += [line(warning_html(notice)) for notice in checks.notices]
    if checks.confusions:
        drawn = "".join(map(_confusion, checks.confusions))
        parts.append(details("what was answered where what is true", drawn))
    return page("".join(parts))


def _facts(rate: VariantRate) -> str:
    return f'<span style="{MUTED}">{EN_SPACE.join(map(escape, rate.facts))}</span>'


def bar_html(rate: VariantRate, *, fits: bool = False) -> str:
    """Draw a share as a bar whose shades end at the interval's ends and at the share.

    Args:
        rate: The share.
        fits: Whether it is as wide as its column if that is narrow.
    """
    if rate.bounds is None:
        return ""
    ends = (0.0, *rate.bounds)
    pieces = "".join(
        f'<div style="width:{100 * (end - start):.1f}%;height:9px;'
        f'background-color:rgba(46,139,208,{shade})"></div>'
        for start, end, shade in zip(ends, ends[1:], _SHADES, strict=False)
        if end > start
    )
    width = f"width:100%;max-width:{_BAR}" if fits else f"width:{_BAR}"
    frame = f"display:flex;{width};height:9px;margin:5px 0 2px 0"
    return f'<div style="{frame};background-color:rgba(127,127,127,0.25)">{pieces}</div>'


def _confusion(confusion: ConfusionView) -> str:
    titles = [f"{escape(confusion.title)}: true \N{DOWNWARDS ARROW}, answered \N{RIGHTWARDS ARROW}"]
    rows = [
        [escape(truth), *(_count(count, truth == answer) for answer, count in cells)]
        for truth, cells in (
            (truth, list(zip(confusion.answers, counts, strict=True)))
            for truth, counts in zip(confusion.truths, confusion.counts, strict=True)
        )
    ]
    return table([*titles, *map(escape, confusion.answers)], rows, cell=_RIGHT)


def _count(count: int, is_right: bool) -> str:
    """Draw a count, right answers in bold."""
    return strong(f"{count:,}") if is_right else f"{count:,}"


def versus_html(a: str, b: str, figures: PairedFigures, unpaired: int) -> str:
    """Draw how two variants compare, in a sentence."""
    return page(line(escape(versus_words(a, b, figures, unpaired))))
