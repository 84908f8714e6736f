"""JSON Schema documents: whether one is well formed, whether a value fits, whether it is strict.

The keywords are those of https://json-schema.org/draft/2020-12, the strict ones those of
https://platform.openai.com/docs/guides/structured-outputs (supported schemas).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from chat_magic.core.nearest import nearest
from chat_magic.errors import InvalidRequest

Schema = Mapping[str, Any] | bool


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_TYPES: Final[Mapping[str, Callable[[Any], bool]]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: _is_number(value) and value == value // 1,
    "number": _is_number,
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
}
_SCHEMA = frozenset(
    ["additionalProperties", "contains", "else", "if", "not", "propertyNames", "then"]
)
_LISTS_OF_SCHEMAS = frozenset(["allOf", "anyOf", "oneOf", "prefixItems"])
_MAPS_OF_SCHEMAS = frozenset(["$defs", "definitions", "patternProperties", "properties"])
_COUNTS = frozenset(
    ["maxItems", "maxLength", "maxProperties", "minItems", "minLength", "minProperties"]
)
_NUMBERS = frozenset(["exclusiveMaximum", "exclusiveMinimum", "maximum", "minimum", "multipleOf"])
_TEXTS = frozenset(["$ref", "description", "format", "pattern", "title"])
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
    """Check a JSON Schema: the values of its keywords, and that its references lead somewhere.

    Args:
        schema: Any JSON value.
        label: Where it stands, for the errors: `response_format.json_schema.schema`.

    Raises:
        InvalidRequest: What is wrong, and the path to it.
    """
    _check(schema, label, schema)


def _check(schema: Any, path: str, root: Any) -> None:
    if isinstance(schema, bool):
        return
    if not isinstance(schema, Mapping):
        raise InvalidRequest(f"{path}: must be a JSON Schema, which is an object")
    for keyword, value in schema.items():
        here = f"{path}.{keyword}"
        reason = _unfit_keyword(keyword, value)
        if reason:
            raise InvalidRequest(f"{here}: {reason}")
        if keyword == "$ref" and value.startswith("#") and _find(root, value) is None:
            raise InvalidRequest(f"{here}: {value} leads nowhere")
        for step, part in _parts(keyword, value):
            _check(part, here + step, root)


def _unfit_keyword(keyword: str, value: Any) -> str | None:
    """Say what the value of a keyword must be, if it is something else."""
    if keyword == "type":
        return _unfit_type(value)
    if keyword == "required" and not _is_list_of(str, value):
        return "must be a list of property names"
    if keyword == "enum" and not (isinstance(value, list) and value):
        return "must be a list of at least one value"
    if keyword in _LISTS_OF_SCHEMAS and not (isinstance(value, list) and value):
        return "must be a list of at least one schema"
    if keyword in _MAPS_OF_SCHEMAS and not isinstance(value, Mapping):
        return "must be an object of schemas"
    if keyword in _COUNTS and not (_TYPES["integer"](value) and value >= 0):
        return "must be a whole number, at least 0"
    if keyword in _NUMBERS and not _is_number(value):
        return "must be a number"
    if keyword in _TEXTS and not isinstance(value, str):
        return "must be text"
    return None


def _unfit_type(value: Any) -> str | None:
    names = value if isinstance(value, list) else [value]
    unknown = [name for name in names if name not in list(_TYPES)]
    if names and not unknown:
        return None
    near = nearest(str(unknown[0]), _TYPES) if unknown else ""
    return f"must be one of {', '.join(_TYPES)}, or a list of them{near}"


def _parts(keyword: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Yield the schemas right below a keyword, with their steps in the path."""
    if keyword in _SCHEMA or (keyword == "items" and not isinstance(value, list)):
        yield "", value
    elif keyword in _LISTS_OF_SCHEMAS or keyword == "items":
        yield from ((f"[{index}]", part) for index, part in enumerate(value))
    elif keyword in _MAPS_OF_SCHEMAS:
        yield from ((f".{name}", part) for name, part in value.items())


def validation_error(value: Any, schema: Schema) -> str | None:
    """Say why a value does not fit a JSON Schema, and where: `expected integer at $.age`.

    Types, enumerations, properties, items, bounds, lengths, patterns and combinations are checked;
    keywords other than these allow everything.

    Args:
        value: Any JSON value.
        schema: A schema that `check_schema` passes.

    Returns:
        The first reason with its path; None when the value fits.
    """
    return next(_misfits(value, schema, "$", schema), None)


def _misfits(value: Any, schema: Schema, path: str, root: Schema) -> Iterator[str]:
    if isinstance(schema, bool):
        yield from () if schema else [f"nothing is allowed at {path}"]
        return
    if "$ref" in schema and (target := _find(root, schema["$ref"])) is not None:
        yield from _misfits(value, target, path, root)
    names = schema.get("type", list(_TYPES))
    names = [names] if isinstance(names, str) else names
    if not any(_TYPES[name](value) for name in names):
        yield f"expected {' or '.join(names)}, got {_type_name(value)} at {path}"
        return
    if "enum" in schema and not any(_same(value, each) for each in schema["enum"]):
        yield f"{value!r} is none of {', '.join(map(repr, schema['enum']))} at {path}"
    if "const" in schema and not _same(value, schema["const"]):
        yield f"{value!r} is not {schema['const']!r} at {path}"
    yield from (f"{reason} at {path}" for reason in _out_of_bounds(value, schema))
    if isinstance(value, dict):
        yield from _object_misfits(value, schema, path, root)
    if isinstance(value, list):
        yield from _list_misfits(value, schema, path, root)
    yield from _combination_misfits(value, schema, path, root)


