"""Every form of a schema: what is sent to the server, and how an answer is decoded."""

from __future__ import annotations

import dataclasses
import json
import pickle
from datetime import date
from typing import Annotated, Any, Literal, TypedDict

import msgspec
import pytest

from chat_magic.core.schema.json_schema import check_schema
from chat_magic.core.schema.structured import schema_of
from chat_magic.core.schema.validation import validation_error
from chat_magic.errors import InvalidRequest
from tests.core.schema.sample_types import (
    ADA,
    DOCUMENT,
    FORMS,
    SHORT,
    Model,
    Mood,
    Node,
    Person,
    Team,
)


def bare(schema):
    """Return a schema without what only names things."""
    if isinstance(schema, list):
        return [bare(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: bare(value)
        for key, value in schema.items()
        if not (key == "title" and isinstance(value, str))
    }


@pytest.mark.parametrize(("source", "value"), FORMS.values(), ids=FORMS)
def test_every_form_is_one_strict_schema_and_decodes_to_its_type(source, value):
    """A type, a document and the short form ask the same of the server."""
    schema = schema_of(source)
    assert bare(schema.json_schema) == DOCUMENT
    assert schema.strict
    assert schema.decode(ADA) == value


@pytest.mark.parametrize(("source", "value"), FORMS.values(), ids=FORMS)
def test_a_list_of_any_form_is_wrapped_for_the_server_and_unwrapped_for_the_user(source, value):
    """A server wants an object at the root."""
    schema = schema_of(list[source])
    items = schema.json_schema["properties"]["items"]["items"]
    assert bare(schema.json_schema.get("$defs", {}).get("Person", {})) in ({}, DOCUMENT)
    assert "$ref" in items or bare(items) == DOCUMENT
    assert schema.strict
    assert schema.decode(f'{{"items": [{ADA}, {ADA}]}}') == [value, value]


@pytest.mark.parametrize(
    ("source", "text", "value"),
    [
        (Mood, '{"value": "good"}', Mood.GOOD),
        (Literal["yes", "no"], '{"value": "no"}', "no"),
        ("yes|no", '{"value": "no"}', "no"),
        (int | str, '{"value": 3}', 3),
        (list[list[int]], '{"items": [[1], []]}', [[1], []]),
        ("list[a: int]", '{"items": [{"a": 1}]}', [{"a": 1}]),
        ({"type": "array", "items": {"type": "null"}}, '{"items": [null]}', [None]),
        ({"properties": {"a": {"type": "null"}}}, '{"a": null}', {"a": None}),
    ],
)
def test_what_is_no_object_is_wrapped_too(source, text, value):
    """Lists as items, anything else as value."""
    assert schema_of(source).decode(text) == value


def test_nested_types_of_every_kind_go_together():
    """A dataclass may hold pydantic models, dates, enums and other dataclasses."""
    schema = schema_of(Team)
    check_schema(schema.json_schema, "schema")
    assert schema.json_schema["description"] == "People who work together."
    text = f'{{"since": "2024-02-01", "lead": {ADA}, "others": [{ADA}]}}'
    person = Person(name="Ada", age=36)
    model = Model(name="Ada", age=36)
    assert schema.decode(text) == Team(since=date(2024, 2, 1), lead=model, others=[person])
    assert validation_error(schema.plain(text), schema.json_schema) is None


def test_a_recursive_type_keeps_its_definition():
    """The root stands in place, and what refers to it still finds it."""
    schema = schema_of(list[Node])
    check_schema(schema.json_schema, "schema")
    text = '{"items": [{"value": 1, "next": {"value": 2, "next": null}}]}'
    assert schema.decode(text) == [Node(value=1, next=Node(value=2, next=None))]
    assert validation_error({"items": schema.plain(text)}, schema.json_schema) is None
    assert schema_of(Node).json_schema["type"] == "object"


@dataclasses.dataclass
class Größe:  # noqa: PLC2401 - as a user may name it
    wert: int


def test_names_of_any_script_keep_their_definitions():
    """A reference is found also where its name is not ASCII."""
    schema = schema_of(list[Größe]).json_schema
    check_schema(schema, "schema")
    assert len(schema["$defs"]) == 1


def test_a_document_may_refer_to_its_root_type():
    """What pydantic writes for a recursive model is taken as it is."""
    document = Node.model_json_schema()
    assert schema_of(document).json_schema == document
    assert schema_of(document).decode('{"value": 1, "next": null}') == {"value": 1, "next": None}


@pytest.mark.parametrize(
    ("source", "strict"),
    [
        (dataclasses.make_dataclass("D", [("a", int, 3)]), False),
        (TypedDict("T", {"a": dict[str, int]}), False),
        (TypedDict("T", {"a": Annotated[str, msgspec.Meta(max_length=3)]}), False),
        (TypedDict("T", {"a": Any}), False),
        (TypedDict("T", {"a": int | None}), True),
        ({"type": "object", "properties": {"a": {"type": "null"}}, "required": ["a"]}, False),
    ],
)
def test_strict_is_asked_for_where_the_schema_allows_it(source, strict):
    """A document is sent as given; types are closed, but a default stays a default."""
    schema = schema_of(source)
    assert schema.strict is strict
    assert schema.response_format["json_schema"]["strict"] is strict


@pytest.mark.parametrize(
    ("source", "name"),
    [
        (Person, "Person"),
        (list[Person], "list_Person"),
        (SHORT, "answer"),
        (list[SHORT], "list_answer"),
        ({"type": "object", "title": "Größe & Co."}, "Gr_e_Co"),
        (dataclasses.make_dataclass("A" * 70, [("a", int)]), "A" * 64),
        ({"title": "日本"}, "answer"),
    ],
)
def test_the_name_is_the_type_s_made_safe(source, name):
    """Letters, digits, underscores and dashes, at most 64 of them."""
    assert schema_of(source).name == name


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (complex, "there is no JSON Schema for complex"),
        (3, "there is no JSON Schema for 3"),
        (list[complex], r"there is no JSON Schema for list\[complex\]"),
        ("name: strr", "at column 7"),
        ({"type": "strng"}, "schema.type"),
        ([Person], "there is no JSON Schema for"),
    ],
)
def test_what_has_no_schema_is_refused(source, message):
    """Nothing is sent."""
    with pytest.raises(InvalidRequest, match=message):
        schema_of(source)


