"""The short form of a schema: its grammar, and errors that give the column."""

from __future__ import annotations

import pytest

from chat_magic.core.schema.short_schema import read_short
from chat_magic.errors import InvalidRequest

STR, INT = {"type": "string"}, {"type": "integer"}


def fields(**properties):
    """Return the schema of an object with these properties."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


@pytest.mark.parametrize(
    ("text", "schema"),
    [
        ("name: str, age: int", fields(name=STR, age=INT)),
        ("name:str,age:int", fields(name=STR, age=INT)),
        ("x: float, y: bool", fields(x={"type": "number"}, y={"type": "boolean"})),
        ("age: int?", fields(age={"anyOf": [INT, {"type": "null"}]})),
        ("mood: good|bad", fields(mood={"type": "string", "enum": ["good", "bad"]})),
        ("mood: very-good | 2", fields(mood={"type": "string", "enum": ["very-good", "2"]})),
        ("tags: list[str]", fields(tags={"type": "array", "items": STR})),
        ("p: list[name: str]", fields(p={"type": "array", "items": fields(name=STR)})),
        (
            "p: list[a: int]?, b: str",
            fields(
                p={"anyOf": [{"type": "array", "items": fields(a=INT)}, {"type": "null"}]}, b=STR
            ),
        ),
        ("list[name: str]", {"type": "array", "items": fields(name=STR)}),
        ("list[list[int]]", {"type": "array", "items": {"type": "array", "items": INT}}),
        ("good|bad", {"type": "string", "enum": ["good", "bad"]}),
        ("int", INT),
        ("list: list[int]", fields(list={"type": "array", "items": INT})),
        ("größe: int", fields(größe=INT)),
    ],
)
def test_the_short_form_is_a_json_schema(text, schema):
    """Every field is required; what ends in ? may be null."""
    assert read_short(text) == schema


@pytest.mark.parametrize(
    ("text", "expected", "column"),
    [
        ("", "expected a type, got the end", 1),
        ("name str", "expected str, int, float, bool", 1),
        ("name: strr", "got strr", 7),
        ("name:", "expected a type, got the end", 6),
        ("a: int,", "expected the name of a field, got the end", 8),
        ("a: int b: int", "expected a comma or the end, got b", 8),
        ("a: int, b int", "expected :, got int", 11),
        ("a: int, a: str", "expected a field of another name, got a", 9),
        ("a: int|None", "written int?", 4),
        ("a: str|x", "written int?", 4),
        ("a: x|", "expected a word to choose, got the end", 6),
        ("list[a: int", "expected ], got the end", 12),
        ("a: {b: int}", "expected a type, got {", 4),
        ("a: int??", "expected a comma or the end, got ?", 8),
        ("a: good", "choices such as good|bad, got good", 4),
    ],
)
def test_an_error_says_what_was_expected_and_the_column(text, expected, column):
    """Columns count from 1."""
    with pytest.raises(InvalidRequest) as caught:
        read_short(text)
    assert expected in str(caught.value)
    assert str(caught.value).endswith(f"at column {column}")
