"""The texts whose probability is asked for, in the place of an answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from reprlib import repr as short_repr
from typing import Any

from chat_magic.errors import InvalidRequest

__all__ = ["MOST_CANDIDATES", "Scoring", "check_candidate", "read_candidates", "read_scoring"]

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
        check_candidate(text, f"{label}[{position}]")
        if first.setdefault(text, position) != position:
            raise InvalidRequest(
                f"{label}[{first[text]}] and {label}[{position}] are equal ({short_repr(text)}): "
                "give it once"
            )
    return texts


def check_candidate(text: Any, label: str) -> None:
    """Check one text that is to be scored.

    Args:
        text: The text.
        label: What it is called in errors.

    Raises:
        InvalidRequest: It is empty or not a text, or cannot be written.
    """
    if not isinstance(text, str):
        raise InvalidRequest(f"{label}: must be a text, got {type(text).__name__}")
    if not text:
        raise InvalidRequest(f"{label}: must not be empty")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise InvalidRequest(
            f"{label}: {short_repr(text)} has a lone surrogate, which no model can write"
        ) from error
