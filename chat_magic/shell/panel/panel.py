"""The panel: controls for all that a `%%chat` cell can say, which write that cell and run it."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import ipywidgets as widgets
from IPython.core.getipython import get_ipython
from IPython.display import publish_display_data

from chat_magic.core.cell.form import CellForm, form_of, read_form, settings_only, write_form
from chat_magic.core.cell.options import MAGIC_OPTIONS
from chat_magic.errors import ChatError, InvalidRequest
from chat_magic.results.chat_result import ChatResult
from chat_magic.results.chat_results import ChatResults, compare
from chat_magic.shell import magics_of
from chat_magic.shell.jobs import Job, outcome_bundle
from chat_magic.shell.panel.controls import button
from chat_magic.shell.panel.form_controls import PanelForm
from chat_magic.shell.panel.output_area import PanelPlace, TerminalPlace, box
from chat_magic.shell.panel.run_history import HistoryEntry, RunHistory, changes
from chat_magic.shell.panel.toolbars import CellPreview, PresetBar, SourcePicker
from chat_magic.store import presets
from chat_magic.view.html.escape import escape
from chat_magic.view.panel_bundle import static_panel

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chat_magic.view.live.display import Bundle

__all__ = ["Panel", "open_panel"]

T = TypeVar("T")

_STYLE = Path(__file__).with_name("panel.css")
_MOST_CELLS = 8
"""Earlier cells that a panel offers to be filled from."""
_LOADED_ANEW = (
    "the page was loaded anew: further answers stand in the panel; display it again to have them "
    "in the notebook"
)
_KEY = "chat_magic_panel"
"""Marks an output as a panel's; as in `labextension/src/plugins/panel.ts`."""
_WIDGET = "application/vnd.jupyter.widget-view+json"


