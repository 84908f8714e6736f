"""The text that a value becomes where a template inserts it: tables and arrays whole."""

from __future__ import annotations

import functools
import inspect
import math
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

MANY_TOKENS = 2_000
"""A table of more tokens is inserted with a warning."""
_TOKEN = re.compile(r"\d{1,3}|[^\W\d_]{1,6}|[^\w\s]|_|\n")
"""What most vocabularies have as one token, at least about."""
_ADDRESS = re.compile(r"<.* object at 0x[0-9a-fA-F]+>", re.DOTALL)
_WITHOUT_TEXT = "an object without a text of its own: insert an attribute or a result of it"
_NOT_TEXT = (
    (inspect.iscoroutine, "a coroutine: await it and insert its result"),
    (inspect.isasyncgen, "an async generator: collect its items and insert them"),
    (inspect.isgenerator, "a generator: insert list(…) of it, or loop over it"),
    (inspect.isclass, "a class: insert a value of it"),
    (inspect.ismodule, "a module: insert a value from it"),
    (inspect.isroutine, "a function: call it, and its result is inserted"),
    (
        lambda value: isinstance(value, functools.partial),
        "a function: call it, and its result is inserted",
    ),
)
"""Kinds of values whose text is only their address, and what to insert instead."""


class NoText(TypeError):
    """A value is of a kind whose text would only be its address."""


@dataclass(frozen=True)
class InsertedText:
    """A text, and a warning where it is large."""

    text: str
    warning: str | None = None


def inserted_text(value: Any) -> InsertedText:
    """Return the text of a value.

    A table of pandas or polars becomes CSV with all its rows, a Series the CSV of its one column,
    an array (of any library) its items as nested lists. Their index is left out if it only numbers
    the rows. Anything else becomes its `str`; what is in lists, tuples, sets and dicts is inserted
    likewise, also numbers of numpy.

    Raises:
        NoText: The value has no text, or one in it: a function, class, module, generator,
            coroutine, or an iterator.
    """
    table = _table_text(value)
    if table is None:
        content = _content(value)
        if not _has_table(content):
            return InsertedText(str(content))
        table = str(content)
    count = estimate_tokens(table)
    if count <= MANY_TOKENS:
        return InsertedText(table)
    shape = " x ".join(f"{size:,}" for size in getattr(value, "shape", None) or [len(value)])
    return InsertedText(
        table,
        f"a {type(value).__name__} ({shape}) is inserted whole: about {_rounded(count):,} tokens",
    )


@dataclass(frozen=True)
class _Item:
    """An item of a list or dict, which shows it by its `repr`."""

    text: str
    is_table: bool = False

    def __repr__(self) -> str:
        return self.text


class _WholeArray(list[Any]):
    """The items of an array in a list or dict."""


def _content(value: Any, around: tuple[int, ...] = ()) -> Any:
    """Return a value with what is in its lists and dicts as it is inserted.

    Args:
        value: What is inserted, or in it.
        around: The `id` of each list and dict that it is in, the outermost first.

    Raises:
        NoText: It has no text, or one in it.
    """
    kind = type(value)
    if kind in _SCALARS:
        return value
    if len(around) > _DEEPEST or id(value) in around:
        return _Item(repr(value))
    around = (*around, id(value))
    if kind is dict:
        return {_content(key, around): _content(item, around) for key, item in value.items()}
    if kind in _COLLECTIONS:
        return kind(_content(item, around) for item in value)
    is_item = len(around) > 1
    _check_text(value, repr(value) if is_item else str(value))
    return _item(value) if is_item else value


def _item(value: Any) -> Any:
    """Return an item of a list or dict: arrays whole, numbers of numpy as those of Python."""
    if hasattr(value, "shape") and hasattr(value, "tolist") and not hasattr(value, "to_csv"):
        items = _lists_of(value)
        return _WholeArray(items) if isinstance(items, list) else items
    table = _table_text(value)
    return value if table is None else _Item(f"\n{table}\n", is_table=True)


def _check_text(value: Any, text: str) -> None:
    """Check that the text of a value is not its address in memory; `NoText` is raised if it is."""
    kind = _kind_without_text(value)
    if kind is None and not isinstance(value, str) and _ADDRESS.fullmatch(text):
        kind = _WITHOUT_TEXT
    if kind:
        raise NoText(f"{_name_of(value)} is {kind}")


def _has_table(content: Any) -> bool:
    if isinstance(content, dict):
        return any(map(_has_table, content.values()))
    if type(content) in (list, tuple):
        return any(map(_has_table, content))
    return isinstance(content, _WholeArray) or (isinstance(content, _Item) and content.is_table)


_SCALARS = frozenset({str, int, float, bool, type(None)})
_COLLECTIONS = (list, tuple, set, frozenset)
_DEEPEST = 20
"""Levels of lists in lists that are looked into; what is deeper is inserted as its `repr`."""


def is_missing(value: Any) -> bool:
    """Whether a value stands for a missing one: None, NaN, or NaT and NA of pandas."""
    if value is None or type(value).__name__ in _MISSING_TYPES:
        return True
    return isinstance(value, float) and math.isnan(value)


_MISSING_TYPES = {"NaTType", "NAType"}


def estimate_tokens(text: str) -> int:
    """Return about how many tokens a text has, whatever the vocabulary."""
    return sum(1 for _ in _TOKEN.finditer(text))


def _rounded(count: int) -> int:
    """Round to two digits."""
    return int(round(count, 2 - len(str(count))))


def _kind_without_text(value: Any) -> str | None:
    for is_kind, words in _NOT_TEXT:
        if is_kind(value):
            return words
    if isinstance(value, Iterator) and type(value).__str__ is object.__str__:
        return "an iterator: insert list(…) of it, or loop over it"
    return None


def _name_of(value: Any) -> str:
    name = getattr(value, "__name__", None)
    return name if isinstance(name, str) else type(value).__name__


def _table_text(value: Any) -> str | None:
    """Return the whole text of a table, a Series or an array; None for anything else.

    pandas is only asked for if it is loaded: otherwise no value is of it.
    """
    pandas = sys.modules.get("pandas")
    if pandas and isinstance(value, pandas.Index | pandas.api.extensions.ExtensionArray):
        value = pandas.Series(value)
    if pandas and isinstance(value, pandas.DataFrame | pandas.Series):
        return _csv_of_pandas(value, pandas)
    if _is_of_polars(value):
        frame = value.to_frame() if hasattr(value, "to_frame") else value
        return str(frame.write_csv()).rstrip("\n")
    if getattr(value, "shape", ()) and hasattr(value, "tolist"):
        return str(_lists_of(value))
    return None


def _lists_of(value: Any) -> Any:
    """Return the items of an array as nested lists; the value itself if it has no dimensions."""
    is_time = getattr(getattr(value, "dtype", None), "kind", "") in ("M", "m")
    return (value.astype(str) if is_time else value).tolist()


def _is_of_polars(value: Any) -> bool:
    """Whether a value is a table or a column of polars, which need not be imported to tell."""
    return any(
        kind.__module__.partition(".")[0] == "polars" and kind.__name__ in {"DataFrame", "Series"}
        for kind in type(value).__mro__
    )


def _csv_of_pandas(value: Any, pandas: Any) -> str:
    is_numbered = isinstance(value.index, pandas.RangeIndex) and value.index.name is None
    has_header = isinstance(value, pandas.DataFrame) or value.name is not None
    text: str = value.to_csv(index=not is_numbered, header=has_header, lineterminator="\n")
    return text.rstrip("\n")
