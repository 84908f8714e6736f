"""What changed from one request to another: messages by word, parameters by value."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chat_magic.analysis.diff import Change, common_blocks, diff
from chat_magic.analysis.diff_units import units
from chat_magic.analysis.json_diff import diff_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["MessageDiff", "ParameterChange", "PromptDiff", "diff_prompts"]


@dataclass(frozen=True, kw_only=True)
class MessageDiff:
    """What became of one message."""

    role: str
    changes: tuple[Change, ...]
    """In reading order; a single `same` if the message stays, a single `insert` or `delete` if it
    is new or gone."""

    @property
    def is_same(self) -> bool:
        """Whether nothing changed."""
        return all(change.kind == "same" for change in self.changes)


@dataclass(frozen=True, kw_only=True)
class ParameterChange:
    """A parameter whose value changed."""

    name: str
    """With the JSON Pointer of the field for one that is an object: `response_format/type`."""
    before: str | None
    """As JSON, a text as it is; None if it was not sent."""
    after: str | None


@dataclass(frozen=True, kw_only=True)
class PromptDiff:
    """What changed from one request to another."""

    messages: tuple[MessageDiff, ...]
    """All messages of both, in order."""
    parameters: tuple[ParameterChange, ...]
    """Those that changed, the model first."""

    @property
    def is_same(self) -> bool:
        """Whether the requests are identical."""
        return not self.parameters and all(message.is_same for message in self.messages)


def diff_prompts(before: Mapping[str, Any], after: Mapping[str, Any]) -> PromptDiff:
    """Compare two requests.

    Messages that are identical stay; those between are compared by word with the message of the
    same role, so that a system message which is added in front leaves the user's to be compared.
    An attachment is one word, named by its kind and content.

    Args:
        before: The JSON body of a request, with `model` and `messages`.
        after: That of the other.
    """
    old, new = ([_message(message) for message in body["messages"]] for body in (before, after))
    return PromptDiff(
        messages=tuple(_diff_messages(old, new)), parameters=tuple(_parameters(before, after))
    )


_Message = tuple[str, tuple[str, ...]]
"""The role and the units of the text."""


def _message(message: Mapping[str, Any]) -> _Message:
    words: list[str] = []
    for part in _parts(message):
        if words:
            words.append("\n")
        words += [part] if part.startswith("\x00") else units(part, "word")
    return str(message.get("role", "")), tuple(word.removeprefix("\x00") for word in words)


def _parts(message: Mapping[str, Any]) -> Iterator[str]:
    """Yield the texts of a message; what is one word begins with NUL."""
    content = message.get("content")
    for part in [content] if isinstance(content, str) else content or ():
        if isinstance(part, str):
            yield part
        elif isinstance(part.get("text"), str):
            yield part["text"]
        else:
            yield f"\x00[{part.get('type', 'attachment')} {_digest(part)}]"
    if calls := message.get("tool_calls"):
        yield json.dumps(calls, ensure_ascii=False)


def _digest(part: Mapping[str, Any]) -> str:
    written = json.dumps(part, sort_keys=True).encode()
    return hashlib.sha256(written).hexdigest()[:8]


def _diff_messages(before: Sequence[_Message], after: Sequence[_Message]) -> Iterator[MessageDiff]:
    at, to = 0, 0
    for start, other_start, size in common_blocks(before, after):
        yield from _between(before[at:start], after[to:other_start])
        for role, words in before[start : start + size]:
            yield _whole("same", role, words)
        at, to = start + size, other_start + size


def _between(before: Sequence[_Message], after: Sequence[_Message]) -> Iterator[MessageDiff]:
    """Compare the messages between two that stay: those whose roles follow each other in both."""
    at, to = 0, 0
    for start, other_start, size in common_blocks(_roles(before), _roles(after)):
        yield from (_whole("delete", *message) for message in before[at:start])
        yield from (_whole("insert", *message) for message in after[to:other_start])
        at, to = start + size, other_start + size
        for (role, old), (_, new) in zip(before[start:at], after[other_start:to], strict=True):
            yield MessageDiff(role=role, changes=tuple(diff(old, new)))


def _roles(messages: Sequence[_Message]) -> list[str]:
    return [role for role, _ in messages]


def _whole(kind: Any, role: str, words: Sequence[str]) -> MessageDiff:
    return MessageDiff(role=role, changes=(Change(kind, "".join(words)),))


def _parameters(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[ParameterChange]:
    for name in dict.fromkeys(("model", *before, *after)):
        old, new = _json(before, name), _json(after, name)
        if name == "messages" or old == new:
            continue
        fields = diff_json(old, new) if old is not None and new is not None else None
        if fields is None:
            yield ParameterChange(name=name, before=_shown(before, name), after=_shown(after, name))
            continue
        for field in fields:
            if field.kind != "same":
                yield ParameterChange(
                    name=f"{name}{field.pointer}", before=field.before, after=field.after
                )


def _json(body: Mapping[str, Any], name: str) -> str | None:
    return json.dumps(body[name], ensure_ascii=False) if name in body else None


def _shown(body: Mapping[str, Any], name: str) -> str | None:
    value = body.get(name)
    return value if isinstance(value, str) else _json(body, name)
