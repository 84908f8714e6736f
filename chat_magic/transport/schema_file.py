"""Schemas in files: the path of a `.json` file stands for the JSON Schema in it."""

from __future__ import annotations

from pathlib import Path
from types import GenericAlias
from typing import Any, get_args, get_origin

from chat_magic.core.json_values import read_json
from chat_magic.core.schema.structured import Schema, schema_of
from chat_magic.errors import InvalidRequest


def load_schema(source: Any) -> Schema | None:
    """Make the schema of an answer.

    Args:
        source: What `core.schema.structured.schema_of` accepts, or the path of a JSON Schema file
            (a Path, or text that ends in `.json`), or None.

    Raises:
        InvalidRequest: It is not one of these, or the file cannot be read.
    """
    return None if source is None else schema_of(_read(source))


def _read(source: Any) -> Any:
    if get_origin(source) is list:
        return GenericAlias(list, (_read(get_args(source)[0]),))
    if isinstance(source, Path) or (isinstance(source, str) and source.endswith(".json")):
        return _read_file(Path(source))
    return source


def _read_file(path: Path) -> Any:
    try:
        content = read_json(path.expanduser().read_bytes())
    except OSError as error:
        raise InvalidRequest(f"schema {path}: {error.strerror or error}") from error
    except ValueError as error:
        raise InvalidRequest(f"schema {path}: not valid JSON: {error}") from error
    if not isinstance(content, dict):
        raise InvalidRequest(f"schema {path}: must be a JSON Schema, which is an object")
    return content
