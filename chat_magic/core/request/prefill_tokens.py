"""The token ids of a prefill: a field of the request that says which tokens its text consists of.

`prefill_tokens` are the last tokens of the final assistant message. A server that takes token ids
reads exactly these; to any other the field is not sent. It is no field of any server.
"""

from __future__ import annotations

import re
from typing import Any, Final

from chat_magic.errors import InvalidRequest

__all__ = ["FIELD", "read_prefill_tokens"]

FIELD: Final = "prefill_tokens"
_IDS = re.compile(r"\d+(?:,\d+)*")


def read_prefill_tokens(value: Any) -> tuple[int, ...]:
    """Read the field: numbers joined by commas, as it stands in a cell, or a list of them.

    Raises:
        InvalidRequest: It is neither.
    """
    if isinstance(value, str) and _IDS.fullmatch(value.replace(" ", "")):
        return tuple(map(int, value.split(",")))
    items = value if isinstance(value, list | tuple) else [value]
    if items and all(type(item) is int and item >= 0 for item in items):
        return tuple(items)
    raise InvalidRequest(f"{FIELD} {value!r}: must be token ids joined by commas, such as 504,3856")
