"""The magic's own options, and the help made from the tables."""

from __future__ import annotations

import pytest

from chat_magic.core.cell.options import MAGIC_OPTIONS
from chat_magic.errors import InvalidRequest
from chat_magic.shell.option_values import (
    help_text,
    read_after,
    read_name,
    read_rounds,
    read_timeout,
    read_tools,
)


def test_the_help_lists_the_magics_own_options():
    """With their short forms."""
    for option in MAGIC_OPTIONS:
        assert f"--{option.name}" in help_text()
    assert "-o, --out" in help_text()


def test_the_short_forms_are_the_documented_ones():
    """`-m -t -n -o -c`."""
    from chat_magic.core.cell.options import REQUEST_OPTIONS

    shorts = {option.short for option in (*REQUEST_OPTIONS, *MAGIC_OPTIONS)} - {None}
    assert shorts == {"-m", "-t", "-n", "-o", "-c"}


def test_a_timeout_is_a_number_of_seconds():
    """Anything else is refused."""
    assert read_timeout("2.5") == 2.5
    assert read_timeout(None) is None
    with pytest.raises(InvalidRequest, match="--timeout soon"):
        read_timeout("soon")


def test_out_is_a_name():
    """Anything else is refused."""
    assert read_name("names") == "names"
    for wrong in ("a b", "class"):
        with pytest.raises(InvalidRequest, match="Python name"):
            read_name(wrong)


def test_after_names_a_result_and_a_choice():
    """`names:2` is choice 2 of `names`."""
    assert read_after("r:2", {"r": "result"}) == ("result", 2)
    assert read_after("r", {"r": "result"}) == ("result", None)
    for wrong in ("r:", "q", "r:x"):
        with pytest.raises(InvalidRequest, match="--after"):
            read_after(wrong, {"r": "result"})


def test_tools_are_functions_of_the_notebook():
    """They are in the order of their names; an unknown name is an error."""

    def f():
        """Do it."""

    async def get():
        """Get it."""

    namespace = {"f": f, "get": get, "number": 3, "item": int}
    assert read_tools("get, f", namespace) == [get, f]
    assert read_tools(None, namespace) == []
    for wrong, words in {
        "gett": "--tools gett: there is no such function in the notebook; did you mean get?",
        "number": "--tools number: that is not a function",
        "item": "--tools item: that is not a function",
        "": "--tools : there is no such function",
    }.items():
        with pytest.raises(InvalidRequest, match=words):
            read_tools(wrong, namespace)


def test_the_rounds_of_tools_are_a_whole_number():
    """Anything else is refused."""
    assert (read_rounds("3"), read_rounds(None)) == (3, None)
    with pytest.raises(InvalidRequest, match="--max-tool-rounds few"):
        read_rounds("few")
