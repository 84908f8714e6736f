"""The short form of a schema: `name: str, age: int?, mood: good|bad, tags: list[str]`.

    schema = field {"," field} | type
    field  = name ":" type
    type   = ("str" | "int" | "float" | "bool" | choices | "list[" schema "]") ["?"]
    choices = word "|" word {"|" word}

A field that ends in `?` may be null. A word is made of letters, digits, `_` and `-`.
"""

from __future__ import annotations

import re
from typing import Any

from chat_magic.errors import InvalidRequest

TYPES = {"str": "string", "int": "integer", "float": "number", "bool": "boolean"}
_TOKEN = re.compile(r"\s*(?:(?P<word>[\w-]+)|(?P<mark>[:,|?\[\]])|(?P<other>\S)|(?P<end>\Z))")


def read_short(text: str) -> dict[str, Any]:
    """Read the short form as a JSON Schema, in which every field is required.

    Raises:
        InvalidRequest: What was expected, and the column in the text, from 1.
    """
    reader = _Reader(text)
    schema = reader.schema()
    if not reader.at("end"):
        raise reader.error("expected a comma or the end")
    return schema


class _Reader:
    """The state of reading: the token at hand, and the one after it."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = list(_TOKEN.finditer(text))

    def at(self, what: str, ahead: int = 0) -> bool:
        """Whether the token at hand is this mark, or of this kind."""
        token = self._tokens[min(ahead, len(self._tokens) - 1)]
        return what in (token.lastgroup, token["mark"])

    def error(self, expected: str) -> InvalidRequest:
        token = self._tokens[0]
        column = token.start(token.lastgroup or 0) + 1
        typed = token[token.lastgroup or 0] or "the end"
        return InvalidRequest(f"schema {self._text}: {expected}, got {typed} at column {column}")

    def schema(self) -> dict[str, Any]:
        if not self.at(":", ahead=1):
            return self.type()
        fields: dict[str, Any] = {}
        while True:
            if not self.at("word"):
                raise self.error("expected the name of a field")
            if self._tokens[0]["word"] in fields:
                raise self.error("expected a field of another name")
            name = self._word()
            self._skip(":")
            fields[name] = self.type()
            if not self.at(","):
                break
            self._skip(",")
        return {
            "type": "object",
            "properties": fields,
            "required": list(fields),
            "additionalProperties": False,
        }

    def type(self) -> dict[str, Any]:
        if not self.at("word"):
            raise self.error("expected a type")
        if self.at("|", ahead=1):
            schema = self._choices()
        elif self.at("[", ahead=1) and self._tokens[0]["word"] == "list":
            schema = self._list()
        elif self._tokens[0]["word"] in TYPES:
            schema = {"type": TYPES[self._word()]}
        else:
            raise self.error("expected str, int, float, bool, list[…] or choices such as good|bad")
        if not self.at("?"):
            return schema
        self._skip("?")
        return {"anyOf": [schema, {"type": "null"}]}

    def _list(self) -> dict[str, Any]:
        self._word()
        self._skip("[")
        items = self.schema()
        self._skip("]")
        return {"type": "array", "items": items}

    def _choices(self) -> dict[str, Any]:
        words: list[str] = []
        while True:
            if not self.at("word"):
                raise self.error("expected a word to choose")
            if self._tokens[0]["word"] in {*TYPES, "None", "null"}:
                raise self.error("expected a word to choose (what may be null is written int?)")
            words.append(self._word())
            if not self.at("|"):
                return {"type": "string", "enum": words}
            self._skip("|")

    def _word(self) -> str:
        return self._tokens.pop(0)["word"]

    def _skip(self, mark: str) -> None:
        if not self.at(mark):
            raise self.error(f"expected {mark}")
        self._tokens.pop(0)
