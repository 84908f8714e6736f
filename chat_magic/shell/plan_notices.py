"""Which notices of a cell are shown: those that every run would repeat, once a session."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chat_magic.engine.grid_plan import GridPlan

_REPEATED = re.compile(
    r"no server is configured: |\w+ is deprecated: use |\w+ is the older name of "
)
_INTENDED = "temperature and top_p are both set"
"""A warning about what a sweep does on purpose."""


def with_shown_notices(plan: GridPlan, told: set[str]) -> GridPlan:
    """Return a plan without the notices that were shown before, or that its axes make pointless.

    Args:
        plan: The calls of a cell.
        told: The repeated notices that were shown; those of this plan are added.
    """
    is_swept = any(axis.name in ("temperature", "top_p") for axis in plan.axes)

    def is_shown(notice: str) -> bool:
        return notice not in before and not (is_swept and notice.startswith(_INTENDED))

    before = frozenset(told)
    told.update(
        notice for call in plan.calls for notice in call.request.warnings if _REPEATED.match(notice)
    )
    calls = (
        replace(
            call,
            request=replace(call.request, warnings=tuple(filter(is_shown, call.request.warnings))),
        )
        for call in plan.calls
    )
    return replace(plan, calls=tuple(calls))
