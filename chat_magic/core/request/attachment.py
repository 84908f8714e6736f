"""Attachment: what a cell names for others to read before the request is sent."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class Attachment:
    """A file or URL that a request holds in place of its content."""

    kind: Literal["image", "audio", "file", "text"]
    """What it becomes: a part of a message, or the text of a predicted output."""
    source: str
    """A path, or a URL that is handed on as it is."""
    detail: str | None = None
    """How closely an image is looked at: `low`, `high` or `auto`."""
    line: int | None = field(default=None, compare=False)
    """Where it stands in the cell."""
