"""Structured answers from the cell to the typed value, most of them on the real model."""

from __future__ import annotations

import dataclasses
import json
import pickle
from pathlib import Path
from typing import Annotated, Literal, TypedDict

import msgspec
import pandas as pd
import pydantic
import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

import chat_magic
from chat_magic import ChatError, InvalidRequest
from tests.completions import completion
from tests.gateway import streamed

ASK = {"model": "local", "seed": 3, "max_completion_tokens": 60}
Name = Annotated[str, msgspec.Meta(max_length=8, pattern="^[A-Z][a-z]{1,7}$")]
Age = Annotated[int, msgspec.Meta(ge=0, le=99)]


@dataclasses.dataclass
class Person:
    name: Name
    age: Age


class Typed(TypedDict):
    name: Name
    age: Age


class Record(msgspec.Struct):
    name: Name
    age: Age


class Model(pydantic.BaseModel):
    name: str = pydantic.Field(pattern="^[A-Z][a-z]{1,7}$")
    age: int = pydantic.Field(ge=0, le=99)


DOCUMENT = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "pattern": "^[A-Z][a-z]{1,7}$"},
        "age": {"type": "integer", "minimum": 0, "maximum": 99},
    },
    "required": ["name", "age"],
    "additionalProperties": False,
}


@pytest.mark.usefixtures("weights")
@pytest.mark.parametrize(
    ("source", "kind"),
    [(Person, Person), (Typed, dict), (Record, Record), (Model, Model), (DOCUMENT, dict)],
)
def test_the_answer_of_the_model_is_a_typed_value(source, kind):
    """The local model writes by the schema's grammar, so the answer always fits."""
    result = chat_magic.chat("Invent a person.", schema=source, **ASK)
    assert result.warnings == ()
    assert type(result.parsed) is kind
    value = result.parsed if kind is dict else msgspec.to_builtins(vars_of(result.parsed))
    assert list(value) == ["name", "age"]
    assert value == json.loads(result.text)


def vars_of(value):
    """Return the fields of a value as a dict."""
    return value.model_dump() if isinstance(value, pydantic.BaseModel) else value


@pytest.mark.usefixtures("weights")
def test_the_short_form_is_answered_with_a_dict():
    """A field with alternatives has one of them."""
    result = chat_magic.chat("How is it?", schema="mood: good|bad, sure: bool, n: a|b?", **ASK)
    assert result.parsed["mood"] in {"good", "bad"}
    assert result.parsed["sure"] in {True, False}
    assert result.parsed["n"] in {"a", "b", None}


@pytest.mark.usefixtures("weights")
def test_a_list_is_unwrapped():
    """The server gets an object with items, the user a list of the type."""
    pair = Annotated[list[Person], msgspec.Meta(min_length=2, max_length=2)]
    result = chat_magic.chat("Invent two people.", schema=pair, **ASK)
    assert list(json.loads(result.text)) == ["items"]
    assert [type(person) for person in result.parsed] == [Person, Person]


@pytest.mark.usefixtures("weights")
async def test_achat_and_choices_have_parsed_values_too():
    """Each choice is parsed by itself, and the frame has a row for each."""
    result = await chat_magic.achat("Invent a person.", schema=Person, n=2, **ASK)
    people = [result.parse(choice) for choice in range(2)]
    assert people[0] == result.parsed
    assert list(result.frame["parsed.name"]) == [person.name for person in people]
    assert list(result.frame["parsed.age"]) == [person.age for person in people]
    assert result.frame["parsed.age"].dtype == "Int64"


@pytest.mark.usefixtures("weights")
def test_the_answer_continues_a_prefill():
    """Both together are parsed."""
    messages = [
        {"role": "user", "content": "Invent a person."},
        {"role": "assistant", "content": '{"name": "Ada"'},
    ]
    result = chat_magic.chat(messages, schema=Person, **ASK)
    assert not result.text.startswith("{")
    assert result.parsed.name == "Ada"


@pytest.mark.usefixtures("weights")
def test_a_choice_of_words_is_one_word():
    """Anything but an object is wrapped for the server and unwrapped in the result."""
    result = chat_magic.chat("Is it good?", schema=Literal["yes", "no"], **ASK)
    assert result.parsed in {"yes", "no"}
    assert list(result.frame["parsed"]) == [result.parsed]


