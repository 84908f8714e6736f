"""The panel: controls for everything in a `%%chat` cell, which write the cell and run it."""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeAlias

import ipywidgets as widgets
from IPython.core.getipython import get_ipython
from IPython.display import publish_display_data

from chat_magic.core.cell.form import CellForm, read_form, settings_only, write_form
from chat_magic.core.cell.options import MAGIC_OPTIONS
from chat_magic.engine.session import default_session
from chat_magic.errors import ChatError, InvalidRequest
from chat_magic.results.compare import compare
from chat_magic.shell import magics_of
from chat_magic.shell.jobs import outcome_bundle
from chat_magic.shell.panel.buttons import button
from chat_magic.shell.panel.describe import describe_changes
from chat_magic.shell.panel.form_controls import PanelForm
from chat_magic.shell.panel.output_area import (
    CellOutput,
    FinalOutput,
    TerminalOutput,
    reload_aware_box,
)
from chat_magic.shell.panel.run_history import HistoryEntry, RunHistory
from chat_magic.shell.panel.sources import chat_cells, form_from, notebook_sources
from chat_magic.shell.panel.toolbars import CellPreview, PresetBar, SourcePicker
from chat_magic.view.html.escape import escape
from chat_magic.view.panel_bundle import static_panel

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chat_magic.shell.jobs import Job
    from chat_magic.shell.panel.sources import Source
    from chat_magic.view.live.display import Bundle

__all__ = ["Panel", "open_panel"]

P = ParamSpec("P")
PanelOutput: TypeAlias = CellOutput | TerminalOutput | FinalOutput

_STYLE = Path(__file__).with_name("panel.css")
_RELOADED = (
    "the page was reloaded: new answers are drawn in the panel; display it again to have them in "
    "the notebook"
)
_KEY = "chat_magic_panel"
"""Marks an output as a panel; `labextension/src/plugins/savedPanel.ts` looks for it."""
_WIDGET = "application/vnd.jupyter.widget-view+json"


