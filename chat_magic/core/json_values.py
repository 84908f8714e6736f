"""JSON as users write it: strict, of bounded depth, and with errors that name the field."""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn

MAX_DEPTH = 200
"""Lists and objects that may be inside each other."""
TOO_DEEP = f"more than {MAX_DEPTH} lists and objects are inside each other"


def read_json(text: str | bytes) -> Any:
    """Read one JSON text.

    Raises:
        ValueError: It is not JSON, which has neither NaN nor Infinity, or is nested too deeply.
    """
    try:
        value = json.loads(text, parse_constant=_refuse_constant)
    except RecursionError:
        raise ValueError(TOO_DEEP) from None
    check_depth(value)
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a value of JSON")


def check_depth(value: Any) -> None:
    """Check that lists and objects are not nested too deeply, nor contain themselves.

    Raises:
        ValueError: They are.
    """
    level, depth = [value], 0
    while level:
        depth += 1
        if depth > MAX_DEPTH + 1:
            raise ValueError(TOO_DEEP)
        unique = {id(item): item for item in level if isinstance(item, dict | list | tuple)}
        level = [
            inner
            for item in unique.values()
            for inner in (item.values() if isinstance(item, dict) else item)
        ]


def fault_in_json(value: Any, path: str = "") -> str | None:
    """Return which part of a value JSON cannot hold, as `logit_bias.5 nan: is not …`.

    Args:
        value: A value whose depth has been checked.
        path: What the value is called.
    """
    if isinstance(value, dict | list | tuple):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, item in items:
            if not isinstance(key, str | int | float | None):
                return f"{path}: the key {key!r} is not text"
            here = f"{path}[{key}]" if not isinstance(value, dict) else f"{path}.{key}".lstrip(".")
            if fault := fault_in_json(item, here):
                return fault
        return None
    if isinstance(value, float) and not math.isfinite(value):
        return f"{path} {value}: is not a number that JSON has"
    if isinstance(value, str | int | float | None):
        return None
    return f"{path}: {type(value).__name__} is not a type that JSON has"
