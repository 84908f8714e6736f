"""The field response_format: checked before anything is sent."""

from __future__ import annotations

import pytest

from chat_magic.core.request.request import ChatRequest, read_fields
from chat_magic.core.request.response_format import with_response_format
from chat_magic.core.schema.structured import schema_of
from chat_magic.errors import InvalidRequest


def json_schema(**fields):
    """Return a response_format with a schema."""
    return {"type": "json_schema", "json_schema": {"name": "a", "schema": {}, **fields}}


@pytest.mark.parametrize(
    "value",
    [
        {"type": "text"},
        {"type": "json_object"},
        json_schema(),
        json_schema(strict=True, description="an answer"),
        json_schema(strict=None, name="A-b_9"),
    ],
)
def test_the_forms_of_the_api_are_sent_as_given(value):
    """Nothing is added to them."""
    request = read_fields({"response_format": value}, allow_extra=False)
    assert request.parameters["response_format"] == value


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({}, "response_format.type None: must be text, json_object or json_schema"),
        ({"type": "json"}, "response_format.type json: must be text"),
        ({"type": []}, "response_format.type"),
        ({"type": "json-schema"}, "json_schema; did you mean json_schema?"),
        ({"type": "json_schema"}, "response_format.json_schema: must be an object with a name"),
        (json_schema(name=""), "response_format.json_schema.name : must be 1 to 64"),
        (json_schema(name="a b"), "response_format.json_schema.name a b: must be 1 to 64"),
        (json_schema(name="a" * 65), "must be 1 to 64"),
        (json_schema(name=None), "response_format.json_schema.name None"),
        (json_schema(strict="yes"), "response_format.json_schema.strict yes: must be true"),
        (json_schema(schema=None), "response_format.json_schema.schema: must be a JSON Schema"),
        (
            json_schema(schema={"properties": {"a": {"type": "text"}}}),
            "response_format.json_schema.schema.properties.a.type: must be one of",
        ),
    ],
)
def test_what_the_api_does_not_take_is_refused_with_the_path(value, message):
    """The path leads into the JSON Schema."""
    with pytest.raises(InvalidRequest, match=message):
        read_fields({"response_format": value}, allow_extra=False)


def test_a_schema_excludes_a_response_format():
    """Which one is meant cannot be known."""
    schema = schema_of("name: str")
    asked = with_response_format(ChatRequest(parameters={"n": 2}), schema)
    assert asked.parameters == {"n": 2, "response_format": schema.response_format}
    with pytest.raises(InvalidRequest, match="exclude each other"):
        with_response_format(asked, schema)
