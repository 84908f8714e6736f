"""The messages of a request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from chat_magic.core.nearest import nearest
from chat_magic.core.request.attachment import Attachment
from chat_magic.errors import InvalidRequest

ROLES = ("system", "developer", "user", "assistant", "tool", "function")
_ANSWER_FIELDS = ("refusal", "tool_calls", "function_call", "audio")
"""The API's fields of an assistant message, besides content and name."""
_CALL_FIELDS = ("id", "type", "function", "custom")
_ANSWER_PARTS = ("text", "refusal")

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

    def texts(self) -> list[str]:
        """Return the texts of its content, without attachments."""
        if not isinstance(self.content, tuple):
            return [self.content or ""]
        texts = [part.get("text") for part in self.content if isinstance(part, Mapping)]
        return [text for text in texts if isinstance(text, str)]

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


def without_server_fields(message: Message) -> Message:
    """Return a message as another server takes it: an assistant's with the API's fields only.

    Reasoning, signatures and the like belong to the server that sent them.
    """
    if message.role != "assistant":
        return message
    extra = {name: value for name, value in message.extra.items() if name in _ANSWER_FIELDS}
    if isinstance(calls := extra.get("tool_calls"), list):
        extra["tool_calls"] = [_known_fields(call) for call in calls]
    content = message.content
    if isinstance(content, tuple):
        content = tuple(
            part
            for part in content
            if isinstance(part, Attachment) or part.get("type") in _ANSWER_PARTS
        )
    return replace(message, content=_plain(content), extra=extra)


def _known_fields(call: Any) -> Any:
    if not isinstance(call, Mapping):
        return call
    return {name: value for name, value in call.items() if name in _CALL_FIELDS}


def _plain(content: Content) -> Content:
    """Return content that is a single text as that text, and none where no part is left."""
    if not isinstance(content, tuple) or len(content) > 1:
        return content
    part = content[0] if content else {"type": "text", "text": None}
    is_text = isinstance(part, Mapping) and part.get("type") == "text"
    return part.get("text") if is_text else content  # type: ignore[union-attr]  # a mapping


def _content(value: Any, label: str) -> Content:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, list | tuple) and all(
        isinstance(part, Mapping) and isinstance(part.get("type"), str) for part in value
    ):
        return tuple(value)
    raise InvalidRequest(f"{label}: content must be text or a list of parts that have a type")
