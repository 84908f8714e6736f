"""Attachments: files are read, checked and inlined as content parts; URLs are passed on.

See https://platform.openai.com/docs/api-reference/chat/create (messages, user message, content
parts).
"""

from __future__ import annotations

import base64
import mimetypes
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chat_magic.core.request.attachment import Attachment
from chat_magic.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chat_magic.core.request.messages import Message
    from chat_magic.core.request.request import ChatRequest

LARGEST_BYTES = 20 * 2**20
"""The most bytes of one attachment: more than the larger gateways accept."""
_URL = re.compile(r"(?:https?|data):", re.IGNORECASE)
_SIGNATURES = (
    (re.compile(rb"\x89PNG\r\n\x1a\n"), "image/png"),
    (re.compile(rb"\xff\xd8\xff"), "image/jpeg"),
    (re.compile(rb"GIF8[79]a"), "image/gif"),
    (re.compile(rb"RIFF....WEBP", re.DOTALL), "image/webp"),
    (re.compile(rb"RIFF....WAVE", re.DOTALL), "audio/wav"),
    (re.compile(rb"ID3|\xff[\xfb\xf3\xf2]"), "audio/mpeg"),
    (re.compile(rb"%PDF-"), "application/pdf"),
)
_FORMATS = {"audio/wav": "wav", "audio/mpeg": "mp3"}
_SYNONYMS = {"audio/x-wav": "audio/wav", "audio/mp3": "audio/mpeg"}
_ACCEPTED = {"image": "PNG, JPEG, GIF or WebP", "audio": "WAV or MP3"}


def inline(request: ChatRequest) -> ChatRequest:
    """Return the request with the content of every attachment in it.

    Raises:
        InvalidRequest: A file is missing, too large, or of another type than its name or `@` word.
    """
    messages = tuple(map(_inline_message, request.messages))
    parameters = {name: _inline_text(value) for name, value in request.parameters.items()}
    if messages == request.messages and parameters == request.parameters:  # which costs nothing
        return request
    return replace(request, messages=messages, parameters=parameters)


def _inline_text(value: Any) -> Any:
    """Read the file of a predicted output."""
    text = value.get("content") if isinstance(value, dict) else None
    if not isinstance(text, Attachment):
        return value
    try:
        return {**value, "content": _read(text).decode()}
    except UnicodeDecodeError as error:
        raise InvalidRequest(f"{_label(text)} is not UTF-8 text", line=text.line) from error


def _inline_message(message: Message) -> Message:
    if not isinstance(message.content, tuple):
        return message
    parts = tuple(_part(part) if isinstance(part, Attachment) else part for part in message.content)
    return replace(message, content=parts)


def _part(attachment: Attachment) -> Mapping[str, Any]:
    if _URL.match(attachment.source):
        return _linked(attachment)
    data = _read(attachment)
    media_type = _media_type(attachment, data)
    encoded = base64.b64encode(data).decode("ascii")
    url = f"data:{media_type};base64,{encoded}"
    match attachment.kind:
        case "image":
            return _image(url, attachment.detail)
        case "audio":
            audio = {"data": encoded, "format": _FORMATS[media_type]}
            return {"type": "input_audio", "input_audio": audio}
        case _:
            file = {"filename": Path(attachment.source).name, "file_data": url}
            return {"type": "file", "file": file}


def _linked(attachment: Attachment) -> Mapping[str, Any]:
    if attachment.kind != "image":
        raise InvalidRequest(
            f"{_label(attachment)}: the API accepts URLs of images only; download the file first",
            line=attachment.line,
        )
    return _image(attachment.source, attachment.detail)


def _image(url: str, detail: str | None) -> Mapping[str, Any]:
    return {"type": "image_url", "image_url": {"url": url} | ({"detail": detail} if detail else {})}


def _label(attachment: Attachment) -> str:
    mark = "@" if attachment.kind == "text" else f"@{attachment.kind} "
    return mark + attachment.source


def _read(attachment: Attachment) -> bytes:
    try:
        path = Path(attachment.source).expanduser()
        size = path.stat().st_size
        if size > LARGEST_BYTES:
            raise InvalidRequest(
                f"{_label(attachment)}: {size / 2**20:.1f} MiB, must be at most "
                f"{LARGEST_BYTES / 2**20:.0f} MiB",
                line=attachment.line,
            )
        return path.read_bytes()
    except (OSError, RuntimeError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InvalidRequest(
            rf"{_label(attachment)} cannot be read ({reason}); to send the line as text, write \@",
            line=attachment.line,
        ) from error


def _media_type(attachment: Attachment, data: bytes) -> str:
    detected = next((name for pattern, name in _SIGNATURES if pattern.match(data)), None)
    guessed = mimetypes.guess_type(attachment.source)[0]
    named = _SYNONYMS.get(guessed or "", guessed)
    known = {name for _, name in _SIGNATURES}
    if (named in known or detected in known) and named is not None and detected != named:
        raise InvalidRequest(
            f"{_label(attachment)}: its name says {named}, but its content is "
            f"{detected or 'something else'}",
            line=attachment.line,
        )
    if attachment.kind == "file":
        return detected or named or "application/octet-stream"
    if detected is None or not detected.startswith(f"{attachment.kind}/"):
        raise InvalidRequest(
            f"{_label(attachment)}: its content is {detected or 'something else'}; the API accepts "
            f"{_ACCEPTED[attachment.kind]}",
            line=attachment.line,
        )
    return detected
