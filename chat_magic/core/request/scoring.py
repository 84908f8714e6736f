"""The texts whose probability is asked for, in the place of an answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from chat_magic.errors import InvalidRequest

__all__ = ["MOST_CANDIDATES", "Scoring", "read_candidates", "read_scoring"]

MOST_CANDIDATES = 1_000
"""Texts that one call may score."""


@dataclass(frozen=True)
class Scoring:
    """What is scored: how likely the model is to answer with each of some texts."""

    candidates: tuple[str, ...]
    end: bool = True
    """Whether the answer must end there; else the texts are beginnings of answers."""

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {"candidates": list(self.candidates), "end": self.end}


def read_scoring(value: Any) -> Scoring | None:
    """Read what `to_json` wrote; None where it is anything else."""
    if not isinstance(value, Mapping) or value.keys() != {"candidates", "end"}:
        return None
    candidates, end = value["candidates"], value["end"]
    is_texts = isinstance(candidates, list) and all(isinstance(text, str) for text in candidates)
    return Scoring(tuple(candidates), end) if is_texts and isinstance(end, bool) else None


def read_candidates(value: Any, label: str = "candidates") -> tuple[str, ...]:
    """Check the texts that are to be scored.

    Args:
        value: Any series of texts.
        label: What they are called in errors.

    Raises:
        InvalidRequest: There are none or too many, one is empty or not a text, or two are equal.
    """
    if isinstance(value, str | bytes | Mapping) or not isinstance(value, Iterable):
        raise InvalidRequest(f"{label}: must be a list of texts, got {type(value).__name__}")
    texts = tuple(value)
    if not 1 <= len(texts) <= MOST_CANDIDATES:
        raise InvalidRequest(f"{label}: expected 1 to {MOST_CANDIDATES} texts, got {len(texts)}")
    first: dict[str, int] = {}
    for position, text in enumerate(texts):
        if not isinstance(text, str):
            what = type(text).__name__
            raise InvalidRequest(f"{label}[{position}]: must be a text, got {what}")
        _check_text(text, f"{label}[{position}]")
        if first.setdefault(text, position) != position:
            raise InvalidRequest(
                f"{label}[{first[text]}] and {label}[{position}] are equal ({text!r}): give it once"
            )
    return texts


def _check_text(text: str, label: str) -> None:
    if not text:
        raise InvalidRequest(f"{label}: must not be empty")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise InvalidRequest(
            f"{label}: {text!r} has a lone surrogate, which no model can write"
        ) from error
