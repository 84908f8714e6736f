"""JSON Schema documents: well formed, strict, and what they refer to."""

from __future__ import annotations

import pytest

from chat_magic.core.schema.json_schema import check_schema, is_strict, remote_references
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
        ({"uniqueItems": "yes"}, "schema.uniqueItems: must be true or false"),
        ({"dependentRequired": {"a": "b"}}, "schema.dependentRequired: must be an object of"),
        ({"$id": 3}, r"schema.\$id: must be text"),
        ({"properties": {"a": {"$ref": "#a"}}, "$id": 3}, "#a does not exist"),
        ({"$ref": "#person"}, r"schema.\$ref: #person does not exist in the schema"),
        ({"$ref": "#/parts/a", "parts": {"a": {"type": "x"}}}, r"schema.\$ref.type: must be one"),
        ({"$ref": "#/$defs/Person"}, r"schema.\$ref: #/\$defs/Person does not exist"),
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
        {"$ref": "#person", "$defs": {"P": {"$anchor": "person", "type": "object"}}},
        {"$ref": "#/prefixItems/0", "prefixItems": [{"type": "object"}]},
        {"$ref": "#/$defs/a%20b", "$defs": {"a b": True}},
        {"$defs": {"P": {"$id": "p", "$ref": "#/$defs/Q", "$defs": {"Q": True}}}},
    ],
)
def test_a_well_formed_schema_passes(schema):
    """Keywords that are not known say nothing."""
    check_schema(schema, "schema")


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


@pytest.mark.parametrize(
    ("schema", "references"),
    [
        (PERSON, []),
        ({"$ref": "#"}, []),
        ({"items": {"$ref": "https://e.com/x.json#/a"}}, ["https://e.com/x.json#/a"]),
        ({"items": {"$ref": "x.json"}}, ["x.json"]),
        ({"$id": "https://e.com/a", "items": {"$ref": "https://e.com/a#/$defs/b"}}, []),
        ({"$id": "https://e.com/a", "items": {"$ref": "b"}, "$defs": {"b": {"$id": "b"}}}, []),
        ({"enum": [{"$ref": "https://e.com/x.json"}]}, []),
        ({"$ref": "http://[x"}, ["http://[x"]),
    ],
)
def test_references_to_other_documents_are_found(schema, references):
    """A document that the schema contains, by its `$id`, is not another one."""
    assert remote_references(schema) == references
