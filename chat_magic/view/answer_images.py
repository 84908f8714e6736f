"""The images in an answer: data that really is an image is shown, an address becomes a link."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from chat_magic.view.links import safe_link

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chat_magic.core.reply.reply import Choice, Message

LARGEST_IMAGES = 4_000_000
"""Bytes of all images of an answer that are embedded in a notebook."""
_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", 0, b"", "image/png"),
    (b"\xff\xd8\xff", 0, b"", "image/jpeg"),
    (b"GIF87a", 0, b"", "image/gif"),
    (b"GIF89a", 0, b"", "image/gif"),
    (b"RIFF", 8, b"WEBP", "image/webp"),
)
"""First bytes, an offset, the bytes there, and the media type."""
MEDIA_TYPES = tuple(dict.fromkeys(kind for *_, kind in _MAGIC))
_HOLDERS = ("image_url", "image", "source", "inline_data", "inlineData")
_ADDRESSES = ("url", "uri", "fileUri", "file_uri")
_DATA = ("b64_json", "data", "image_base64", "base64")


@dataclass(frozen=True)
class AnswerImage:
    """One image: its data, or a link to it, or why it is not shown."""

    media_type: str | None = None
    """One of `MEDIA_TYPES`, by the first bytes; None unless there is data to show."""
    data: bytes = b""
    link: str | None = None
    """An http or https address, which is not fetched."""
    problem: str | None = None

    @property
    def base64(self) -> str:
        """The data, encoded anew."""
        return base64.b64encode(self.data).decode("ascii")

    @property
    def description(self) -> str:
        """The image in words."""
        if self.link is not None:
            return f"image: {self.link}"
        if self.problem is not None:
            return f"image not shown: {self.problem}"
        return f"image: {self.media_type}, {len(self.data):,} bytes"


def images_of(choice: Choice) -> list[AnswerImage]:
    """Return the images of a choice, each once, in order.

    They are in `message.images`, in its content parts, or both. What goes beyond `LARGEST_IMAGES`
    is named, but not shown.
    """
    images = list(dict.fromkeys(_image(item) for item in _items(choice.message)))
    shown, total = [], 0
    for image in images:
        total += len(image.data)
        too_large = f"{len(image.data):,} bytes, which are in .choices[i].message"
        shown.append(
            replace(image, media_type=None, data=b"", problem=too_large)
            if image.data and total > LARGEST_IMAGES
            else image
        )
    return shown


def media_type_of(data: bytes) -> str | None:
    """Return the media type of an image by its first bytes; None if it is none of `MEDIA_TYPES`."""
    return next(
        (
            kind
            for start, offset, mark, kind in _MAGIC
            if data.startswith(start) and data.startswith(mark, offset)
        ),
        None,
    )


def _items(message: Message) -> Iterator[Any]:
    for images in (getattr(message, "images", None), message.extra.get("images")):
        yield from images if isinstance(images, list) else [] if images is None else [images]
    parts = message.extra.get("content")
    for part in parts if isinstance(parts, list) else []:
        kind = str(part.get("type")) if isinstance(part, dict) else ""
        if "image" in kind or (isinstance(part, dict) and any(part.get(h) for h in _HOLDERS)):
            yield part


def _image(item: Any) -> AnswerImage:
    """Read an image in any of the forms that servers use."""
    for _ in range(3):  # as deep as they nest
        if not isinstance(item, dict):
            break
        inner = next((item[name] for name in (*_HOLDERS, *_ADDRESSES) if item.get(name)), None)
        data = next((item[name] for name in _DATA if isinstance(item.get(name), str)), None)
        if inner is None and data is not None:
            return _from_base64(data.partition(",")[2] if data.startswith("data:") else data)
        item = inner
    if not isinstance(item, str):
        return AnswerImage(problem="it has neither data nor an address")
    if item[:5].lower() == "data:":
        head, _, data = item.partition(",")
        is_base64 = head.lower().endswith(";base64")
        return _from_base64(data) if is_base64 else AnswerImage(problem="its data is not base64")
    link = safe_link(item)
    return (
        AnswerImage(link=link) if link else AnswerImage(problem="its address is not http or https")
    )


def _from_base64(text: str) -> AnswerImage:
    try:
        data = base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return AnswerImage(problem="its data is not base64")
    kind = media_type_of(data)
    if kind is None:
        return AnswerImage(problem="its data is not PNG, JPEG, WebP or GIF")
    return AnswerImage(media_type=kind, data=data)
