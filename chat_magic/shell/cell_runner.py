"""From the text of a cell to the task that answers it, for both the magics and the panel."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from chat_magic.core.cell.grid import read_grid
from chat_magic.core.cell.options import MAGIC_OPTIONS
from chat_magic.errors import InvalidRequest
from chat_magic.shell.jobs import resolve
from chat_magic.shell.option_values import (
    read_after,
    read_concurrency,
    read_name,
    read_retries,
    read_rounds,
    read_schema,
    read_timeout,
    read_tools,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from chat_magic.core.cell.cell import Cell
    from chat_magic.core.cell.grid import Grid, Variant
    from chat_magic.core.schema.structured import Schema
    from chat_magic.engine.grid_plan import GridPlan
    from chat_magic.engine.prepare import RequestLimits
    from chat_magic.engine.session import Session
    from chat_magic.engine.task_handle import TaskHandle
    from chat_magic.engine.tool_functions import ToolFunctions

__all__ = ["CellPlan", "CellRunner"]


@dataclass(frozen=True, kw_only=True)
class CellPlan:
    """The calls and options of a cell, complete and checked."""

    calls: GridPlan
    out: str | None
    """The name that the result is assigned to."""
    is_silent: bool
    is_background: bool
    is_dry_run: bool


class CellRunner:
    """Reads cells with a namespace, and starts their calls.

    Args:
        session: The session whose connections and settings are used.
        namespace: The variables of the notebook.
        last_result: Returns the result that `-c` continues from; None if there is none.
    """

    def __init__(
        self, session: Session, namespace: Mapping[str, Any], last_result: Callable[[], Any]
    ) -> None:
        self._session = session
        self._namespace = namespace
        self._last_result = last_result

    def read(self, text: str) -> Grid:
        """Read a `%%chat` cell or a `%chat` line.

        Raises:
            InvalidRequest: It is not valid; the error has the line, `%%chat` being on line 1.
        """
        return read_grid(text, self._namespace, MAGIC_OPTIONS)

    def plan(self, grid: Grid) -> CellPlan:
        """Prepare the calls of a cell.

        Raises:
            InvalidRequest: It cannot be sent.
        """
        cell, options = grid.cell, grid.cell.options
        return CellPlan(
            calls=self._plan_calls(grid),
            out=read_name(options.get("out")),
            is_silent=cell.is_silent,
            is_background="background" in options,
            is_dry_run="dry-run" in options,
        )

    def start(self, plan: CellPlan) -> TaskHandle[Any]:
        """Send the calls of a cell."""
        from chat_magic.engine.chat import start_answer
        from chat_magic.engine.grid_task import start_grid

        if plan.calls.axes:
            return start_grid(self._session, plan.calls)
        return start_answer(self._session, plan.calls.calls[0])

    def _plan_calls(self, grid: Grid) -> GridPlan:
        from chat_magic.engine.grid_plan import plan_grid

        options = grid.cell.options
        limits = self._limits(options)
        concurrency = read_concurrency(options.get("concurrency"), is_grid=bool(grid.axes))
        schema = self._schema(options)
        variants, tools = self._with_tools(grid)
        after, choice = self._after(grid.cell)
        return plan_grid(
            self._session,
            grid.axes,
            variants,
            after=after,
            choice=choice,
            schema=schema,
            tools=tools,
            limits=limits,
            concurrency=concurrency,
        )

    def _limits(self, options: Mapping[str, str | None]) -> RequestLimits:
        from chat_magic.engine.prepare import request_limits

        with _on_first_line():
            return request_limits(
                self._session,
                timeout_s=read_timeout(options.get("timeout")),
                retries=read_retries(options.get("retries")),
                top_up="no-top-up" not in options,
            )

    def _schema(self, options: Mapping[str, str | None]) -> Schema | None:
        from chat_magic.transport.schema_file import load_schema

        with _on_first_line():
            return load_schema(read_schema(options.get("schema"), self._namespace))

    def _with_tools(self, grid: Grid) -> tuple[list[Variant], ToolFunctions]:
        from chat_magic.engine.tool_functions import NO_TOOLS, with_tools

        options = grid.cell.options
        functions = read_tools(options.get("tools"), self._namespace)
        max_rounds = read_rounds(options.get("max-tool-rounds"))
        variants, tools = [], NO_TOOLS
        with _on_first_line():
            for variant in grid.variants:
                request, tools = with_tools(variant.request, functions, max_rounds)
                variants.append(replace(variant, request=request))
        return variants, tools

    def _after(self, cell: Cell) -> tuple[Any, int | None]:
        """Return the result that the cell continues from, if any, and the index of its choice."""
        if "continue" in cell.options and "after" in cell.options:
            raise InvalidRequest("-c and --after exclude each other: give only one", line=1)
        if cell.options.get("after") is not None:
            after, choice = read_after(cell.options["after"] or "", self._namespace)
            return resolve(after), choice
        if "continue" not in cell.options:
            return None, None
        last = self._last_result()
        if last is None:
            raise InvalidRequest("-c: there is no result yet to continue from", line=1)
        return resolve(last), None


@contextmanager
def _on_first_line() -> Iterator[None]:
    """Locate the errors of options at the `%%chat` line."""
    try:
        yield
    except InvalidRequest as error:
        raise InvalidRequest(error.message, line=1) from error
