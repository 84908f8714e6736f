"""The text that a value becomes where a template inserts it."""

from __future__ import annotations

import functools
import math

import numpy as np
import pandas as pd
import pytest

from chat_magic.core.cell.cell import parse, read_prompt
from chat_magic.core.cell.inserted_text import estimate_tokens, inserted_text
from chat_magic.core.cell.template import render_text
from chat_magic.errors import InvalidRequest

FRAME = pd.DataFrame({"name": ["Ada", "B, C"], "n": [1, 2]})


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (FRAME, 'name,n\nAda,1\n"B, C",2'),
        (FRAME.set_index("name"), 'name,n\nAda,1\n"B, C",2'),
        (FRAME.groupby("name")["n"].sum(), 'name,n\nAda,1\n"B, C",2'),
        (FRAME["n"], "n\n1\n2"),
        (pd.Series([1.5, None]), '1.5\n""'),
        (pd.Index(["a", "b"]), "a\nb"),
        (pd.Categorical(["a", "b"]), "a\nb"),
        (np.array([1, 2]), "[1, 2]"),
        (np.array([[1.5, 2], [3, 4]]), "[[1.5, 2.0], [3.0, 4.0]]"),
        (np.array(["2026-01-01"], dtype="datetime64[ns]"), "['2026-01-01T00:00:00.000000000']"),
        (np.float64(0.5), "0.5"),
        ([1, "a"], "[1, 'a']"),
        (None, "None"),
    ],
)
def test_a_table_is_csv_and_an_array_is_lists(value, text):
    """Without the index that only numbers the rows; other values are their `str`."""
    assert inserted_text(value).text == text


@pytest.mark.parametrize(
    "value", [pd.DataFrame({"x": range(5_000)}), pd.Series(range(5_000)), np.arange(5_000)]
)
def test_a_long_table_is_whole_and_a_warning_says_how_long(value):
    """Nothing is cut, and no footer is added."""
    inserted = inserted_text(value)
    assert "4999" in inserted.text
    assert "2500" in inserted.text
    assert "..." not in inserted.text
    assert "dtype" not in inserted.text
    assert f"a {type(value).__name__} (5,000" in inserted.warning
    assert "is inserted whole: about" in inserted.warning


def test_a_wide_table_has_all_its_columns():
    """The `str` of pandas leaves out those in the middle."""
    wide = pd.DataFrame([range(100)], columns=[f"c{i}" for i in range(100)])
    assert all(f"c{i}" in inserted_text(wide).text for i in range(100))
    assert inserted_text(wide).warning is None


@pytest.mark.parametrize("body", ["{{ x }}", "---\nmetadata: {a: '{{ x }}'}\n---\nhi"])
def test_the_request_has_the_warning(body):
    """Wherever the template is."""
    assert len(parse(f"%%chat\n{body}", {"x": np.arange(5_000)}).warnings) == 1
    assert len(read_prompt("%chat {{ x }}", {"x": np.arange(5_000)}).request.warnings) == 1


def stand_in(module, name, **members):
    """Return an object whose class has the names of one of a library that is not installed."""
    return type(name, (), {"__module__": module, "__str__": lambda self: "cut …", **members})()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (
            stand_in("polars.dataframe.frame", "DataFrame", write_csv=lambda self: "a,b\n1,2\n"),
            "a,b\n1,2",
        ),
        (
            stand_in(
                "polars.series.series",
                "Series",
                to_frame=lambda self: stand_in("polars", "DataFrame", write_csv=lambda _: "a\n1\n"),
            ),
            "a\n1",
        ),
        (stand_in("torch", "Tensor", shape=(3,), tolist=lambda self: [1, 2, 3]), "[1, 2, 3]"),
        (
            stand_in("jaxlib", "ArrayImpl", shape=(1,), dtype="int32", tolist=lambda self: [1]),
            "[1]",
        ),
    ],
)
def test_tables_and_arrays_of_other_libraries_are_inserted_whole(value, text):
    """They are known by the names of their classes, or by their shape: nothing is imported."""
    assert inserted_text(value).text == text