@dataclasses.dataclass
class Touchy:
    age: int

    def __post_init__(self):
        raise KeyError(self.age)


@pytest.mark.parametrize(
    ("source", "text", "reason"),
    [
        (Person, '{"name": "Ada", "age": "x"}', "$.age: expected int, got str"),
        (
            Model,
            '{"name": "Ada", "age": "x"}',
            "$.age: input should be a valid integer, unable to parse string as an int",
        ),
        (list[Model], '{"items": [{"name": "A", "age": "x"}]}', "$.items[0].age: "),
        (SHORT, '{"name": "Ada", "age": 1.5}', "$.age: expected an integer, got 1.5"),
        (Person, "{}", "$: object missing required field name"),
        (list[Person], "[]", "$: expected object, got array"),
        (Person, '{"name": "Ada",\n "age": 3', "not valid JSON: Expecting ',' delimiter at line 2"),
        (Person, "Ada is 36.", "not valid JSON: Expecting value at line 1, column 1"),
        (SHORT, "", "not valid JSON: Expecting value at line 1, column 1"),
        (Person, '{"name": "Ada", "age": NaN}', "not valid JSON"),
        (SHORT, "[" * 100_000, "RecursionError"),
        (Touchy, '{"age": 3}', "KeyError: 3"),
        ({"type": "object", "$ref": "#"}, "{}", "nested too deeply"),
    ],
)
def test_an_answer_that_does_not_fit_gives_the_reason_and_its_position(source, text, reason):
    """A path for the wrong value, line and column for what is not JSON."""
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the message is compared below
        schema_of(source).decode(text)
    assert reason in str(caught.value)


@pytest.mark.parametrize("source", [Person, list[Model], SHORT, DOCUMENT])
def test_a_schema_pickles_as_far_as_its_type(source):
    """It holds no decoder, only what it was made of."""
    schema = schema_of(source)
    assert pickle.loads(pickle.dumps(schema)) == schema


RECURSIVE = {"type": "object", "properties": {"next": {"$ref": "#"}}, "required": ["value"]}


@pytest.mark.parametrize(
    ("document", "fits", "does_not"),
    [
        (RECURSIVE, {"value": 1, "next": {"value": 2}}, {"value": 1, "next": {}}),
        (
            {"properties": {"a": {"type": "null"}, "b": {"$ref": "#/properties/a"}}},
            {"b": None},
            {"b": 1},
        ),
        (
            {"$ref": "#n", "$defs": {"n": {"$anchor": "n", "type": "object", "required": ["a"]}}},
            {"a": 1},
            {},
        ),
        ({"$id": "https://e.com/a", **RECURSIVE}, {"value": 1}, {"next": {}}),
        ({"anyOf": [{"type": "null"}, {"items": {"$ref": "#"}, "type": "array"}]}, [[]], [1]),
    ],
)
def test_references_of_a_document_lead_to_the_same_inside_a_list(document, fits, does_not):
    """The document is no longer the root of what is sent."""
    schema = schema_of(list[document])
    check_schema(schema.json_schema, "schema")
    assert schema.decode(json.dumps({"items": [fits]})) == [fits]
    with pytest.raises(ValueError, match=r"\$\.items\[0\]"):
        schema.decode(json.dumps({"items": [does_not]}))


def test_a_moved_root_takes_a_name_that_is_free():
    """Definitions of the document keep theirs."""
    document = {"$defs": {"root": {"type": "null"}}, "properties": {"a": {"$ref": "#"}}}
    assert list(schema_of(list[document]).json_schema["$defs"]) == ["root", "root1"]
