"""One token as the server reported it: what its log probability means, and its text and bytes."""

from __future__ import annotations

import math
import re
from typing import Annotated, Literal

import msgspec

Status = Literal["ok", "censored", "masked", "positive", "nan", "missing"]

CENSORED_AT = -9999.0
"""What OpenAI and vLLM send for a token outside the top; SGLang sends -3.4e38."""
MASKED_AT = -100.0
"""The log probability of a token that a grammar or a logit bias forbids."""
BIN_EDGES = (0.5, 0.25, 0.1, 0.03)
"""Lower bounds of the first four of the five probability bins."""


def status_of(logprob: float | None) -> Status:
    """Return what a reported log probability is: a measurement (`ok`) or one of the sentinels.

    Args:
        logprob: Natural logarithm of a probability as sent, or None.

    Returns:
        `ok`; `censored` (outside the top, a bound at best); `masked` (forbidden by a grammar);
        `positive` (not the logarithm of a probability); `nan`; `missing`.
    """
    if logprob is None:
        return "missing"
    if math.isnan(logprob):
        return "nan"
    if logprob > 0:
        return "positive"
    if logprob <= CENSORED_AT:
        return "censored"
    return "masked" if logprob == MASKED_AT else "ok"


def probability(logprob: float | None) -> float | None:
    """Return e to the log probability (0 to 1), or None where it is not a measurement."""
    if logprob is None or status_of(logprob) != "ok":
        return None
    return math.exp(logprob)


def bin_of(prob: float) -> int:
    """Return the probability's bin: 0 (50% and more), 1 (25-50), 2 (10-25), 3 (3-10), 4 (< 3)."""
    return sum(prob < edge for edge in BIN_EDGES)


_SURROGATE = re.compile("[\ud800-\udfff]")
_BYTE_LIST = msgspec.json.Decoder(list[Annotated[int, msgspec.Meta(ge=0, le=255)]])
_PLACEHOLDER = re.compile(r"token_id:\d+")
_ESCAPE = re.compile(rb"\\x([0-9a-fA-F]{2})")
_ESCAPED = re.compile(r"bytes:(?=.*\\x[0-9a-fA-F]{2}).*|(?:\\x[89a-fA-F][0-9a-fA-F])+", re.DOTALL)
_SPECIAL = re.compile(
    r"<[|\uff5c].+[|\uff5c]>|</?s>|</?think>|<(?:bos|eos|pad|unk|start_of_turn|end_of_turn)>|\[/?INST\]"
)


def well_formed(text: str) -> str:
    """Return the text with U+FFFD for each lone surrogate, which no encoding can hold."""
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)


def token_bytes(token: str, raw_bytes: bytes) -> bytes | None:
    r"""Return a token's bytes: those that were sent, else those that its text stands for.

    A text that cannot be the token's own (`bytes:\xe2\x80`, `\xf0\x9f` from servers that
    write out what is not UTF-8) is read as the bytes it spells.

    Args:
        token: The token's text as sent.
        raw_bytes: The JSON of its `bytes` as sent; anything but a list of bytes counts as none.

    Returns:
        The bytes, or None for a placeholder (`token_id:262`), whose bytes are not known.
    """
    if _PLACEHOLDER.fullmatch(token):
        return None
    try:
        sent = bytes(_BYTE_LIST.decode(raw_bytes))
    except msgspec.DecodeError:
        sent = b""
    return sent or _spelled_bytes(token)


def _spelled_bytes(token: str) -> bytes:
    data = well_formed(token).encode()
    if not _ESCAPED.fullmatch(token):
        return data
    return _ESCAPE.sub(lambda match: bytes.fromhex(match[1].decode()), data.removeprefix(b"bytes:"))


def is_special(token: str) -> bool:
    """Whether a token's text looks like a control token (`<|im_end|>`, `</s>`)."""
    return _SPECIAL.fullmatch(token) is not None
