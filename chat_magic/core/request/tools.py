"""The tools of a request, checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chat_magic.core.nearest import nearest
from chat_magic.errors import InvalidRequest


def tool_name(tool: Any) -> str | None:
    """Return the name in a tool object, or in a `tool_choice` that names a tool."""
    function = tool.get("function") if isinstance(tool, Mapping) else None
    name = function.get("name") if isinstance(function, Mapping) else None
    return name if isinstance(name, str) else None


def check_tools(parameters: Mapping[str, Any]) -> None:
    """Check the tools of a request, and that a tool that must be called is among them.

    Args:
        parameters: Values by field name, each of the right type.

    Raises:
        InvalidRequest: A tool is not a function, or a name is repeated or missing.
    """
    names: list[str] = []
    for index, tool in enumerate(parameters.get("tools", ())):
        name = tool_name(tool)
        if name is None or tool.get("type") != "function":
            raise InvalidRequest(
                f'tools[{index}]: must be a function, {{"type": "function", "function": '
                '{"name": …, "parameters": …}}'
            )
        if name in names:
            raise InvalidRequest(f"tools: two tools are named {name}")
        names.append(name)
    wanted = tool_name(parameters.get("tool_choice"))
    if wanted is not None and wanted not in names:
        raise InvalidRequest(
            f"tool_choice {wanted}: must be one of the tools, {', '.join(names)}"
            f"{nearest(wanted, names)}"
        )


def is_forced(choice: Any) -> bool:
    """Whether a `tool_choice` forces the model to call a tool."""
    return choice == "required" or isinstance(choice, Mapping)