class Panel:
    """Controls that write a `%%chat` cell, run it in the background, and keep its answers.

    What a control does not send is not in the cell. Displaying the panel draws it, and below it its
    answers as those of a cell: a saved notebook has them.

    Args:
        source: What it is filled from: a result, or the text of a `%%chat` cell; nothing if not
            given.
        shell: The IPython shell that it belongs to; the running one if not given.

    Raises:
        InvalidRequest: There is no shell, or it cannot be filled from the source.
    """

    def __init__(self, source: ChatResult | Job | str | None = None, shell: Any = None) -> None:
        self._shell: Any = shell or get_ipython()
        if self._shell is None:
            raise InvalidRequest("Panel: there is no IPython shell that it could belong to")
        self._magics = magics_of(self._shell)
        self._screen: PanelPlace | TerminalPlace | None = None
        self._inner = widgets.Output()
        self._job: Job | None = None
        self.form = PanelForm(self._changed)
        """The controls."""
        self.strip = RunHistory(self._show, self._take_again, self._trying(self._compare))
        """The answers so far."""
        self.cell_view = CellPreview()
        self.status = widgets.HTML()
        self.run_button = button(
            "play", "Run the cell in the background", self._tried(self.run), "Run"
        )
        self.stop_button = button(
            "stop", "Stop the answer; what has come stays", self.cancel, "Stop"
        )
        self.run_button.button_style = "primary"
        self.stop_button.disabled = True
        self.sources = SourcePicker(self._trying(self.fill))
        self.presets = PresetBar(
            self._trying(self.load_preset),
            self._trying(self.save_preset),
            self._trying(presets.delete),
            _preset_names,
        )
        self.widget = self._laid_out()
        """The widget, to be laid out among others; displaying the panel draws it."""
        self._offer()
        self.form.set(_form_from(source))
        self._changed()

    def _laid_out(self) -> Any:
        reset = button("eraser", "Send no settings", self.reset, "Reset")
        bar = widgets.HBox(
            [self.run_button, self.stop_button, reset, self.sources.widget, self.status]
        )
        bar.add_class("chp-bar")
        left = widgets.VBox([self.form.left, self.cell_view.widget])
        right = widgets.VBox([self.form.right, self.presets.widget])
        body = widgets.Box([left, right])
        body.add_class("chp-body")
        style = widgets.HTML(f"<style>{_STYLE.read_text('utf-8')}</style>")
        parts = [style, bar, body, self.strip.widget, self._inner]
        panel = box(parts, self._loaded_anew)
        panel.add_class("chp-panel")
        return panel

    @property
    def cell(self) -> str:
        """The `%%chat` cell that the controls write.

        Raises:
            InvalidRequest: A control holds what is not allowed.
        """
        return write_form(self.form.read())

    @property
    def results(self) -> list[Any]:
        """The results so far, in the order in which they came."""
        return [taken.result for taken in self.strip.taken if taken.result is not None]

    def run(self) -> Job:
        """Run the cell in the background; return the handle of its answer.

        Raises:
            InvalidRequest: It cannot be sent, or the last one goes on.
        """
        if self._job is not None and not self._job.is_done:
            raise InvalidRequest("the panel runs already: stop it first")
        form = self.form.read()
        screen = self._screen = self._screen or self._place()
        cell = write_form(form)
        self._say("running")
        self.run_button.disabled, self.stop_button.disabled = True, False
        try:
            self._job = self._magics.start(cell, screen, lambda job: self._ended(job, form))
        except BaseException:
            self.run_button.disabled, self.stop_button.disabled = False, True
            raise
        return self._job

    def cancel(self) -> None:
        """Stop what runs; what had arrived is kept."""
        if self._job is not None:
            self._job.cancel()

    def fill(self, source: ChatResult | Job | str) -> None:
        """Fill the controls from a result, or from the text of a `%%chat` cell.

        Raises:
            InvalidRequest: The cell cannot be read.
        """
        self.form.set(_form_from(source))
        self._changed()

    def reset(self) -> None:
        """Send no settings; the model and the messages stay."""
        self.form.set_settings(CellForm())
        self._changed()

    def save_preset(self, name: str) -> None:
        """Keep the settings, and the model, under a name.

        Raises:
            InvalidRequest: A control holds what is not allowed, or they cannot be kept.
        """
        presets.save(name, write_form(settings_only(self.form.read())))
        self._say(f"saved as {name.strip()}")

    def load_preset(self, name: str) -> None:
        """Take the settings of a name, and its model if it has one; the messages stay.

        Raises:
            InvalidRequest: There is no such preset, or it cannot be read.
        """
        form = read_form(presets.load(name), MAGIC_OPTIONS)
        messages = self.form.messages.read()
        model = form.request.model or self.form.model.value or None
        request = replace(form.request, messages=messages, model=model)
        self.form.set(replace(form, request=request))
        self._changed()

    def _changed(self) -> None:
        """Write the cell anew after a change, or say what is wrong."""
        try:
            cell = self.cell
        except InvalidRequest as error:
            self.cell_view.show(None)
            self.run_button.disabled = True
            self._say(error.message, is_error=True)
            return
        self.cell_view.show(cell)
        self.run_button.disabled = self._job is not None and not self._job.is_done
        self._say(" · ".join(filter(None, [self.form.kept, *self.form.warnings])))

    def _ended(self, job: Job, form: CellForm) -> None:
        """Keep what came; called in the job's thread."""
        outcome = job.error or job.result
        clock = time.strftime("%H:%M:%S")
        self.strip.add(HistoryEntry(form=form, outcome=outcome, model=job.model, clock=clock))
        self.run_button.disabled, self.stop_button.disabled = False, True
        self._say(f"{job.state} in {job.elapsed_s:.1f} s", is_error=job.state == "failed")
        self._offer()

    def _say(self, words: str, *, is_error: bool = False) -> None:
        kind = "chp-error" if is_error else "chp-note"
        self.status.value = f'<span role="status" class="{kind}">{escape(words)}</span>'

    def _tried(self, act: Callable[[], object]) -> Callable[[], None]:
        """Make a button's function that says what went wrong beside the buttons."""

        def tried() -> None:
            try:
                act()
            except ChatError as error:
                self._say(str(error), is_error=True)

        return tried

    def _trying(self, act: Callable[[T], None]) -> Callable[[T], None]:
        return lambda given: self._tried(lambda: act(given))()

    def _show(self, taken: HistoryEntry) -> None:
        self._draw(outcome_bundle(taken.outcome, taken.model))

    def _take_again(self, taken: HistoryEntry) -> None:
        self.form.set(taken.form)
        self._changed()

    def _compare(self, chosen: list[HistoryEntry]) -> None:
        self._draw(compare(*(taken.result for taken in chosen))._repr_mimebundle_())

    def _draw(self, bundle: Mapping[str, Any]) -> None:
        self._screen = self._screen or self._place()
        self._screen.draw(bundle)

    def _place(self, before: Bundle | None = None) -> PanelPlace | TerminalPlace:
        if self._magics.is_terminal:
            return TerminalPlace()
        return PanelPlace(self._inner, before)

    def _offer(self) -> None:
        """Offer the results and the cells that the notebook has by now."""
        found = self._shell.user_ns.items()
        sources: dict[str, Any] = {
            f"result {name}": value
            for name, value in list(found)
            if not name.startswith("_") and _is_source(value)
        }
        for cell in reversed(_cells(self._shell)):
            if cell.startswith("%%chat") and len(sources) < _MOST_CELLS:
                words = " ".join(cell.split())
                sources.setdefault(words if len(words) < 60 else words[:59] + "…", cell)
        self.sources.offer(sources)

    def _static(self) -> dict[str, str]:
        try:
            form = self.form.read()
        except InvalidRequest as error:
            return {"text/plain": f"panel: {error}"}
        model = form.request.model or "the default model"
        return static_panel(model, [changes(form, None)], write_form(form))

    def _ipython_display_(self) -> None:
        """Draw the panel and keep the place below it for its answers.

        Where nobody sits before the notebook it is drawn without widgets: they would be dead.
        """
        data: dict[str, Any] = self._static()
        if self._magics.is_watched:
            data[_WIDGET] = self.widget._repr_mimebundle_()[_WIDGET]
        publish_display_data(data, {_KEY: True})  # type: ignore[no-untyped-call]
        before = self._screen.last if self._screen else None
        is_watched = self._magics.is_watched
        self._screen = self._place(before) if is_watched else None

    def _loaded_anew(self) -> None:
        """Draw answers within the panel too, for a page that has not seen it made."""
        if self._screen is not None:
            self._screen.lose()
            self._say(_LOADED_ANEW)

    def __repr__(self) -> str:
        return f"<Panel {len(self.strip.taken)} answers>"


