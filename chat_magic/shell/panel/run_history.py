"""The answers of a panel so far: thumbnails to go back to, and to choose from for a comparison."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from chat_magic.results.chat_results import ChatResults
from chat_magic.shell.panel.controls import button
from chat_magic.shell.panel.describe import in_words
from chat_magic.view.html.escape import escape
from chat_magic.view.text.result_text import terminal_safe

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chat_magic.core.cell.form import CellForm

__all__ = ["HistoryEntry", "RunHistory"]

_FIRST_WORDS = 90
"""Characters of an answer that a thumbnail shows."""


@dataclass(frozen=True, kw_only=True, eq=False)
class HistoryEntry:
    """One run of a panel that has ended."""

    form: CellForm
    """What was run."""
    outcome: Any
    """Its result, or the error that it ended with."""
    model: str
    clock: str
    """When it ended, as `12:34:56`."""

    @property
    def result(self) -> Any:
        """What came: the result, what had arrived before the error, or None."""
        is_error = isinstance(self.outcome, BaseException)
        return getattr(self.outcome, "result", None) if is_error else self.outcome


class RunHistory:
    """Thumbnails, the newest first.

    Args:
        on_show: Called with a run that is to be shown again.
        on_take: Called with a run whose settings and messages are to be taken.
        on_compare: Called with the runs that are to be compared, in the order in which they ran.
    """

    def __init__(
        self,
        on_show: Callable[[HistoryEntry], None],
        on_take: Callable[[HistoryEntry], None],
        on_compare: Callable[[list[HistoryEntry]], None],
    ) -> None:
        self._on_show = on_show
        self._on_take = on_take
        self._on_compare = on_compare
        self.taken: list[HistoryEntry] = []
        self.boxes: dict[HistoryEntry, Any] = {}
        self.thumbnails: list[Any] = []
        self._list = widgets.HBox()
        self._list.add_class("chp-strip")
        self.compare = button(
            "columns", "Compare the answers that are ticked", self._compared, "Compare"
        )
        self.compare.disabled = True
        self.widget = widgets.VBox([self._list, self.compare])
        self.widget.layout.display = "none"

    def add(self, taken: HistoryEntry) -> None:
        """Add a run that has ended."""
        before = self.taken[-1].form if self.taken else None
        self.taken.append(taken)
        self.thumbnails.insert(0, self._drawn(taken, before))
        self._list.children = self.thumbnails
        self.widget.layout.display = None

    def _drawn(self, taken: HistoryEntry, before: CellForm | None) -> Any:
        number = len(self.taken)
        words = _first_words(taken)
        shows = widgets.Button(description=words, tooltip=f"Show answer {number} again")
        shows.on_click(lambda _button: self._on_show(taken))
        shows.add_class("chp-words")
        facts = widgets.HTML(
            f'<div class="chp-facts"><b>{number}</b> {escape(taken.model)} · {taken.clock}'
            f"<br>{escape(changes(taken.form, before))}</div>"
        )
        box = widgets.Checkbox(
            description="compare", tooltip=f"Compare answer {number}", indent=False
        )
        box.observe(self._ticked, "value")
        box.disabled = taken.result is None
        self.boxes[taken] = box
        takes = button(
            "undo", f"Take the settings of answer {number}", lambda: self._on_take(taken)
        )
        drawn = widgets.VBox([shows, facts, widgets.HBox([box, takes])])
        drawn.add_class("chp-thumbnail")
        return drawn

    def _chosen(self) -> list[HistoryEntry]:
        return [taken for taken in self.taken if self.boxes[taken].value]

    def _ticked(self, _change: Any) -> None:
        self.compare.disabled = len(self._chosen()) < 2

    def _compared(self) -> None:
        self._on_compare(self._chosen())


def _first_words(taken: HistoryEntry) -> str:
    result = taken.result
    if result is None:
        text = f"{type(taken.outcome).__name__}: {taken.outcome}"
    elif isinstance(result, ChatResults):
        text = " | ".join([f"{len(result)} answers", *map(str, result)])
    else:
        text = str(result)
    words = " ".join(terminal_safe(text).split()) or "(empty answer)"
    return words if len(words) <= _FIRST_WORDS else words[: _FIRST_WORDS - 1] + "…"


def changes(form: CellForm, before: CellForm | None) -> str:
    """Say which settings a run changed since the one before it; of a first run, which it had."""
    now, then = _settings(form), _settings(before) if before else {}
    changed = [f"{name} {value}" for name, value in now.items() if then.get(name) != value]
    changed += [f"no {name}" for name in then if name not in now]
    if before and form.request.messages != before.request.messages:
        changed.append("other messages")
    return " · ".join(changed) or ("same again" if before else "no settings")


def _settings(form: CellForm) -> Mapping[str, str]:
    given = in_words({**form.request.parameters, **form.request.extra})
    return {**given, **({"options": form.options} if form.options else {})}
