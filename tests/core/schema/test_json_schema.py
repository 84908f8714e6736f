"""JSON Schema documents: well formed, fitted by values, strict."""

from __future__ import annotations

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_magic.core.schema.json_schema import check_schema, is_strict, validation_error
from chat_magic.errors import InvalidRequest

PERSON = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
    "required": ["name", "age"],
    "additionalProperties": False,
}


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ([], "schema: must be a JSON Schema"),
        ({"type": "strng"}, "schema.type: must be one of .*did you mean string"),
        ({"type": []}, "schema.type: must be one of"),
        ({"type": {}}, "schema.type: must be one of"),
        ({"properties": ["name"]}, "schema.properties: must be an object of schemas"),
        ({"properties": {"age": {"type": "int"}}}, "schema.properties.age.type: must be"),
        ({"items": {"enum": []}}, "schema.items.enum: must be a list of at least one"),
        ({"items": [{"required": "name"}]}, r"schema.items\[0\].required: must be a list"),
        ({"anyOf": []}, "schema.anyOf: must be a list of at least one schema"),
        ({"anyOf": [True, 3]}, r"schema.anyOf\[1\]: must be a JSON Schema"),
        ({"maxLength": -1}, "schema.maxLength: must be a whole number, at least 0"),
        ({"minimum": "3"}, "schema.minimum: must be a number"),
        ({"pattern": 3}, "schema.pattern: must be text"),
        ({"$ref": "#/$defs/Person"}, r"schema.\$ref: #/\$defs/Person leads nowhere"),
    ],
)
def test_a_malformed_schema_is_refused_with_the_path(schema, message):
    """The path leads to the keyword that is wrong."""
    with pytest.raises(InvalidRequest, match=message):
        check_schema(schema, "schema")


@pytest.mark.parametrize(
    "schema",
    [
        PERSON,
        {"$defs": {"P": PERSON}, "type": "array", "items": {"$ref": "#/$defs/P"}},
        {"type": ["string", "null"], "x-order": 3, "default": "type"},
        {"properties": {"type": {"enum": ["a"]}}, "additionalProperties": {"type": "number"}},
        {"$ref": "https://example.com/schema.json"},
    ],
)
def test_a_well_formed_schema_passes(schema):
    """Keywords that are not known say nothing."""
    check_schema(schema, "schema")


@pytest.mark.parametrize(
    ("value", "schema", "reason"),
    [
        ({"name": "A", "age": 3}, PERSON, None),
        ({"name": "A", "age": 3.0}, PERSON, None),
        ({"name": "A", "age": "3"}, PERSON, "expected integer, got string at $.age"),
        ({"name": "A", "age": True}, PERSON, "expected integer, got boolean at $.age"),
        ({"name": "A"}, PERSON, "the required age is missing at $"),
        ({"name": "A", "age": 3, "x": 1}, PERSON, "there must be no x at $"),
        ([1, "2"], {"items": {"type": "integer"}}, "expected integer, got string at $[1]"),
        ([1, 2], {"prefixItems": [{"type": "null"}]}, "expected null, got integer at $[0]"),
        ("c", {"enum": ["a", "b"]}, "'c' is none of 'a', 'b' at $"),
        (True, {"enum": [1]}, "True is none of 1 at $"),
        ("c", {"const": "a"}, "'c' is not 'a' at $"),
        (3, {"maximum": 2}, "3 must be at most 2 at $"),
        (2, {"exclusiveMaximum": 2}, "2 must be below 2 at $"),
        (2, {"exclusiveMinimum": 2}, "2 must be above 2 at $"),
        (5, {"multipleOf": 2}, "5 must be a multiple of 2 at $"),
        ("abc", {"maxLength": 2}, "length 3 must be at most 2 at $"),
        ([], {"minItems": 1}, "length 0 must be at least 1 at $"),
        ({}, {"minProperties": 1}, "a number of 0 properties must be at least 1 at $"),
        ("abc", {"pattern": "^b"}, "'abc' does not match ^b at $"),
        ("abc", {"pattern": r"^\p{L}+$"}, None),
        ({"x1": 2}, {"patternProperties": {"^x": {"type": "null"}}}, "expected null, got integer"),
        ({"x": {}}, {"additionalProperties": {"type": "string"}}, "got object at $.x"),
        (3, {"anyOf": [{"type": "string"}, {"type": "null"}]}, "no anyOf alternative fits at $"),
        (3, {"oneOf": [{"type": "integer"}, {"type": "number"}]}, "several oneOf alternatives"),
        (3, {"allOf": [{"minimum": 1}, {"minimum": 4}]}, "3 must be at least 4 at $"),
        (3, {"not": {"type": "integer"}}, "what must not be there is at $"),
        (3, False, "nothing is allowed at $"),
        ({"next": {"next": 3}}, {"properties": {"next": {"$ref": "#"}}, "type": "object"}, "next"),
    ],
)
def test_a_value_that_does_not_fit_is_told_why_and_where(value, schema, reason):
    """The first reason is given, with the path to it."""
    found = validation_error(value, schema)
    assert (found is None) is (reason is None)
    assert reason is None or reason in found


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


@pytest.mark.parametrize(
    ("schema", "strict"),
    [
        (PERSON, True),
        ({**PERSON, "required": ["name"]}, False),
        ({**PERSON, "additionalProperties": True}, False),
        ({key: PERSON[key] for key in ("type", "properties", "required")}, False),
        ({"type": "array", "items": PERSON}, False),
        ({"anyOf": [PERSON]}, False),
    ],
)
def test_strict_mode_takes_closed_objects_only(schema, strict):
    """The root is an object, and every property of it is required and known."""
    assert is_strict(schema) is strict


@pytest.mark.parametrize(
    ("field", "strict"),
    [
        ({"type": "string", "enum": ["a"]}, True),
        ({"type": ["string", "null"]}, True),
        ({"type": "string", "pattern": "^a$"}, True),
        ({"type": "string", "format": "date"}, True),
        ({"type": "array", "items": PERSON, "maxItems": 3}, True),
        ({"anyOf": [PERSON, {"type": "null"}]}, True),
        ({"$ref": "#"}, True),
        ({}, False),
        (True, False),
        ({"enum": ["a"]}, False),
        ({"type": "array"}, False),
        ({"type": "object", "additionalProperties": {"type": "string"}}, False),
        ({"type": "string", "maxLength": 3}, False),
        ({"type": "string", "format": "uri"}, False),
        ({"type": "integer", "default": 3}, False),
        ({"allOf": [PERSON]}, False),
        ({"$ref": "#", "description": "itself"}, False),
        ({"type": "array", "items": {"type": "string", "minLength": 1}}, False),
    ],
)
def test_strict_mode_takes_the_supported_keywords_only(field, strict):
    """One field outside them makes the whole schema not strict."""
    schema = {
        "type": "object",
        "properties": {"field": field},
        "required": ["field"],
        "additionalProperties": False,
    }
    assert is_strict(schema) is strict