def _object_misfits(
    value: Mapping[str, Any], schema: Mapping[str, Any], path: str, root: Schema
) -> Iterator[str]:
    properties = schema.get("properties", {})
    for name in schema.get("required", ()):
        if name not in value:
            yield f"the required {name} is missing at {path}"
    patterns = schema.get("patternProperties", {})
    for name, item in value.items():
        matching = [part for pattern, part in patterns.items() if _matches(pattern, name)]
        known = [properties[name]] if name in properties else []
        others = schema.get("additionalProperties", True)
        if others is False and not (known or matching):
            yield f"there must be no {name} at {path}"
        for part in [*known, *matching] or [others]:
            yield from _misfits(item, part, f"{path}.{name}", root)


def _list_misfits(
    value: list[Any], schema: Mapping[str, Any], path: str, root: Schema
) -> Iterator[str]:
    first = schema.get("prefixItems", [])
    rest = schema.get("items", True)
    first, rest = (rest, True) if isinstance(rest, list) else (first, rest)
    for index, item in enumerate(value):
        part = first[index] if index < len(first) else rest
        yield from _misfits(item, part, f"{path}[{index}]", root)


def _combination_misfits(
    value: Any, schema: Mapping[str, Any], path: str, root: Schema
) -> Iterator[str]:
    for part in schema.get("allOf", ()):
        yield from _misfits(value, part, path, root)
    for keyword in ("anyOf", "oneOf"):
        found = [list(_misfits(value, part, path, root)) for part in schema.get(keyword, ())]
        fitting = sum(not reasons for reasons in found)
        if found and not fitting:
            yield found[0][0] if len(found) == 1 else f"no {keyword} alternative fits at {path}"
        if keyword == "oneOf" and fitting > 1:
            yield f"several oneOf alternatives fit at {path}"
    if "not" in schema and not list(_misfits(value, schema["not"], path, root)):
        yield f"what must not be there is at {path}"


def _out_of_bounds(value: Any, schema: Mapping[str, Any]) -> Iterator[str]:
    if _is_number(value):
        yield from _bounds(value, schema, "minimum", "maximum", str(value))
        if value <= schema.get("exclusiveMinimum", float("-inf")):
            yield f"{value} must be above {schema['exclusiveMinimum']}"
        if value >= schema.get("exclusiveMaximum", float("inf")):
            yield f"{value} must be below {schema['exclusiveMaximum']}"
        step = schema.get("multipleOf")
        if step and abs(value / step - round(value / step)) > 1e-9:
            yield f"{value} must be a multiple of {step}"
    if isinstance(value, str):
        yield from _bounds(len(value), schema, "minLength", "maxLength", f"length {len(value)}")
        if "pattern" in schema and not _matches(schema["pattern"], value):
            yield f"{value!r} does not match {schema['pattern']}"
    if isinstance(value, list):
        yield from _bounds(len(value), schema, "minItems", "maxItems", f"length {len(value)}")
    if isinstance(value, dict):
        label = f"a number of {len(value)} properties"
        yield from _bounds(len(value), schema, "minProperties", "maxProperties", label)


def _bounds(
    size: float, schema: Mapping[str, Any], least: str, most: str, label: str
) -> Iterator[str]:
    if least in schema and size < schema[least]:
        yield f"{label} must be at least {schema[least]}"
    if most in schema and size > schema[most]:
        yield f"{label} must be at most {schema[most]}"


def is_strict(schema: Mapping[str, Any]) -> bool:
    """Whether OpenAI's strict mode takes a schema.

    Every object must require all of its properties and allow no others, every value have a type,
    and no keyword lie outside the supported ones.
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
    """Return what a schema refers to, or itself; true and false say nothing."""
    if isinstance(schema, bool):
        return {}
    return _find(root, schema.get("$ref", "")) or schema


def _find(root: Any, reference: str) -> Any:
    """Return what a local reference such as `#/$defs/Person` leads to; None for nothing."""
    found = root
    for step in reference.split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        found = found.get(name) if isinstance(found, Mapping) else None
    return found if reference.startswith("#") else None


def _matches(pattern: str, text: str) -> bool:
    try:
        return re.search(pattern, text) is not None
    except re.error:  # a pattern of another dialect
        return True


def _is_list_of(kind: type, value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, kind) for item in value)


def _same(value: Any, other: Any) -> bool:
    return bool(value == other) and isinstance(value, bool) == isinstance(other, bool)


def _type_name(value: Any) -> str:
    return next(name for name, fits in _TYPES.items() if fits(value))
