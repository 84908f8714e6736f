"""Checks as plain text: pass rates with bars, comparisons, confusion tables."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from chat_magic.view.text.result_text import terminal_safe

if TYPE_CHECKING:
    from chat_magic.view.checks_view import ChecksView, ConfusionView, VariantRate

_WIDTH = 100
"""Columns that a line may take."""
_BAR = 20
"""Characters of a bar from 0 to 1."""
_SHADES = "\N{FULL BLOCK}\N{DARK SHADE}\N{LIGHT SHADE}"
"""Up to the lower end, the share and the upper end."""


def checks_text(checks: ChecksView) -> str:
    """Write what checks said: a line for each variant, how they compare, what went wrong."""
    cells = [(rate.title, rate.words, bar_text(rate), *rate.facts) for rate in checks.rates]
    widths = [max((len(row[at]) for row in cells), default=0) for at in range(3)]
    lines = [
        "  ".join(
            [*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), *row[3:]]
        ).rstrip()
        for row in cells
    ]
    lines += [textwrap.fill(sentence, _WIDTH) for sentence in checks.sentences]
    lines += [f"note: {notice}" for notice in checks.notices]
    for confusion in checks.confusions:
        lines += ["", *_confusion(confusion)]
    return terminal_safe("\n".join(lines))


def bar_text(rate: VariantRate) -> str:
    """Write a share as a bar whose shades end at the interval's ends and at the share."""
    if rate.bounds is None:
        return ""
    ends = [0, *(round(_BAR * end) for end in rate.bounds)]
    filled = "".join(
        shade * (end - start) for start, end, shade in zip(ends, ends[1:], _SHADES, strict=False)
    )
    return filled.ljust(_BAR, "\N{MIDDLE DOT}")


def _confusion(confusion: ConfusionView) -> list[str]:
    """Write a table with the true values to the left, and the answers at the top."""
    head = [f"{confusion.title}: true, answered", *confusion.answers]
    rows = [
        [truth, *map(str, counts)]
        for truth, counts in zip(confusion.truths, confusion.counts, strict=True)
    ]
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    return [
        "  ".join([cells[0].ljust(widths[0]), *_right(cells[1:], widths[1:])]).rstrip()
        for cells in (head, *rows)
    ]


def _right(cells: list[str], widths: list[int]) -> list[str]:
    return [cell.rjust(width) for cell, width in zip(cells, widths, strict=True)]
