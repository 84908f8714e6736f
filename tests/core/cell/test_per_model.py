"""Parameters of single models, in the YAML block of a cell."""

from __future__ import annotations

import pytest

from chat_magic.core.cell.grid_cell import Grid, read_grid
from chat_magic.core.cell.options import GRID_OPTIONS
from chat_magic.core.cell.per_model import read_per_model, write_per_model
from chat_magic.core.unset import UNSET
from chat_magic.errors import InvalidRequest


def read(cell: str) -> Grid:
    """Read a cell without variables."""
    return read_grid(cell, {}, GRID_OPTIONS)


def test_unset_parameters_are_written_as_null_and_read_back():
    """`unset` in a cell means the same."""
    per_model = {"a/b": {"temperature": UNSET, "n": 2}}
    assert write_per_model(per_model) == {"a/b": {"temperature": None, "n": 2}}
    assert read_per_model(write_per_model(per_model)) == per_model
    assert read_per_model({"a/b": {"n": "unset"}}) == {"a/b": {"n": UNSET}}
    assert read_per_model(None) == {}


class TestPerModel:
    """`per_model:` sets or unsets parameters for one model alone."""

    CELL = """%%chat --models a/b,fast -t 0.5
---
top_p: 0.9
per_model:
  a/b: {temperature: unset, top_logprobs: 3}
  fast:
    top_p: null
    n: 2
---
Hi"""

    def test_it_wins_over_the_line_and_the_block_for_that_model(self):
        """Whatever names it: the model, or an alias as written; what it turns on is on."""
        one, other = (variant.request for variant in read(self.CELL).variants)
        assert one.parameters == {
            "temperature": UNSET,
            "top_p": 0.9,
            "logprobs": True,
            "top_logprobs": 3,
        }
        assert other.parameters == {"temperature": 0.5, "top_p": UNSET, "n": 2}
        assert one.per_model == other.per_model == {}

    def test_a_cell_of_one_model_gets_what_is_said_of_it(self):
        """With no axis at all."""
        grid = read("%%chat a/b\n---\nper_model: {a/b: {n: 2}}\n---\nHi")
        assert grid.variants[0].request.parameters == {"n": 2}

    @pytest.mark.parametrize(
        ("yaml", "words"),
        [
            (
                "top_p: 1\nper_model:\n  a/b:\n    n: 1\n  c/d:\n    top_p: 1",
                "line 7: per_model c/d",
            ),
            ("per_model:\n  a/b: {n: 1}\n  aa/b: {n: 1}", "line 5: per_model aa/b: is not asked"),
            ("n: 3\nper_model:\n  a/b:\n    n: 900", "line 6: per_model a/b n 900: must be"),
            ("per_model:\n  a/b:\n    nn: 9", "line 5: per_model a/b nn: no such parameter"),
            ("per_model:\n  a/b:\n    model: x", "line 5: per_model a/b model: no such parameter"),
            ("per_model:\n  a/b: 3", "line 4: per_model a/b: must be an object"),
            ("\nper_model: 3", "line 4: per_model: must be an object of models"),
            ("per_model:\n  a/b: {seed: 1}", "line 4: per_model a/b seed: is an axis of the grid"),
        ],
    )
    def test_what_is_wrong_is_an_error_with_its_line(self, yaml, words):
        """An unknown model, an unknown parameter, a value out of range, what an axis sets."""
        with pytest.raises(InvalidRequest) as caught:
            read(f"%%chat a/b --sweep seed=1,2\n---\n{yaml}\n---\nHi")
        assert str(caught.value).startswith(words)

    def test_without_a_model_nobody_is_meant(self):
        """The error says so."""
        with pytest.raises(
            InvalidRequest, match="line 3: per_model a: is not asked; the cell names"
        ):
            read("%%chat\n---\nper_model: {a: {n: 1}}\n---\nHi")
