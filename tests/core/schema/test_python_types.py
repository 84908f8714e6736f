"""Python types become JSON Schema and tools, and the model's JSON becomes their values."""

from __future__ import annotations

import functools
import json
from typing import Annotated

import msgspec
import pytest

from chat_magic.core.schema.json_schema import check_schema
from chat_magic.core.schema.python_types import (
    json_schema_of,
    read_arguments,
    tool_of,
    unwrap_object,
)
from chat_magic.errors import ChatError, InvalidRequest
from tests.core.schema.sample_types import ADA, Mood, Person, Reordered


def test_the_fields_of_a_typed_dict_keep_their_order():
    """The model writes in that order: thoughts come before the answer."""
    schema = json_schema_of(Reordered)
    assert list(schema["properties"]) == ["thoughts", "answer", "aside"]
    assert schema["required"] == ["thoughts", "answer"]
    assert list(schema["$defs"]["Typed"]["properties"]) == ["name", "age"]


def weather(  # noqa: D417 - one parameter is not described
    city: str, days: int = 1, *, where: Person | None = None, unit: Mood = Mood.GOOD
):
    """Tell the weather
    of a city.

    Not part of the description.

    Args:
        city (str): The city: its
            name.
        days: How far ahead.
            unit: not a parameter

        where: Who asks.

    Returns:
        str: The weather.
    """  # noqa: D205


def test_a_function_is_a_tool_with_its_docstring_and_hints():
    """Defaults are not required; the first paragraph describes it."""
    tool = tool_of(weather)
    function = tool["function"]
    properties = function["parameters"]["properties"]
    assert tool["type"] == "function"
    assert (function["name"], function["description"]) == ("weather", "Tell the weather of a city.")
    assert function["parameters"]["type"] == "object"
    assert function["parameters"]["required"] == ["city"]
    assert list(properties) == ["city", "days", "where", "unit"]
    assert properties["city"] == {"type": "string", "description": "The city: its name."}
    assert properties["days"]["description"] == "How far ahead. unit: not a parameter"
    assert properties["where"]["description"] == "Who asks."
    assert "description" not in properties["unit"]
    check_schema(function["parameters"], "parameters")


def test_a_function_may_lack_docstring_hints_and_parameters():
    """A parameter without a hint takes any JSON value."""

    def bare_function(x): ...
    def empty(): ...
    def described(x: Annotated[int, msgspec.Meta(description="hinted", ge=1)]):
        """Args:
        x: Said twice.
        """  # noqa: D205

    assert tool_of(bare_function)["function"] == {
        "name": "bare_function",
        "parameters": {"type": "object", "properties": {"x": {}}, "required": ["x"]},
    }
    assert tool_of(empty)["function"]["parameters"]["properties"] == {}
    assert "description" not in tool_of(described)["function"]
    x = tool_of(described)["function"]["parameters"]["properties"]["x"]
    assert x == {"type": "integer", "minimum": 1, "description": "hinted"}
    assert read_arguments(empty, "") == {}


class Counter:
    def add(self, by: int) -> int: ...


def test_methods_and_wrapped_functions_are_tools():
    """Self is no parameter; a decorator that keeps the signature does not matter."""
    assert list(tool_of(Counter().add)["function"]["parameters"]["properties"]) == ["by"]
    assert tool_of(functools.lru_cache(weather)) == tool_of(weather)


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda x, /: x, "a function named <lambda> cannot be a tool"),
        (print, "the variadic positional parameter args"),
        (Person, "type is not a function"),
        (3, "int is not a function"),
        (functools.partial(weather, days=2), "partial is not a function"),
    ],
)
def test_what_is_no_named_function_is_no_tool(function, message):
    """The error names what it is."""
    with pytest.raises(InvalidRequest, match=message):
        tool_of(function)


def test_parameters_that_have_no_name_for_the_caller_are_refused():
    """A tool's arguments come by name; the parameter is named."""

    def positional(x, /): ...
    def starred(*xs): ...
    def keywords(**options): ...
    def untyped(x: complex): ...
    def unresolved(x: Missing): ...  # noqa: F821

    for function, message in [
        (positional, "positional has the positional-only parameter x"),
        (starred, "starred has the variadic positional parameter xs"),
        (keywords, "keywords has the variadic keyword parameter options"),
        (untyped, "no JSON Schema for untyped"),
        (unresolved, "signature of unresolved cannot be read: name 'Missing'"),
    ]:
        with pytest.raises(InvalidRequest, match=message):
            tool_of(function)


def test_arguments_come_as_the_types_of_the_hints():
    """Only those that were given: the function's defaults stay its own."""
    text = f'{{"city": "Kyoto", "where": {ADA}, "unit": "bad"}}'
    arguments = {"city": "Kyoto", "where": Person(name="Ada", age=36), "unit": Mood.BAD}
    assert read_arguments(weather, text) == arguments


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"city": 3}', r"weather: \$.city: expected str, got int"),
        ('{"city": "K", "where": {"name": "A"}}', r"\$.where: object missing required field age"),
        ("{}", "weather: \\$: object missing required field city"),
        ("", "weather: \\$: object missing required field city"),
        ('{"city": "K", "dais": 3}', "weather: has no argument dais; did you mean days"),
        ('{"city": "K", "zzz": 3}', "weather: has no argument zzz: it takes city, days, where"),
        (
            '{"city": "K',
            "not valid JSON: Unterminated string starting at line 1, column 10",
        ),
        (
            '{"city": "\n"}',
            "not valid JSON: Invalid control character at line 1, column 11",
        ),
        ('{"city": "K"', "weather: not valid JSON: Expecting ',' delimiter at line 1, column 13"),
        ("[]", r"weather: \$: expected object, got array"),
    ],
)
def test_wrong_arguments_are_told_why_and_where(text, message):
    """The words are for the model, which may try again."""
    with pytest.raises(ChatError, match=message):
        read_arguments(weather, text)


@pytest.mark.parametrize(
    ("text", "inner"),
    [
        ('"{\\"a\\": 1}"', '{"a": 1}'),
        (json.dumps(json.dumps(json.dumps({"a": "b"}))), '{"a": "b"}'),
        (' "{}" ', "{}"),
        ('{"a": "{}"}', '{"a": "{}"}'),
        ('"text"', '"text"'),
        ('"[1]"', '"[1]"'),
        ('"{', '"{'),
        ("", ""),
    ],
)
def test_an_object_that_was_encoded_twice_is_read(text, inner):
    """Whatever else a string holds is the model's fault, and stays as it is."""
    assert unwrap_object(text) == inner


def test_arguments_that_were_encoded_twice_are_those_of_the_function():
    """A parameter that is text keeps its quotes."""

    def f(city: str) -> None:
        """Do nothing."""

    text = json.dumps(json.dumps({"city": '"Paris"'}))
    assert read_arguments(f, text) == {"city": '"Paris"'}
