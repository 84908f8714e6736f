"""What the labextension highlights and completes in a cell without a kernel."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from chat_magic.core.cell.options import MAGIC_OPTIONS, REQUEST_OPTIONS
from chat_magic.core.request.parameters import PARAMETERS
from chat_magic.core.request.settings import SCALARS

if TYPE_CHECKING:
    from chat_magic.core.request.parameters import Parameter


def cell_vocabulary() -> str:
    """Return the options and the fields of the table as JSON, one entry a line."""
    options = [
        {
            "name": f"--{option.name}",
            "short": option.short,
            "field": option.negates or option.name.replace("-", "_"),
            "value": option.value,
            "choices": _choices(option.name.replace("-", "_")),
            "repeats": option.repeats,
        }
        for option in (*REQUEST_OPTIONS, *MAGIC_OPTIONS)
    ]
    fields = [
        {
            "name": row.name,
            "value": row.allowed,
            "choices": ["true", "false"] if row.kind == "boolean" else _choices(row.name),
            "rule": _rule(row),
        }
        for row in PARAMETERS.values()
    ]
    fields += [
        {"name": "model", "value": "vendor/model", "choices": ["local"], "rule": _ANY},
        {"name": "extra", "value": "further fields", "choices": [], "rule": _ANY},
        {"name": "per_model", "value": "parameters by model", "choices": [], "rule": _ANY},
        {"name": "check", "value": "Python expressions", "choices": [], "rule": _ANY},
    ]
    return f'{{\n"options": [\n{_lines(options)}\n],\n"fields": [\n{_lines(fields)}\n]\n}}\n'


_ANY = {"kind": "any", "minimum": None, "maximum": None, "words": None}


def _rule(row: Parameter) -> dict[str, object]:
    """Return what a value must be, as far as one word on the line can be checked."""
    words = {"string": list(row.choices), "boolean": ["true", "false"]}.get(row.kind)
    is_closed = words and (row.choices_are_closed or row.kind == "boolean")
    is_number = row.kind in ("number", "integer")
    return {
        "kind": row.kind,
        "minimum": row.minimum if is_number else None,
        "maximum": row.maximum if is_number else None,
        "words": words if is_closed else None,
    }


def _choices(name: str) -> list[str]:
    if name in ("model", "models"):
        return ["local"]
    if name == "sweep":
        return [f"{parameter}=" for parameter in (*SCALARS, "model")]
    if name == "unset":
        return list(PARAMETERS)
    row = PARAMETERS.get(name)
    return list(row.choices) if row and row.kind != "fields" else []


def _lines(entries: list[dict[str, object]]) -> str:
    return ",\n".join(json.dumps(entry, ensure_ascii=False) for entry in entries)
