"""The tools of a request, functions and custom ones, checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from chat_magic.core.nearest import nearest
from chat_magic.errors import InvalidRequest

_KINDS = ("function", "custom")
_SYNTAXES = ("lark", "regex")
_MODES = ("auto", "required")


def tool_name(tool: Any) -> str | None:
    """Return the name in a tool object, or in a `tool_choice` that names a tool."""
    kind = _kind(tool)
    content = tool.get(kind) if kind else None
    name = content.get("name") if isinstance(content, Mapping) else None
    return name if isinstance(name, str) else None


def _kind(tool: Any) -> str | None:
    """Return the type of a tool object if it is one of the API; a function if it has none."""
    kind = tool.get("type", "function") if isinstance(tool, Mapping) else None
    return kind if kind in _KINDS else None


def check_tools(parameters: Mapping[str, Any]) -> None:
    """Check the tools of a request, and that a tool that must be called is among them.

    Args:
        parameters: Values by field name, each of the right type.

    Raises:
        InvalidRequest: A tool is of no known type or has a wrong grammar, or a name is repeated or
            missing.
    """
    names: list[str] = []
    for index, tool in enumerate(parameters.get("tools", ())):
        name = tool_name(tool)
        if name is None or tool.get("type") not in _KINDS:
            raise InvalidRequest(
                f'tools[{index}]: must be a function, {{"type": "function", "function": '
                '{"name": …, "parameters": …}}, or a custom tool, {"type": "custom", "custom": '
                '{"name": …, "format": …}}; to send another: --extra tools=…'
            )
        if name in names:
            raise InvalidRequest(f"tools: two tools are named {name}")
        if tool["type"] == "custom":
            _check_format(tool["custom"].get("format"), f"tools[{index}].custom.format")
        names.append(name)
    if "tools" in parameters:
        _check_choice(parameters.get("tool_choice"), names)


def _check_format(value: Any, label: str) -> None:
    """Check the format of a custom tool's input: any text, or that of a grammar."""
    kind = value.get("type") if isinstance(value, Mapping) else value
    if value is None or kind == "text":
        return
    if kind != "grammar":
        raise InvalidRequest(f"{label}: must be an object whose type is text or grammar")
    grammar = value.get("grammar")
    syntax = grammar.get("syntax") if isinstance(grammar, Mapping) else None
    if syntax not in _SYNTAXES:
        raise InvalidRequest(
            f"{label}.grammar: must have a syntax, {' or '.join(_SYNTAXES)}, and a definition"
            f"{nearest(str(syntax), _SYNTAXES)}"
        )
    if not isinstance(grammar.get("definition"), str):
        raise InvalidRequest(f"{label}.grammar.definition: must be text")


def _check_choice(choice: Any, names: Sequence[str]) -> None:
    """Check that the tools which a choice names are there."""
    label = "tool_choice"
    wanted: list[Any] = [choice] if isinstance(choice, Mapping) else []
    if wanted and choice.get("type") == "allowed_tools":
        label, wanted = "tool_choice.allowed_tools", _allowed_tools(choice.get("allowed_tools"))
    for tool in wanted:
        name = tool_name(tool)
        if name is not None and name not in names:
            raise InvalidRequest(
                f"{label} {name}: must be one of the tools, {', '.join(names)}"
                f"{nearest(name, names)}"
            )


def _allowed_tools(value: Any) -> list[Any]:
    """Return the tools of `allowed_tools`, checked."""
    label = "tool_choice.allowed_tools"
    mode = value.get("mode") if isinstance(value, Mapping) else None
    if mode not in _MODES:
        raise InvalidRequest(
            f"{label}: must be an object with mode, {' or '.join(_MODES)}, and tools"
        )
    tools = value.get("tools")
    if not isinstance(tools, list) or not tools or None in map(tool_name, tools):
        raise InvalidRequest(f"{label}.tools: must be a list of objects that each name a tool")
    return tools


def is_forced(choice: Any) -> bool:
    """Whether a `tool_choice` forces the model to call a tool."""
    if isinstance(choice, Mapping) and choice.get("type") == "allowed_tools":
        allowed = choice.get("allowed_tools")
        return isinstance(allowed, Mapping) and allowed.get("mode") == "required"
    return choice == "required" or isinstance(choice, Mapping)
