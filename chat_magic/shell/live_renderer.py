"""Draws the state of a run that goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from chat_magic.engine.chat import Run
    from chat_magic.engine.grid_task import Part, Sweep
    from chat_magic.view.live.display import LiveDisplay
    from chat_magic.view.live.progress import AnswerProgress, GridProgress, RunProgress


def live_renderer(live: LiveDisplay) -> Callable[[Any], float]:
    """Make the function that draws a run's state and says when it may be called again.

    It takes an `engine.Run` or a `engine.grid_task.Sweep`.
    """

    def show(run: Run | Sweep) -> float:
        from chat_magic.engine.chat import Run

        live.show(_snapshot(run) if isinstance(run, Run) else _grid(run))
        return live.delay_s

    return show


def _snapshot(run: Run) -> AnswerProgress:
    from chat_magic.view.live.progress import AnswerProgress

    request, answer = run.rounds.request, run.rounds.answer
    first = answer.main.first_text_ms
    return AnswerProgress(
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


def _grid(run: Sweep) -> GridProgress:
    from chat_magic.view.live.progress import GridProgress

    models = list(dict.fromkeys(part.request.model or "" for part in run.parts))
    return GridProgress(
        model=models[0] if len(models) == 1 else f"{len(models)} models",
        axes=run.axes,
        runs=[_part(part) for part in run.parts],
        n_done=run.n_done,
        elapsed_s=run.elapsed_s,
        notes=run.notes,
    )


def _part(part: Part) -> RunProgress:
    from chat_magic.core.cell.grid import title_of
    from chat_magic.view.comparison_model import value_title
    from chat_magic.view.live.progress import RunProgress

    texts, finish_reasons = part.texts()
    return RunProgress(
        title=" · ".join(value_title(n, title_of(v)) for n, v in part.coordinates.items()),
        n=part.request.n,
        texts=texts,
        finish_reasons=finish_reasons,
        is_waiting=part.rounds is None,
        note=part.note,
        error=part.error,
    )
