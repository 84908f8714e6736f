"""Structured answers: the form that an answer is asked to have, and its typed value."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any, Literal, TypedDict, get_args, get_origin

import msgspec

from chat_magic.core.schema.json_answer import json_answer
from chat_magic.core.schema.json_schema import check_schema, is_strict, root_type
from chat_magic.core.schema.python_types import decode, json_schema_of
from chat_magic.core.schema.short_schema import read_short
from chat_magic.core.schema.validation import validation_error

if TYPE_CHECKING:
    from collections.abc import Collection

_DEFINITIONS = ("$defs", "definitions")
_ROOT_FIELDS = ("$schema", *_DEFINITIONS)


@dataclass(frozen=True, kw_only=True)
class Schema:
    """The form of an answer: a JSON Schema for the server, a type for the notebook.

    Servers require an object: any other type (a list, a choice of words) is wrapped in one, and
    `decode` unwraps it.
    """

    name: str
    json_schema: Mapping[str, Any]
    """As it is sent, with the wrapper."""
    strict: bool
    """Whether OpenAI's strict mode accepts it."""
    kind: Any = None
    """The Python type of the value; None for the plain JSON value."""
    wrapper: Literal["items", "value"] | None = None
    """The one property of the wrapper, if there is one."""

    @property
    def response_format(self) -> dict[str, Any]:
        """The API's object."""
        schema = {"name": self.name, "schema": self.json_schema, "strict": self.strict}
        return {"type": "json_schema", "json_schema": schema}

    def decode(self, text: str) -> Any:
        """Decode an answer into its value; reasoning and other text around it is ignored.

        Which text is the answer says `json_answer`.

        Raises:
            ValueError: Why it does not fit, and where: a path such as `$.age`, or line and column.
        """
        text = json_answer(text).text
        if self.kind is None:
            value = decode(text, Any)
            if reason := validation_error(value, self.json_schema):
                raise ValueError(reason)
        else:
            value = decode(text, self._wrapped_kind())
        return value if self.wrapper is None else value[self.wrapper]

    def plain(self, text: str) -> Any:
        """Decode an answer that fits into its plain JSON value."""
        value = msgspec.json.decode(json_answer(text).text)
        return value if self.wrapper is None else value[self.wrapper]

    def _wrapped_kind(self) -> Any:
        if self.wrapper is None:
            return self.kind
        return TypedDict("Wrapper", {self.wrapper: self.kind})  # type: ignore[operator]


def schema_of(source: Any) -> Schema:
    """Make the schema of an answer.

    Args:
        source: A pydantic model, dataclass, TypedDict, msgspec Struct or another type that JSON
            has; a JSON Schema; the short form (`core.schema.short_schema`); or `list[...]` of
            these.

    Raises:
        InvalidRequest: It is none of these, or the JSON Schema is not well formed.
    """
    name, document = _document_of(source)
    if document is None:
        kind, schema = source, _closed(json_schema_of(source))
    else:
        kind, schema = None, document
        check_schema(schema, "schema")
    wrapper: Literal["items", "value"] | None = None
    root = root_type(schema)
    if root != "object":
        wrapper = "items" if root == "array" else "value"
        schema = _wrap(schema, wrapper)
    name = re.sub(r"[^A-Za-z0-9_-]+", "_", name).strip("_")[:64] or "answer"
    return Schema(
        name=name, json_schema=schema, strict=is_strict(schema), kind=kind, wrapper=wrapper
    )


def _document_of(source: Any) -> tuple[str, dict[str, Any] | None]:
    """Return the name of a source, and its JSON Schema unless it is a Python type."""
    if isinstance(source, Mapping):
        return str(source.get("title") or "answer"), dict(source)
    if isinstance(source, str):
        return "answer", read_short(source)
    if get_origin(source) is list:
        name, document = _document_of(get_args(source)[0])
        if document is None:
            return f"list_{name}", None
        items, root_fields = _embed(document)
        return f"list_{name}", {"type": "array", "items": items, **root_fields}
    return str(getattr(source, "__name__", None) or source), None


def _closed(schema: Any) -> Any:
    """Forbid additional properties and type enumerations, as strict mode requires."""
    if isinstance(schema, list):
        return [_closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    schema = {key: _closed(value) for key, value in schema.items()}
    if schema.get("type") == "object" and "properties" in schema:
        schema.setdefault("additionalProperties", False)
    if "type" not in schema and _is_text(schema.get("enum")):
        schema = {"type": "string", **schema}
    if "$ref" in schema and len(schema) > 1:
        schema = {"anyOf": [{"$ref": schema.pop("$ref")}], **schema}
    return schema


def _is_text(choices: Any) -> bool:
    return isinstance(choices, list) and all(isinstance(choice, str) for choice in choices)


def _wrap(schema: Mapping[str, Any], key: str) -> dict[str, Any]:
    inner, root_fields = _embed(schema)
    return {
        "type": "object",
        "properties": {key: inner},
        "required": [key],
        "additionalProperties": False,
        **root_fields,
    }


def _embed(schema: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a document as a part of another, and the fields that move to the other's root.

    Its references keep their targets. A document with an `$id` remains a root.
    """
    if "$id" in schema:
        return dict(schema), {}
    root_fields = {name: schema[name] for name in _ROOT_FIELDS if name in schema}
    inner = {name: schema[name] for name in schema if name not in _ROOT_FIELDS}
    name = _free_name(root_fields.get("$defs", {}))
    pointer = f"#/$defs/{name}"
    moved_inner, moved_fields = (_with_root(part, pointer) for part in (inner, root_fields))
    if (moved_inner, moved_fields) == (inner, root_fields):
        return inner, root_fields
    definitions = {**moved_fields.get("$defs", {}), name: moved_inner}
    return {"$ref": pointer}, {**moved_fields, "$defs": definitions}


def _free_name(names: Collection[str]) -> str:
    return next(name for n in count() if (name := f"root{n or ''}") not in names)


def _with_root(value: Any, pointer: str) -> Any:
    """Return a schema whose references to its root, or to what is not a definition, are moved."""
    if isinstance(value, list):
        return [_with_root(item, pointer) for item in value]
    if not isinstance(value, Mapping) or "$id" in value:  # which is a root itself
        return value
    moved = {name: _with_root(item, pointer) for name, item in value.items()}
    reference = value.get("$ref")
    if isinstance(reference, str) and (reference == "#" or reference.startswith("#/")):
        is_kept = reference.startswith(tuple(f"#/{name}/" for name in _DEFINITIONS))
        moved["$ref"] = reference if is_kept else pointer + reference[1:]
    return moved