class Panel:
    """Controls that write a `%%chat` cell, run it in the background, and keep its answers.

    The cell contains only what a control sends. Displaying the panel draws its answers below it as
    the output of the cell, so that a saved notebook contains them. Where nobody watches, as under
    nbconvert, there are no controls unless one is used: a notebook would keep hundreds of widgets
    that do nothing.

    Args:
        source: What the panel is filled from: a result, a job, or the text of a `%%chat` cell; of
            several results the first. Empty if not given.
        shell: The IPython shell that runs the cell; the running one if not given.
        cell_id: The id of the notebook's cell that the panel writes to on *Update cell*, with the
            labextension; none if not given.

    Raises:
        InvalidRequest: There is no shell, or the panel cannot be filled from the source.
    """

    form: PanelForm
    """The controls."""
    history: RunHistory
    """The answers so far, as thumbnails."""
    cell_preview: CellPreview
    status: Any
    widget: Any
    """The widget, for use in a layout of widgets; displaying the panel draws it."""
    run_button: Any
    stop_button: Any
    source_picker: SourcePicker
    preset_bar: PresetBar
    _fallback: Any

    def __init__(
        self, source: Source | None = None, shell: Any = None, *, cell_id: str = ""
    ) -> None:
        self._shell: Any = shell or get_ipython()
        if self._shell is None:
            raise InvalidRequest(f"Panel: requires an IPython shell{_instead()}")
        self._magics = magics_of(self._shell)
        self._output: PanelOutput | None = None
        self._job: Job | None = None
        self._is_running = False
        self._presets = default_session().presets
        self._cell_id = cell_id
        self._entries: list[HistoryEntry] = []
        self._filled = form_from(source)
        """What it is filled with, until there are controls."""
        self._has_controls = False
        if self._magics.is_watched:
            self._build_controls()

    def __getattr__(self, name: str) -> Any:
        """Build the controls when one of them is first used."""
        if name not in _CONTROLS or self._has_controls:
            raise AttributeError(f"{type(self).__name__!r} has no attribute {name!r}")
        self._build_controls()
        return getattr(self, name)

    def _build_controls(self) -> None:
        self._has_controls = True
        self._fallback = widgets.Output()
        self.form = PanelForm(self._update_cell)
        self.history = RunHistory(
            self._show_entry, self._restore, self._with_errors_shown(self._compare)
        )
        self.cell_preview = CellPreview(self._cell_id)
        self.status = widgets.HTML()
        self._build_toolbars()
        self.widget = self._build_layout()
        self._update_sources()
        self._set_form(self._filled)
        for entry in self._entries:
            self.history.add(entry)

    def _build_toolbars(self) -> None:
        run = self._with_errors_shown(self.run)
        self.run_button = button("play", "Run the cell in the background", run, "Run")
        self.stop_button = button(
            "stop", "Stop the answer and keep what arrived", self.cancel, "Stop"
        )
        self.run_button.button_style = "primary"
        self.stop_button.disabled = True
        self.source_picker = SourcePicker(self._with_errors_shown(self.fill))
        self.preset_bar = PresetBar(
            self._with_errors_shown(self.load_preset),
            self._with_errors_shown(self.save_preset),
            self._with_errors_shown(self._presets.delete),
            self._preset_names,
        )

    def _build_layout(self) -> Any:
        reset = button("eraser", "Clear all settings", self.reset, "Reset")
        toolbar = widgets.HBox(
            [self.run_button, self.stop_button, reset, self.source_picker.widget, self.status]
        )
        toolbar.add_class("chp-bar")
        left = widgets.VBox([self.form.left, self.cell_preview.widget])
        right = widgets.VBox([self.form.right, self.preset_bar.widget])
        body = widgets.Box([left, right])
        body.add_class("chp-body")
        style = widgets.HTML(f"<style>{_STYLE.read_text('utf-8')}</style>")
        children = [style, toolbar, body, self.history.widget, self._fallback]
        panel = reload_aware_box(children, self._page_reloaded)
        panel.add_class("chp-panel")
        return panel

    @property
    def cell(self) -> str:
        """The `%%chat` cell that the controls write.

        Raises:
            InvalidRequest: A control has a value that is not allowed.
        """
        return write_form(self._form())

    def _form(self) -> CellForm:
        return self.form.read() if self._has_controls else self._filled

    @property
    def results(self) -> list[Any]:
        """The results so far, the oldest first."""
        return [entry.result for entry in self._entries if entry.result is not None]

    def run(self) -> Job:
        """Run the cell in the background; return the handle of its answer.

        Raises:
            InvalidRequest: The cell cannot be sent, or the panel is running already.
        """
        if self._is_running:
            raise InvalidRequest("the panel is running already: stop it first")
        form = self._form()
        cell = write_form(form)
        self._output = self._output or self._new_output()
        self._show_status("running")
        self._set_running(True)
        try:
            self._job = self._magics.start_job(
                cell, self._output, lambda job: self._record(job, form)
            )
        except BaseException:
            self._set_running(False)
            raise
        return self._job

    def cancel(self) -> None:
        """Stop the running answer; what arrived is kept."""
        if self._job is not None:
            self._job.cancel()

    def fill(self, source: Source | None) -> None:
        """Fill the controls from a result, a job, or the text of a `%%chat` cell.

        Raises:
            InvalidRequest: The panel cannot be filled from it.
        """
        self._set_form(form_from(source))

    def reset(self) -> None:
        """Clear all settings; the model and the messages stay."""
        self.form.set_settings(CellForm())
        self._update_cell()

    def save_preset(self, name: str) -> None:
        """Save the settings and the model under a name.

        Raises:
            InvalidRequest: A control has a value that is not allowed, or writing the file failed.
        """
        self._presets.save(name, write_form(settings_only(self._form())))
        self._show_status(f"saved as {name.strip()}")

    def load_preset(self, name: str) -> None:
        """Load the settings of a preset, and its model if it has one; the messages stay.

        Raises:
            InvalidRequest: There is no such preset, or it cannot be read.
        """
        form = read_form(self._presets.load(name), MAGIC_OPTIONS)
        messages = self.form.messages.read()
        model = form.request.model or self.form.model.value or None
        request = replace(form.request, messages=messages, model=model)
        self._set_form(replace(form, request=request))

    def _set_running(self, is_running: bool) -> None:
        self._is_running = is_running
        if not self._has_controls:
            return
        self.run_button.disabled, self.stop_button.disabled = is_running, not is_running

    def _set_form(self, form: CellForm) -> None:
        self._filled = form
        if not self._has_controls:
            return
        self.form.set(form)
        self._update_cell()

    def _update_cell(self) -> None:
        """Write the cell again after a change, or show what is wrong."""
        try:
            cell = self.cell
        except InvalidRequest as error:
            self.cell_preview.mark_outdated()
            self.run_button.disabled = True
            self._show_status(error.message, is_error=True)
            return
        self.cell_preview.show(cell)
        self.run_button.disabled = self._is_running
        self._show_status(" · ".join(filter(None, [self.form.deprecated, *self.form.warnings])))

    def _record(self, job: Job, form: CellForm) -> None:
        """Add a finished job to the history; called in the job's thread."""
        outcome = job.error or job.result
        clock = time.strftime("%H:%M:%S")
        try:
            entry = HistoryEntry(form=form, outcome=outcome, model=job.model, clock=clock)
            self._entries.append(entry)
            if not self._has_controls:
                return
            self.history.add(entry)
            self._show_status(
                f"{job.state} in {job.elapsed_s:.1f} s", is_error=job.state == "failed"
            )
            self._update_sources()
        finally:
            self._set_running(False)

    def _show_status(self, text: str, *, is_error: bool = False) -> None:
        if not self._has_controls:
            return
        css_class = "chp-error" if is_error else "chp-note"
        self.status.value = f'<span role="status" class="{css_class}">{escape(text)}</span>'

    def _with_errors_shown(self, act: Callable[P, object]) -> Callable[P, None]:
        """Return a function that shows errors beside the buttons instead of raising them."""

        def act_and_show(*args: P.args, **kwargs: P.kwargs) -> None:
            try:
                act(*args, **kwargs)
            except ChatError as error:
                self._show_status(str(error), is_error=True)

        return act_and_show

    def _show_entry(self, entry: HistoryEntry) -> None:
        self._draw(outcome_bundle(entry.outcome, entry.model))

    def _restore(self, entry: HistoryEntry) -> None:
        self._set_form(entry.form)

    def _compare(self, entries: list[HistoryEntry]) -> None:
        self._draw(compare(*(entry.result for entry in entries))._repr_mimebundle_())

    def _draw(self, bundle: Mapping[str, Any]) -> None:
        self._output = self._output or self._new_output()
        self._output.draw(bundle)

    def _new_output(self, initial: Bundle | None = None) -> PanelOutput:
        if self._magics.display_kind == "printed":
            return TerminalOutput()
        if not self._has_controls:
            return FinalOutput()
        return CellOutput(self._fallback, initial, self._magics.pages)

    def _update_sources(self) -> None:
        """Offer the results and the cells that the notebook has by now."""
        history = self._shell.history_manager.input_hist_raw
        self.source_picker.offer(notebook_sources(self._shell.user_ns, history))

    def _preset_names(self) -> list[str]:
        try:
            return self._presets.names()
        except InvalidRequest:  # reported when a preset is loaded, saved or deleted
            return []

    def _static(self) -> dict[str, str]:
        try:
            form = self._form()
        except InvalidRequest as error:
            return {"text/plain": f"panel: {error}"}
        model = form.request.model or "the default model"
        return static_panel(model, [describe_changes(form, None)], write_form(form))

    def _ipython_display_(self) -> None:
        """Draw the panel and an output below it for its answers.

        A notebook that is executed without a user gets no widgets, which would be dead.
        """
        data: dict[str, Any] = self._static()
        is_watched = self._magics.is_watched
        if is_watched:
            data[_WIDGET] = self.widget._repr_mimebundle_()[_WIDGET]
        publish_display_data(data, {_KEY: True})  # type: ignore[no-untyped-call]
        last = self._output.last if self._output else None
        self._output = self._new_output(last) if is_watched else None

    def _page_reloaded(self) -> None:
        """Draw answers in the panel too, for a page that did not see it created."""
        if self._output is not None:
            self._output.use_fallback()
            self._show_status(_RELOADED)

    def __repr__(self) -> str:
        return f"<Panel {len(self._entries)} answers>"


_CONTROLS = frozenset(Panel.__annotations__)


def _instead() -> str:
    """Say what to use where there is never an IPython shell."""
    if "marimo" not in sys.modules:
        return ""
    return ", which marimo does not have: use chat_magic.chat() with controls of marimo.ui"


def open_panel(name: str = "") -> Panel:
    """Return a panel filled from a variable, or from the last `%%chat` cell without a name.

    Where the labextension opens the panel of a cell, it is filled from that cell.

    Raises:
        InvalidRequest: There is no such variable, or it is neither a result nor a cell.
    """
    shell: Any = get_ipython()
    offered = magics_of(shell).take_offered_cell()
    if offered and not name:
        return Panel(offered.text or None, shell, cell_id=offered.cell_id)
    if not name:
        return Panel(next(chat_cells(shell.history_manager.input_hist_raw), None), shell)
    if name not in shell.user_ns:
        raise InvalidRequest(f"/panel {name}: there is no such variable in the notebook", line=1)
    return Panel(shell.user_ns[name], shell)
