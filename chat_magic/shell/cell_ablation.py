"""The plan of a cell with `--ablate`: which segments of its prompt are left out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chat_magic.analysis.prompt_segments import check_unit
from chat_magic.core.request.label_set import read_labels
from chat_magic.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chat_magic.core.cell.grid_cell import Grid
    from chat_magic.engine.ablation_task import AblationPlan
    from chat_magic.engine.prepare import RequestLimits
    from chat_magic.engine.replay import Recordings
    from chat_magic.engine.session import Session
    from chat_magic.results.chat_result import ChatResult

__all__ = ["plan_cell_ablation"]

_EXCLUDED = ("score", "schema", "tools", "thread", "labels-at", "check", "truth")
"""Options that ask for something else, or have no effect on what is measured."""
_ARGUMENT = re.compile(r"\A(?:ablate )?by ")
"""How errors of `ablate` name its unit."""


def plan_cell_ablation(
    session: Session,
    grid: Grid,
    *,
    after: ChatResult | None,
    choice: int | None,
    limits: RequestLimits,
    recordings: Recordings | None,
) -> AblationPlan:
    """Plan the ablation of a cell's prompt.

    Args:
        session: The session whose settings complete the request.
        grid: The cell.
        after: The result that it continues.
        choice: The index of the choice that it continues.
        limits: How long each request may take.
        recordings: Where recorded answers are looked up.

    Raises:
        InvalidRequest: It cannot be ablated.
    """
    from chat_magic.engine.ablation_task import plan_ablation

    options = grid.cell.options
    if grid.axes:
        raise InvalidRequest("--ablate: a grid has several prompts: remove its axes", line=1)
    for name in _EXCLUDED:
        if name in options:
            raise InvalidRequest(f"--ablate and --{name} exclude each other", line=1)
    try:
        unit = check_unit(options.get("ablate"))
        return plan_ablation(
            session,
            grid.variants[0].request,
            unit,
            labels=_labels(options),
            after=after,
            choice=choice,
            limits=limits,
            recordings=recordings,
        )
    except InvalidRequest as error:
        words = _ARGUMENT.sub("--ablate ", error.message)
        raise InvalidRequest(words, line=error.line or 1) from error


def _labels(options: Mapping[str, str | None]) -> tuple[str, ...]:
    words = options.get("labels")
    if words is None:
        return ()
    labels = read_labels([word.strip() for word in words.split(",")])
    return labels.labels if labels else ()
