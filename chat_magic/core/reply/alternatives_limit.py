"""How many alternatives a server gives for each token, by the words with which it refuses more."""

from __future__ import annotations

import re

_ABOUT = re.compile(r"logprobs", re.IGNORECASE)
_AT_MOST = re.compile(
    r"(?:at most|between \d+ and|less than or equal to|no more than|up to"
    r"|max(?:imum)?(?: value)?(?: allowed)?(?: is| of)?|value <=|<=|≤|\[\d+,)\s*:?\s*(\d{1,3})\b",
    re.IGNORECASE,
)


def alternatives_limit(words: str, asked: int) -> int | None:
    """Return how many alternatives may be requested after a refusal.

    Args:
        words: The error.
        asked: How many were requested.

    Returns:
        The limit that the words name; None if they are not about this, or name none below `asked`.

    Example:
        >>> alternatives_limit("sample logprobs of 20 is greater than max allowed: 5", 20)
        5
    """
    if not _ABOUT.search(words):
        return None
    limits = [int(found) for found in _AT_MOST.findall(words)]
    return min((limit for limit in limits if 1 <= limit < asked), default=None)
