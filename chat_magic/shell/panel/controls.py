"""A control for each parameter of the table: whether it is sent, its value, what is wrong."""

from __future__ import annotations

import random
from itertools import combinations
from typing import TYPE_CHECKING, Any, Protocol

import ipywidgets as widgets

from chat_magic.core.cell.form import escape_text, read_value, write_value
from chat_magic.core.request.parameters import Parameter, check, unescape
from chat_magic.core.unset import UNSET
from chat_magic.view.html.escape import escape

if TYPE_CHECKING:
    from collections.abc import Callable

    from chat_magic.core.request.settings import Setting

__all__ = ["Control", "button"]

_FEW = 200
"""The widest range of whole numbers that a slider is good for."""
_STARTS = {"max_completion_tokens": 256, "top_k": 40}
"""Where whole numbers without an upper end begin: at their least they would hardly answer."""
_EXACT = 2**53
"""Beyond it a browser's numbers are not exact."""


class Input(Protocol):
    """The widgets in which a value is chosen."""

    widgets: list[Any]

    def read(self) -> Any:
        """Return the value, or raise InvalidRequest."""

    def write(self, value: Any) -> None:
        """Show a value."""


class Control:
    """One parameter: sent with a value, not sent, or held back although a default would be sent.

    Args:
        row: Its row of the table.
        default: What the settings would send for it.
        on_change: Called when the user has changed something.
    """

    def __init__(
        self, row: Parameter, default: Setting | None, on_change: Callable[[], None]
    ) -> None:
        self.row = row
        self._default = default
        self._on_change = on_change
        self._is_writing = False
        self._error = self._reason = ""
        self.sends = widgets.Checkbox(
            description=row.name, tooltip=f"Send {row.name}", indent=False
        )
        self.holds_back = widgets.Checkbox(
            description="send nothing",
            tooltip=f"Send no {row.name}, whatever the settings say",
            indent=False,
        )
        self.input = _input(row)
        self.note = widgets.HTML()
        self.widget = _row(self.sends, self.input.widgets, self.holds_back, self.note)
        self.sends.observe(self._switched, "value")
        self.holds_back.observe(self._held_back, "value")
        for widget in self.input.widgets:
            widget.observe(self._edited, "value")
        self.set(None)

    @property
    def is_sent(self) -> bool:
        """Whether a value is sent."""
        return bool(self.sends.value)

    @property
    def is_wrong(self) -> bool:
        """Whether it holds what is not allowed."""
        return bool(self._error)

    def read(self) -> Any:
        """Return the value, UNSET where none is to be sent, None where nothing is said.

        Raises:
            InvalidRequest: The value is not allowed.
        """
        if self.holds_back.value:
            return UNSET
        return self.input.read() if self.is_sent else None

    def set(self, value: Any) -> None:
        """Show a value, UNSET, or None for nothing; the user has not changed anything by that."""
        self._is_writing = True
        try:
            self.sends.value = value is not None and value is not UNSET
            self.holds_back.value = value is UNSET
            shown = value if self.is_sent else self._usual
            self.input.write(shown)
        finally:
            self._is_writing = False
        self.draw()

    @property
    def _usual(self) -> Any:
        """What stands in the control while nothing is sent."""
        if self._default is not None and self._default.value is not UNSET:
            return self._default.value
        return None

    def block(self, reason: str) -> None:
        """Grey it out for a reason; an empty one lets it be set. What is sent can be changed."""
        self._reason = reason
        self.draw(self._error)
        is_blocked = bool(reason) and not self.is_sent
        for widget in (self.sends, *self.input.widgets):
            widget.disabled = is_blocked

    def draw(self, error: str = "") -> None:
        """Say what is wrong, why it cannot be set, what is sent by default, and what it does."""
        self._error = error
        has_default = self._default is not None
        shows_switch = has_default or self.holds_back.value
        self.holds_back.layout.display = None if shows_switch else "none"
        words = [f'<span class="chp-error" role="alert">{escape(error)}</span>'] if error else []
        if self._reason and not self.is_sent:
            words.append(f"<em>{escape(self._reason)}</em>")
        if self._default is not None and not self.is_sent and not self.holds_back.value:
            words.append(f"<strong>{escape(_said(self._default))}</strong>")
        words.append(escape(self.row.help))
        self.note.value = f'<div class="chp-note">{" · ".join(words)}</div>'
        for name, is_on in (("chp-sent", self.is_sent), ("chp-wrong", bool(error))):
            (self.widget.add_class if is_on else self.widget.remove_class)(name)

    def _switched(self, _change: Any) -> None:
        if self._is_writing:
            return
        if self.is_sent:
            self._quietly(self.holds_back, False)
        self._on_change()

    def _held_back(self, _change: Any) -> None:
        if self._is_writing:
            return
        if self.holds_back.value:
            self._quietly(self.sends, False)
        self._on_change()

    def _edited(self, _change: Any) -> None:
        """Send what the user has chosen."""
        if self._is_writing:
            return
        self._quietly(self.holds_back, False)
        self._quietly(self.sends, True)
        self._on_change()

    def _quietly(self, box: Any, is_on: bool) -> None:
        self._is_writing = True
        box.value = is_on
        self._is_writing = False


def _said(default: Setting) -> str:
    if default.value is UNSET:
        return f"not sent ({default.source})"
    return f"{default.value} is sent ({default.source})"


