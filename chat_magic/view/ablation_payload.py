"""What JupyterLab needs to draw an ablation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chat_magic.view.payload import payload, plain_json

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from chat_magic.view.ablation_view import AblationView
    from chat_magic.view.bundle import RunView

__all__ = ["ablation_payload"]

_MOST_CELLS = 20
"""Segments, the largest effects first, whose cells are stored: each holds the whole prompt."""


def ablation_payload(
    view: AblationView, runs: Sequence[RunView], cell_without: Callable[[int], str | None]
) -> dict[str, Any]:
    """Return the payload of an ablation: that of the whole prompt's score, and what was left out.

    Args:
        view: The ablation.
        runs: The score of the whole prompt.
        cell_without: Returns the cell without the segment of a number.
    """
    with_cells = {row.number for row in view.ranked[:_MOST_CELLS]}
    rows = sorted(view.ranked, key=lambda row: row.number)
    ablation = {
        "subject": view.subject,
        "facts": list(view.facts),
        "warnings": list(view.warnings),
        "messages": [
            {
                "role": message.role,
                "pieces": [{"text": p.text, "segment": p.number} for p in message.pieces],
            }
            for message in view.messages
        ],
        "segments": [
            {
                "excerpt": row.excerpt,
                "words": row.effect.words,
                "grade": row.effect.grade,
                "cell": cell_without(row.number) if row.number in with_cells else None,
            }
            for row in rows
        ],
        "ranked": [row.number for row in view.ranked],
    }
    return {**payload(runs), "ablation": plain_json(ablation)}
