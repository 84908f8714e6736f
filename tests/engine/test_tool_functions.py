"""The functions that a model may call: how they are given, and which of its calls are run."""

from __future__ import annotations

import pytest

import chat_magic
from chat_magic import InvalidRequest
from chat_magic.core.request.request import read_fields
from chat_magic.engine.tool_functions import NO_TOOLS, ToolFunctions, with_tools
from tests.completions import completion
from tests.engine.sample_tools import MOON, PARIS, calling, get_weather
from tests.gateway import streamed


@pytest.mark.parametrize(
    ("tools", "more"),
    [([MOON], {}), ([get_weather, MOON], {}), ([get_weather], {"max_tool_rounds": 0})],
)
def test_calls_of_tools_given_as_objects_are_returned_and_nothing_runs(gateway, tools, more):
    """Not even functions that are called in the same answer."""
    name = "get_weather" if more else "moon_phase"
    server = gateway(calling((name, "{}"), PARIS))
    result = chat_magic.chat("Moon?", tools=tools, **more)
    assert len(server.requests) == 1
    assert result.tool_runs == ()
    assert result[0].tool_calls[0].function.name == name
    assert result.warnings == ()


def test_a_call_that_was_cut_off_is_not_run(gateway):
    """Its arguments may be incomplete."""
    server = gateway(calling(PARIS, finish_reason="length"))
    assert chat_magic.chat("Weather?", tools=[get_weather]).tool_runs == ()
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"tools": [get_weather, get_weather]}, "tools: two tools are named get_weather"),
        ({"tools": [MOON] * 2}, "tools: two tools are named moon_phase"),
        ({"tools": [MOON] * 129}, "at most 128"),
        ({"tools": ["get_weather"]}, "tools: str is not a function"),
        ({"tools": get_weather}, "tools .* must be a list"),
        ({"tools": [{"type": "web_search"}]}, r"tools\[0\]: must be a function"),
        ({"tools": [get_weather], "n": 2}, "n 2: tools that are functions require n = 1"),
        ({"tools": [get_weather], "max_tool_rounds": 101}, "max_tool_rounds 101: .*0 to 100"),
        ({"tools": [get_weather], "max_tool_rounds": -1}, "max_tool_rounds -1: .*0 to 100"),
        ({"tools": [get_weather], "max_tool_rounds": True}, "max_tool_rounds True"),
        ({"tools": [MOON], "max_tool_rounds": 3}, "requires tools that are functions"),
        ({"tool_choice": "required"}, "tool_choice requires tools"),
        (
            {
                "tools": [get_weather],
                "tool_choice": {"type": "function", "function": {"name": "get_wether"}},
            },
            "tool_choice get_wether: must be one of the tools, get_weather; did you mean",
        ),
    ],
)
def test_invalid_tools_are_refused_before_anything_is_sent(gateway, arguments, words):
    """The error names the tool or the option, and what is allowed."""
    server = gateway(streamed(completion("Hi")))
    with pytest.raises(InvalidRequest, match=words):
        chat_magic.chat("Hi", **arguments)
    assert server.requests == []


def test_functions_are_described_to_the_server_and_kept_by_name():
    """They follow the tools that the request has already; without any, it is unchanged."""
    request = read_fields({"messages": "Hi", "tools": [MOON]}, allow_extra=False)
    described, tools = with_tools(request, [get_weather], 3)
    names = [tool["function"]["name"] for tool in described.parameters["tools"]]
    assert names == ["moon_phase", "get_weather"]
    assert (tools.functions, tools.max_rounds) == ({"get_weather": get_weather}, 3)
    assert with_tools(request, []) == (request, NO_TOOLS)


@pytest.mark.parametrize(
    ("functions", "max_rounds", "can_run"),
    [({}, 5, False), ({"get_weather": get_weather}, 0, False), ({"f": get_weather}, 1, True)],
)
def test_calls_are_run_only_with_functions_and_rounds(functions, max_rounds, can_run):
    """A limit of 0 rounds returns the calls instead."""
    assert ToolFunctions(functions, max_rounds).can_run is can_run
