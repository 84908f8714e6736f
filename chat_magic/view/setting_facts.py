"""What was set for an answer, and what differs from another one, as short phrases beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from chat_magic.core.cell.grid import title_of
from chat_magic.core.request.parameters import PARAMETERS
from chat_magic.core.request.settings import SCALARS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chat_magic.view.bundle import RunView

_SHOWN: Final = frozenset(
    name
    for name in SCALARS
    if name == "max_tokens" or (PARAMETERS[name].group in ("sampling", "output") and name != "seed")
)
"""What changes an answer; the seed stands beside the fingerprint for which it holds."""
_LONGEST = 30
_INSTRUCTING = ("system", "developer")
_NOT_IN_MESSAGES: Final = frozenset({*SCALARS, "model", "result"})
"""Coordinates that change no message, as a variable or a prompt does."""


def setting_facts(run: RunView) -> list[str]:
    """Return the parameters that were set for a run, such as `temperature 0.8`.

    Its coordinates in a grid are left out, as they are its title.
    """
    return [
        f"{name} {_cut(title_of(value))}"
        for name, value in run.request.items()
        if name in _SHOWN and name not in run.coordinates
    ]


def message_facts(runs: Sequence[RunView]) -> list[list[str]]:
    """Return for each run what of its messages differs from those of the first run.

    Returns:
        `system message changed`, `messages changed` or both; nothing for the first, nor where the
        coordinates say what differs.
    """
    if any(not _NOT_IN_MESSAGES.issuperset(run.coordinates) for run in runs):
        return [[] for _ in runs]
    messages = [run.request.get("messages", []) for run in runs]
    return [_differences(messages[0], others) for others in messages]


def _differences(before: Sequence[Any], after: Sequence[Any]) -> list[str]:
    kinds = {"system message changed": True, "messages changed": False}
    return [
        words
        for words, is_instructing in kinds.items()
        if _messages(before, is_instructing) != _messages(after, is_instructing)
    ]


def _messages(messages: Sequence[Mapping[str, Any]], is_instructing: bool) -> list[Any]:
    return [
        message for message in messages if (message.get("role") in _INSTRUCTING) == is_instructing
    ]


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}\u2026"
