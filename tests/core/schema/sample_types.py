"""The forms in which the tests ask for a person, and other types of answers."""

from __future__ import annotations

import dataclasses
from datetime import date  # noqa: TC003 - msgspec reads it
from enum import Enum
from typing import Literal, NotRequired, TypedDict

import msgspec
import pydantic


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
