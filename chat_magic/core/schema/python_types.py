"""Python types become JSON Schema and tools, and the model's JSON becomes their values."""

from __future__ import annotations

import inspect
import json
import re
import types
from typing import TYPE_CHECKING, Any, NotRequired, TypedDict, get_type_hints

import msgspec

from chat_magic.core.nearest import nearest
from chat_magic.errors import ChatError, InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_TOOL_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
_ARGUMENTS_HEAD = re.compile(r"(?:Args|Arguments|Parameters):\s*")
_ARGUMENT = re.compile(r"(\w+)(?:\s*\([^)]*\))?:\s*(.*)")


def tool_of(function: Callable[..., Any]) -> dict[str, Any]:
    """Describe a Python function as a tool of the API.

    Args:
        function: The tool takes its name, the first paragraph of its docstring, its signature and
            its type hints; a Google-style `Args:` section describes the parameters. A parameter
            with a default is not required, one without a type hint takes any JSON value.

    Returns:
        The API's tool object, `{"type": "function", "function": {…}}`.

    Raises:
        InvalidRequest: It is not a function, or has a parameter that a tool cannot have.
    """
    name = _tool_name(function)
    parameters = json_schema_of(_arguments_type(function))
    parameters.pop("title", None)
    description, of_parameters = _read_docstring(inspect.getdoc(function) or "")
    for parameter, schema in parameters["properties"].items():
        if parameter in of_parameters:
            schema.setdefault("description", of_parameters[parameter])
    about = {"description": description} if description else {}
    return {"type": "function", "function": {"name": name, **about, "parameters": parameters}}


def read_arguments(function: Callable[..., Any], json_text: str) -> dict[str, Any]:
    """Decode the arguments that a model wrote for a function, and check them by its type hints.

    Args:
        function: A function that `tool_of` describes.
        json_text: The arguments as a JSON object, or as a JSON string that holds one; no text at
            all means none.

    Returns:
        The arguments that were given, by parameter, as the types of their hints.

    Raises:
        ChatError: It is not JSON, or an argument is missing, unknown or of another type.
    """
    text = unwrap_object(json_text) if json_text.strip() else "{}"
    arguments = _arguments_type(function)
    known = list(arguments.__annotations__)
    try:
        given: Mapping[str, Any] = decode(text, arguments)
        unknown = [name for name in msgspec.json.decode(text) if name not in known]
    except ValueError as error:
        raise ChatError(f"{_tool_name(function)}: {error}") from error
    if unknown:
        takes = ", ".join(known) or "no arguments"
        near = nearest(unknown[0], known) or f": it takes {takes}"
        raise ChatError(f"{_tool_name(function)}: has no argument {unknown[0]}{near}")
    return dict(given)


def unwrap_object(text: str) -> str:
    """Return the JSON object that a JSON string holds; any other text stays as it is.

    Some models encode the arguments of a call twice, or more often.
    """
    inner = text.strip()
    while inner.startswith('"'):
        try:
            inner = json.loads(inner)
        except ValueError:
            return text
        inner = inner.strip()
    return inner if inner.startswith("{") else text


def _tool_name(function: Any) -> str:
    name = getattr(function, "__name__", None)
    if not callable(function) or isinstance(function, type) or not isinstance(name, str):
        raise InvalidRequest(f"tools: {type(function).__name__} is not a function")
    if not _TOOL_NAME.fullmatch(name):
        raise InvalidRequest(
            f"tools: a function named {name} cannot be a tool; "
            "its name may have up to 64 letters, digits, _ and -"
        )
    return name


def _arguments_type(function: Callable[..., Any]) -> Any:
    """Make the TypedDict that the arguments of a function form."""
    name = _tool_name(function)
    try:
        parameters = inspect.signature(function).parameters
        hints = get_type_hints(function, include_extras=True)
    except (TypeError, ValueError, NameError) as error:
        raise InvalidRequest(f"tools: the signature of {name} cannot be read: {error}") from error
    fields: dict[str, Any] = {}
    for parameter in parameters.values():
        if parameter.kind not in {parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY}:
            raise InvalidRequest(
                f"tools: {name} has the {parameter.kind.description} parameter {parameter.name}; "
                "a tool's parameters are given by name"
            )
        hint = hints.get(parameter.name, Any)
        required = parameter.default is parameter.empty
        fields[parameter.name] = hint if required else NotRequired[hint]
    return TypedDict(name, fields)  # type: ignore[operator]  # made at run time


def _read_docstring(text: str) -> tuple[str, dict[str, str]]:
    """Return the first paragraph as one line, and what `Args:` says of each parameter."""
    first = text.split("\n\n", 1)[0]
    head = re.split(rf"(?m)^{_ARGUMENTS_HEAD.pattern}$", first)[0]
    return " ".join(head.split()), _read_arguments_section(text.splitlines())


