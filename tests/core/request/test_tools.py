"""The tools of a request, checked."""

from __future__ import annotations

import pytest

from chat_magic.core.request.tools import check_tools, is_forced, tool_name
from chat_magic.errors import InvalidRequest


def tool(name):
    """Return the tool object of a function."""
    return {"type": "function", "function": {"name": name, "parameters": {}}}


GRAMMAR = {"type": "grammar", "grammar": {"syntax": "lark", "definition": 'start: "a"'}}


def custom(name, format_=None):
    """Return a custom tool, whose input is any text or that of a grammar."""
    form = {} if format_ is None else {"format": format_}
    return {"type": "custom", "custom": {"name": name, **form}}


def allowed(*tools, mode="auto"):
    """Return a choice among some tools."""
    return {"type": "allowed_tools", "allowed_tools": {"mode": mode, "tools": [*tools]}}


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"tools": [tool("f"), tool("g")]},
        {"tools": [tool("f")], "tool_choice": "required"},
        {"tools": [tool("f")], "tool_choice": tool("f")},
        {"tools": [custom("c"), custom("d", GRAMMAR), custom("e", {"type": "text"}), tool("f")]},
        {"tools": [custom("c")], "tool_choice": {"type": "custom", "custom": {"name": "c"}}},
        {"tools": [tool("f"), custom("c")], "tool_choice": allowed(tool("f"), custom("c"))},
        {"tool_choice": allowed(tool("f"))},
    ],
)
def test_tools_of_different_names_pass(parameters):
    """A tool that must be called is one of them."""
    check_tools(parameters)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"tools": [tool("f"), "g"]}, r"tools\[1\]: must be a function"),
        ({"tools": [{**tool("f"), "type": "custom"}]}, r"tools\[0\]: must be a function"),
        ({"tools": [{"type": "web_search"}]}, r"to send another: --extra tools="),
        (
            {"tools": [custom("c", {"type": "json"})]},
            "custom.format: must be an object",
        ),
        ({"tools": [custom("c", GRAMMAR | {"grammar": {}})]}, "a syntax, lark or regex"),
        (
            {"tools": [custom("c", GRAMMAR | {"grammar": {"syntax": "lrak"}})]},
            "did you mean lark",
        ),
        (
            {"tools": [custom("c", GRAMMAR | {"grammar": {"syntax": "regex"}})]},
            "grammar.definition: must be text",
        ),
        ({"tools": [tool("f"), custom("f")]}, "two tools are named f"),
        (
            {"tools": [custom("c")], "tool_choice": {"type": "custom", "custom": {"name": "d"}}},
            "tool_choice d: must be one of the tools, c",
        ),
        ({"tools": [tool("f")], "tool_choice": allowed(tool("g"))}, "allowed_tools g: must be one"),
        (
            {"tools": [tool("f")], "tool_choice": allowed(tool("f"), mode="maybe")},
            "must be an object with mode, auto or required, and tools",
        ),
        ({"tools": [tool("f")], "tool_choice": allowed()}, "allowed_tools.tools: must be a list"),
        ({"tools": [{"type": "function"}]}, r"tools\[0\]: must be a function"),
        ({"tools": [tool("f"), tool("f")]}, "two tools are named f"),
        (
            {"tools": [tool("weather")], "tool_choice": tool("wether")},
            "tool_choice wether: must be one of the tools, weather; did you mean weather",
        ),
    ],
)
def test_tools_that_cannot_be_told_apart_or_called_are_refused(parameters, message):
    """Nothing is sent."""
    with pytest.raises(InvalidRequest, match=message):
        check_tools(parameters)


@pytest.mark.parametrize(
    ("value", "name"),
    [(tool("f"), "f"), ({"function": {"name": 3}}, None), ("auto", None), ({}, None)],
)
def test_the_name_of_a_tool_is_in_its_function(value, name):
    """Anything else has none."""
    assert tool_name(value) == name


@pytest.mark.parametrize(
    ("choice", "forced"),
    [
        ("required", True),
        (tool("f"), True),
        ("auto", False),
        (None, False),
        (allowed(tool("f")), False),
        (allowed(tool("f"), mode="required"), True),
    ],
)
def test_required_and_a_named_tool_force_a_call(choice, forced):
    """The model may choose otherwise."""
    assert is_forced(choice) is forced
