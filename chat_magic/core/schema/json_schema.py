"""JSON Schema documents: whether one is well formed, and whether it is strict.

The keywords are those of https://json-schema.org/draft/2020-12, the strict ones those of
https://platform.openai.com/docs/guides/structured-outputs (supported schemas).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote, urldefrag, urljoin

from chat_magic.core.nearest import nearest
from chat_magic.errors import InvalidRequest

Schema = Mapping[str, Any] | bool

_TYPES = ("object", "array", "string", "integer", "number", "boolean", "null")
_SCHEMA = frozenset(
    {"additionalItems", "additionalProperties", "contains", "else", "if", "not", "propertyNames"}
    | {"then", "unevaluatedItems", "unevaluatedProperties"}
)
_LISTS_OF_SCHEMAS = frozenset(["allOf", "anyOf", "oneOf", "prefixItems"])
_MAPS_OF_SCHEMAS = frozenset(
    ["$defs", "definitions", "dependentSchemas", "patternProperties", "properties"]
)
_COUNTS = frozenset(
    {"maxContains", "maxItems", "maxLength", "maxProperties"}
    | {"minContains", "minItems", "minLength", "minProperties"}
)
_NUMBERS = frozenset(["exclusiveMaximum", "exclusiveMinimum", "maximum", "minimum", "multipleOf"])
_TEXTS = frozenset(
    {"$anchor", "$dynamicAnchor", "$dynamicRef", "$id", "$ref", "$schema"}
    | {"description", "format", "pattern", "title"}
)
_STRICT = (
    {"$defs", "$ref", "additionalProperties", "anyOf", "const", "definitions", "description"}
    | {"enum", "format", "items", "maxItems", "minItems", "pattern", "properties", "required"}
    | {"title", "type"}
    | _NUMBERS
)
_STRICT_FORMATS = frozenset(
    ["date", "date-time", "duration", "email", "hostname", "ipv4", "ipv6", "time", "uuid"]
)


def check_schema(schema: Any, label: str) -> None:
    """Check the values of a schema's keywords, and that its local references have targets.

    Args:
        schema: Any JSON value.
        label: Its path, for errors: `response_format.json_schema.schema`.

    Raises:
        InvalidRequest: What is wrong, and the path to it.
    """
    _check(schema, label, schema, set())


def _check(schema: Any, path: str, root: Any, checked: set[int]) -> None:
    if isinstance(schema, bool) or id(schema) in checked:
        return
    if not isinstance(schema, Mapping):
        raise InvalidRequest(f"{path}: must be a JSON Schema, which is an object")
    checked.add(id(schema))
    root = schema if "$id" in schema else root
    for keyword, value in schema.items():
        here = f"{path}.{keyword}"
        reason = _keyword_error(keyword, value)
        if reason:
            raise InvalidRequest(f"{here}: {reason}")
        if keyword == "$ref" and value.startswith("#"):
            target = _find(root, value)
            if target is None:
                raise InvalidRequest(f"{here}: {value} does not exist in the schema")
            _check(target, here, root, checked)
        for step, part in _parts(keyword, value):
            _check(part, here + step, root, checked)


def _keyword_error(keyword: str, value: Any) -> str | None:
    """Say what the value of a keyword must be, if it is something else."""
    if keyword == "type":
        return _type_error(value)
    if keyword == "required" and not _is_list_of(str, value):
        return "must be a list of property names"
    if keyword == "enum" and not (isinstance(value, list) and value):
        return "must be a list of at least one value"
    if keyword in _LISTS_OF_SCHEMAS and not (isinstance(value, list) and value):
        return "must be a list of at least one schema"
    if keyword in _MAPS_OF_SCHEMAS and not isinstance(value, Mapping):
        return "must be an object of schemas"
    if keyword == "dependentRequired" and not _is_map_of_names(value):
        return "must be an object of lists of property names"
    if keyword == "uniqueItems" and not isinstance(value, bool):
        return "must be true or false"
    if keyword in _COUNTS and not (_is_number(value) and value % 1 == 0 and value >= 0):
        return "must be a whole number, at least 0"
    if keyword in _NUMBERS and not _is_number(value):
        return "must be a number"
    if keyword in _TEXTS and not isinstance(value, str):
        return "must be text"
    return None


def _type_error(value: Any) -> str | None:
    names = value if isinstance(value, list) else [value]
    unknown = [name for name in names if name not in _TYPES]
    if names and not unknown:
        return None
    near = nearest(str(unknown[0]), _TYPES) if unknown else ""
    return f"must be one of {', '.join(_TYPES)}, or a list of them{near}"


def _parts(keyword: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Yield the schemas directly below a keyword, with their steps in the path."""
    if keyword in _SCHEMA or (keyword == "items" and not isinstance(value, list)):
        yield "", value
    elif isinstance(value, list) and (keyword in _LISTS_OF_SCHEMAS or keyword == "items"):
        yield from ((f"[{index}]", part) for index, part in enumerate(value))
    elif isinstance(value, Mapping) and keyword in _MAPS_OF_SCHEMAS:
        yield from ((f".{name}", part) for name, part in value.items())


