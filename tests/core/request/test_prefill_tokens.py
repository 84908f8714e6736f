"""The token ids of a prefill, as a cell has them."""

from __future__ import annotations

import pytest

from chat_magic.core.cell.cell import parse, write
from chat_magic.core.request.prefill_tokens import read_prefill_tokens
from chat_magic.core.request.request import validate
from chat_magic.errors import InvalidRequest


@pytest.mark.parametrize(
    ("value", "ids"),
    [("504,3856", (504, 3856)), ("5, 6", (5, 6)), ([1, 2], (1, 2)), (7, (7,))],
)
def test_ids_are_numbers_joined_by_commas_or_a_list(value, ids):
    """A single one is read as JSON in a cell."""
    assert read_prefill_tokens(value) == ids


@pytest.mark.parametrize("value", ["", "a,b", "1,,2", [-1], [1.5], [True], None, {"a": 1}, []])
def test_anything_else_is_an_error_that_shows_the_form(value):
    """One line names the field."""
    with pytest.raises(InvalidRequest, match=r"prefill_tokens .*such as 504,3856"):
        read_prefill_tokens(value)


def test_a_cell_names_them_on_its_line():
    """It reads back as it was written."""
    cell = "%%chat a/b --extra prefill_tokens=5,6\nuser: Hi\nassistant: Yes"
    request = parse(cell)
    assert request.extra == {"prefill_tokens": "5,6"}
    assert parse(write(request)) == request


def test_they_require_a_prefill():
    """Else there is nothing that they spell."""
    with pytest.raises(InvalidRequest, match="requires a last message of the assistant"):
        validate(parse("%%chat a/b --extra prefill_tokens=5,6\nuser: Hi"))
