"""The magics `%%chat` and `%chat`: read the cell, run the request, show it, hand it over."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from IPython.core.magic import Magics, line_cell_magic, magics_class, no_var_expand
from IPython.display import display
from traitlets import observe

from chat_magic.core.cell.options import MAGIC_OPTIONS
from chat_magic.core.request.settings import SETTINGS
from chat_magic.errors import ChatError, ChatInterrupted, InvalidRequest
from chat_magic.shell import traits
from chat_magic.shell.completion import ChatMatcher
from chat_magic.shell.dry_run import described
from chat_magic.shell.input_transform import ChatTransformer, transform_lines
from chat_magic.shell.live_renderer import live_renderer
from chat_magic.shell.options import (
    help_text,
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
    from collections.abc import Callable

    import pandas as pd
    from IPython.core.interactiveshell import InteractiveShell

    from chat_magic.core.cell.cell import Cell
    from chat_magic.core.cell.grid import Grid, Variant
    from chat_magic.core.schema.structured import Schema
    from chat_magic.engine.chat import Limits, Run
    from chat_magic.engine.grid_task import Plan, Sweep
    from chat_magic.engine.tool_functions import Toolbox
    from chat_magic.results.chat_result import ChatResult
    from chat_magic.results.chat_results import ChatResults
    from chat_magic.shell.jobs import Job, Screen
    from chat_magic.shell.panel import Panel
    from chat_magic.view.live.display import LiveDisplay

    Result = ChatResult | ChatResults
    Started = Run | Sweep

T = TypeVar("T")


@magics_class
class ChatMagics(Magics):
    """The magics of one shell."""

    shell: Any  # IPython annotates it as optional, and few of its methods
    vars().update(traits.setting_traits())

    def __init__(self, shell: InteractiveShell) -> None:
        super().__init__(shell)
        self.is_terminal = any(
            base.__name__ == "TerminalInteractiveShell" for base in type(shell).__mro__
        )
        """Whether all that can be shown is text."""
        self._transformer = ChatTransformer(end=";" if self.is_terminal else "")
        self._matcher = ChatMatcher(shell)
        self._last: Result | Job | None = None
        self._drawn: object = None
        """The value that this cell has drawn already, so that `Out[n]` does not draw it again."""
        self._drawn_types: set[str | type] = {
            "chat_magic.results.chat_result.ChatResult",
            "chat_magic.results.chat_results.ChatResults",
            "chat_magic.shell.jobs.Job",
        }

    def install(self) -> None:
        """Register the magics, and what lets prompts reach them as typed."""
        self.shell.register_magics(self)
        self.shell.input_transformers_cleanup[:0] = [self._transformer, transform_lines]
        self.shell.Completer.custom_matchers.append(self._matcher.match)
        for kind in self._drawn_types:
            self._formatter.for_type(kind, self._display)
        self.shell.events.register("pre_run_cell", self._forget_drawn)
        self.shell.events.register("post_run_cell", self._note_value)

    def uninstall(self) -> None:
        """Take out what `install` put in."""
        for transformer in (self._transformer, transform_lines):
            self.shell.input_transformers_cleanup.remove(transformer)
        self.shell.Completer.custom_matchers.remove(self._matcher.match)
        for kind in ("line", "cell"):
            self.shell.magics_manager.magics[kind].pop("chat", None)
        for drawn in self._drawn_types:
            self._formatter.pop(drawn, None)
        self.shell.events.unregister("pre_run_cell", self._forget_drawn)
        self.shell.events.unregister("post_run_cell", self._note_value)
        self.shell.configurables.remove(self)
        traits.forget()

    @property
    def _formatter(self) -> Any:
        return self.shell.display_formatter.ipython_display_formatter

    @observe(*SETTINGS)
    def _push(self, change: Any) -> None:
        traits.push(change)

    def _forget_drawn(self, _info: object = None) -> None:
        self._drawn = None

    def _note_value(self, ran: Any) -> None:
        """Let `-c` go on from a result that is the value of a cell, such as `results.pick(2)`."""
        module = sys.modules.get(
            "chat_magic.results.chat_result"
        )  # not there before the first answer
        if module is not None and isinstance(ran.result, module.ChatResult):
            self._last = ran.result

    def _display(self, value: object) -> None:
        """Skip a display that the cell has shown itself; any other takes the usual way."""
        if value is not self._drawn:
            raise NotImplementedError
        self._drawn = None

    @no_var_expand
    @line_cell_magic
    def chat(self, line: str, cell: str | None = None) -> Any:
        """Send a prompt; replaced by the generated help."""
        from chat_magic.core.cell.grid import read_grid

        text = f"%chat {line}" if cell is None else f"%%chat {line}\n{cell}"
        grid = read_grid(text, self.shell.user_ns, MAGIC_OPTIONS)
        if "help" in grid.cell.options:
            print(help_text())
            return None
        if grid.cell.command is not None:
            return self._run_command(grid.cell)
        return self._answer(grid, alone=cell is not None)

    chat.__doc__ = help_text()

    def _run_command(self, cell: Cell) -> pd.DataFrame | Panel | None:
        from chat_magic.shell import commands

        table = commands.run(cell)
        is_panel = hasattr(table, "_ipython_display_")
        if table is None or (is_panel and not self.is_terminal):  # a panel draws itself
            return table
        display(table)  # type: ignore[no-untyped-call]
        if is_panel:
            return self._as_value(table)
        self._drawn_types.add(type(table))
        self._formatter.for_type(type(table), self._display)
        return self._as_value(table)

    def _answer(self, grid: Grid, *, alone: bool) -> Result | Job | None:
        from chat_magic.engine.grid_task import start

        cell = grid.cell
        name = read_name(cell.options.get("out"))
        plan, limits, concurrency = self._ready(grid)
        if "dry-run" in cell.options:
            print(described(plan))
            return None
        if "background" in cell.options:
            run = start(plan, limits, concurrency)
            return self._in_background(run, plan.models, name, cell)
        live = None if cell.is_silent else self._open_display(alone=alone)
        run = start(plan, limits, concurrency)  # an interrupt from here on is to stop it
        try:
            result = run.wait(live_renderer(live) if live else None)
        except (ChatError, ChatInterrupted) as error:
            self._take(error.result, name, live)
            raise
        self._take(result, name, live)
        return None if cell.is_silent else self._as_value(result)

    def _ready(self, grid: Grid) -> tuple[Plan, Limits, int]:
        """Return all that a run takes, complete and checked."""
        options = grid.cell.options
        limits = self._read_limits(grid.cell)
        concurrency = read_concurrency(options.get("concurrency"), is_grid=bool(grid.axes))
        return self._plan(grid), limits, concurrency

    def start(self, text: str, screen: Screen, on_end: Callable[[Job], None]) -> Job:
        """Run the text of a cell in the background, drawn on a screen; what panels do.

        Args:
            text: The cell, whose `--out` is bound at the end.
            screen: Where the answer is drawn.
            on_end: Called in the job's thread when it has ended.

        Raises:
            InvalidRequest: It cannot be sent.
        """
        from chat_magic.core.cell.grid import read_grid
        from chat_magic.engine.grid_task import start
        from chat_magic.shell.jobs import Job

        grid = read_grid(text, self.shell.user_ns, MAGIC_OPTIONS)
        name = read_name(grid.cell.options.get("out"))
        plan, limits, concurrency = self._ready(grid)

        def end(job: Job) -> None:
            self._take(job.result, name, None)
            on_end(job)

        run = start(plan, limits, concurrency)
        return Job(run, model=plan.models, name="panel", screen=screen, on_end=end)

    def _in_background(self, run: Started, model: str, name: str | None, cell: Cell) -> Job | None:
        from chat_magic.shell.jobs import Job
        from chat_magic.view.live.notebook_display import DisplayHandle
        from chat_magic.view.live.terminal_display import DeferredTerminal

        screen = None
        if not cell.is_silent:
            screen = DeferredTerminal(name or model) if self.is_terminal else DisplayHandle()
        self._last = job = Job(run, model=model, name=name or "", screen=screen)
        if name is not None:
            self.shell.push({name: job})
        if not self.is_watched:
            job.join()
        return None if cell.is_silent else self._as_value(job)

    @property
    def is_watched(self) -> bool:
        """Whether somebody sits before the notebook: a client that executes it takes no input.

        Such a client hears nothing of a cell that has ended.
        """
        parent = self.shell.get_parent() if hasattr(self.shell, "get_parent") else {}
        return bool(parent.get("content", {}).get("allow_stdin", True))

    def _read_limits(self, cell: Cell) -> Limits:
        from chat_magic.engine.chat import limits

        options = cell.options
        try:
            return limits(
                timeout_s=read_timeout(options.get("timeout")),
                retries=read_retries(options.get("retries")),
                top_up="no-top-up" not in options,
            )
        except InvalidRequest as error:
            raise InvalidRequest(error.message, line=1) from error

    def _read_schema(self, cell: Cell) -> Schema | None:
        from chat_magic.transport.schema_file import load_schema

        try:
            return load_schema(read_schema(cell.options.get("schema"), self.shell.user_ns))
        except InvalidRequest as error:
            raise InvalidRequest(error.message, line=1) from error

    def _with_tools(self, grid: Grid) -> tuple[list[Variant], Toolbox]:
        from chat_magic.engine.tool_functions import with_tools

        options = grid.cell.options
        tools = read_tools(options.get("tools"), self.shell.user_ns)
        max_rounds = read_rounds(options.get("max-tool-rounds"))
        variants = []
        for variant in grid.variants:
            try:
                request, toolbox = with_tools(variant.request, tools, max_rounds)
            except InvalidRequest as error:
                raise InvalidRequest(error.message, line=1) from error
            variants.append(replace(variant, request=request))
        return variants, toolbox

    def _plan(self, grid: Grid) -> Plan:
        from chat_magic.engine.grid_task import plan

        schema = self._read_schema(grid.cell)
        variants, toolbox = self._with_tools(grid)
        after, choice = self._read_after(grid.cell)
        return plan(grid.axes, variants, schema=schema, toolbox=toolbox, after=after, choice=choice)

    def _read_after(self, cell: Cell) -> tuple[Any, int | None]:
        """Return the result that the cell goes on from, None if from none, and its choice."""
        from chat_magic.shell.jobs import resolve

        if "continue" in cell.options and "after" in cell.options:
            raise InvalidRequest("-c and --after exclude each other: give only one", line=1)
        after, choice = None, None
        if cell.options.get("after") is not None:
            after, choice = read_after(cell.options["after"] or "", self.shell.user_ns)
        elif "continue" in cell.options:
            if self._last is None:
                raise InvalidRequest("-c: there is no result yet to go on from", line=1)
            after = self._last
        return resolve(after), choice

    def _open_display(self, *, alone: bool) -> LiveDisplay:
        from chat_magic.view.live.display import open_display

        return open_display(terminal=self.is_terminal, alone=alone)

    def _take(self, result: Result | None, name: str | None, live: LiveDisplay | None) -> None:
        """Bind and draw what came, be it whole or not."""
        if result is not None:
            self._last = result
            if name is not None:
                self.shell.push({name: result})
        if live is not None:
            live.finish(None if result is None else result._repr_mimebundle_())

    def _as_value(self, value: T) -> T:
        """Make what is drawn the cell's value without drawing it again."""
        self._drawn = value
        if self.is_terminal:
            self.shell.displayhook.update_user_ns(value)
            self.shell.displayhook.fill_exec_result(value)
        return value
