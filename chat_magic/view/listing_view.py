"""The table of a command: a value that notebooks and terminals draw whole."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from chat_magic.view.excerpt import one_line
from chat_magic.view.html_repr import HtmlRepr
from chat_magic.view.summary import money, number

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ListingView"]

_MOST_ROWS = 500


@dataclass(frozen=True, repr=False)
class ListingView(HtmlRepr):
    """A table without its index and the columns that are empty, times being local ones."""

    table: pd.DataFrame
    noun: str
    """What a row is, such as `job`."""

    @property
    def title(self) -> str:
        """How many rows there are, in words."""
        count = len(self.table)
        shown = f", the first {_MOST_ROWS} of them" if count > _MOST_ROWS else ""
        return f"{count or 'no'} {self.noun}{'s'[: count != 1]}{shown}"

    @cached_property
    def rows(self) -> list[list[str]]:
        """The titles of the columns, then the cells of each row."""
        table = self.table.head(_MOST_ROWS)
        missing = table.isna()
        columns = [
            [
                str(name),
                *(
                    "" if is_missing else _text(name, value)
                    for value, is_missing in zip(table[name], missing[name], strict=True)
                ),
            ]
            for name in table.columns
        ]
        used = [column for column in columns if any(column[1:])]
        return [list(row) for row in zip(*used, strict=True)]

    def __repr__(self) -> str:
        from chat_magic.view.text.aligned_rows import aligned_rows
        from chat_magic.view.text.result_text import terminal_safe

        cells = [[terminal_safe(cell) for cell in row] for row in self.rows]
        return "\n".join([self.title, *aligned_rows(cells)])

    def _repr_mimebundle_(self, **_options: Any) -> dict[str, str]:
        from chat_magic.view.html.listing_html import listing_html

        return {"text/plain": repr(self), "text/html": listing_html(self)}


def _text(name: str, value: Any) -> str:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d}" if value.tzinfo is None else f"{_local(value):%Y-%m-%d %H:%M}"
    if isinstance(value, float):
        return money(value) if name == "cost" else number(value)
    return one_line(str(value))


def _local(time: datetime) -> datetime:
    return datetime.fromtimestamp(time.timestamp()).astimezone()
