"""Widgets in which a parameter's value is entered, by its row of the table."""

from __future__ import annotations

import random
from itertools import combinations
from typing import TYPE_CHECKING, Any, Protocol

import ipywidgets as widgets

from chat_magic.core.cell.form import escape_text, read_value, write_value
from chat_magic.core.request.parameters import check, unescape
from chat_magic.shell.panel.buttons import button

if TYPE_CHECKING:
    from chat_magic.core.request.parameters import Parameter

__all__ = ["Input", "input_for"]

_MAX_SLIDER_RANGE = 200
"""The widest range of whole numbers that a slider can set precisely."""
_INITIAL = {"max_completion_tokens": 256, "top_k": 40}
"""Initial values of whole numbers without a maximum, whose minimum is not useful."""
_MAX_SAFE_INTEGER = 2**53
"""Above it numbers in a browser are not exact."""


class Input(Protocol):
    """The widgets of one value."""

    widgets: list[Any]

    def read(self) -> Any:
        """Return the value, or raise InvalidRequest."""

    def write(self, value: Any) -> None:
        """Show a value; None shows the initial one."""


def input_for(row: Parameter) -> Input:
    """Return the input that suits a parameter."""
    low, high = row.minimum, row.maximum
    if row.kind == "number":
        return _Slider(row, widgets.FloatSlider, widgets.FloatText)
    if row.kind == "integer":
        if high is None:
            return _Integer(row)
        if high > _MAX_SAFE_INTEGER:
            return _RandomInteger(row)
        if low is not None and high - low <= _MAX_SLIDER_RANGE:
            return _Slider(row, widgets.IntSlider, widgets.IntText)
        return _Integer(row)
    if row.kind == "boolean":
        return _Switch(row)
    if row.kind == "words" or (row.choices and row.choices_are_closed and row.kind == "string"):
        return _Dropdown(row)
    if row.kind == "strings":
        return _Tags(row)
    return _Text(row)


class _Slider:
    """A number in a range, set by a slider or typed."""

    def __init__(self, row: Parameter, slider: Any, entry: Any) -> None:
        self._row = row
        step = row.step or 1
        self._slider = slider(
            min=row.minimum, max=row.maximum, step=step, readout=False, tooltip=row.help
        )
        self._entry = entry(
            step=step,
            description=row.name,
            tooltip=f"{row.name}: {row.allowed}",
            continuous_update=True,
        )
        self._entry.add_class("chp-entry")
        self.widgets = [self._slider, self._entry]
        self._slider.observe(self._update_entry, "value")
        self._entry.observe(self._update_slider, "value")

    def read(self) -> Any:
        value = self._entry.value
        is_whole = isinstance(value, float) and value.is_integer()
        return check(self._row, int(value) if is_whole else value)

    def write(self, value: Any) -> None:
        low = self._row.minimum or 0
        self._entry.value = value if value is not None else max(low, 0) if low < 0 else max(low, 1)

    def _update_entry(self, change: Any) -> None:
        value = change["new"]
        if value != self._in_range(self._entry.value):
            self._entry.value = round(value, 10)

    def _update_slider(self, change: Any) -> None:
        self._slider.value = self._in_range(change["new"])

    def _in_range(self, value: float) -> float:
        in_range: float = min(max(value, self._slider.min), self._slider.max)
        return in_range


class _Integer:
    """A whole number in a range too wide for a slider."""

    def __init__(self, row: Parameter) -> None:
        self._row = row
        self._entry = widgets.IntText(
            description=row.name,
            tooltip=f"{row.name}: {row.allowed}",
            step=1,
            continuous_update=True,
        )
        self._entry.add_class("chp-entry")
        self.widgets = [self._entry]

    def read(self) -> Any:
        return check(self._row, self._entry.value)

    def write(self, value: Any) -> None:
        initial = _INITIAL.get(self._row.name, self._row.minimum)
        self._entry.value = value if value is not None else initial


class _RandomInteger:
    """A whole number of 64 bits, kept as text since a browser would round it, or a random one."""

    def __init__(self, row: Parameter) -> None:
        self._row = row
        self._entry = widgets.Text(description=row.name, tooltip=f"{row.name}: {row.allowed}")
        self._entry.add_class("chp-entry")
        self._entry.add_class("chp-wide")
        self.randomize = button("random", f"Set a random {row.name}", self._randomize)
        self.widgets = [self._entry, self.randomize]

    def read(self) -> Any:
        return read_value(self._row, self._entry.value)

    def write(self, value: Any) -> None:
        self._entry.value = "" if value is None else str(value)

    def _randomize(self) -> None:
        self._entry.value = str(random.randrange(2**31))  # noqa: S311 - a seed is not a secret


class _Switch:
    """On or off."""

    def __init__(self, row: Parameter) -> None:
        self._buttons = widgets.ToggleButtons(
            options=[("on", True), ("off", False)],
            description=row.name,
            tooltips=[f"{row.name}: true", f"{row.name}: false"],
        )
        self._buttons.add_class("chp-entry")
        self.widgets = [self._buttons]

    def read(self) -> Any:
        return self._buttons.value

    def write(self, value: Any) -> None:
        self._buttons.value = True if value is None else value


class _Dropdown:
    """One of a closed set of values, or a combination of several."""

    def __init__(self, row: Parameter) -> None:
        self._row = row
        sizes = range(1, len(row.choices) + 1 if row.kind == "words" else 2)
        options = [",".join(words) for size in sizes for words in combinations(row.choices, size)]
        self._dropdown = widgets.Dropdown(options=options, description=row.name, tooltip=row.help)
        self._dropdown.add_class("chp-entry")
        self.widgets = [self._dropdown]

    def read(self) -> Any:
        return read_value(self._row, self._dropdown.value)

    def write(self, value: Any) -> None:
        options = self._dropdown.options
        text = options[0] if value is None else write_value(self._row, value)
        if text not in options:
            self._dropdown.options = (*options, text)
        self._dropdown.value = text


class _Tags:
    r"""Several texts, escaped as on the line: `\n` is a newline."""

    def __init__(self, row: Parameter) -> None:
        self._row = row
        self._tags = widgets.TagsInput(allow_duplicates=False, tooltip=f"{row.name}: {row.help}")
        self._tags.placeholder = "type a text, then Enter"
        self._tags.add_class("chp-wide")
        self.widgets = [self._tags]

    def read(self) -> Any:
        return check(self._row, [unescape(tag) for tag in self._tags.value])

    def write(self, value: Any) -> None:
        texts = [value] if isinstance(value, str) else value or []
        self._tags.value = [escape_text(text) for text in texts]


class _Text:
    """A value as written on the line, or as JSON."""

    def __init__(self, row: Parameter) -> None:
        self._row = row
        formats = {"object": "JSON: {…}", "array": "JSON: […]", "pairs": "KEY=VALUE, one per line"}
        labels = {
            "description": row.name,
            "tooltip": f"{row.name}: {row.help}",
            "placeholder": formats.get(row.kind, row.allowed),
        }
        if row.choices and row.kind != "fields":
            self._text = widgets.Combobox(
                options=row.choices, ensure_option=False, continuous_update=True, **labels
            )
        elif row.kind in {"object", "array", "pairs", "content"}:
            self._text = widgets.Textarea(rows=2, **labels)
        else:
            self._text = widgets.Text(**labels)
        self._text.add_class("chp-entry")
        self._text.add_class("chp-wide")
        self.widgets = [self._text]

    def read(self) -> Any:
        return read_value(self._row, self._text.value)

    def write(self, value: Any) -> None:
        self._text.value = "" if value is None else write_value(self._row, value)