@pytest.fixture
def gateway(gateway):
    """Return a function that starts a gateway which streams these texts."""
    return lambda *texts, **fields: gateway(streamed(completion(*texts, **fields)))


ADA = '{"name": "Ada", "age": 36}'
BAD = '{"name": "Ada", "age": "x"}'


def test_the_schema_is_sent_as_the_response_format(gateway):
    """It is strict, which is always possible for the short form."""
    server = gateway(ADA)
    chat_magic.chat("Hi", schema="name: str, age: int")
    sent = server.requests[0].json["response_format"]
    assert sent == {
        "type": "json_schema",
        "json_schema": {
            "name": "answer",
            "schema": {
                "type": "object",
                "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
                "required": ["name", "age"],
                "additionalProperties": False,
            },
            "strict": True,
        },
    }


def test_an_answer_that_does_not_fit_warns_and_fails_only_when_it_is_parsed(gateway):
    """The error has the text, the reason, the position and the result."""
    gateway(ADA, BAD)
    result = chat_magic.chat("Hi", schema=Person, n=2)
    assert result.warnings == ("choice 1 does not fit the schema: $.age: expected int, got str",)
    assert result.parsed == Person(name="Ada", age=36)
    with pytest.raises(ChatError) as caught:
        result.parse(1)
    assert type(caught.value) is ChatError
    assert str(caught.value) == (
        f"choice 1 does not fit the schema: $.age: expected int, got str; it is {BAD!r}"
    )
    assert caught.value.result is result
    assert list(result.frame["parsed.name"].isna()) == [False, True]


def test_an_answer_that_was_cut_off_says_so(gateway):
    """The warning names the finish reason."""
    gateway('{"name": "Ad', finish_reason="length")
    result = chat_magic.chat("Hi", schema=Person)
    (warning,) = result.warnings
    assert warning.startswith("the answer does not fit the schema: not valid JSON: Unterminated")
    assert "finish_reason length" in warning


def test_without_a_schema_nothing_is_parsed(gateway):
    """Parsing a choice is an error that names the option."""
    gateway(ADA)
    result = chat_magic.chat("Hi")
    assert result.parsed is None
    assert not [name for name in result.frame if name.startswith("parsed")]
    with pytest.raises(InvalidRequest, match="--schema"):
        result.parse()


def test_the_frame_has_a_column_for_each_scalar_field(gateway):
    """It has the dtype of the field; objects and lists are in `.parsed` only."""
    gateway('{"a": "x", "b": 1, "c": 0.5, "d": true, "e": null, "f": [1], "g": {"h": 1}}', "no")
    document = {
        "type": "object",
        "$defs": {"Text": {"type": "string"}},
        "properties": {
            "a": {"$ref": "#/$defs/Text"},
            "b": {"type": "integer"},
            "c": {"type": "number"},
            "d": {"type": "boolean"},
            "e": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
            "f": {"type": "array"},
            "g": {"type": "object"},
        },
    }
    frame = chat_magic.chat("Hi", schema=document, n=2).frame
    parsed = frame[[name for name in frame if name.startswith("parsed")]]
    text = "str" if pd.__version__ >= "3" else "string"
    assert [(name, str(dtype)) for name, dtype in parsed.dtypes.items()] == [
        ("parsed.a", text),
        ("parsed.b", "Int64"),
        ("parsed.c", "Float64"),
        ("parsed.d", "boolean"),
        ("parsed.e", "Int64"),
    ]
    assert list(parsed.iloc[0, :4]) == ["x", 1, 0.5, True]
    assert parsed.iloc[1].isna().all()
    assert pd.isna(parsed.iloc[0, 4])
    assert list(frame.columns[:2]) == ["run", "choice"]
    assert frame.attrs["chat_magic"]["model"] == "a/b"


def test_the_fields_of_a_list_explode_into_rows(gateway):
    """A cell holds the field of every item."""
    gateway(f'{{"items": [{ADA}, {{"name": "Bo", "age": 7}}]}}', "no")
    result = chat_magic.chat("Hi", schema=list[Person], n=2)
    assert result.parsed == [Person("Ada", 36), Person("Bo", 7)]
    assert list(result.frame["parsed.name"]) == [["Ada", "Bo"], None]
    rows = result.frame[["choice", "parsed.name", "parsed.age"]][:1].explode(
        ["parsed.name", "parsed.age"]
    )
    assert rows.to_numpy().tolist() == [[0, "Ada", 36], [0, "Bo", 7]]


