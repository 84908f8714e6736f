"""The controls of a panel as one: a form is read from them, and shown in them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeVar

import ipywidgets as widgets

from chat_magic.core.cell.form import CellForm, check_form, check_options, disabled_reasons
from chat_magic.core.cell.options import MAGIC_OPTIONS
from chat_magic.core.request.parameters import PARAMETERS, apply_implied
from chat_magic.core.request.request import ChatRequest, read_extra
from chat_magic.errors import InvalidRequest
from chat_magic.shell.panel.controls import Control
from chat_magic.shell.panel.messages_editor import MessagesEditor
from chat_magic.shell.panel.section import Section
from chat_magic.transport import configuration, endpoints
from chat_magic.view.html.escape import escape

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chat_magic.core.request.settings import Setting

__all__ = ["PanelForm"]

T = TypeVar("T")


class PanelForm:
    """The controls for all that a cell can say.

    Args:
        on_change: Called when the user has changed something.
    """

    def __init__(self, on_change: Callable[[], None]) -> None:
        self._on_change = on_change
        self._is_writing = False
        self.warnings: tuple[str, ...] = ()
        """What the form last read earns, in plain words."""
        self._kept: dict[str, Any] = {}
        """Deprecated parameters of what it was filled from: not offered, not lost."""
        self._wrong: set[str] = set()
        """The notes that say what is wrong."""
        self.model = widgets.Combobox(
            description="model", ensure_option=False, tooltip="The model, as vendor/model"
        )
        self.options = widgets.Text(
            description="further options",
            placeholder="--out r --tools f --schema 'name: str'",
            tooltip="Options of the %%chat line that have no control: --out, --tools, --schema, …",
        )
        self.extra = widgets.Textarea(
            description="extra fields",
            placeholder='JSON: {"min_p": 0.1}',
            rows=2,
            tooltip="Fields that the API does not know, sent as given",
        )
        self.is_raw = widgets.Checkbox(
            description="send {{ }} as text",
            indent=False,
            tooltip="Send {{ and {% as they are, instead of inserting values of the notebook",
        )
        self.messages = MessagesEditor(self._changed, [self.is_raw])
        defaults = _defaults()
        self.controls = {
            name: Control(row, defaults.get(name), self._changed)
            for name, row in PARAMETERS.items()
            if row.replaced_by is None
        }
        self.notes = {name: widgets.HTML() for name in ("model", "options", "extra", "messages")}
        for widget in (self.model, self.options, self.extra, self.is_raw):
            widget.observe(lambda _change: self._changed(), "value")
        self.left, self.right = self._laid_out()

    def read(self) -> CellForm:
        """Return what the controls say, and show beside each what is wrong with it.

        Raises:
            InvalidRequest: Something is: the first of it.
        """
        reader = _Reader()
        self._show_place()
        messages = reader.part(self.messages.read, self._noted("messages")) or ()
        given = lambda: check_options(self.options.value, MAGIC_OPTIONS)  # noqa: E731
        options = reader.part(given, self._noted("options")) or frozenset()
        extra = reader.part(self._read_extra, self._noted("extra")) or {}
        values = {name: reader.part(c.read, c.draw) for name, c in self.controls.items()}
        parameters = {**self._kept, **{n: v for n, v in values.items() if v is not None}}
        reasons = disabled_reasons(parameters, options)
        for name, control in self.controls.items():
            control.block(reasons.get(name, ""))
        self._sum_up(parameters)
        if reader.errors:
            raise reader.errors[0]
        model = self.model.value.strip() or None
        request = ChatRequest(
            model=model, messages=messages, parameters=apply_implied(parameters), extra=extra
        )
        form = CellForm(request=request, options=self.options.value, is_raw=bool(self.is_raw.value))
        self.warnings = check_form(form, MAGIC_OPTIONS)
        return form

    def set(self, form: CellForm) -> None:
        """Show a form in the controls."""
        request = form.request
        self._is_writing = True
        try:
            self.model.options = _known_models()
            self.model.value = request.model or ""
            self.messages.set(request.messages)
            self.set_settings(form)
        finally:
            self._is_writing = False

    def set_settings(self, form: CellForm) -> None:
        """Show all of a form but its model and messages."""
        given = form.request.parameters
        self._kept = {name: value for name, value in given.items() if name not in self.controls}
        self._is_writing = True
        try:
            for name, control in self.controls.items():
                control.set(given.get(name))
            extra = form.request.extra
            self.extra.value = json.dumps(extra, ensure_ascii=False) if extra else ""
            self.options.value = form.options
            self.is_raw.value = form.is_raw
        finally:
            self._is_writing = False

    @property
    def kept(self) -> str:
        """Name the deprecated parameters that it was filled with."""
        return ", ".join(
            f"{name} {value}: deprecated, kept from what the panel was filled with"
            for name, value in self._kept.items()
        )

    def _changed(self) -> None:
        if not self._is_writing:
            self._on_change()

    def _show_place(self) -> None:
        """Say where the request goes, or why it could not; a cell can be written all the same."""
        model = self.model.value.strip()
        try:
            if model:
                words = endpoints.describe(configuration.resolve_alias(model))
            else:
                name, notice = endpoints.default_model()
                words = notice or f"{name} is asked by default"
        except InvalidRequest as error:
            self._noted("model")(error.message)
        else:
            self._noted("model", words)("")

    def _sum_up(self, parameters: Mapping[str, Any]) -> None:
        """Say in the titles of the groups what they send; open those where something is wrong."""
        for fold in self.groups.values():
            fold.sum_up(parameters)
        if self._wrong & {"extra", "options"}:
            self.groups["advanced"].open()

    def _read_extra(self) -> Mapping[str, Any]:
        text = self.extra.value.strip()
        try:
            return read_extra(json.loads(text)) if text else {}
        except ValueError as error:
            raise InvalidRequest(f"extra: is not JSON ({error})") from None

    def _noted(self, name: str, otherwise: str = "") -> Callable[[str], None]:
        """Make the function that shows an error, or else some words, below a control."""

        def show(error: str) -> None:
            (self._wrong.add if error else self._wrong.discard)(name)
            wrong = f'<span class="chp-error" role="alert">{escape(error)}</span>'
            words = wrong if error else escape(otherwise)
            self.notes[name].value = f'<div class="chp-note">{words}</div>'

        return show

    def _laid_out(self) -> tuple[Any, Any]:
        """Return what is asked, and how it is to be answered."""
        for widget in (self.model, self.options, self.extra):
            widget.add_class("chp-labelled")
        left = [
            self.model,
            self.notes["model"],
            _group("messages", [self.messages.widget, self.notes["messages"]]),
        ]
        groups: dict[str, list[str]] = {}
        for name in self.controls:
            groups.setdefault(PARAMETERS[name].group, []).append(name)
        more = [self.extra, self.notes["extra"], self.options, self.notes["options"]]
        self.groups = {
            title: Section(title, {name: self.controls[name] for name in names})
            for title, names in groups.items()
        }
        self.groups["advanced"].add(more)
        self.groups["sampling"].open()
        return widgets.VBox(left), widgets.VBox([fold.widget for fold in self.groups.values()])


def _group(title: str, children: list[Any]) -> Any:
    heading = widgets.HTML(f'<div class="chp-title">{escape(title)}</div>')
    group = widgets.VBox([heading, *children])
    group.add_class("chp-group")
    return group


class _Reader:
    """Reads part after part, whatever is wrong with some, and has each say what is."""

    def __init__(self) -> None:
        self.errors: list[InvalidRequest] = []

    def part(self, read: Callable[[], T], show: Callable[[str], None]) -> T | None:
        """Return what a part says, None where it holds what is not allowed."""
        try:
            value = read()
        except InvalidRequest as error:
            self.errors.append(error)
            show(error.message)
            return None
        show("")
        return value


def _defaults() -> Mapping[str, Setting]:
    try:
        return configuration.settings()
    except InvalidRequest:  # said when it is run
        return {}


def _known_models() -> list[str]:
    try:
        aliases = list(configuration.config().aliases)
        default = configuration.value_of("model")
    except InvalidRequest:
        return ["local"]
    return list(dict.fromkeys(filter(None, [default, *aliases, "local", endpoints.LOCAL_MODEL])))
