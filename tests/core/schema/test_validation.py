"""Values against JSON Schema: what fits, and the one line that says why not."""

from __future__ import annotations

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_magic.core.schema.validation import validation_error

PERSON = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
    "required": ["name", "age"],
    "additionalProperties": False,
}
NULLABLE = {"properties": {"p": {"anyOf": [PERSON, {"type": "null"}]}}}
LIST = {"type": "object", "properties": {"next": {"$ref": "#"}}}


@pytest.mark.parametrize(
    ("value", "schema", "reason"),
    [
        ({"name": "A", "age": "x"}, PERSON, '$.age: expected an integer, got "x"'),
        ({"name": "A", "age": True}, PERSON, "$.age: expected an integer, got true"),
        ({"name": "A"}, PERSON, '$: the required property "age" is missing'),
        ({"name": "A", "age": 3, "x": 1}, PERSON, '$: the property "x" is not allowed'),
        ([1, "2"], {"items": {"type": "integer"}}, '$[1]: expected an integer, got "2"'),
        ([1, 2], {"prefixItems": [{"type": "null"}]}, "$[0]: expected null, got 1"),
        ([1, 2], {"items": [{"type": "null"}]}, "$[0]: expected null, got 1"),
        ({"a b": 1}, {"properties": {"a b": {"type": "null"}}}, '$["a b"]: expected null, got 1'),
        (3, {"type": ["string", "boolean"]}, "$: expected a string or true or false, got 3"),
        ("c", {"enum": ["a", "b"]}, '$: expected one of "a", "b", got "c"'),
        (True, {"enum": [1]}, "$: expected 1, got true"),
        ([True], {"enum": [[1], 2]}, "$: expected one of [1], 2, got [true]"),
        ("c", {"const": "a"}, '$: expected "a", got "c"'),
        ([True], {"const": [1]}, "$: expected [1], got [true]"),
        (3, {"maximum": 2}, "$: expected at most 2, got 3"),
        (2, {"exclusiveMaximum": 2}, "$: expected less than 2, got 2"),
        (2, {"exclusiveMinimum": 2}, "$: expected more than 2, got 2"),
        (5, {"multipleOf": 2}, "$: expected a multiple of 2, got 5"),
        (0.35, {"multipleOf": 0.1}, "$: expected a multiple of 0.1, got 0.35"),
        ("abc", {"maxLength": 2}, "$: expected at most 2 characters, got 3"),
        ([], {"minItems": 1}, "$: expected at least 1 items, got 0"),
        ({}, {"minProperties": 1}, "$: expected at least 1 properties, got 0"),
        ("abc", {"pattern": "^b"}, '$: expected a match of ^b, got "abc"'),
        ({"x1": 2}, {"patternProperties": {"^x": {"type": "null"}}}, "$.x1: expected null, got 2"),
        ({"x": {}}, {"additionalProperties": {"type": "string"}}, "$.x: expected a string, got {}"),
        (3, {"anyOf": [{"type": "string"}, {"type": "null"}]}, "$: no alternative of anyOf fits 3"),
        (3, {"anyOf": [{"type": "string"}]}, "$: expected a string, got 3"),
        ({"p": {"name": 3, "age": 1}}, NULLABLE, "$.p.name: expected a string, got 3"),
        (
            3,
            {"oneOf": [{"type": "integer"}, {"type": "number"}]},
            "$: more than one alternative of oneOf fits 3",
        ),
        (3, {"allOf": [{"minimum": 1}, {"minimum": 4}]}, "$: expected at least 4, got 3"),
        (3, {"not": {"type": "integer"}}, "$: 3 is what the schema excludes by not"),
        ([1, 1], {"uniqueItems": True}, "$: [1, 1] has non-unique elements"),
        (3, False, "$: no value is allowed, got 3"),
        ({"next": {"next": 3}}, LIST, "$.next.next: expected an object, got 3"),
        ({}, {"type": "object", "$ref": "#"}, "$: nested too deeply to be checked"),
        ("a" * 99, {"type": "null"}, f'$: expected null, got "{"a" * 58}…'),
    ],
)
def test_a_value_that_does_not_fit_gives_the_path_and_the_reason(value, schema, reason):
    """The first error is given, on one line."""
    assert validation_error(value, schema) == reason


@pytest.mark.parametrize(
    ("value", "schema"),
    [
        ({"name": "A", "age": 3.0}, PERSON),
        ({"p": None}, NULLABLE),
        (0.3, {"multipleOf": 0.1}),
        (10**400, {"multipleOf": 5}),
        ("not a date", {"type": "string", "format": "date"}),
        ("abc", {"pattern": r"^\p{L}+$"}),
        ({"a": 1}, {"patternProperties": {r"^\p{L}": True}, "additionalProperties": False}),
        ("a" * 10_001, {"pattern": "^b"}),
        ({"x": 1}, {"properties": {"x": {"$ref": "https://example.com/x.json"}}}),
        ({"x": 1}, {"$ref": "https://json-schema.org/draft/2020-12/schema"}),
        ({"n": 1}, {"$ref": "#n", "$defs": {"N": {"$anchor": "n", "required": ["n"]}}}),
        ({"a": 1, "b": 2}, {"$schema": "http://json-schema.org/draft-07/schema#"}),
        (1, {"$schema": "https://example.com/dialect"}),
        (3, True),
    ],
)
def test_a_value_that_fits_has_no_error(value, schema):
    """Formats, patterns of other dialects and long texts are not checked, nor other documents."""
    assert validation_error(value, schema) is None


def test_what_stands_beside_a_reference_to_another_document_is_checked():
    """Only that document is left out."""
    schema = {"$ref": "https://example.com/x.json", "required": ["a"]}
    assert validation_error({}, schema) == '$: the required property "a" is missing'


def test_the_library_is_imported_by_preload_and_not_before(run_python):
    """Importing it takes up to a second."""
    code = """
import sys
import chat_magic.core.schema.structured
from chat_magic.core.schema.validation import preload
print("jsonschema" in sys.modules)
preload()
print("jsonschema" in sys.modules, "referencing" in sys.modules)
"""
    ran = run_python(code)
    assert ran.stdout.split() == ["False", "True", "True"], ran.stderr


_NAMES = st.sampled_from(["a", "b"])
_SCALARS = st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from([0.5, "", "a", "ab"])
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(_NAMES, inner, max_size=2),
    max_leaves=6,
)
_SCHEMAS = st.recursive(
    st.fixed_dictionaries(
        {},
        optional={
            "type": st.sampled_from(["object", "array", "string", "integer", "number", "null"]),
            "enum": st.lists(_SCALARS, min_size=1, max_size=3),
            "minimum": st.integers(-2, 2),
            "maxLength": st.integers(0, 2),
            "minItems": st.integers(0, 2),
            "required": st.lists(_NAMES, max_size=2, unique=True),
        },
    ),
    lambda inner: st.fixed_dictionaries(
        {},
        optional={
            "properties": st.dictionaries(_NAMES, inner, max_size=2),
            "additionalProperties": inner | st.booleans(),
            "items": inner,
            "anyOf": st.lists(inner, min_size=1, max_size=2),
            "oneOf": st.lists(inner, min_size=1, max_size=2),
            "not": inner,
        },
    ),
    max_leaves=6,
)


@given(_VALUES, _SCHEMAS)
def test_values_fit_as_the_reference_implementation_says(value, schema):
    """The library jsonschema and this module agree on what fits."""
    expected = jsonschema.Draft202012Validator(schema).is_valid(value)
    assert (validation_error(value, schema) is None) is expected