def is_strict(schema: Mapping[str, Any]) -> bool:
    """Whether OpenAI's strict mode accepts a schema.

    Every object must require all of its properties and allow no others, every value must have a
    type, and every keyword must be a supported one.
    """
    return schema.get("type") == "object" and _is_strict(schema)


def _is_strict(schema: Schema) -> bool:
    if isinstance(schema, bool) or not schema.keys() <= _STRICT:
        return False
    if "$ref" in schema:
        return len(schema) == 1 and str(schema["$ref"]).startswith("#")
    properties = schema.get("properties", {})
    if schema.get("type") == "object" and (
        schema.get("additionalProperties") is not False
        or set(schema.get("required", ())) != set(properties)
    ):
        return False
    return (
        ("type" in schema or "anyOf" in schema)
        and (schema.get("type") != "array" or "items" in schema)
        and schema.get("format", "date") in _STRICT_FORMATS
        and all(
            _is_strict(part)
            for keyword, value in schema.items()
            if keyword != "additionalProperties"
            for _, part in _parts(keyword, value)
        )
    )


def root_type(schema: Mapping[str, Any]) -> Any:
    """Return the `type` of a schema's root, through a reference; None if it has none."""
    target = resolve(schema, schema)
    return target.get("type", "object" if "properties" in target else None)


def resolve(schema: Schema, root: Schema) -> Mapping[str, Any]:
    """Return what a schema refers to, or the schema itself; true and false become an empty one."""
    if isinstance(schema, bool):
        return {}
    target = _find(root, schema.get("$ref", ""))
    return target if isinstance(target, Mapping) else schema


def _find(root: Any, reference: str) -> Any:
    """Return the target of a local reference such as `#/$defs/Person` or `#person`, or None."""
    if not reference.startswith("#"):
        return None
    pointer = unquote(reference[1:])
    if pointer and not pointer.startswith("/"):
        anchors = (part for part, _ in _walk(root) if pointer in _anchors(part))
        return next(anchors, None)
    target = root
    for step in pointer.split("/")[1:]:
        target = _child(target, step.replace("~1", "/").replace("~0", "~"))
    return target


def _child(value: Any, key: str) -> Any:
    if isinstance(value, Mapping):
        return value.get(key)
    is_index = isinstance(value, list) and key.isdecimal() and int(key) < len(value)
    return value[int(key)] if is_index else None


def _anchors(schema: Mapping[str, Any]) -> tuple[Any, Any]:
    return schema.get("$anchor"), schema.get("$dynamicAnchor")


def remote_references(schema: Schema) -> list[str]:
    """Return the references of a schema to other documents, which are not fetched."""
    ids: set[str] = set()
    references: dict[str, str] = {}
    for part, base in _walk(schema):
        ids.add(base)
        for keyword in ("$ref", "$dynamicRef"):
            reference = part.get(keyword, "#")
            if not reference.startswith("#"):
                references[reference] = _join(base, reference)
    return [reference for reference, url in references.items() if url not in ids]


def _walk(schema: Any, base: str = "") -> Iterator[tuple[Mapping[str, Any], str]]:
    """Yield a schema and all schemas inside it, each with the URL of its resource."""
    if isinstance(schema, Mapping):
        base = _join(base, str(schema.get("$id", "")))
        yield schema, base
        for keyword, value in schema.items():
            for _, part in _parts(keyword, value):
                yield from _walk(part, base)


def _join(base: str, reference: str) -> str:
    """Return the URL that a reference stands for, without its fragment."""
    try:
        return urldefrag(urljoin(base, reference)).url
    except ValueError:
        return reference


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_map_of_names(value: Any) -> bool:
    return isinstance(value, Mapping) and all(_is_list_of(str, names) for names in value.values())


def _is_list_of(kind: type, value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, kind) for item in value)
