"""A conversation over several cells, drawn as one: a value that notebooks and terminals draw."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from chat_magic.core.request.attachment import Attachment
from chat_magic.view.html_repr import HtmlRepr
from chat_magic.view.summary import truncated

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chat_magic.core.request.messages import Message, Part

__all__ = ["ThreadMessage", "ThreadView"]

_LONGEST = 20_000
"""Characters of a message that are shown."""


class ThreadMessage(NamedTuple):
    """A message as it is drawn."""

    role: str
    text: str


@dataclass(frozen=True, repr=False)
class ThreadView(HtmlRepr):
    """The messages of a conversation, the last answer included."""

    name: str
    messages: Sequence[Message]
    facts: Sequence[str]
    """What its first line says of it."""

    @property
    def drawn(self) -> list[ThreadMessage]:
        """The messages as they are drawn."""
        return [ThreadMessage(message.role, _text(message)) for message in self.messages]

    def __repr__(self) -> str:
        from chat_magic.view.text.thread_text import thread_text

        return thread_text(self)

    def _repr_mimebundle_(self, **_options: Any) -> dict[str, str]:
        from chat_magic.view.html.thread_html import thread_html

        return {"text/plain": repr(self), "text/html": thread_html(self)}


def _text(message: Message) -> str:
    """Return what a message says, attachments and calls of tools by their names."""
    content = message.content
    parts = content if isinstance(content, tuple) else (content,) if content else ()
    texts = [part if isinstance(part, str) else _part_text(part) for part in parts]
    calls = message.extra.get("tool_calls")
    texts += [_call_text(call) for call in calls] if isinstance(calls, list | tuple) else []
    return truncated("\n".join(filter(None, texts)), _LONGEST)


def _part_text(part: Part) -> str:
    if isinstance(part, Attachment):
        return f"[{part.kind}]"
    text = part.get("text")
    return text if isinstance(text, str) else f"[{part.get('type')}]"


def _call_text(call: Mapping[str, Any]) -> str:
    function = call.get("function") or call.get("custom") or {}
    return f"[calls {function.get('name')}({function.get('arguments') or function.get('input')})]"
