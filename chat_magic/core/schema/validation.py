"""Validation of JSON values by a JSON Schema, with one-line messages."""

from __future__ import annotations

import functools
import json
import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from jsonschema import ValidationError
    from jsonschema.protocols import Validator

    from chat_magic.core.schema.json_schema import Schema

_LONGEST_PATTERN_TEXT = 10_000
"""Characters of text that a `pattern` is applied to: some patterns take forever on more."""
_LONGEST_VALUE = 60
_TOLERANCE = 1e-9
"""Of a quotient by `multipleOf`: 0.3 is a multiple of 0.1."""
_NAME = re.compile(r"[^\W\d]\w*")


def preload() -> None:
    """Import the jsonschema library, which takes up to a second, before it is needed."""
    _validator_class("")


def validation_error(value: Any, schema: Schema) -> str | None:
    """Return why a value does not fit a JSON Schema, or None if it fits.

    The draft is the one that `$schema` names, else 2020-12. `format` is not checked, nor a
    `pattern` on a text of more than 10,000 characters, nor what a reference to another document
    describes: nothing is fetched.

    Args:
        value: Any JSON value.
        schema: A schema that `check_schema` accepts.

    Returns:
        The first error and its path, such as `$.age: expected an integer, got "x"`.
    """
    from referencing import Registry

    draft = schema.get("$schema", "") if not isinstance(schema, bool) else ""
    validator = _validator_class(draft)(schema, registry=Registry())
    try:
        error = next(validator.iter_errors(value), None)
    except RecursionError:
        return "$: nested too deeply to be checked"
    return None if error is None else _describe(error)


@functools.cache
def _validator_class(draft: str) -> type[Validator]:
    """Return the validator for a draft, an unknown one being 2020-12."""
    from jsonschema import Draft202012Validator
    from jsonschema.validators import extend, validator_for

    base = validator_for({"$schema": draft}, default=Draft202012Validator)
    keywords = {
        "pattern": _check_pattern,
        "patternProperties": _check_pattern_properties,
        "additionalProperties": _check_additional_properties,
        "multipleOf": _check_multiple,
        "items": _check_items(base.VALIDATORS["items"]),
    }
    for name in ("$ref", "$dynamicRef", "$recursiveRef"):
        if name in base.VALIDATORS:
            keywords[name] = _skip_other_documents(base.VALIDATORS[name])
    validator: type[Validator] = extend(base, keywords)  # type: ignore[no-untyped-call]
    return validator


def _skip_other_documents(check: Callable[..., Any]) -> Callable[..., Iterator[ValidationError]]:
    from referencing.exceptions import Unresolvable

    def check_reference(*arguments: Any) -> Iterator[ValidationError]:
        try:
            yield from check(*arguments)
        except Unresolvable:
            return

    return check_reference


def _check_items(check: Callable[..., Any]) -> Callable[..., Iterator[ValidationError]]:
    """Read a list of schemas under `items` as `prefixItems`, as drafts before 2020-12 do."""

    def check_items(
        validator: Validator, items: Any, value: Any, schema: Mapping[str, Any]
    ) -> Iterator[ValidationError]:
        if not isinstance(items, list):
            yield from check(validator, items, value, schema)
        elif isinstance(value, list):
            for index, (item, part) in enumerate(zip(value, items, strict=False)):
                yield from _descend(validator, item, part, index)

    return check_items


def _descend(
    validator: Validator, value: Any, schema: Schema, path: str | int
) -> Iterator[ValidationError]:
    yield from validator.descend(value, schema, path=path)  # type: ignore[attr-defined]


def _check_pattern(
    _validator: Validator, pattern: str, value: Any, _schema: Schema
) -> Iterator[ValidationError]:
    from jsonschema import ValidationError

    if isinstance(value, str) and not _matches(pattern, value):
        yield ValidationError("")


def _check_pattern_properties(
    validator: Validator, patterns: Mapping[str, Schema], value: Any, _schema: Schema
) -> Iterator[ValidationError]:
    for name, item in value.items() if isinstance(value, dict) else ():
        for pattern, part in patterns.items():
            if _matches(pattern, name):
                yield from _descend(validator, item, part, name)


def _check_additional_properties(
    validator: Validator, additional: Schema, value: Any, schema: Mapping[str, Any]
) -> Iterator[ValidationError]:
    from jsonschema import ValidationError

    known, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
    for name, item in value.items() if isinstance(value, dict) else ():
        if name in known or any(_matches(pattern, name) for pattern in patterns):
            continue
        if additional is False:
            yield ValidationError(f"the property {json.dumps(name)} is not allowed")
        else:
            yield from _descend(validator, item, additional, name)