def open_panel(name: str = "") -> Panel:
    """Return a panel filled from a name of the notebook, or else from its last `%%chat` cell.

    Raises:
        InvalidRequest: There is no such name, or it is neither a result nor a cell.
    """
    shell: Any = get_ipython()
    if not name:
        cells = [cell for cell in _cells(shell) if cell.startswith("%%chat")]
        return Panel(cells[-1] if cells else None, shell)
    if name not in shell.user_ns:
        raise InvalidRequest(f"/panel {name}: there is no such name in the notebook", line=1)
    return Panel(shell.user_ns[name], shell)


def _cells(shell: Any) -> list[str]:
    """Return the cells that the shell has run so far, as they were typed."""
    cells: list[str] = shell.history_manager.input_hist_raw
    return cells


def _form_from(source: ChatResult | Job | str | None) -> CellForm:
    if source is None:
        return CellForm()
    if isinstance(source, str):
        return read_form(source, MAGIC_OPTIONS)
    result: Any = source
    if isinstance(source, Job):
        source.join()
        result = source.result
        if result is None:
            raise InvalidRequest(f"Panel: nothing came of job {source.number} ({source.state})")
    if isinstance(result, ChatResults):
        result = result[0]
    if not isinstance(result, ChatResult):
        raise InvalidRequest(f"Panel: {type(source).__name__} is neither a result nor a cell")
    return form_of(result.request)


def _is_source(value: Any) -> bool:
    """Whether a panel can be filled from it at once: one that goes on would stop the kernel."""
    if isinstance(value, Job):
        return value.is_done and value.result is not None
    return isinstance(value, ChatResult)


def _preset_names() -> list[str]:
    try:
        return presets.names()
    except InvalidRequest:  # said when one is used
        return []
