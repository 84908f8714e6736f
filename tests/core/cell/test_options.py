"""The tables of options."""

from __future__ import annotations

import pytest

from chat_magic.core.cell.options import GRID_OPTIONS, MAGIC_OPTIONS, REQUEST_OPTIONS
from chat_magic.core.request.parameters import PARAMETERS

ALL = (*REQUEST_OPTIONS, *MAGIC_OPTIONS)


def test_names_and_short_forms_are_unique():
    """Of all options of the line together."""
    names = [option.name for option in ALL]
    shorts = [option.short for option in ALL if option.short]
    assert len(set(names)) == len(names)
    assert len(set(shorts)) == len(shorts)


@pytest.mark.parametrize("row", PARAMETERS.values(), ids=lambda row: row.name)
def test_a_parameter_that_may_be_on_the_line_has_an_option(row):
    """A boolean one has a second, which turns it off."""
    options = [o for o in REQUEST_OPTIONS if row.name in (o.name.replace("-", "_"), o.negates)]
    expected = 0 if not row.on_line else 2 if row.kind == "boolean" else 1
    assert len(options) == expected
    assert all(option.value is None for option in options) is (row.kind == "boolean" or not options)


def test_the_options_of_a_grid_are_options_of_the_magic():
    """None of them is a field of the request."""
    assert set(GRID_OPTIONS) <= set(MAGIC_OPTIONS)
    assert not {option.name.replace("-", "_") for option in GRID_OPTIONS} & set(PARAMETERS)


@pytest.mark.parametrize("option", ALL, ids=lambda option: option.name)
def test_the_help_of_an_option_is_whole_sentences(option):
    """It ends in a full stop."""
    assert option.help.endswith(".")