LIST_OF_ITSELF: list = [np.int64(1)]
LIST_OF_ITSELF.append(LIST_OF_ITSELF)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ([np.float64(0.5), np.int64(2)], "[0.5, 2]"),
        ({np.int64(1): np.float32(0.25)}, "{1: 0.25}"),
        ((np.str_("a"), np.bool_(True)), "('a', True)"),
        ([np.datetime64("2026-01-01")], "['2026-01-01']"),
        ({"scores": np.arange(3)}, "{'scores': [0, 1, 2]}"),
        ([np.array([[1.5]]), "x"], "[[[1.5]], 'x']"),
        ({"k": FRAME}, "{'k': \nname,n\nAda,1\n\"B, C\",2\n}"),
        ([{"k": (FRAME["n"],)}], "[{'k': (\nn\n1\n2\n,)}]"),
        ([pd.Index(["a"]), pd.Categorical(["b"])], "[['a'], ['b']]"),
        ([b"x", 1.0, None, {1}, frozenset()], "[b'x', 1.0, None, {1}, frozenset()]"),
        (LIST_OF_ITSELF, "[1, [np.int64(1), [...]]]"),
    ],
)
def test_what_is_in_lists_and_dicts_is_inserted_likewise(value, text):
    """Tables and arrays whole, and numbers of numpy without its name."""
    assert inserted_text(value).text == text


def test_a_long_table_in_a_dict_is_whole_with_a_warning():
    """The `str` of pandas and numpy leaves out the middle."""
    for value in (pd.DataFrame({"x": range(5_000)}), np.arange(5_000)):
        inserted = inserted_text({"k": value, "m": 1})
        assert all(str(number) in inserted.text for number in range(5_000))
        assert "a dict (2) is inserted whole: about" in inserted.warning


def test_lists_that_are_very_deep_are_inserted_too():
    """As Python writes them."""
    deep: list = [FRAME["n"].iloc[0]]
    for _ in range(50):
        deep = [deep]
    assert inserted_text(deep).text.count("[") == 51


def summarize():
    """Do nothing."""


async def fetch():
    """Do nothing."""


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (summarize, "summarize is a function: call it"),
        (len, "len is a function"),
        ("".join, "join is a function"),
        (lambda: 1, "<lambda> is a function"),
        (pd.DataFrame, "DataFrame is a class"),
        (math, "math is a module"),
        ((i for i in "ab"), "<genexpr> is a generator"),
        (functools.partial(summarize), "partial is a function"),
        (FRAME.groupby("name"), "DataFrameGroupBy is an object without a text of its own"),
        (object(), "object is an object without a text of its own"),
        (map(str, [1]), "map is an iterator"),
        (zip([1], [2], strict=True), "zip is an iterator"),
        ([1, summarize], "summarize is a function: call it"),
        ({"k": {"m": math}}, "math is a module"),
        (({"k": object()},), "object is an object without a text of its own"),
        ([(i for i in "ab")], "<genexpr> is a generator"),
    ],
)
def test_what_has_no_text_is_an_error_that_names_it(value, words):
    """Instead of an address in memory."""
    with pytest.raises(InvalidRequest, match=words):
        render_text("{{ value }}", {"value": value})


def test_a_coroutine_has_no_text():
    """It is to be awaited first."""
    coroutine = fetch()
    with pytest.raises(InvalidRequest, match="fetch is a coroutine: await it"):
        render_text("{{ value }}", {"value": coroutine})
    coroutine.close()


def test_tokens_are_estimated_whatever_the_vocabulary():
    """Numbers have more than words of the same length."""
    assert estimate_tokens("a short word") == 3
    assert estimate_tokens("12,345") == 3
    assert estimate_tokens("123456\n") == 3


def test_pandas_is_not_imported_for_it(run_python):
    """A value can only be a table if pandas is loaded."""
    code = (
        "import sys; from chat_magic.core.cell.template import render_text; "
        "print(render_text('{{ x }}', {'x': [1]}), {'pandas', 'numpy'} & set(sys.modules))"
    )
    ran = run_python(code)
    assert ran.stdout.split("\n")[0] == "[1] set()", ran.stderr
