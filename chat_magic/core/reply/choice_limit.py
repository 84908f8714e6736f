"""How many choices a server takes at a time, by the words with which it refuses more."""

from __future__ import annotations

import re

_ABOUT_N = re.compile(
    r"(?<![\w.\-])n\s*(?:=|>|<|≤|:|\bis\b|\bmust\b|\bshould\b|\bcannot\b|\bto be\b)"  # n=1, n > 1
    r"|['\"`]n['\"`]"
    r"|\bparam(?:eter)?s?\W{1,4}n\b"
    r"|\bbody\.n\b"
    r"|\bn_cmpl\b|\bcandidate_?count\b"
    r"|\b(?:multiple|several) (?:choices|candidates|completions|generations|responses)\b"
    r"|\bonly (?:one|1|a single) (?:choice|candidate|completion|generation|response)\b",
    re.IGNORECASE,
)
_AT_MOST = re.compile(
    r"(?:at most|between \d+ and"
    r"|less than or equal to|no more than|up to|maximum(?: value)?(?: is| of)?"
    r"|value <=|<=|≤|\bn\s*=)\s*:?\s*(\d{1,3})\b",
    re.IGNORECASE,
)


def choice_limit(words: str, n: int) -> int | None:
    """Return how many choices may be requested at a time after a refusal.

    Args:
        words: The error.
        n: How many were requested.

    Returns:
        The limit that the words name, else 1; None if they are not about the number of choices.
    """
    if n < 2 or not _ABOUT_N.search(words):
        return None
    limits = [int(found) for found in _AT_MOST.findall(words)]
    return min((limit for limit in limits if 1 <= limit < n), default=1)
