"""The magic's own options, and the help made from the tables."""

from __future__ import annotations

import re

import pytest

from chat_magic.core.cell.options import MAGIC_OPTIONS
from chat_magic.core.reply.reply import Choice, Reply, Timing
from chat_magic.core.request.label_set import LabelSet
from chat_magic.core.request.request import ChatRequest
from chat_magic.errors import InvalidRequest
from chat_magic.results.chat_result import ChatResult
from chat_magic.shell.option_values import (
    check_after,
    help_text,
    read_after,
    read_cache_mode,
    read_label_set,
    read_name,
    read_rounds,
    read_rows,
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


@pytest.mark.parametrize(
    ("indices", "words"),
    [
        ((0, 1, 2), "--after first:7: first has the choices 0, 1, 2"),
        ((3,), "--after first:7: first has the choices 3"),
        ((), "--after first:7: first has no choices"),
    ],
)
def test_a_choice_that_the_result_lacks_names_the_result_and_those_it_has(indices, words):
    """The name as it is written."""
    reply = Reply(choices=tuple(Choice(index=index) for index in indices))
    result = ChatResult(ChatRequest(), reply, Timing())
    with pytest.raises(InvalidRequest, match=words):
        check_after("first:7", result, 7)
    assert check_after("first", result, None) is result
    assert check_after("x:1", "text", 1) == "text"


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


@pytest.mark.parametrize(
    ("options", "mode"),
    [
        ({}, None),
        ({"cache": None}, "on"),
        ({"no-cache": None}, "off"),
        ({"refresh-cache": None, "cassette": "a"}, "refresh"),
        ({"offline": None}, "offline"),
    ],
)
def test_the_options_of_the_cache_are_read(options, mode):
    """Without any the settings decide."""
    assert read_cache_mode(options) == mode


@pytest.mark.parametrize(
    "options",
    [
        {"cache": None, "no-cache": None},
        {"refresh-cache": None, "offline": None},
        {"no-cache": None, "cassette": "a"},
    ],
)
def test_options_of_the_cache_that_exclude_each_other_are_errors(options):
    """The message names both."""
    with pytest.raises(InvalidRequest, match="exclude each other"):
        read_cache_mode(options)


@pytest.mark.parametrize(
    ("options", "read"),
    [
        ({}, None),
        ({"labels": "a, b"}, LabelSet(("a", "b"))),
        ({"labels": "a", "labels-at": "/x"}, LabelSet(("a",), "/x")),
        ({"labels": "a", "labels-at": "x: (.*)"}, LabelSet(("a",), re.compile("x: (.*)"))),
    ],
)
def test_labels_are_separated_by_commas_and_their_place_may_be_a_pattern(options, read):
    """A word that is no pointer is a regular expression."""
    assert read_label_set(options, ()) == read


def test_rows_are_data_of_the_notebook():
    """By name; an error names the option, and the nearest name."""
    axis = read_rows("data", {"data": ["a", "b"]}, None)
    assert axis.values == ({"text": "a"}, {"text": "b"})
    with pytest.raises(InvalidRequest, match=r"--over dta: there is no such name.*mean data\?"):
        read_rows("dta", {"data": []}, None)
