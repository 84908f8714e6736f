"""The controls of a panel together: they show a form, and a form is read from them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeVar

import ipywidgets as widgets

from chat_magic.core.cell.form import CellForm, check_form, check_options, disabled_reasons
from chat_magic.core.cell.options import MAGIC_OPTIONS
from chat_magic.core.request.parameters import PARAMETERS, apply_implied
from chat_magic.core.request.request import ChatRequest, read_extra
from chat_magic.engine.session import default_session
from chat_magic.errors import InvalidRequest
from chat_magic.shell.panel.controls import Control
from chat_magic.shell.panel.messages_editor import MessagesEditor
from chat_magic.shell.panel.section import Section
from chat_magic.transport.endpoints import LOCAL_MODEL
from chat_magic.view.html.escape import escape

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chat_magic.core.request.settings import Setting

__all__ = ["PanelForm"]

T = TypeVar("T")


class PanelForm:
    """The controls for everything that a cell can contain.

    Args:
        on_change: Called when the user has changed something.
    """

    def __init__(self, on_change: Callable[[], None]) -> None:
        self._on_change = on_change
        self._is_writing = False
        self.warnings: tuple[str, ...] = ()
        """Warnings about the form that was read last."""
        self._deprecated: dict[str, Any] = {}
        """Deprecated parameters of the source: kept, though they have no control."""
        self._invalid: set[str] = set()
        """The names of the notes that show an error."""
        self._build_fields()
        self.messages = MessagesEditor(self._changed, [self.is_raw])
        defaults = _defaults()
        self.controls = {
            name: Control(row, defaults.get(name), self._changed)
            for name, row in PARAMETERS.items()
            if row.replaced_by is None
        }
        self.notes = {name: widgets.HTML() for name in ("model", "options", "extra", "messages")}
        self.left = self._build_left()
        self.right = self._build_right()

    def _build_fields(self) -> None:
        self.model = widgets.Combobox(
            description="model", ensure_option=False, tooltip="The model, as vendor/model"
        )
        self.options = widgets.Text(
            description="other options",
            placeholder="--out r --tools f --schema 'name: str'",
            tooltip="Options of the %%chat line without a control: --out, --tools, --schema, …",
        )
        self.extra = widgets.Textarea(
            description="extra fields",
            placeholder='JSON: {"min_p": 0.1}',
            rows=2,
            tooltip="Fields that are not in the API reference, sent as given",
        )
        self.is_raw = widgets.Checkbox(
            description="send {{ }} as text",
            indent=False,
            tooltip="Send {{ and {% unchanged instead of filling in variables",
        )
        for widget in (self.model, self.options, self.extra, self.is_raw):
            widget.observe(lambda _change: self._changed(), "value")
        for widget in (self.model, self.options, self.extra):
            widget.add_class("chp-labelled")

    def read(self) -> CellForm:
        """Return the form, and show each error beside its control.

        Raises:
            InvalidRequest: The first of the errors.
        """
        reader = _Reader()
        self._show_destination()
        messages = reader.read(self.messages.read, self._note("messages")) or ()
        options = reader.read(self._read_options, self._note("options")) or frozenset()
        extra = reader.read(self._read_extra, self._note("extra")) or {}
        parameters = self._read_parameters(reader)
        reasons = disabled_reasons(parameters, options)
        for name, control in self.controls.items():
            control.disable(reasons.get(name, ""))
        self._update_sections(parameters)
        if reader.errors:
            raise reader.errors[0]
        request = ChatRequest(
            model=self.model.value.strip() or None,
            messages=messages,
            parameters=apply_implied(parameters),
            extra=extra,
        )
        form = CellForm(request=request, options=self.options.value, is_raw=bool(self.is_raw.value))
        self.warnings = check_form(form, MAGIC_OPTIONS)
        return form

    def _read_parameters(self, reader: _Reader) -> dict[str, Any]:
        values = {
            name: reader.read(control.read, control.update_note)
            for name, control in self.controls.items()
        }
        given = {name: value for name, value in values.items() if value is not None}
        return {**self._deprecated, **given}

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
        """Show all of a form except its model and messages."""
        parameters = form.request.parameters
        self._deprecated = {
            name: value for name, value in parameters.items() if name not in self.controls
        }
        self._is_writing = True
        try:
            for name, control in self.controls.items():
                control.set(parameters.get(name))
            extra = form.request.extra
            self.extra.value = json.dumps(extra, ensure_ascii=False) if extra else ""
            self.options.value = form.options
            self.is_raw.value = form.is_raw
        finally:
            self._is_writing = False

    @property
    def deprecated(self) -> str:
        """A note on the deprecated parameters that the panel was filled with; may be empty."""
        return ", ".join(
            f"{name} {value}: deprecated, kept from the source of the panel"
            for name, value in self._deprecated.items()
        )

    def _changed(self) -> None:
        if not self._is_writing:
            self._on_change()

    def _show_destination(self) -> None:
        """Show where the request is sent, or why it cannot be; the cell is written regardless."""
        model, session = self.model.value.strip(), default_session()
        try:
            if model:
                destination = session.endpoints.describe(session.configuration.resolve_alias(model))
            else:
                default, notice = session.endpoints.default_model()
                destination = notice or f"the default model is {default}"
        except InvalidRequest as error:
            self._note("model")(error.message)
        else:
            self._note("model", destination)("")

    def _update_sections(self, parameters: Mapping[str, Any]) -> None:
        for section in self.sections.values():
            section.update(parameters)
        if self._invalid & {"extra", "options"}:
            self.sections["advanced"].open()

    def _read_options(self) -> frozenset[str]:
        return check_options(self.options.value, MAGIC_OPTIONS)

    def _read_extra(self) -> Mapping[str, Any]:
        text = self.extra.value.strip()
        try:
            return read_extra(json.loads(text)) if text else {}
        except ValueError as error:
            raise InvalidRequest(f"extra: is not JSON ({error})") from None

    def _note(self, name: str, info: str = "") -> Callable[[str], None]:
        """Return the function that shows an error below a field, or `info` if there is none."""

        def show(error: str) -> None:
            (self._invalid.add if error else self._invalid.discard)(name)
            alert = f'<span class="chp-error" role="alert">{escape(error)}</span>'
            self.notes[
                name
            ].value = f'<div class="chp-note">{alert if error else escape(info)}</div>'

        return show

    def _build_left(self) -> Any:
        """Return the model and the messages."""
        heading = widgets.HTML('<div class="chp-title">messages</div>')
        messages = widgets.VBox([heading, self.messages.widget, self.notes["messages"]])
        messages.add_class("chp-group")
        return widgets.VBox([self.model, self.notes["model"], messages])

    def _build_right(self) -> Any:
        """Return the settings, in sections."""
        names: dict[str, list[str]] = {}
        for name in self.controls:
            names.setdefault(PARAMETERS[name].group, []).append(name)
        self.sections = {
            group: Section(group, {name: self.controls[name] for name in members})
            for group, members in names.items()
        }
        self.sections["advanced"].add(
            [self.extra, self.notes["extra"], self.options, self.notes["options"]]
        )
        self.sections["sampling"].open()
        return widgets.VBox([section.widget for section in self.sections.values()])


class _Reader:
    """Reads field after field, and has each field show its error."""

    def __init__(self) -> None:
        self.errors: list[InvalidRequest] = []

    def read(self, read: Callable[[], T], show_error: Callable[[str], None]) -> T | None:
        """Return the value of a field, None if it is not allowed."""
        try:
            value = read()
        except InvalidRequest as error:
            self.errors.append(error)
            show_error(error.message)
            return None
        show_error("")
        return value


def _defaults() -> Mapping[str, Setting]:
    try:
        return default_session().configuration.settings()
    except InvalidRequest:  # reported when the cell is run
        return {}


def _known_models() -> list[str]:
    try:
        aliases = list(default_session().configuration.config().aliases)
        default = default_session().configuration.value_of("model")
    except InvalidRequest:
        return ["local"]
    return list(dict.fromkeys(filter(None, [default, *aliases, "local", LOCAL_MODEL])))
