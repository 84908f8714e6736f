"""The earlier answers of a panel: thumbnails to show again and to compare."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from chat_magic.results.chat_results import ChatResults
from chat_magic.shell.panel.buttons import button
from chat_magic.shell.panel.describe import describe_changes
from chat_magic.view.html.escape import escape
from chat_magic.view.text.result_text import terminal_safe

if TYPE_CHECKING:
    from collections.abc import Callable

    from chat_magic.core.cell.form import CellForm

__all__ = ["HistoryEntry", "RunHistory"]

_EXCERPT_LENGTH = 90
"""Characters of an answer that a thumbnail shows."""


@dataclass(frozen=True, kw_only=True, eq=False)
class HistoryEntry:
    """A finished run of a panel."""

    form: CellForm
    """The form that was run."""
    outcome: Any
    """The result, or the error that ended the run."""
    model: str
    clock: str
    """When it ended, as `12:34:56`."""

    @property
    def result(self) -> Any:
        """The result, the part that arrived before an error, or None."""
        is_error = isinstance(self.outcome, BaseException)
        return getattr(self.outcome, "result", None) if is_error else self.outcome


class RunHistory:
    """Thumbnails of finished runs, the newest first.

    Args:
        on_show: Called with the entry whose answer is to be shown again.
        on_restore: Called with the entry whose settings and messages are to be restored.
        on_compare: Called with the entries to compare, in the order in which they ran.
    """

    def __init__(
        self,
        on_show: Callable[[HistoryEntry], None],
        on_restore: Callable[[HistoryEntry], None],
        on_compare: Callable[[list[HistoryEntry]], None],
    ) -> None:
        self._on_show = on_show
        self._on_restore = on_restore
        self._on_compare = on_compare
        self.entries: list[HistoryEntry] = []
        """The oldest first."""
        self.checkboxes: dict[HistoryEntry, Any] = {}
        self.thumbnails: list[Any] = []
        self._list = widgets.HBox()
        self._list.add_class("chp-history")
        self.compare = button("columns", "Compare the selected answers", self._compare, "Compare")
        self.compare.disabled = True
        self.compare.add_class("chp-compare")
        self.widget = widgets.VBox([self._list, self.compare])
        self.widget.layout.display = "none"

    def add(self, entry: HistoryEntry) -> None:
        """Add a finished run."""
        previous = self.entries[-1].form if self.entries else None
        self.entries.append(entry)
        self.thumbnails.insert(0, self._thumbnail(entry, previous))
        self._list.children = self.thumbnails
        self.widget.layout.display = None

    def _thumbnail(self, entry: HistoryEntry, previous: CellForm | None) -> Any:
        number = len(self.entries) - 1
        show = widgets.Button(description=_excerpt(entry), tooltip=f"Show answer {number} again")
        show.on_click(lambda _button: self._on_show(entry))
        show.add_class("chp-excerpt")
        details = widgets.HTML(
            f'<div class="chp-details"><b>{number}</b> {escape(entry.model)} · {entry.clock}'
            f"<br>{escape(describe_changes(entry.form, previous))}</div>"
        )
        checkbox = self._checkbox(entry, number)
        tooltip = f"Restore the settings and messages of answer {number}"
        restore = button("undo", tooltip, lambda: self._on_restore(entry))
        thumbnail = widgets.VBox([show, details, widgets.HBox([checkbox, restore])])
        thumbnail.add_class("chp-thumbnail")
        return thumbnail

    def _checkbox(self, entry: HistoryEntry, number: int) -> Any:
        checkbox = widgets.Checkbox(
            description="compare",
            tooltip=f"Select answer {number} for a comparison",
            indent=False,
            disabled=entry.result is None,
        )
        checkbox.observe(self._update_compare, "value")
        self.checkboxes[entry] = checkbox
        return checkbox

    def _selected(self) -> list[HistoryEntry]:
        return [entry for entry in self.entries if self.checkboxes[entry].value]

    def _update_compare(self, _change: Any) -> None:
        self.compare.disabled = len(self._selected()) < 2

    def _compare(self) -> None:
        self._on_compare(self._selected())


def _excerpt(entry: HistoryEntry) -> str:
    result = entry.result
    if result is None:
        text = f"{type(entry.outcome).__name__}: {entry.outcome}"
    elif isinstance(result, ChatResults):
        text = " | ".join([f"{len(result)} answers", *map(str, result)])
    else:
        text = str(result)
    line = " ".join(terminal_safe(text).split()) or "(empty answer)"
    return line if len(line) <= _EXCERPT_LENGTH else f"{line[: _EXCERPT_LENGTH - 1]}…"
