"""The magics `%%chat` and `%chat`: registration, display, and assignment of their results."""

from __future__ import annotations

import sys
import warnings
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from IPython.core.magic import (
    Magics,
    line_cell_magic,
    magics_class,
    needs_local_scope,
    no_var_expand,
)
from IPython.display import display
from traitlets import observe

from chat_magic.core.request.settings import SETTINGS
from chat_magic.engine.session import default_session
from chat_magic.errors import ChatError, ChatInterrupted
from chat_magic.shell import traits
from chat_magic.shell.cell_place import cell_place
from chat_magic.shell.client import client_of, display_kind
from chat_magic.shell.completion import ChatMatcher
from chat_magic.shell.input_transform import ChatTransformer, transform_lines
from chat_magic.shell.listening_pages import listening_pages
from chat_magic.shell.option_values import help_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from IPython.core.interactiveshell import InteractiveShell

    from chat_magic.core.cell.cell import Cell
    from chat_magic.engine.task_handle import TaskHandle
    from chat_magic.results.chat_result import ChatResult
    from chat_magic.results.chat_results import ChatResults
    from chat_magic.shell.cell_runner import CellPlan, CellRunner
    from chat_magic.shell.client import DisplayKind
    from chat_magic.shell.jobs import Job, Screen
    from chat_magic.shell.map_cell import MapCell
    from chat_magic.view.live.display import LiveDisplay

    Result = ChatResult | ChatResults

T = TypeVar("T")

_RESULTS = (
    "chat_magic.results.ablation.Ablation",
    "chat_magic.results.chat_result.ChatResult",
    "chat_magic.results.chat_results.ChatResults",
    "chat_magic.shell.jobs.Job",
)
"""What a cell draws while it runs; named, so that they are imported by the first answer."""
_FRAMED = (
    *_RESULTS,
    "chat_magic.view.bundle.ComparisonView",
    "chat_magic.view.bundle.TokensView",
)
"""Values whose text has titles and trees."""