def test_an_integer_of_any_size_is_kept(gateway):
    """Above 64 bits it is an int of Python."""
    gateway(f'{{"n": {2**80}}}')
    assert list(chat_magic.chat("Hi", schema="n: int").frame["parsed.n"]) == [2**80]


def test_a_result_pickles_with_its_schema(gateway):
    """The type goes by its name, so what was pickled parses as before."""
    gateway(ADA)
    result = chat_magic.chat("Hi", schema=Person)
    assert pickle.loads(pickle.dumps(result)).parsed == Person(name="Ada", age=36)


@pytest.fixture
def shell(tmp_path, monkeypatch):
    """Return a shell with the magics, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    config = Config(HistoryManager={"enabled": False})
    shell = InteractiveShell(config=config)
    shell.run_line_magic("load_ext", "chat_magic")
    yield shell
    shell.run_line_magic("unload_ext", "chat_magic")


def ask(shell, schema):
    """Run a cell with a schema, show nothing, and return the bound result."""
    ran = shell.run_cell(f"%%chat -o r --schema {schema} ;\nHi")
    ran.raise_error()
    return shell.user_ns.pop("r")


LIST = f'{{"items": [{ADA}]}}'


@pytest.mark.parametrize(
    ("schema", "answer", "value"),
    [
        ("Person", ADA, Person("Ada", 36)),
        ("list[Person]", LIST, [Person("Ada", 36)]),
        ("document", ADA, {"name": "Ada", "age": 36}),
        ("path", ADA, {"name": "Ada", "age": 36}),
        ("list[path]", LIST, [{"name": "Ada", "age": 36}]),
        ("person.json", ADA, {"name": "Ada", "age": 36}),
        ("list[person.json]", LIST, [{"name": "Ada", "age": 36}]),
        ('"name: str, age: int"', ADA, {"name": "Ada", "age": 36}),
        ('"list[name: str, age: int]"', LIST, [{"name": "Ada", "age": 36}]),
        ("short", ADA, {"name": "Ada", "age": 36}),
        ("int", '{"value": 3}', 3),
        ("good|bad", '{"value": "bad"}', "bad"),
    ],
)
def test_the_line_takes_a_name_a_path_and_the_short_form(gateway, shell, schema, answer, value):
    """A name stands for its value in the notebook, also within list[...]."""
    gateway(answer)
    Path("person.json").write_text(json.dumps(DOCUMENT))
    shell.push(
        {
            "Person": Person,
            "document": DOCUMENT,
            "path": "person.json",
            "short": "name: str, age: int",
        }
    )
    assert ask(shell, schema).parsed == value


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        (
            "Persn",
            "line 1: --schema Persn: there is no such name in the notebook; did you mean Per",
        ),
        ("list[Persn]", "line 1: --schema Persn: there is no such name"),
        ("missing.json", "line 1: schema missing.json: No such file or directory"),
        ("broken.json", "line 1: schema broken.json: not valid JSON: Expecting value: line 1 col"),
        ("list.json", "line 1: schema list.json: must be a JSON Schema, which is an object"),
        ("wrong.json", "line 1: schema.type: must be one of"),
        ('"name: strr"', "line 1: schema name: strr: expected str, .* at column 7"),
        ("number", "line 1: there is no JSON Schema for 3"),
    ],
)
def test_a_wrong_schema_is_refused_on_line_1(gateway, shell, schema, message):
    """Nothing is sent."""
    server = gateway(ADA)
    for name, text in {"broken": "", "list": "[]", "wrong": '{"type": "x"}'}.items():
        Path(f"{name}.json").write_text(text)
    shell.push({"Person": Person, "number": 3})
    with pytest.raises(InvalidRequest, match=message):
        ask(shell, schema)
    assert server.requests == []


def test_schema_and_response_format_exclude_each_other(gateway, shell):
    """In a cell and in Python; nothing is sent."""
    server = gateway(ADA)
    cell = "%%chat --schema int\n---\nresponse_format: {type: text}\n---\nHi"
    with pytest.raises(InvalidRequest, match="schema and response_format exclude"):
        shell.run_cell(cell).raise_error()
    with pytest.raises(InvalidRequest, match="schema and response_format exclude"):
        chat_magic.chat("Hi", schema="int", response_format={"type": "text"})
    assert server.requests == []
