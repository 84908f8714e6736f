"""Drawing a task while it streams."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from chat_magic.engine.ablation_task import AblationTask
    from chat_magic.engine.answer_task import AnswerTask
    from chat_magic.engine.grid_task import GridRun, GridTask
    from chat_magic.view.live.display import LiveDisplay
    from chat_magic.view.live.progress import (
        AnswerProgress,
        Drawable,
        GridProgress,
        RunProgress,
    )


def live_renderer(
    display: LiveDisplay,
) -> Callable[[AnswerTask | GridTask | AblationTask], float]:
    """Return a function that draws the state of a task, and returns the seconds until the next."""

    def show(task: AnswerTask | GridTask | AblationTask) -> float:
        display.show(_progress(task))
        return display.delay_s

    return show


def _progress(task: AnswerTask | GridTask | AblationTask) -> Drawable:
    from chat_magic.engine.answer_task import AnswerTask
    from chat_magic.engine.grid_task import GridTask

    if isinstance(task, AnswerTask):
        return _answer_progress(task)
    return _grid_progress(task) if isinstance(task, GridTask) else _ablation_progress(task)


def _answer_progress(task: AnswerTask) -> AnswerProgress:
    from chat_magic.view.live.progress import AnswerProgress

    request, answer = task.request, task.answer
    first_ms = answer.main.first_text_ms
    return AnswerProgress(
        model=request.model or "",
        n=request.n,
        texts=answer.texts(),
        scored=answer.scored(),
        finish_reasons=answer.finish_reasons(),
        elapsed_s=task.elapsed_s,
        ttft_s=None if first_ms is None else first_ms / 1000,
        tokens=answer.n_tokens,
        note=task.note,
        rounds=task.rounds,
    )


def _ablation_progress(task: AblationTask) -> AnswerProgress:
    from chat_magic.view.live.progress import AnswerProgress

    return AnswerProgress(model=task.request.model or "", elapsed_s=task.elapsed_s, note=task.note)


def _grid_progress(task: GridTask) -> GridProgress:
    from chat_magic.view.live.progress import GridProgress

    models = list(dict.fromkeys(run.call.request.model or "" for run in task.runs))
    return GridProgress(
        model=models[0] if len(models) == 1 else f"{len(models)} models",
        axes=task.axes,
        runs=[_run_progress(run) for run in task.runs],
        n_done=task.n_done,
        elapsed_s=task.elapsed_s,
        notes=task.notes,
    )


def _run_progress(run: GridRun) -> RunProgress:
    from chat_magic.core.cell.grid import title_of
    from chat_magic.view.comparison_model import value_title
    from chat_magic.view.live.progress import RunProgress

    texts, finish_reasons = run.texts()
    titles = (value_title(name, title_of(value)) for name, value in run.coordinates.items())
    return RunProgress(
        title=" · ".join(titles),
        n=run.call.request.n,
        texts=texts,
        scored=run.scored(),
        finish_reasons=finish_reasons,
        is_waiting=run.task is None,
        note=run.note,
        error=run.error,
    )