def _read_arguments_section(lines: list[str]) -> dict[str, str]:
    """Return the description of each parameter that an `Args:` section has."""
    heads = [number for number, line in enumerate(lines) if _ARGUMENTS_HEAD.fullmatch(line)]
    section = [line for line in lines[heads[0] + 1 :] if line.strip()] if heads else []
    descriptions: dict[str, list[str]] = {}
    words: list[str] = []
    for line in section:
        if line == line.lstrip():
            break
        match = _ARGUMENT.fullmatch(line.strip()) if _indent(line) == _indent(section[0]) else None
        if match:
            words = descriptions[match[1]] = [match[2]]
        else:
            words += line.split()
    return {name: " ".join(words) for name, words in descriptions.items()}


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def json_schema_of(kind: Any) -> dict[str, Any]:
    """Return the JSON Schema of a Python type, its root in place.

    Raises:
        InvalidRequest: The type has no JSON Schema.
    """
    hoisted: dict[str, Any] = {}

    def of_custom(custom: type) -> dict[str, Any]:
        if not _is_pydantic(custom):
            raise NotImplementedError
        schema: dict[str, Any] = custom.model_json_schema()  # type: ignore[attr-defined]
        hoisted.update(schema.pop("$defs", {}))
        return schema

    try:
        schema = msgspec.json.schema(kind, schema_hook=of_custom)
    except (TypeError, NameError) as error:
        reason = str(error).splitlines()[-1]
        raise InvalidRequest(f"there is no JSON Schema for {_name_of(kind)}: {reason}") from error
    _order_fields(schema, kind)
    definitions = {**schema.pop("$defs", {}), **hoisted}
    root = schema.pop("$ref", "").rpartition("/")[2]
    schema = {**definitions.get(root, {}), **schema}
    written = json.dumps([schema, definitions], ensure_ascii=False)
    used = {name: value for name, value in definitions.items() if f'"#/$defs/{name}"' in written}
    return {**schema, "$defs": used} if used else schema


def _order_fields(schema: dict[str, Any], kind: Any) -> None:
    """Put the fields of every TypedDict in their order: msgspec sorts them by name.

    The order matters: the model writes its answer in it.
    """
    orders = dict(_typed_dicts(msgspec.inspect.type_info(kind), set()))
    for definition in [schema, *schema.get("$defs", {}).values()]:
        order = orders.get(definition.get("title"))
        fields = definition.get("properties", {})
        if order and set(order) == set(fields):
            definition["properties"] = {name: fields[name] for name in order}
            definition["required"] = [name for name in order if name in definition["required"]]


def _typed_dicts(info: Any, seen: set[int]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the name and the fields of each TypedDict in a description of a type."""
    if id(info) in seen:
        return
    seen.add(id(info))
    if isinstance(info, msgspec.inspect.TypedDictType):
        kind = getattr(info.cls, "__origin__", info.cls)
        yield kind.__name__, tuple(kind.__annotations__)
    if isinstance(info, msgspec.Struct):
        info = msgspec.structs.astuple(info)
    for part in info if isinstance(info, tuple) else ():
        yield from _typed_dicts(part, seen)


def decode(text: str, kind: Any) -> Any:
    """Decode JSON text as a Python type.

    Raises:
        ValueError: What is wrong, and where: at a path such as `$.age`, or a line and column.
    """
    try:
        return msgspec.json.decode(text, type=kind, dec_hook=_decode_custom)
    except msgspec.ValidationError as error:
        raise ValueError(_plain(error)) from error
    except msgspec.DecodeError as error:
        raise ValueError(_syntax_error(text) or f"not valid JSON: {error}") from error
    except Exception as error:  # a type's own code may raise anything
        raise ValueError(f"{type(error).__name__}: {error}") from error


def _decode_custom(kind: type, value: Any) -> Any:
    if not _is_pydantic(kind):
        raise NotImplementedError
    return kind.model_validate_json(msgspec.json.encode(value))  # type: ignore[attr-defined]


def _is_pydantic(kind: Any) -> bool:
    return isinstance(kind, type) and hasattr(kind, "model_validate_json")


def _plain(error: msgspec.ValidationError) -> str:
    """Return the path and what does not fit there, as `$.age: expected int, got str`."""
    what, _, path = str(error).rpartition(" - at ")
    what, path = (what, path) if what else (path, "$")
    cause = error.__cause__
    errors = getattr(cause, "errors", None)
    if callable(errors):  # of pydantic
        first = errors()[0]
        what = first["msg"]
        path += "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in first["loc"])
    what = what.replace("`", "")
    return f"{path.replace('`', '')}: {what[:1].lower()}{what[1:]}"


def _syntax_error(text: str) -> str | None:
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        what = error.msg.removesuffix(" at")
        return f"not valid JSON: {what} at line {error.lineno}, column {error.colno}"
    except RecursionError:
        return None
    return None


def _name_of(kind: Any) -> str:
    if isinstance(kind, types.GenericAlias):
        return str(kind)
    return str(getattr(kind, "__name__", kind))
