"""The messages block: role lines, attachments, and the backslash that makes either text."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, Any, Literal, cast

from chat_magic.core.cell.template import plain
from chat_magic.core.request.attachment import Attachment
from chat_magic.core.request.messages import Content, Message, Part
from chat_magic.core.request.request import ChatRequest
from chat_magic.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from chat_magic.core.cell.template import Rendered

_ROLE = re.compile(
    r"(?:(?P<role>system|developer|user|assistant)(?:\((?P<name>[^()\x00-\x1f]+)\))?"
    r"|(?P<tool>tool)(?:\((?P<call>[^()\x00-\x1f]+)\))?):"
)
_NEAR_ROLE = re.compile(
    r"(?P<indent>[\s\u200b\ufeff]{0,3})(?P<role>system|developer|user|assistant|tool)(?:\([^()]*\))?"
    r"[^\S\n]?(?P<colon>[:\uff1a\ufe55\ua789\u2236])",
    re.IGNORECASE,
)
"""A line that looks like a role line to people only."""
_ATTACHMENT = re.compile(r"@(?P<kind>image|audio|file)[ \t]+(?P<source>\S.*?)[ \t]*")
_DETAIL = re.compile(r"(?P<source>.+?)[ \t]+(?P<detail>low|high|auto)")


@dataclass
class MessageLines:
    """The lines of a message, after its role line; the first has no role line."""

    number: int
    opening: re.Match[str] | None = None
    parts: list[str | Attachment] = field(default_factory=list)
    """Lines and attachments, in order."""


def read_block(rendered: Rendered) -> ChatRequest:
    """Read the messages of a body; without any role line it is one user message.

    Raises:
        InvalidRequest: With the line in the cell.
    """
    warnings: list[str] = [*rendered.warnings]
    drafts = [MessageLines(number=0)]
    for number, line in rendered.lines:
        if match := _ROLE.match(line):
            _check_tool(match, number)
            drafts.append(MessageLines(number, match, [line[match.end() :].removeprefix(" ")]))
        elif attached := _ATTACHMENT.fullmatch(line):
            drafts[-1].parts.append(_attachment(attached, rendered, drafts[-1].opening, number))
        else:
            if near := _NEAR_ROLE.match(line):
                warnings.append(f"line {number}: {near[0]} is text: {_why_text(near)}")
            drafts[-1].parts.append(_unescape(line))
    headless, *others = drafts
    before = _content(headless, rendered)
    if not others:
        messages = [Message(role="user", content=before)] if before else []
        return ChatRequest(messages=tuple(messages), warnings=tuple(warnings))
    if before:
        hint = f" ({warnings[-1]})" if len(warnings) > len(rendered.warnings) else ""
        raise InvalidRequest(
            f"text before the first role line{hint}; begin it with a role such as user:",
            line=next(number for number, line in rendered.lines if line.strip()),
        )
    messages = [_message(draft, rendered) for draft in others]
    return ChatRequest(messages=tuple(messages), warnings=tuple(warnings))


def _why_text(near: re.Match[str]) -> str:
    if near["indent"]:
        return "a role begins at the start of its line"
    if near["role"] != near["role"].lower():
        return "roles are written in lowercase"
    return f"a role ends in a colon, {near['role']}:"


def _check_tool(match: re.Match[str], number: int) -> None:
    if match["tool"] and not match["call"]:
        raise InvalidRequest(
            r"a tool message must name its call, tool(CALL_ID):; as text it is written \tool:",
            line=number,
        )


def _attachment(
    match: re.Match[str], rendered: Rendered, opening: re.Match[str] | None, number: int
) -> Attachment:
    if opening is not None and opening["role"] != "user":
        raise InvalidRequest(
            f"@{match['kind']} is in a {opening['role'] or 'tool'} message: only user messages "
            rf"may have attachments; as text it is written \@{match['kind']}",
            line=number,
        )
    source, detail = match["source"], None
    if match["kind"] == "image" and (detailed := _DETAIL.fullmatch(source)):
        source, detail = detailed["source"], detailed["detail"]
    if len(source) > 1 and source[0] == source[-1] and source[0] in "'\"":
        source = source[1:-1]
    kind = cast("Literal['image', 'audio', 'file']", match["kind"])
    return Attachment(kind, rendered.fill(source), detail, number)


def _message(draft: MessageLines, rendered: Rendered) -> Message:
    opening = draft.opening
    assert opening is not None, "only the first draft has no opening"  # noqa: S101
    return Message(
        role=opening["role"] or "tool",
        content=_content(draft, rendered),
        name=opening["name"],
        tool_call_id=opening["call"],
    )


def _content(draft: MessageLines, rendered: Rendered) -> Content:
    """Return the text, or a list of parts where something is attached."""
    parts: list[Part] = []
    for is_attached, group in groupby(draft.parts, lambda part: isinstance(part, Attachment)):
        if is_attached:
            parts += group  # type: ignore[arg-type]  # attachments, as the key says
        elif text := "\n".join(_without_blank_ends([str(line) for line in group])):
            parts.append({"type": "text", "text": rendered.fill(text)})
    if any(isinstance(part, Attachment) for part in parts):
        return tuple(parts)
    return str(parts[0]["text"]) if parts else ""  # type: ignore[index]  # text alone is one part


def _without_blank_ends(lines: Sequence[str]) -> Sequence[str]:
    filled = [index for index, line in enumerate(lines) if line.strip()]
    return lines[filled[0] : filled[-1] + 1] if filled else ()


def _is_mark(line: str) -> bool:
    return bool(_ROLE.match(line) or _ATTACHMENT.fullmatch(line))


def _unescape(line: str) -> str:
    r"""Take the backslash from an escaped mark: `\user:`, `\\user:`; other lines stay."""
    return line[1:] if line.startswith("\\") and _is_mark(line.lstrip("\\")) else line


def _escape(line: str) -> str:
    return "\\" + line if _is_mark(line.lstrip("\\")) else line


def write_block(messages: Sequence[Message]) -> str:
    """Write messages as a block; what a block cannot express does not read back."""
    return "\n".join(_write_message(message) for message in messages)


def write_text(message: Message) -> str | None:
    """Write a message as the text below its role line; None where that cannot express it.

    `read_text(head(message), write_text(message)) == message`.
    """
    if isinstance(message.content, tuple):
        lines = [line for part in message.content for line in _lines(part)]
    else:
        lines = [_escape(line) for line in (message.content or "").split("\n")]
    text = "\n".join(lines)
    try:
        return text if read_text(head(message), text) == message else None
    except InvalidRequest:
        return None


def read_text(head: str, text: str) -> Message:
    """Read one message: `head` is its role line without the colon, `text` the lines below.

    A line of the text that would open a message is text.

    Raises:
        InvalidRequest: The head is not a role line, or an attachment is not in a user message.
    """
    if not _ROLE.fullmatch(f"{head}:"):
        raise InvalidRequest(f"{head}: is not a role line")
    lines = ["\\" + line if _ROLE.match(line) else line for line in text.split("\n")]
    return read_block(plain("\n".join([f"{head}:", *lines]))).messages[0]


def head(message: Message) -> str:
    """Return a message's role line without the colon, such as `user(Ada)`."""
    who = message.name if message.role != "tool" else message.tool_call_id
    return f"{message.role}({who})" if who else message.role


def _write_message(message: Message) -> str:
    if not isinstance(message.content, tuple):
        first, *others = str(message.content).split("\n")
        return "\n".join([f"{head(message)}: {first}", *map(_escape, others)])
    return "\n".join(
        [f"{head(message)}:", *(line for part in message.content for line in _lines(part))]
    )


def _lines(part: Any) -> Iterator[str]:
    if not isinstance(part, Attachment):
        yield from map(_escape, str(part.get("text")).split("\n"))
        return
    quote = '"' if part.source.strip() != part.source or _DETAIL.fullmatch(part.source) else ""
    words = [f"@{part.kind}", f"{quote}{part.source}{quote}", part.detail or ""]
    yield " ".join(words).rstrip()
