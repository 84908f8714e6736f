"""The field `response_format`: text, json_object, or json_schema with a name and a schema."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from chat_magic.core.nearest import nearest
from chat_magic.core.schema.json_schema import check_schema
from chat_magic.core.unset import UNSET
from chat_magic.errors import InvalidRequest

if TYPE_CHECKING:
    from chat_magic.core.request.request import ChatRequest
    from chat_magic.core.schema.structured import Schema

_TYPES = ("text", "json_object", "json_schema")
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)


def check_response_format(value: Mapping[str, Any]) -> None:
    """Check the API's object, its JSON Schema included.

    Raises:
        InvalidRequest: What is wrong, and the path to it.
    """
    kind = value.get("type")
    if kind not in _TYPES:
        near = nearest(str(kind), _TYPES)
        raise InvalidRequest(
            f"response_format.type {kind}: must be text, json_object or json_schema{near}"
        )
    if kind == "json_schema":
        _check_json_schema(value.get("json_schema"))


def _check_json_schema(value: Any) -> None:
    path = "response_format.json_schema"
    if not isinstance(value, Mapping):
        raise InvalidRequest(f"{path}: must be an object with a name and a schema")
    name = value.get("name")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise InvalidRequest(
            f"{path}.name {name}: must be 1 to 64 letters, digits, underscores or dashes"
        )
    if not isinstance(value.get("strict", False), bool | None):
        raise InvalidRequest(f"{path}.strict {value['strict']}: must be true or false")
    if not isinstance(value.get("schema"), Mapping):
        raise InvalidRequest(f"{path}.schema: must be a JSON Schema, which is an object")
    check_schema(value["schema"], f"{path}.schema")


def with_response_format(request: ChatRequest, schema: Schema | None) -> ChatRequest:
    """Return the request that asks for answers of a schema.

    Raises:
        InvalidRequest: It has a response_format already.
    """
    if schema is None:
        return request
    if request.parameters.get("response_format", UNSET) is not UNSET:
        raise InvalidRequest("schema and response_format exclude each other: give only one")
    return replace(
        request, parameters={**request.parameters, "response_format": schema.response_format}
    )
