"""The input of a provider's Batch API: a line of JSON for each request, in files within its limits.

https://platform.openai.com/docs/api-reference/batch
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from chat_magic.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["MAX_BYTES", "MAX_REQUESTS", "URL", "PartSize", "batch_line", "custom_id_of"]

MAX_REQUESTS = 50_000
"""Requests that one file may hold."""
MAX_BYTES = 200_000_000
"""Bytes that one file may have (200 MB)."""
URL = "/v1/chat/completions"
"""What a batch asks of each line, whatever the path of the provider's own URL."""
_NOT_SENT = ("stream", "stream_options")
"""Fields that a file may not hold."""
_ID_DIGITS = 32


def custom_id_of(key: str) -> str:
    """Return what names a request in a file: the first 32 hexadecimal digits of its key.

    Args:
        key: As `request_key` returns it, so that equal requests of other draws have other ids.
    """
    return key[:_ID_DIGITS]


def batch_line(custom_id: str, body: Mapping[str, Any]) -> bytes:
    """Return the line of a request, with its line feed.

    Args:
        custom_id: As `custom_id_of` returns it.
        body: The JSON object that would be sent to `/chat/completions`.

    Raises:
        InvalidRequest: It alone is larger than a file may be.
    """
    kept = {name: value for name, value in body.items() if name not in _NOT_SENT}
    request = {"custom_id": custom_id, "method": "POST", "url": URL, "body": kept}
    line = msgspec.json.encode(request) + b"\n"
    if len(line) > MAX_BYTES:
        size = len(line) / 1e6
        raise InvalidRequest(
            f"a request of {size:.0f} MB: a batch holds {MAX_BYTES // 10**6} MB; shorten the row"
        )
    return line


@dataclass(frozen=True)
class PartSize:
    """How much a file holds; each file holds requests for one model only."""

    model: str = ""
    """The model of its requests; empty while it has none."""
    n_requests: int = 0
    n_bytes: int = 0

    def has_room_for(self, model: str, line: bytes) -> bool:
        """Whether a line may be added."""
        return not self.n_requests or (
            self.model == model
            and self.n_requests < MAX_REQUESTS
            and self.n_bytes + len(line) <= MAX_BYTES
        )

    def plus(self, model: str, line: bytes) -> PartSize:
        """Return the size with a line more."""
        return PartSize(model, self.n_requests + 1, self.n_bytes + len(line))
