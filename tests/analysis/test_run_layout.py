"""Runs as a table of rows and variants."""

from __future__ import annotations

import pytest

from chat_magic.analysis.run_layout import run_layout
from chat_magic.core.cell.grid import Axis
from chat_magic.core.unset import UNSET
from chat_magic.errors import InvalidRequest

ROWS = Axis(name="row", kind="row", titles=("x", "y"), values=({"a": 1}, {"a": 2}))
HEAT = Axis(name="temperature", kind="parameter", titles=("0", "unset"), values=(0, UNSET))
MODELS = Axis(name="model", kind="model", titles=("a/b", "c/d"), values=("a/b", "c/d"))


def layout_of(*axes):
    """Return the layout of a grid, and its coordinates."""
    coordinates = [{}]
    for axis in axes:
        values = axis.values if axis.kind == "parameter" else axis.titles
        coordinates = [{**known, axis.name: value} for known in coordinates for value in values]
    models = [known.get("model", "a/b") for known in coordinates]
    return run_layout(axes, coordinates, models)


def test_the_runs_of_a_grid_over_rows_have_a_row_and_a_variant():
    """Wherever the axis of the rows stands."""
    first = layout_of(ROWS, HEAT)
    assert (first.row, first.variant) == ((0, 0, 1, 1), (0, 1, 0, 1))
    last = layout_of(HEAT, ROWS)
    assert (last.row, last.variant) == ((0, 1, 0, 1), (0, 0, 1, 1))
    assert first.titles == last.titles == ("temperature=0", "temperature=unset")
    assert first.rows == ROWS.values
    assert first.has_rows


def test_variants_of_several_axes_have_titles_of_all_of_them():
    """Names of numbers are told, those of models are clear."""
    assert layout_of(ROWS, MODELS, HEAT).titles == (
        "a/b · temperature=0", "a/b · temperature=unset",
        "c/d · temperature=0", "c/d · temperature=unset",
    )  # fmt: skip


def test_rows_with_a_single_variant_are_named_by_the_model():
    """It has no coordinates of its own."""
    assert layout_of(ROWS).titles == ("a/b",)


def test_each_run_without_rows_is_a_variant():
    """Named by its coordinates, its model or its position."""
    assert layout_of(HEAT).titles == ("temperature=0", "temperature=unset")
    assert run_layout((), [{}, {}], ["a/b", "c/d"]).titles == ("a/b", "c/d")
    same = run_layout((), [{}, {}], ["a/b", "a/b"])
    assert (same.titles, same.row, same.has_rows) == (("run 0", "run 1"), (0, 0), False)


@pytest.mark.parametrize(
    ("variant", "place"),
    [
        (0, 0), (3, 3), ("c/d · temperature=0", 2), ({"model": "c/d", "temperature": UNSET}, 3),
        ({"model": "a/b", "temperature": 0}, 0), ({"temperature": "0", "model": "c/d"}, 2),
    ],
)  # fmt: skip
def test_a_variant_is_named_by_place_title_or_coordinates(variant, place):
    """The values of coordinates may be written as they are titled."""
    assert layout_of(ROWS, MODELS, HEAT).place_of(variant) == place


@pytest.mark.parametrize("variant", ["unset", "temperature=unset", "temperature unset"])
def test_a_value_that_only_one_variant_has_names_it(variant):
    """With or without its axis."""
    assert layout_of(ROWS, HEAT).place_of(variant) == 1


@pytest.mark.parametrize(
    ("variant", "words"),
    [
        (4, "variant 4: there are 4, numbered from 0"),
        (-1, "variant -1: there are 4"),
        ("c/d", "variant c/d: there are several of it: c/d · temperature=0, c/d"),
        ("e/f", "variant e/f: there is no such variant"),
        ({}, "there is no such variant"),
        (None, "variant None: there is no such variant"),
        (True, "variant True: there is no such variant"),
    ],
)
def test_another_variant_is_refused(variant, words):
    """The error says which there are."""
    with pytest.raises(InvalidRequest) as caught:
        layout_of(ROWS, MODELS, HEAT).place_of(variant)
    assert words in str(caught.value)