class OfferedCell(NamedTuple):
    """A cell of the notebook whose panel is opened."""

    cell_id: str
    text: str


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
        """Whether only text can be shown."""
        self._session = default_session()
        self.pages = listening_pages(shell)
        """The pages that paint what is added to an answer; None without a kernel."""
        self._transformer = ChatTransformer(end=";" if self.is_terminal else "")
        self._matcher = ChatMatcher(shell)
        self._last: Result | Job | None = None
        self._offered_cell: OfferedCell | None = None
        self._drawn: object = None
        """The value that this cell has drawn already, so that `Out[n]` does not repeat it."""
        self._drawn_types: set[str | type] = set(_RESULTS)

    def install(self) -> None:
        """Register the magics, and the transformers that pass prompts to them as typed."""
        self.shell.register_magics(self)
        self.shell.input_transformers_cleanup[:0] = [self._transformer, transform_lines]
        self.shell.Completer.custom_matchers.append(self._matcher.match)
        for kind in self._drawn_types:
            self._formatter.for_type(kind, self._display)
        if not self.is_terminal:
            for name in _FRAMED:
                self._bundle_formatter.for_type(name, self._notebook_bundle)
        self.shell.events.register("pre_run_cell", self._forget_drawn)
        self.shell.events.register("post_run_cell", self._note_value)
        self._session.history.locate = partial(cell_place, self.shell)
        if self.pages:
            self._session.history.announce = print  # what is on stderr looks like a fault there
            if display_kind(client_of(self.shell)) == "updated":
                self.pages.call()

    def uninstall(self) -> None:
        """Undo `install`."""
        for transformer in (self._transformer, transform_lines):
            self.shell.input_transformers_cleanup.remove(transformer)
        self.shell.Completer.custom_matchers.remove(self._matcher.match)
        for kind in ("line", "cell"):
            self.shell.magics_manager.magics[kind].pop("chat", None)
        for drawn in self._drawn_types:
            self._formatter.pop(drawn, None)
        for name in _FRAMED:
            self._bundle_formatter.pop(name, None)
        self.shell.events.unregister("pre_run_cell", self._forget_drawn)
        self.shell.events.unregister("post_run_cell", self._note_value)
        self.shell.configurables.remove(self)
        self._session.history.forget_place()
        if self.pages:
            self.pages.close()
        traits.forget()

    @property
    def namespace(self) -> Mapping[str, Any]:
        """The variables of the notebook."""
        namespace: Mapping[str, Any] = self.shell.user_ns
        return namespace

    @property
    def last_result(self) -> Result | Job | None:
        """The last result, or the job that it will come from; None if there is none yet."""
        return self._last

    def offer_cell(self, cell_id: str, text: str) -> None:
        """Note the cell that the next panel is to be filled from and to write to.

        The labextension calls this when the user opens the panel of a cell.
        """
        self._offered_cell = OfferedCell(cell_id, text)

    def take_offered_cell(self) -> OfferedCell | None:
        """Return the cell that a panel is opened for, once; None if there is none."""
        offered, self._offered_cell = self._offered_cell, None
        return offered

    @property
    def _formatter(self) -> Any:
        return self.shell.display_formatter.ipython_display_formatter

    @property
    def _bundle_formatter(self) -> Any:
        return self.shell.display_formatter.mimebundle_formatter

    @observe(*SETTINGS)
    def _push(self, change: Any) -> None:
        traits.push(change)

    def _forget_drawn(self, _info: object = None) -> None:
        self._drawn = None

    def _note_value(self, ran: Any) -> None:
        """Remember the result that is a cell's value, such as `results.pick(2)`, for `-c`."""
        # The module is not imported before the first answer.
        module = sys.modules.get("chat_magic.results.chat_result")
        if module is not None and isinstance(ran.result, module.ChatResult):
            self._last = ran.result

    def _display(self, value: object) -> None:
        """Skip the display of a value that the cell has drawn already."""
        if value is not self._drawn:
            raise NotImplementedError
        self._drawn = None

    def _runner(self, local_variables: Mapping[str, Any] | None = None) -> CellRunner:
        from chat_magic.shell.cell_runner import CellRunner

        names = self.shell.user_ns
        if local_variables is not None and local_variables is not names:
            names = {**names, **local_variables}
        return CellRunner(self._session, names, lambda: self._last)

    @no_var_expand
    @needs_local_scope
    @line_cell_magic
    def chat(
        self, line: str, cell: str | None = None, local_ns: Mapping[str, Any] | None = None
    ) -> Any:
        """Send a prompt; the generated help replaces this text."""
        runner = self._runner(local_ns)
        text = f"%chat {line}" if cell is None else f"%%chat {line}\n{cell}"
        if (map_cell := runner.read_map(text)) is not None:
            return self._run_map(map_cell)
        grid = runner.read(text)
        if "help" in grid.cell.options:
            print(help_text())
            return None
        if grid.cell.command is not None:
            return self._run_command(runner, grid.cell)
        return self._run_cell(runner, runner.plan(grid), alone=cell is not None)

    chat.__doc__ = help_text()

    def _run_command(self, runner: CellRunner, cell: Cell) -> Any:
        from chat_magic.shell import commands
        from chat_magic.shell.cell_runner import CellPlan

        value = commands.run(cell, self)
        if isinstance(value, CellPlan):
            return self._run_cell(runner, value, alone=True)
        if isinstance(value, commands.NextCell):
            return self.shell.set_next_input(value.text)
        is_panel = hasattr(value, "_ipython_display_")
        if value is None or (is_panel and not self.is_terminal):  # a panel draws itself
            return value
        display(commands.drawable(cell, value))  # type: ignore[no-untyped-call]
        if not is_panel:
            self._drawn_types.add(type(value))
            self._formatter.for_type(type(value), self._display)
        return self._as_value(value)

    def _run_cell(self, runner: CellRunner, plan: CellPlan, *, alone: bool) -> Result | Job | None:
        if plan.is_dry_run:
            self._print_plan(plan)
            return None
        if plan.is_background:
            return self._in_background(runner.start(plan), plan)
        live = None if plan.is_silent else self._open_display(alone=alone)
        show = _renderer(live)
        handle = runner.start(plan)  # an interrupt from here on must cancel it
        try:
            result: Result = handle.wait(show)
        except (ChatError, ChatInterrupted) as error:
            self._assign(error.result, plan.out)
            self._draw(error.result, live)
            raise
        self._assign(result, plan.out)
        is_drawn = self._draw(result, live)
        if plan.is_silent:
            return None
        return self._as_value(result) if is_drawn else result

    def _run_map(self, cell: MapCell) -> Any:
        """Run a map, or let it run in the background; its table is the cell's value."""
        from chat_magic.shell.jobs import Job

        if cell.is_background:
            job = Job(cell.call, self._session.jobs, model=cell.model, name=cell.out or "")
            self._push_name(cell.out, job)
            return None if cell.is_silent else job
        try:
            table = cell.call.result()
        except (ChatError, ChatInterrupted) as error:
            self._push_name(cell.out, error.result)
            raise
        self._push_name(cell.out, table)
        return None if cell.is_silent else table

    def _push_name(self, name: str | None, value: Any) -> None:
        if name is not None and value is not None:
            self.shell.push({name: value})

    def _print_plan(self, plan: CellPlan) -> None:
        from chat_magic.shell.dry_run import describe_model_input, describe_plan

        if plan.ablation is not None:
            print(f"{plan.ablation.size}; each is made from this one, of the whole prompt:\n")
        print(describe_plan(plan.calls, self._session.endpoints))
        if words := describe_model_input(plan.calls, self._session):
            print(f"\n{words}")

    def start_job(self, text: str, screen: Screen, on_end: Callable[[Job], None]) -> Job:
        """Run the text of a cell in the background, for the panel.

        Args:
            text: The cell; the result is assigned to its `--out` at the end.
            screen: Where the answer is drawn.
            on_end: Called in the job's thread when it has ended.

        Raises:
            InvalidRequest: The cell is not valid; nothing was sent.
        """
        runner = self._runner()
        plan = runner.plan(runner.read(text))

        def end(job: Job) -> None:
            self._assign(job.result, plan.out)
            on_end(job)

        return self._job(runner.start(plan), plan, "panel", screen, end)

    def _in_background(self, handle: TaskHandle[Any], plan: CellPlan) -> Job | None:
        from chat_magic.shell.jobs import open_screen

        screen: Screen | None = None
        if not plan.is_silent:
            screen = open_screen(self.display_kind, plan.out or plan.calls.models, self.pages)
        job = self._job(handle, plan, plan.out or "", screen)
        self._assign(job, plan.out)
        if client_of(self.shell).is_executor:
            job.join()
        return None if plan.is_silent else self._as_value(job)

    def _job(
        self,
        handle: TaskHandle[Any],
        plan: CellPlan,
        name: str,
        screen: Screen | None,
        on_end: Callable[[Job], None] | None = None,
    ) -> Job:
        from chat_magic.shell.jobs import Job

        jobs, model = self._session.jobs, plan.calls.models
        return Job(handle, jobs, model=model, name=name, screen=screen, on_end=on_end)

    @property
    def is_watched(self) -> bool:
        """Whether a person uses the notebook, not a program that executes it."""
        return client_of(self.shell).is_watched

    @property
    def display_kind(self) -> DisplayKind:
        """How an answer of the running cell is shown."""
        if self.is_terminal:
            return "printed"
        updates = self._session.configuration.value_of("updates")
        return display_kind(client_of(self.shell), updates or "auto")

    def _open_display(self, *, alone: bool) -> LiveDisplay:
        from chat_magic.view.live.display import open_display

        kind = self.display_kind
        return open_display(
            terminal=kind == "printed", alone=alone, final=kind == "final", channel=self.pages
        )

    def _assign(self, result: Result | Job | None, name: str | None) -> None:
        """Assign a result to its name, and remember it for `-c`."""
        if result is None:
            return
        self._last = result
        if name is not None:
            self.shell.push({name: result})

    def _draw(self, result: Result | None, live: LiveDisplay | None) -> bool:
        """Draw the final state; if that fails, warn and return False, to keep the result."""
        if live is None:
            return True
        try:
            live.finish(None if result is None else self._final_bundle(result))
        except Exception as error:
            warnings.warn(
                f"the result could not be drawn: {type(error).__name__}: {error}", stacklevel=2
            )
            return False
        return True

    def _bundle(self, result: Result) -> dict[str, Any]:
        """Return a result as it is drawn, with earlier versions of the cell if the user asks."""
        from chat_magic.shell.drawn_rows import with_handle

        bundle = with_handle(self._session, result, result._repr_mimebundle_())
        setting = self._session.configuration.setting("saved_versions")
        most = setting.value if setting else 0
        if not isinstance(most, int) or not most or result.history_id is None:
            return bundle
        from chat_magic.shell.version_requests import saved_versions
        from chat_magic.view.bundle import MIME_TYPE

        versions = saved_versions(result.history_id, most)
        payload = bundle.get(MIME_TYPE)
        if payload is None or not versions:
            return bundle
        return {**bundle, MIME_TYPE: {**payload, "versions": versions}}

    def _final_bundle(self, result: Result) -> dict[str, Any]:
        bundle = self._bundle(result)
        return bundle if self.display_kind == "printed" else self._for_notebook(bundle)

    def _for_notebook(self, bundle: Mapping[str, Any]) -> dict[str, Any]:
        from chat_magic.shell.notebook_bundle import is_interactive, notebook_bundle

        setting = self._session.configuration.value_of("interactive") or "auto"
        return notebook_bundle(bundle, interactive=is_interactive(self.shell, setting))

    def _notebook_bundle(self, value: Any) -> Any:
        """Draw a value that is displayed again."""
        drawn = value._repr_mimebundle_()
        if isinstance(drawn, tuple):
            return self._for_notebook(drawn[0]), drawn[1]
        from chat_magic.shell.drawn_rows import with_handle

        return self._for_notebook(with_handle(self._session, value, drawn))

    def _as_value(self, value: T) -> T:
        """Return a value that has been drawn as the cell's value, without drawing it again."""
        self._drawn = value
        if self.is_terminal:
            self.shell.displayhook.update_user_ns(value)
            self.shell.displayhook.fill_exec_result(value)
        return value


def _renderer(live: LiveDisplay | None) -> Callable[[Any], float] | None:
    from chat_magic.shell.live_renderer import live_renderer

    return None if live is None else live_renderer(live)
