"""The bars of a panel: the cell with its buttons, presets, and what it can be filled from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import ipywidgets as widgets

from chat_magic.shell.panel.controls import button
from chat_magic.view.html.escape import escape

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = ["CellPreview", "PresetBar", "SourcePicker"]

# In the page, without a kernel's help: a widget's HTML runs no script, but its buttons do.
_START = (
    "const b=this.closest('.chp-cell'),p=b.querySelector('pre'),"
    "text=decodeURIComponent(p.dataset.cell),say=w=>{b.querySelector('[role=status]').textContent=w},"
    "select=()=>{const s=getSelection(),r=document.createRange();r.selectNodeContents(p);"
    "s.removeAllRanges();s.addRange(r);return document.execCommand('copy')},"
    "copy=w=>{const by=()=>say(select()?w:'selected: press Ctrl+C');"
    "navigator.clipboard?navigator.clipboard.writeText(text).then(()=>say(w),by):by()};"
)
_COPY = f"{_START}copy('copied')"
_INSERT = (
    f"{_START}this.dispatchEvent(new CustomEvent('chat-magic:insert-cell',"
    "{bubbles:true,cancelable:true,detail:{text}}))"
    "?copy('nothing here inserts cells: it is on the clipboard'):say('inserted below')"
)


class CellPreview:
    """The cell that a panel writes, to be copied and inserted."""

    def __init__(self) -> None:
        self.widget = widgets.HTML()
        self._cell = ""

    def show(self, cell: str | None) -> None:
        """Show a cell; None marks the one that is shown as behind the controls."""
        is_old = cell is None
        self._cell = self._cell if cell is None else cell
        words = "not changed: something is wrong" if is_old else ""
        data = quote(self._cell, errors="replace")
        self.widget.value = (
            f'<div class="chp-cell{" chp-old" if is_old else ""}"><div class="chp-bar">'
            f'<span class="chp-title">the cell</span>{_html_button("Copy", _COPY, "copy")}'
            f"{_html_button('Insert as new cell', _INSERT, 'plus')}"
            f'<span role="status" class="chp-note">{words}</span></div>'
            f'<pre tabindex="0" aria-label="The cell" data-cell="{data}">'
            f"{_kept_together(self._cell)}</pre></div>"
        )


def _kept_together(cell: str) -> str:
    """Draw a cell whose first line breaks between words only, not after the hyphens of options."""
    first, newline, body = cell.partition("\n")
    words = [f'<span class="chp-word">{escape(word)}</span>' for word in first.split(" ")]
    return " ".join(words) + newline + escape(body)


def _html_button(label: str, script: str, icon: str) -> str:
    return (
        f'<button type="button" class="jupyter-widgets jupyter-button widget-button chp-button" '
        f'onclick="{escape(script)}"><i class="fa fa-{icon}"></i> {label}</button>'
    )


class PresetBar:
    """Named settings: loaded, saved, deleted.

    Args:
        load, save, delete: Called with a name.
        names: Returns the names that there are.
    """

    def __init__(
        self,
        load: Callable[[str], None],
        save: Callable[[str], None],
        delete: Callable[[str], None],
        names: Callable[[], Sequence[str]],
    ) -> None:
        self.name = widgets.Combobox(
            description="preset", placeholder="a name", ensure_option=False, tooltip="Preset"
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
        """Offer the names that there are now."""
        self.name.options = self._names()

    def _button(self, label: str, icon: str, act: Callable[[str], None]) -> Any:
        def clicked() -> None:
            act(self.name.value)
            self.refresh()

        return button(icon, f"{label} the settings of this name", clicked, label)


class SourcePicker:
    """A list of what the panel can be filled from.

    Args:
        fill: Called with the source that was chosen.
    """

    _TITLE = "fill from …"

    def __init__(self, fill: Callable[[Any], None]) -> None:
        self._fill = fill
        self._sources: list[Any] = []
        self.widget = widgets.Dropdown(
            options=[(self._TITLE, 0)],
            description="fill from",
            tooltip="Fill the controls from a result or a cell of this notebook",
        )
        self.widget.add_class("chp-fill")
        self.offer({})
        self.widget.observe(self._chosen, "value")

    def offer(self, sources: Mapping[str, Any]) -> None:
        """Offer sources by their titles."""
        titles = [(title, place) for place, title in enumerate(sources, 1)]
        self._sources = [None, *sources.values()]
        options = [(self._TITLE, 0), *titles]
        if options != list(self.widget.options):
            self.widget.options = options

    def _chosen(self, change: Any) -> None:
        if change["new"]:
            source = self._sources[change["new"]]
            self.widget.value = 0
            self._fill(source)
