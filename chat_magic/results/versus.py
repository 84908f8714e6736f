"""Two variants that saw the same rows, compared: the figures, and what they say in a sentence."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chat_magic.analysis.check_outcomes import PASSED
from chat_magic.errors import InvalidRequest
from chat_magic.results.chat_result import not_a_result
from chat_magic.view.check_words import settled, versus_words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chat_magic.analysis.checks import CheckedLayout
    from chat_magic.analysis.paired_difference import PairedFigures
    from chat_magic.analysis.pass_share import RowMeans
    from chat_magic.analysis.run_layout import RunLayout

__all__ = ["Versus", "same_row", "versus", "versus_within"]


@dataclass(frozen=True, repr=False)
class Versus:
    """How the pass rate of a variant compares with that of another on the same rows.

    All figures are of the first minus the second, as shares from -1 to 1.
    """

    a: str
    """The title of the first variant."""
    b: str
    """The title of the second."""
    check: str
    """The check that is compared; `passed` is all of them."""
    figures: PairedFigures
    unpaired: int = 0
    """The rows that only one of them answered, which are left out."""

    @property
    def difference(self) -> float:
        """The mean difference; NaN without a row that both answered."""
        return self.figures.difference

    @property
    def low(self) -> float:
        """The lower end of its 95 % interval; NaN where a single row has several answers."""
        return self.figures.low

    @property
    def high(self) -> float:
        """The upper end of that interval."""
        return self.figures.high

    @property
    def p_value(self) -> float:
        """The probability of a difference as large, in either direction, if there were none."""
        return self.figures.p_value

    @property
    def rows(self) -> int:
        """The rows that both answered."""
        return self.figures.rows

    @property
    def discordant(self) -> int:
        """The rows on which they differ."""
        return self.figures.discordant

    @property
    def rows_needed(self) -> int | None:
        """New rows that would show this difference 4 times in 5; None if there is none."""
        return self.figures.rows_needed

    @property
    def settled(self) -> bool:
        """Whether the interval excludes 0."""
        return settled(self.figures)

    @property
    def sentence(self) -> str:
        """What it says, in words."""
        return versus_words(self.a, self.b, self.figures, self.unpaired)

    def __str__(self) -> str:
        return self.sentence

    def __repr__(self) -> str:
        return f"<Versus {self.sentence}>"

    def _repr_mimebundle_(self, **_options: Any) -> dict[str, str]:
        from chat_magic.view.html.check_html import versus_html
        from chat_magic.view.text.result_text import terminal_safe

        return {
            "text/html": versus_html(self.a, self.b, self.figures, self.unpaired),
            "text/plain": terminal_safe(self.sentence),
        }


def versus_within(checked: CheckedLayout, a: Any, b: Any, check: str) -> Versus:
    """Compare two variants of the same results.

    Raises:
        InvalidRequest: There is no such variant or check.
    """
    titles = checked.layout.titles
    first, second = checked.layout.place_of(a), checked.layout.place_of(b)
    means = checked.means(first, check), checked.means(second, check)
    return _compared((titles[first], titles[second]), means, check)


def versus(first: Any, second: Any, check: str = PASSED) -> Versus:
    """Compare a variant of one result with a variant of another on the rows that both have.

    Rows are paired by their index.

    Args:
        first: Checked results with one variant; of several, a pair of the results and a variant:
            its place, its title, or its coordinates as a dict.
        second: What is subtracted, likewise.
        check: The check that is compared, which both must have; by default all of them.

    Raises:
        InvalidRequest: There is no such variant or check, no row pairs, or rows of the same index
            have other data.

    Example:
        >>> print(chat_magic.versus(today, yesterday))
        >>> chat_magic.versus((today, "B"), (yesterday, "A"), check="short").low
    """
    sides = [_side(given, name) for given, name in ((first, "first"), (second, "second"))]
    (one, place), (other, other_place) = sides
    numbers = _paired_rows(one.layout, other.layout)
    means = other.means(other_place, check)
    moved = [numbers.get(row, len(one.layout.rows) + row) for row in means.row.tolist()]
    titles = one.layout.titles[place], other.layout.titles[other_place]
    if titles[0] == titles[1]:
        titles = f"{titles[0]} (first)", f"{titles[1]} (second)"
    return _compared(titles, (one.means(place, check), means.renumbered(moved)), check)


def _compared(titles: tuple[str, str], means: tuple[RowMeans, RowMeans], check: str) -> Versus:
    from chat_magic.analysis.paired_difference import compare_paired

    figures = compare_paired(*means)
    unpaired = len({*means[0].row.tolist(), *means[1].row.tolist()}) - figures.rows
    return Versus(*titles, check, figures, unpaired)


def _side(given: Any, name: str) -> tuple[CheckedLayout, int]:
    """Return checked results and the place of a variant of them."""
    from chat_magic.results.check_tables import CheckTables

    results, variant = given if isinstance(given, tuple) and len(given) == 2 else (given, None)
    if not isinstance(results, CheckTables):
        raise InvalidRequest(f"versus, {name}: {not_a_result(results)}")
    checked = results._checked_layout()
    titles = checked.layout.titles
    if variant is None and len(titles) > 1:
        raise InvalidRequest(
            f"versus, {name}: has several variants: give a pair of the results and one of "
            f"{', '.join(titles)}"
        )
    return checked, 0 if variant is None else checked.layout.place_of(variant)


def _paired_rows(first: RunLayout, second: RunLayout) -> dict[int, int]:
    """Return for each row of the second that the first has, too, its place in the first.

    Raises:
        InvalidRequest: No row pairs, or rows of the same index have other data.
    """
    places = {title: place for place, title in enumerate(first.row_titles)}
    pairs = {row: places[title] for row, title in enumerate(second.row_titles) if title in places}
    equal = [row for row in pairs if same_row(second.rows[row], first.rows[pairs[row]])]
    if len(equal) < len(pairs) or not pairs:
        n_rows = max(len(first.rows), len(second.rows))
        raise InvalidRequest(
            f"versus: {len(equal)} of {n_rows} rows pair: both must have seen the same data, "
            "with the same index"
        )
    return pairs


def same_row(row: Mapping[Any, Any] | None, other: Mapping[Any, Any] | None) -> bool:
    """Whether two rows have the same values; NaN equals NaN."""
    if row is None or other is None:
        return row is other
    return row.keys() == other.keys() and all(_same(row[name], other[name]) for name in row)


def _same(value: Any, other: Any) -> bool:
    if isinstance(value, float) and isinstance(other, float) and math.isnan(value):
        return math.isnan(other)
    try:
        return bool(value is other or value == other)
    except (TypeError, ValueError):  # such as arrays, or NA, which is neither
        return repr(value) == repr(other)