def _row(sends: Any, inputs: list[Any], holds_back: Any, note: Any) -> Any:
    line = widgets.HBox([sends, *inputs, holds_back])
    row = widgets.VBox([line, note])
    for widget, name in ((sends, "send"), (line, "line"), (row, "row"), (holds_back, "back")):
        widget.add_class(f"chp-{name}")
    return row


def button(icon: str, words: str, on_click: Callable[[], None], label: str = "") -> Any:
    """Return a button: an icon with its words as tooltip, and as label where there is one."""
    made = widgets.Button(description=label, icon=icon, tooltip=words)
    made.on_click(lambda _button: on_click())
    made.add_class("chp-button" if label else "chp-icon")
    return made


def _input(row: Parameter) -> Input:
    low, high = row.minimum, row.maximum
    if row.kind == "number":
        return _Slider(row, widgets.FloatSlider, widgets.FloatText)
    if row.kind == "integer" and low is not None and high is not None and high - low <= _FEW:
        return _Slider(row, widgets.IntSlider, widgets.IntText)
    if row.kind == "integer" and high is not None and high > _EXACT:
        return _Dice(row)
    if row.kind == "integer":
        return _Whole(row)
    if row.kind == "boolean":
        return _OnOff(row)
    if row.kind == "words" or (row.choices and row.choices_are_closed and row.kind == "string"):
        return _Choice(row)
    if row.kind == "strings":
        return _Tags(row)
    return _Text(row)


class _Slider:
    """A number within a range: by hand or to the digit."""

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
        self._slider.observe(self._slid, "value")
        self._entry.observe(self._typed, "value")

    def read(self) -> Any:
        value = self._entry.value
        whole = isinstance(value, float) and value.is_integer()
        return check(self._row, int(value) if whole else value)

    def write(self, value: Any) -> None:
        low = self._row.minimum or 0
        self._entry.value = value if value is not None else max(low, 0) if low < 0 else max(low, 1)

    def _slid(self, change: Any) -> None:
        value = change["new"]
        if value != min(max(self._entry.value, self._slider.min), self._slider.max):
            self._entry.value = round(value, 10)

    def _typed(self, change: Any) -> None:
        self._slider.value = min(max(change["new"], self._slider.min), self._slider.max)


class _Whole:
    """A whole number without an upper end."""

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
        start = _STARTS.get(self._row.name, self._row.minimum)
        self._entry.value = value if value is not None else start


class _Dice:
    """A whole number of 64 bits, of which a browser knows only the text; or one at random."""

    def __init__(self, row: Parameter) -> None:
        self._row = row
        self._entry = widgets.Text(description=row.name, tooltip=f"{row.name}: {row.allowed}")
        self._entry.add_class("chp-entry")
        self._entry.add_class("chp-wide")
        self.dice = button("random", f"Another {row.name} at random", self._throw)
        self.widgets = [self._entry, self.dice]

    def read(self) -> Any:
        return read_value(self._row, self._entry.value)

    def write(self, value: Any) -> None:
        self._entry.value = "" if value is None else str(value)

    def _throw(self) -> None:
        self._entry.value = str(random.randrange(2**31))  # noqa: S311 - a seed is no secret


class _OnOff:
    """On or off; the third state is not to send it."""

    def __init__(self, row: Parameter) -> None:
        self._choice = widgets.ToggleButtons(
            options=[("on", True), ("off", False)],
            description=row.name,
            tooltips=[f"{row.name}: true", f"{row.name}: false"],
        )
        self._choice.add_class("chp-entry")
        self.widgets = [self._choice]

    def read(self) -> Any:
        return self._choice.value

    def write(self, value: Any) -> None:
        self._choice.value = True if value is None else value


class _Choice:
    """One of a closed set of values, or several of its words."""

    def __init__(self, row: Parameter) -> None:
        self._row = row
        lengths = range(1, len(row.choices) + 1 if row.kind == "words" else 2)
        sets = [",".join(each) for length in lengths for each in combinations(row.choices, length)]
        self._choice = widgets.Dropdown(options=sets, description=row.name, tooltip=row.help)
        self._choice.add_class("chp-entry")
        self.widgets = [self._choice]

    def read(self) -> Any:
        return read_value(self._row, self._choice.value)

    def write(self, value: Any) -> None:
        text = self._choice.options[0] if value is None else write_value(self._row, value)
        if text not in self._choice.options:
            self._choice.options = (*self._choice.options, text)
        self._choice.value = text


class _Tags:
    r"""A few texts; `\n` and the like are written as on the line."""

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
    """A value as it is written on the line, or as JSON."""

    def __init__(self, row: Parameter) -> None:
        self._row = row
        hint = {"object": "JSON: {…}", "array": "JSON: […]", "pairs": "KEY=VALUE, one a line"}
        shown = {
            "description": row.name,
            "tooltip": f"{row.name}: {row.help}",
            "placeholder": hint.get(row.kind, row.allowed),
        }
        if row.choices and row.kind != "fields":
            self._text = widgets.Combobox(
                options=row.choices, ensure_option=False, continuous_update=True, **shown
            )
        elif row.kind in {"object", "array", "pairs", "content"}:
            self._text = widgets.Textarea(rows=2, **shown)
        else:
            self._text = widgets.Text(**shown)
        self._text.add_class("chp-entry")
        self._text.add_class("chp-wide")
        self.widgets = [self._text]

    def read(self) -> Any:
        return read_value(self._row, self._text.value)

    def write(self, value: Any) -> None:
        self._text.value = "" if value is None else write_value(self._row, value)
