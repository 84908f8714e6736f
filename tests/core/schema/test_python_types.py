"""Python types become JSON Schema and tools, and the model's JSON becomes their values."""

from __future__ import annotations

import dataclasses
import functools
import pickle
from datetime import date
from enum import Enum
from typing import Annotated, Any, Literal, NotRequired, TypedDict

import msgspec
import pydantic
import pytest

from chat_magic.core.reply.choice_value import validation_errors, value_of
from chat_magic.core.reply.reply import Choice, FunctionCall, Message, ToolCall
from chat_magic.core.request.request import ChatRequest
from chat_magic.core.request.response_format import with_response_format
from chat_magic.core.schema.json_schema import check_schema, validation_error
from chat_magic.core.schema.python_types import read_arguments, tool_of
from chat_magic.core.schema.structured import schema_of
from chat_magic.errors import ChatError, InvalidRequest


@dataclasses.dataclass
class Person:
    name: str
    age: int


class Typed(TypedDict):
    name: str
    age: int


class Record(msgspec.Struct):
    name: str
    age: int


class Model(pydantic.BaseModel):
    name: str
    age: int


class Mood(Enum):
    GOOD = "good"
    BAD = "bad"


class Node(pydantic.BaseModel):
    value: int
    next: Node | None


@dataclasses.dataclass
class Team:
    """People who work together."""

    since: date
    lead: Model
    others: list[Person]
    mood: Mood = Mood.GOOD


class Reordered(TypedDict):
    thoughts: str
    answer: Literal["yes", "no"]
    aside: NotRequired[list[Typed]]


SHORT = "name: str, age: int"
DOCUMENT = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
    "required": ["name", "age"],
    "additionalProperties": False,
}
FORMS = {
    "dataclass": (Person, Person(name="Ada", age=36)),
    "TypedDict": (Typed, {"name": "Ada", "age": 36}),
    "Struct": (Record, Record(name="Ada", age=36)),
    "pydantic": (Model, Model(name="Ada", age=36)),
    "JSON Schema": (DOCUMENT, {"name": "Ada", "age": 36}),
    "short form": (SHORT, {"name": "Ada", "age": 36}),
}
ADA = '{"name": "Ada", "age": 36}'


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


def test_the_fields_of_a_typed_dict_keep_their_order():
    """The model writes in that order: thoughts come before the answer."""
    schema = schema_of(Reordered).json_schema
    assert list(schema["properties"]) == ["thoughts", "answer", "aside"]
    assert schema["required"] == ["thoughts", "answer"]
    assert list(schema["$defs"]["Typed"]["properties"]) == ["name", "age"]


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
        (Person, '{"name": "Ada", "age": "x"}', "expected int, got str at $.age"),
        (Model, '{"name": "Ada", "age": "x"}', "valid integer, unable to parse string as an int"),
        (Model, '{"name": "Ada", "age": "x"}', "at $.age"),
        (list[Model], '{"items": [{"name": "A", "age": "x"}]}', "at $.items[0].age"),
        (SHORT, '{"name": "Ada", "age": 1.5}', "expected integer, got number at $.age"),
        (Person, "{}", "object missing required field name at $"),
        (list[Person], "[]", "expected object, got array at $"),
        (Person, '{"name": "Ada",\n "age": 3', "it is no JSON: Expecting ',' delimiter at line 2"),
        (Person, "Ada is 36.", "it is no JSON: Expecting value at line 1, column 1"),
        (SHORT, "", "it is no JSON: Expecting value at line 1, column 1"),
        (Person, '{"name": "Ada", "age": NaN}', "it is no JSON"),
        (SHORT, "[" * 5000, "RecursionError"),
        (Touchy, '{"age": 3}', "KeyError: 3"),
        ({"type": "object", "$ref": "#"}, "{}", "it is nested too deeply"),
    ],
)
def test_an_answer_that_does_not_fit_gives_the_reason_and_its_position(source, text, reason):
    """A path for the wrong value, line and column for what is no JSON."""
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the message is compared below
        schema_of(source).decode(text)
    assert reason in str(caught.value)


@pytest.mark.parametrize("fence", ["```json\n{}\n```", "\n```\n{}\n```\n", "```json \n{}```"])
def test_a_code_fence_around_the_answer_is_read_over(fence):
    """Servers without structured answers write one; the warning says so."""
    text = fence.format(ADA)
    schema = schema_of(Person)
    assert schema.decode(text.replace("{}", ADA)) == Person(name="Ada", age=36)
    (warning,) = validation_errors([choice(text.replace("{}", ADA))], schema)
    assert warning == "the answer came in a code fence, which the schema does not have"


def choice(text=None, finish_reason="stop", index=0, **fields):
    """Return a choice with this text."""
    message = Message(content=text, **fields)
    return Choice(index=index, message=message, finish_reason=finish_reason)


def test_the_value_goes_on_from_the_prefill():
    """The model did not write what it was given to begin with."""
    assert value_of(choice('"Ada", "age": 36}'), schema_of(Typed), '{"name": ') == {
        "name": "Ada",
        "age": 36,
    }


CALL = ToolCall(id="1", function=FunctionCall(name="f", arguments="{}"))


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (choice('{"name": "Ad', "length"), "was cut off (finish_reason length), max_completion"),
        (choice(refusal="I won't."), "the model refused"),
        (choice(tool_calls=(CALL,), finish_reason="tool_calls"), "called a tool instead"),
    ],
)
def test_the_likely_cause_is_named(given, reason):
    """What else the choice says explains why there is no value."""
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the message is compared below
        value_of(given, schema_of(Person))
    assert reason in str(caught.value)


def test_only_written_and_finished_answers_are_warned_of():
    """Refusals, calls and interruptions speak for themselves; the choice is named."""
    given = [
        choice(ADA),
        choice("no", index=1),
        choice("{", "interrupted", index=2),
        choice(refusal="I won't.", index=3),
    ]
    (warning,) = validation_errors(given, schema_of(Person))
    assert warning.startswith("choice 1 does not fit the schema: it is no JSON")


def test_a_schema_excludes_a_response_format():
    """Which one is meant cannot be known."""
    schema = schema_of(Person)
    asked = with_response_format(ChatRequest(parameters={"n": 2}), schema)
    assert asked.parameters == {"n": 2, "response_format": schema.response_format}
    with pytest.raises(InvalidRequest, match="exclude each other"):
        with_response_format(asked, schema)


@pytest.mark.parametrize("source", [Person, list[Model], SHORT, DOCUMENT])
def test_a_schema_pickles_as_far_as_its_type(source):
    """It holds no decoder, only what it was made of."""
    schema = schema_of(source)
    assert pickle.loads(pickle.dumps(schema)) == schema


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
        (Person, "type is no function"),
        (3, "int is no function"),
        (functools.partial(weather, days=2), "partial is no function"),
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
        ('{"city": 3}', r"weather: expected str, got int at \$.city"),
        ('{"city": "K", "where": {"name": "A"}}', r"missing required field age at \$.where"),
        ("{}", "weather: object missing required field city"),
        ("", "weather: object missing required field city"),
        ('{"city": "K", "dais": 3}', "weather: has no argument dais; did you mean days"),
        ('{"city": "K", "zzz": 3}', "weather: has no argument zzz: it takes city, days, where"),
        ('{"city": "K"', "weather: it is no JSON: Expecting ',' delimiter at line 1, column 13"),
        ("[]", r"weather: expected object, got array at \$"),
    ],
)
def test_wrong_arguments_are_told_why_and_where(text, message):
    """The words are for the model, which may try again."""
    with pytest.raises(ChatError, match=message):
        read_arguments(weather, text)
