"""Writes the types of the display payload in TypeScript, from its JSON Schema."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path
from typing import Any

SCHEMA = Path(__file__).parents[1] / "wire" / "result.v1.schema.json"
_HEAD = """/**
 * The types of the display payload.
 *
 * Written from tests/wire/result.v1.schema.json by `make generated`.
 */
"""
_SIMPLE = {
    "string": "string",
    "number": "number",
    "integer": "number",
    "null": "null",
    "boolean": "boolean",
}
_WIDTH = 100


def payload_types() -> str:
    """Return an exported type for the payload and for each definition of its schema."""
    schema = json.loads(SCHEMA.read_text())
    definitions = {"": schema, **schema["$defs"]}
    return _HEAD + "".join(_definition(name, node) for name, node in definitions.items())


def _definition(name: str, node: dict[str, Any]) -> str:
    comment = _comment(node, "")
    if "properties" not in node:
        return f"\n{comment}export type {_type_name(name)} = {_type(node)};\n"
    required = node.get("required", [])
    lines = [
        f"{_comment(field, '  ')}  {key}{'' if key in required else '?'}: {_type(field)};\n"
        for key, field in node["properties"].items()
    ]
    return f"\n{comment}export interface {_type_name(name)} {{\n{''.join(lines)}}}\n"


def _type_name(name: str) -> str:
    return "Payload" + "".join(word.capitalize() for word in name.split("_"))


def _type(node: dict[str, Any]) -> str:
    if "$ref" in node:
        return _type_name(node["$ref"].removeprefix("#/$defs/"))
    if "const" in node:
        return json.dumps(node["const"])
    if "enum" in node:
        return " | ".join(f"'{value}'" for value in node["enum"])
    if "anyOf" in node:
        return " | ".join(map(_type, node["anyOf"]))
    types = [node["type"]] if isinstance(node["type"], str) else node["type"]
    return " | ".join(_SIMPLE[name] if name in _SIMPLE else _composed(name, node) for name in types)


def _composed(name: str, node: dict[str, Any]) -> str:
    if name == "array":
        item = _type(node["items"])
        return f"({item})[]" if " " in item else f"{item}[]"
    if "properties" in node:
        raise NotImplementedError("an object in an object: give it a name in $defs")
    [value] = node.get("patternProperties", {"": None}).values()
    return f"Record<string, {_type(value) if value else 'unknown'}>"


def _comment(node: dict[str, Any], indent: str) -> str:
    if "description" not in node:
        return ""
    line = f"{indent}/** {node['description']} */\n"
    if len(line) <= _WIDTH:
        return line
    lines = textwrap.wrap(node["description"], _WIDTH - len(indent) - 3)
    return f"{indent}/**\n" + "".join(f"{indent} * {line}\n" for line in lines) + f"{indent} */\n"
