"""The toolbars of a panel: the cell with its buttons, presets, and sources to fill it from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import ipywidgets as widgets

from chat_magic.shell.panel.buttons import button
from chat_magic.view.html.escape import escape

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

__all__ = ["CellPreview", "PresetBar", "SourcePicker"]


class CellPreview:
    """The cell that a panel writes, with buttons to copy and insert it.

    The labextension's stylesheet shows the buttons and its script acts on their `data-action`;
    without the labextension there are no buttons, since a widget's HTML runs no script.

    Args:
        cell_id: The id of the notebook's cell that it can update; empty if there is none.
    """

    def __init__(self, cell_id: str = "") -> None:
        self.widget = widgets.HTML()
        self._cell = ""
        self._cell_id = cell_id

    def show(self, cell: str) -> None:
        """Show a cell."""
        self._cell = cell
        self._draw()

    def mark_outdated(self) -> None:
        """Keep the cell that is shown, marked as older than what the controls say."""
        self._draw(" chp-outdated", "not updated: a control has an error")

    def _draw(self, css_class: str = "", status: str = "") -> None:
        data, cell_id = quote(self._cell, errors="replace"), quote(self._cell_id)
        updates = (
            _cell_button("Update cell", "update", "pencil")
            + _cell_button("Update and run", "run", "forward")
        ) * bool(cell_id)
        self.widget.value = (
            f'<div class="chp-cell{css_class}"><div class="chp-bar">'
            f'<span class="chp-title">cell</span>{updates}{_cell_button("Copy", "copy", "copy")}'
            f"{_cell_button('Insert as new cell', 'insert', 'plus')}"
            f'<span role="status" class="chp-note">{status}</span></div>'
            f'<pre tabindex="0" aria-label="Cell" data-cell="{data}" data-cell-id="{cell_id}">'
            f"{_wrapped_at_words(self._cell)}</pre></div>"
        )


def _wrapped_at_words(cell: str) -> str:
    """Return a cell as HTML whose first line does not break after the hyphens of options."""
    line, newline, body = cell.partition("\n")
    words = [f'<span class="chp-word">{escape(word)}</span>' for word in line.split(" ")]
    return " ".join(words) + newline + escape(body)


def _cell_button(label: str, action: str, icon: str) -> str:
    return (
        f'<button type="button" data-action="{action}" '
        'class="jupyter-widgets jupyter-button widget-button chp-button chp-cell-action">'
        f'<i class="fa fa-{icon}"></i> {label}</button>'
    )


class PresetBar:
    """Load, save and delete named settings.

    Args:
        load, save, delete: Called with a name.
        names: Returns the names of the presets.
    """

    def __init__(
        self,
        load: Callable[[str], None],
        save: Callable[[str], None],
        delete: Callable[[str], None],
        names: Callable[[], Sequence[str]],
    ) -> None:
        self.name = widgets.Combobox(
            description="preset", placeholder="name", ensure_option=False, tooltip="Preset"
        )
        self.name.add_class("chp-labelled")
        self._names = names
        self.load = self._button("Load", "folder-open", load)
        self.save = self._button("Save", "save", save)
        self.delete = self._button("Delete", "trash", delete)
        self.widget = widgets.HBox([self.name, self.load, self.save, self.delete])
        self.widget.add_class("chp-bar")
        self.refresh()

    def refresh(self) -> None:
        """Offer the names that exist now."""
        self.name.options = self._names()

    def _button(self, label: str, icon: str, act: Callable[[str], None]) -> Any:
        def on_click() -> None:
            act(self.name.value)
            self.refresh()

        return button(icon, f"{label} the preset of this name", on_click, label)


class SourcePicker:
    """A list of sources to fill the panel from.

    Args:
        on_pick: Called with the source that was picked.
    """

    _TITLE = "fill from …"

    def __init__(self, on_pick: Callable[[Any], None]) -> None:
        self._on_pick = on_pick
        self._sources: list[Any] = []
        self.widget = widgets.Dropdown(
            options=[(self._TITLE, 0)],
            description="fill from",
            tooltip="Fill the controls from a result or a cell of this notebook",
        )
        self.widget.add_class("chp-fill")
        self.widget.observe(self._pick, "value")

    @property
    def titles(self) -> list[str]:
        """The titles of the sources on offer."""
        return [title for title, _ in self.widget.options][1:]

    def offer(self, sources: Iterable[tuple[str, Any]]) -> None:
        """Replace the sources on offer.

        Args:
            sources: Pairs of a title and a source.
        """
        pairs = list(sources)
        self._sources = [source for _, source in pairs]
        options = [(self._TITLE, 0), *((title, i) for i, (title, _) in enumerate(pairs, 1))]
        if options != list(self.widget.options):
            self.widget.options = options

    def _pick(self, change: Any) -> None:
        if change["new"]:
            source = self._sources[change["new"] - 1]
            self.widget.value = 0
            self._on_pick(source)
