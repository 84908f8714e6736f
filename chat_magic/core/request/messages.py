"""The messages of a request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from chat_magic.core.nearest import nearest
from chat_magic.core.request.attachment import Attachment
from chat_magic.errors import InvalidRequest

ROLES = ("system", "developer", "user", "assistant", "tool", "function")


Part = Mapping[str, Any] | Attachment
Content = str | tuple[Part, ...] | None


@dataclass(frozen=True, kw_only=True)
class Message:
    """One message: a role and its content; unknown fields are kept in `extra`."""

    role: str
    content: Content = None
    name: str | None = None
    tool_call_id: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return the message as the API's JSON object."""
        parts = self.content
        content = list(parts) if isinstance(parts, tuple) else parts
        fields = {"name": self.name, "tool_call_id": self.tool_call_id}
        given = {key: value for key, value in fields.items() if value is not None}
        return {"role": self.role, "content": content, **given, **self.extra}


def from_json(value: Any, label: str) -> Message:
    """Read one message of a request.

    Args:
        value: The API's JSON object.
        label: What an error calls it, such as `messages[2]`.

    Raises:
        InvalidRequest: It is not a message of the API.
    """
    if not isinstance(value, Mapping):
        raise InvalidRequest(f"{label}: must be an object with role and content")
    fields = dict(value)
    role = fields.pop("role", None)
    if role not in ROLES:
        raise InvalidRequest(
            f"{label}: role {role!r} must be one of {', '.join(ROLES)}{nearest(str(role), ROLES)}"
        )
    content = _content(fields.pop("content", None), label)
    if content is None and role != "assistant":
        raise InvalidRequest(f"{label}: a {role} message requires content")
    name, call = fields.pop("name", None), fields.pop("tool_call_id", None)
    if not isinstance(name, str | None) or not isinstance(call, str | None):
        raise InvalidRequest(f"{label}: name and tool_call_id must be text")
    if role == "tool" and not call:
        raise InvalidRequest(f"{label}: a tool message requires tool_call_id")
    return Message(role=role, content=content, name=name, tool_call_id=call, extra=fields)


def _content(value: Any, label: str) -> Content:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, list | tuple) and all(
        isinstance(part, Mapping) and isinstance(part.get("type"), str) for part in value
    ):
        return tuple(value)
    raise InvalidRequest(f"{label}: content must be text or a list of parts that have a type")
