"""Rows of data as variables of templates, and a choice of some of the rows."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chat_magic.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

ROW = "row"
"""The variable that holds the whole row."""
TEXT = "text"
"""The column of a list of texts, or of a Series without a name."""
DEFAULT_SEED = 0
"""Of a choice of rows that names no seed."""
_SAMPLE = re.compile(r"(?P<head>head:)?(?P<count>\d+)(?::(?P<seed>\d+))?")


def row_of(item: Any, column: str = TEXT) -> Mapping[Any, Any]:
    """Return an item of a list as a row: a mapping as it is, anything else as its one column."""
    return item if isinstance(item, Mapping) else {column: item}


def is_variable(column: Any) -> bool:
    """Whether templates can name a column: it is an identifier, and not the whole row's."""
    return isinstance(column, str) and column.isidentifier() and column != ROW


def row_variables(row: Mapping[Any, Any]) -> dict[str, Any]:
    """Return what templates see of a row: its columns that are identifiers, and `row`, all of it.

    Example:
        >>> row_variables({"text": "Good.", "page no": 7})
        {'text': 'Good.', 'row': {'text': 'Good.', 'page no': 7}}
    """
    return {**{name: row[name] for name in row if is_variable(name)}, ROW: dict(row)}


def column_value(row: Mapping[Any, Any], name: Any) -> Any:
    """Return the value of a column, also of one that only reads like the name; None without it.

    Example:
        >>> column_value({0: "Good.", "stars": 4}, "0")
        'Good.'
    """
    if name in row:
        return row[name]
    return next((value for column, value in row.items() if str(column) == name), None)


def check_columns(columns: Sequence[Any], label: str) -> None:
    """Check that each column can be told from the others.

    Args:
        columns: Their names.
        label: What an error calls the argument.

    Raises:
        InvalidRequest: A name is there twice.
    """
    seen: set[Any] = set()
    for column in columns:
        if column in seen:
            raise InvalidRequest(f"{label}: two columns are named {column!r}: rename one")
        seen.add(column)


def column_notices(
    columns: Collection[Any],
    used: Collection[str],
    variables: Collection[str],
    n_rows: int | None,
) -> Iterator[str]:
    """Say what templates make of the columns, if it may not be what is meant.

    Args:
        columns: The columns of the rows.
        used: The names that the templates use.
        variables: The names that are assigned in the notebook.
        n_rows: How many rows there are; None if that is not known.

    Example:
        >>> list(column_notices(["text"], {"topic"}, {"topic"}, 1200))
        ['the prompt uses no column: all 1,200 rows are sent as the same request']
    """
    for column in columns:
        if column == ROW and ROW in used:
            yield f"{ROW} is the whole row: its column of this name is {ROW}[{ROW!r}]"
        elif is_variable(column) and column in used and column in variables:
            yield f"the column {column} hides the variable {column} of the notebook"
    if n_rows != 1 and columns and not {ROW, *columns} & {*used}:
        rows = "all rows" if n_rows is None else f"all {n_rows:,} rows"
        yield f"the prompt uses no column: {rows} are sent as the same request"


def with_columns(error: InvalidRequest, columns: Sequence[Any], place: str = "") -> InvalidRequest:
    """Return an error about a row; if it is a template's, it names the columns there are.

    Args:
        error: The error.
        columns: The columns of the row.
        place: What names the row, such as `row 7`.
    """
    is_of_template = type(error.__cause__).__module__.partition(".")[0] == "jinja2"
    hint = columns_hint(columns) if is_of_template else ""
    message = f"{place}: {error.message}{hint}" if place else error.message + hint
    return InvalidRequest(message, line=error.line, column=error.column)


def missing_notice(texts: Collection[str], count: int, n_rows: int) -> str:
    """Say that missing values were inserted.

    Args:
        texts: What stands for them in the prompts, such as `nan`.
        count: In how many rows.
        n_rows: Of how many.
    """
    listed = ", ".join(sorted(texts))
    return f"missing values are sent as text ({listed}) in {count:,} of {n_rows:,} rows"


def columns_hint(columns: Sequence[Any], most: int = 20) -> str:
    """Return what an error says about an unknown name in a template: the columns there are."""
    named = [column for column in columns if is_variable(column)]
    others = [column for column in columns if not is_variable(column)]
    more = f" and {len(named) - most} more" if len(named) > most else ""
    hint = f"; the columns are {', '.join(named[:most])}{more}" if named else ""
    return hint + (f"; write {ROW}[{others[0]!r}] for the column of this name" if others else "")


@dataclass(frozen=True)
class RowSample:
    """How many of the rows are taken, and which."""

    count: int
    seed: int | None = DEFAULT_SEED
    """Draws them at random; None takes the first."""

    def positions(self, n_rows: int) -> Sequence[int]:
        """Return the positions of the rows that are taken, in the data's order."""
        if self.count >= n_rows or self.seed is None:
            return range(min(self.count, n_rows))
        drawn = random.Random(self.seed).sample(range(n_rows), self.count)  # noqa: S311
        return sorted(drawn)


def read_sample(value: Any, label: str = "rows") -> RowSample | None:
    """Read `N`, `N:SEED` or `head:N`; None takes all rows.

    Args:
        value: As it is typed, or a number.
        label: What an error calls the option.

    Raises:
        InvalidRequest: It is none of these, or the number is 0.
    """
    if value is None:
        return None
    match = None if isinstance(value, bool) else _SAMPLE.fullmatch(str(value).strip())
    if not match or not int(match["count"]) or (match["head"] and match["seed"]):
        raise InvalidRequest(
            f"{label} {value}: expected N or N:SEED for N rows at random, or head:N for the first"
        )
    seed = int(match["seed"] or DEFAULT_SEED)
    return RowSample(int(match["count"]), None if match["head"] else seed)
