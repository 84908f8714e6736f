"""Attachments: files and URLs that a cell names, to be read before the request is sent."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class Attachment:
    """A file or URL in a request, in place of its content."""

    kind: Literal["image", "audio", "file", "text"]
    """What it becomes: a part of a message, or the text of a predicted output."""
    source: str
    """A path, or a URL, which is sent as it is."""
    detail: str | None = None
    """The resolution at which a model sees an image: `low`, `high` or `auto`."""
    line: int | None = field(default=None, compare=False)
    """Its line in the cell, from 1."""
