"""The axes of grids: what they are called, what they hold, and what they refuse."""

from __future__ import annotations

import pytest

from chat_magic.core.cell.grid import (
    Axis,
    check_axes,
    models_axis,
    prompt_axis,
    row_axis,
    sweep_axis,
    title_of,
    vary_axis,
)
from chat_magic.core.request.parameters import PARAMETERS
from chat_magic.core.request.settings import SCALARS
from chat_magic.core.unset import UNSET
from chat_magic.errors import InvalidRequest


def test_every_parameter_of_one_value_can_be_swept():
    """And the model; not lists and objects."""
    for name in SCALARS:
        assert sweep_axis(name, ["unset"]).values == (UNSET,)
    for name in set(PARAMETERS) - set(SCALARS):
        with pytest.raises(InvalidRequest, match=f"sweep {name}: is not one value"):
            sweep_axis(name, ["unset"])


@pytest.mark.parametrize(
    ("values", "titles"),
    [
        (["a", "b"], ("a", "b")),
        ((1, 2), ("1", "2")),
        ({1: "x", "k\n": "y"}, ("1", "k\\n")),
        (["a  b\nc", "x" * 50], ("a b c", "x" * 39 + "…")),
        (["x" * 50 + "1", "x" * 50 + "2"], ("x" * 39 + "…", "x" * 39 + "… (2)")),
        ({"a": "same", "b": "same"}, ("a", "b")),
    ],
)
def test_keys_title_the_values_and_items_title_themselves(values, titles):
    """Shortened, and never two alike."""
    assert vary_axis("x", values, "vary x").titles == titles


@pytest.mark.parametrize(
    ("value", "title"),
    [
        (0.5, "0.5"),
        (UNSET, "unset"),
        (True, "true"),
        (["\n", "é"], "\\n,é"),
        ("a\u202eb", "a\\u202eb"),
    ],
)
def test_a_title_is_what_one_would_type(value, title):
    """And printable."""
    assert title_of(value) == title


@pytest.mark.parametrize(
    ("labels", "titles", "coordinates"),
    [
        ([0, 1], ("0", "1"), (0, 1)),
        ([7, 7], ("7", "7 (2)"), (7, 7)),
        ([0.5, True], ("0.5", "true"), (0.5, True)),
        (["p", "q", "p"], ("p", "q", "p (2)"), ("p", "q", "p (2)")),
        (["a\nb", "x" * 50], ("a\\nb", "x" * 39 + "…"), ("a\\nb", "x" * 39 + "…")),
        ([], (), ()),
    ],
)
def test_rows_are_called_as_in_their_index(labels, titles, coordinates):
    """Tables hold the numbers of an index as they are, and the titles of anything else."""
    axis = row_axis("row", labels, [{}] * len(labels))
    assert (axis.kind, axis.titles, axis.coordinates) == ("row", titles, coordinates)


@pytest.mark.parametrize(
    ("index", "name"),
    [("row", "row"), ("document", "document"), ("model", "row"), ("seed", "row"), ("run", "row")],
)
def test_rows_have_the_name_of_their_index_if_that_is_not_taken(index, name):
    """A grid has names of its own."""
    assert row_axis(index, [0], [{}]).name == name


@pytest.mark.parametrize(
    ("axis", "size"),
    [
        (row_axis("document", [0, 1], [{}, {}]), "2 rows"),
        (row_axis("row", [0], [{}]), "1 row"),
        (prompt_axis(["A", "B"], ["a", "b"], "--prompts"), "2 prompts"),
        (models_axis(["a/b", "c/d", "e/f"], "models"), "3 models"),
        (sweep_axis("temperature", [0, 1]), "2 temperature"),
    ],
)
def test_the_size_of_an_axis_is_told_in_words(axis, size):
    """Rows, prompts and models are nouns; a parameter has its name."""
    assert axis.size == size


def test_prompts_have_distinct_names():
    """They are the titles."""
    assert prompt_axis(["cell", "B"], [None, "b"], "--prompts").titles == ("cell", "B")
    for names, words in (([], "no value is given"), (["B", "B"], "B is given twice")):
        with pytest.raises(InvalidRequest, match=f"--prompts: {words}"):
            prompt_axis(names, names, "--prompts")


def test_a_grid_has_at_most_2000_requests():
    """With rows, the error says how to ask for more of them."""
    many = Axis(name="x", kind="variable", titles=("x",) * 2001, values=(0,) * 2001)
    with pytest.raises(InvalidRequest, match=r"2,001 requests: at most 2,000$"):
        check_axes([many])
    rows = row_axis("row", range(1001), [{}] * 1001)
    check_axes([rows])
    with pytest.raises(InvalidRequest, match=r"2,002 .* \(1001 x 2\): .*chat_map.*--as-frame"):
        check_axes([rows, sweep_axis("temperature", [0, 1])])
