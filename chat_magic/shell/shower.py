"""Draws the state of a run that goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from chat_magic.engine import Run
    from chat_magic.view.live import Live


def shower(live: Live) -> Callable[[Run], float]:
    """Make the function that draws a run's state and says when it may be called again."""
    from chat_magic.view.live import Snapshot  # noqa: PLC0415 - not before the first answer

    def show(run: Run) -> float:
        request, answer = run.rounds.request, run.rounds.answer
        first = answer.first.first_text_ms
        live.show(
            Snapshot(
                model=request.model or "",
                n=request.n,
                texts=answer.texts(),
                finish_reasons=answer.finish_reasons(),
                elapsed_s=run.elapsed_s,
                ttft_s=None if first is None else first / 1000,
                tokens=answer.n_tokens,
                note=run.note,
                rounds=run.rounds.done,
            )
        )
        return live.delay_s

    return show
