"""The controls together: a form is shown in them and read from them."""

from __future__ import annotations

import pytest

from chat_magic import InvalidRequest
from chat_magic.core.cell.form import read_form, write_form
from chat_magic.core.cell.options import MAGIC_OPTIONS
from chat_magic.core.request.parameters import PARAMETERS
from chat_magic.core.unset import UNSET
from chat_magic.shell.panel.form_controls import PanelForm
from tests.shell.panel.driver import choose

OFFERED = [name for name, row in PARAMETERS.items() if row.replaced_by is None]


@pytest.fixture
def fill():
    """Return a function that fills controls from a cell."""

    def fill(cell="%%chat a/b\nuser: Hi"):
        form = PanelForm(lambda: None)
        form.set(read_form(cell, MAGIC_OPTIONS))
        return form

    return fill


@pytest.fixture(scope="module")
def one_form():
    """One form for all, as to make one takes a while."""
    return PanelForm(lambda: None)


@pytest.fixture
def refill(one_form):
    """Return a function that fills the one form from a cell, whatever it has shown before."""

    def refill(cell="%%chat a/b\nuser: Hi"):
        one_form.set(read_form(cell, MAGIC_OPTIONS))
        return one_form

    return refill


def titles(form):
    return [section.title for section in form.sections.values()]


@pytest.mark.parametrize(
    "cell",
    [
        "%%chat\nuser: Hi",
        "%%chat a/b --temperature 0.5 --out r --tools f\nsystem: S\n\nuser: {{ name }}",
        "%%chat a/b --unset top_p\nuser: Hi",
        "%%chat a/b --raw\nuser: {{ name }}",
        "%%chat a/b --max-tokens 5\nuser: Hi",
        "%%chat a/b --extra min_p=0.1\nuser: Hi",
    ],
)
def test_a_cell_is_read_back_as_it_was_shown(refill, cell):
    """Deprecated parameters and extra fields included."""
    assert write_form(refill(cell).read()) == write_form(read_form(cell, MAGIC_OPTIONS))


def test_every_parameter_but_the_deprecated_has_a_control(fill):
    """In the order of the table."""
    form = fill("%%chat a/b --max-tokens 5\nHi")
    assert list(form.controls) == OFFERED
    assert form.deprecated == "max_tokens 5: deprecated, kept from the source of the panel"


@pytest.mark.parametrize("name", OFFERED)
def test_a_parameter_that_is_switched_off_again_is_not_sent(refill, name):
    """Nor is one that was never switched on."""
    form = refill()
    assert write_form(form.read()) == "%%chat a/b\nuser: Hi"
    form.controls[name].send.value = True
    form.controls[name].send.value = False
    assert write_form(form.read()) == "%%chat a/b\nuser: Hi"


def test_each_error_is_shown_beside_its_control_and_the_first_is_raised(fill):
    """All at once, so that they can be corrected at once."""
    form = fill()
    choose(form.controls, "temperature", 3)
    choose(form.controls, "n", 500)
    form.extra.value = "{"
    with pytest.raises(InvalidRequest, match="extra: is not JSON"):
        form.read()
    assert "temperature 3: must be 0 to 2" in form.controls["temperature"].note.value
    assert "n 500: must be a whole number" in form.controls["n"].note.value
    assert "extra: is not JSON" in form.notes["extra"].value


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("--dry-run", "--dry-run: "),
        ("--temperature 1", "--temperature: "),
        ("--nothing", "--nothing"),
        ("word", "word: "),
    ],
)
def test_options_with_a_control_or_without_meaning_are_refused(refill, options, words):
    """Below the field."""
    form = refill()
    form.options.value = options
    with pytest.raises(InvalidRequest, match=words):
        form.read()
    assert words in form.notes["options"].value


def test_a_control_is_disabled_until_what_it_needs_is_set(fill):
    """It says what that is; a value that is sent can be changed all the same."""
    form = fill()
    choice = form.controls["tool_choice"]
    form.read()
    assert choice.send.disabled
    assert "requires tools" in choice.note.value
    form.options.value = "--tools f"
    form.read()
    assert not choice.send.disabled
    choose(form.controls, "tool_choice", "auto")
    form.options.value = ""
    with pytest.raises(InvalidRequest, match="tool_choice requires tools"):
        form.read()
    assert not choice.send.disabled
    choose(form.controls, "logprobs", False)
    with pytest.raises(InvalidRequest):
        form.read()
    assert form.controls["top_logprobs"].send.disabled


def test_section_titles_say_what_is_sent(fill):
    """So that nothing is sent unseen."""
    form = fill("%%chat a/b -t 0.5 --top-logprobs 5 --stop one --stop two\nuser: Hi")
    form.read()
    assert titles(form) == [
        "sampling · temperature 0.5",
        "output · stop one, two",
        "choices and probabilities · top_logprobs 5",
        "advanced",
    ]


@pytest.mark.parametrize(
    ("name", "spoil"),
    [
        ("output", lambda form: choose(form.controls, "max_completion_tokens", 0)),
        ("advanced", lambda form: setattr(form.extra, "value", "{")),
        ("advanced", lambda form: setattr(form.options, "value", "--nothing")),
    ],
)
def test_a_section_with_an_error_opens(fill, name, spoil):
    """Only sampling is open at first."""
    form = fill()
    form.read()
    assert [title for title, section in form.sections.items() if section.is_open] == ["sampling"]
    spoil(form)
    with pytest.raises(InvalidRequest):
        form.read()
    opened = [title for title, section in form.sections.items() if section.is_open]
    assert opened == ["sampling", name]


def test_the_destination_is_shown_below_the_model(fill, monkeypatch, config_file):
    """The known models are offered; an unknown one does not keep the cell from being written."""
    monkeypatch.delenv("CHAT_MAGIC_BASE_URL", raising=False)
    config_file('[aliases]\nfast = "a/b"\n')
    form = fill("%%chat local\nHi")
    form.read()
    assert {"fast", "local"} <= set(form.model.options)
    assert "the local server" in form.notes["model"].value
    form.model.value = "nobody/nothing"
    assert form.read().request.model == "nobody/nothing"
    assert "no server is configured for nobody/nothing" in form.notes["model"].value
    form.model.value = ""
    assert form.read().request.model is None
    assert "local/smollm2-135m-instruct" in form.notes["model"].value


def test_a_broken_config_file_is_reported_below_the_model(fill, config_file):
    """The panel opens all the same."""
    config_file("[")
    form = fill()
    assert form.model.options == ("local",)
    form.read()
    assert "chat_magic.toml" in form.notes["model"].value


def test_settings_are_shown_without_touching_model_and_messages(fill):
    """As a reset does; what was unset is forgotten too."""
    form = fill("%%chat a/b -t 1 --unset top_p --max-tokens 5 --out r --extra x=1\nHi")
    assert form.controls["top_p"].read() is UNSET
    form.set_settings(read_form("%%chat", MAGIC_OPTIONS))
    assert write_form(form.read()) == "%%chat a/b\nuser: Hi"


def test_filling_is_not_a_change_of_the_user():
    """Editing is, once for each change."""
    changes = []
    form = PanelForm(lambda: changes.append(1))
    form.set(read_form("%%chat a/b -t 1 --out r\nsystem: S\nuser: Hi", MAGIC_OPTIONS))
    assert changes == []
    form.options.value = ""
    assert changes == [1]