def _check_multiple(
    validator: Validator, step: float, value: Any, _schema: Schema
) -> Iterator[ValidationError]:
    from jsonschema import ValidationError

    if not validator.is_type(value, "number") or step == 0:
        return
    if isinstance(value, int) and isinstance(step, int):
        is_multiple = value % step == 0
    else:
        is_multiple = abs(value / step - round(value / step)) <= _TOLERANCE
    if not is_multiple:
        yield ValidationError("")


def _matches(pattern: str, text: str) -> bool:
    """Whether a text matches; a pattern that Python cannot read, as of ECMAScript, matches all."""
    if len(text) > _LONGEST_PATTERN_TEXT:
        return True
    try:
        return re.search(pattern, text) is not None
    except re.error:
        return True


def _describe(error: ValidationError) -> str:
    """Return an error as one line that begins with its path."""
    path = "".join(map(_step, error.absolute_path))
    inner = _only_candidate(error)
    return _describe(inner) if inner is not None else f"${path}: {_reason(error)}"


def _step(key: str | int) -> str:
    if isinstance(key, int):
        return f"[{key}]"
    return f".{key}" if _NAME.fullmatch(key) else f"[{json.dumps(key, ensure_ascii=False)}]"


def _only_candidate(error: ValidationError) -> ValidationError | None:
    """Return the error of the one alternative that a value of this type can be meant for.

    Of `anyOf` an object and null, an object that does not fit is meant for the first.
    """
    if error.validator not in {"anyOf", "oneOf"}:
        return None
    first: dict[Any, ValidationError] = {}
    for inner in error.context or ():
        first.setdefault(inner.schema_path[0], inner)
    candidates = [
        inner for inner in first.values() if inner.validator != "type" or inner.relative_path
    ]
    candidates = list(first.values()) if len(first) == 1 else candidates
    return candidates[0] if len(candidates) == 1 else None


def _reason(error: ValidationError) -> str:
    keyword = str(error.validator)
    limit: Any = error.validator_value
    value: Any = error.instance
    if expected := _EXPECTED.get(keyword):
        return f"expected {expected(limit)}, got {_show(value)}"
    if size := _SIZES.get(keyword):
        return f"expected {size} {limit} {_unit(keyword)}, got {len(value)}"
    match keyword:
        case "required":
            missing = next(name for name in limit if name not in value)
            return f"the required property {json.dumps(missing, ensure_ascii=False)} is missing"
        case "anyOf" | "oneOf" if error.context:
            return f"no alternative of {keyword} fits {_show(value)}"
        case "oneOf":
            return f"more than one alternative of oneOf fits {_show(value)}"
        case "not":
            return f"{_show(value)} is what the schema excludes by not"
        case "None":
            return f"no value is allowed, got {_show(value)}"
    return " ".join(error.message.split())


def _type_names(names: str | Sequence[str]) -> str:
    names = [names] if isinstance(names, str) else names
    return " or ".join(_TYPE_NAMES[name] for name in names)


def _choices(values: Sequence[Any]) -> str:
    shown = ", ".join(map(_show, values))
    return shown if len(values) == 1 else f"one of {shown}"


def _show(value: Any) -> str:
    """Return a value as JSON, shortened where it is long."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 1] + "…"


def _unit(keyword: str) -> str:
    return {"Length": "characters", "Items": "items"}.get(keyword[3:], "properties")


_TYPE_NAMES: Final[Mapping[str, str]] = {
    "object": "an object",
    "array": "an array",
    "string": "a string",
    "integer": "an integer",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
}
_EXPECTED: Final[Mapping[str, Callable[[Any], str]]] = {
    "type": _type_names,
    "enum": _choices,
    "const": _show,
    "pattern": lambda pattern: f"a match of {pattern}",
    "minimum": lambda limit: f"at least {limit}",
    "maximum": lambda limit: f"at most {limit}",
    "exclusiveMinimum": lambda limit: f"more than {limit}",
    "exclusiveMaximum": lambda limit: f"less than {limit}",
    "multipleOf": lambda step: f"a multiple of {step}",
}
_SIZES: Final[Mapping[str, str]] = {
    "minLength": "at least",
    "maxLength": "at most",
    "minItems": "at least",
    "maxItems": "at most",
    "minProperties": "at least",
    "maxProperties": "at most",
}
