"""The panel, driven without a browser: what a control sends, and that its cell sends the same."""

from __future__ import annotations

import json
import sys
import threading
import types

import pytest
from ipywidgets import Widget

import chat_magic
from chat_magic import InvalidRequest, Panel
from chat_magic.core.request.parameters import PARAMETERS
from chat_magic.engine.session import default_session
from chat_magic.shell import magics_of
from chat_magic.shell.jobs import Job
from chat_magic.shell.panel import panel as panel_module
from chat_magic.store.presets import FILE, PresetStore
from chat_magic.view.bundle import MIME_TYPE
from tests.completions import DONE, completion, delta
from tests.engine.test_every_parameter import ROWS, answer
from tests.gateway import HOLD, Gateway, Wait, events, streamed, whole
from tests.shell.panel.driver import choose, finish, run
from tests.waiting import TIMEOUT_S

WIDGET = "application/vnd.jupyter.widget-view+json"
CASES = [
    (name, value)
    for name, row in PARAMETERS.items()
    if row.replaced_by is None
    for _, value in ROWS[name].taken
    if value is not None and not (name == "stop" and isinstance(value, str))
]


@pytest.fixture(scope="module")
def server():
    """One gateway for all, the configured one."""
    with Gateway(answer) as server, pytest.MonkeyPatch.context() as patch:
        patch.setenv("CHAT_MAGIC_BASE_URL", server.base_url)
        yield server


@pytest.fixture(scope="module")
def one_panel(shell, _magics):
    """One panel for all, as to make one takes a while."""
    return Panel("%%chat a/b\nuser: Hi", shell)


@pytest.mark.usefixtures("published")
@pytest.mark.parametrize(("name", "value"), CASES)
def test_what_the_panel_sends_is_what_its_cell_sends(one_panel, shell, server, name, value):
    """For every parameter of the table, with what it needs: the JSON is the same to the byte."""
    panel = one_panel
    panel.fill("%%chat a/b\nuser: Hi")
    for needed, needed_value in ROWS[name].beside.items():
        choose(panel.form.controls, needed, needed_value)
    choose(panel.form.controls, name, value)
    server.requests.clear()
    run(panel)
    shell.run_cell(panel.cell.replace("\n", " ;\n", 1)).raise_error()
    by_panel, by_cell = (request.body for request in server.requests)
    assert by_panel == by_cell
    assert json.dumps(json.loads(by_panel)[name]) == json.dumps(value)


def test_deprecated_parameters_are_kept_until_a_reset(open_panel):
    """They have no control, and the panel says so."""
    panel = open_panel("%%chat a/b --max-tokens 5\nHi")
    assert "--max-tokens 5" in panel.cell
    assert "max_tokens 5: deprecated" in panel.status.value
    panel.reset()
    assert panel.cell == "%%chat a/b\nuser: Hi"


def test_a_change_writes_the_cell_again(open_panel):
    """In every control, as it is made."""
    panel = open_panel()
    panel.form.controls["temperature"].input.widgets[0].value = 0.3
    assert "--temperature 0.3\n" in panel.cell
    assert "0.3" in panel.cell_preview.widget.value
    panel.form.messages._rows[0].text.value = "user: is text here"
    assert panel.cell.endswith("user: user: is text here")


def test_an_error_disables_run_until_it_is_corrected(open_panel):
    """It is shown beside its control and beside the buttons; the cell is marked as outdated."""
    panel = open_panel()
    control = panel.form.controls["temperature"]
    control.input.widgets[-1].value = 3
    for note in (control.note, panel.status):
        assert "temperature 3: must be 0 to 2" in note.value
    assert "chp-outdated" in panel.cell_preview.widget.value
    assert panel.run_button.disabled
    with pytest.raises(InvalidRequest, match="temperature 3: must be 0 to 2"):
        panel.run()
    control.input.widgets[-1].value = 1
    for note in (control.note, panel.status):
        assert "must be 0 to 2" not in note.value
    assert not panel.run_button.disabled


def test_a_default_of_the_settings_is_sent_unless_it_is_unset(open_panel, server):
    """`send nothing` is `--unset` in the cell."""
    default_session().configuration.set("temperature", 0.2)
    panel = open_panel()
    control = panel.form.controls["temperature"]
    server.requests.clear()
    run(panel)
    control.unset.value = True
    assert "--unset temperature" in panel.cell
    run(panel)
    control.send.value = True
    run(panel)
    assert [request.json.get("temperature") for request in server.requests] == [0.2, None, 0.2]


def test_a_message_that_only_json_can_express_is_sent_unchanged(open_panel, gateway):
    """Such as one with tool calls."""
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    messages = [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c", "content": "1"},
    ]
    panel = open_panel("%%chat a/b\n" + json.dumps({"messages": messages}))
    server = gateway(streamed(completion("Hi")))
    run(panel)
    assert server.requests[0].json["messages"] == messages


def test_templates_are_filled_in_when_the_cell_runs(open_panel, shell, gateway):
    """As in a cell; in a panel that is filled from the result the same text is not a template."""
    server = gateway(streamed(completion("Hi")))
    shell.user_ns["name"] = "{{ Ada }}"
    panel = open_panel("%%chat a/b\nHello {{ name }}")
    result = run(panel).wait()
    assert server.requests[0].json["messages"][0]["content"] == "Hello {{ Ada }}"
    assert open_panel(result).cell == "%%chat a/b --raw\nuser: Hello {{ Ada }}"
    shell.user_ns.pop("name")
    with pytest.raises(InvalidRequest, match="'name' is undefined"):
        panel.run()
    assert (panel.run_button.disabled, panel.stop_button.disabled) == (False, True)


def test_options_of_the_magic_act_as_in_a_cell(open_panel, shell, gateway):
    """`--out` is bound when the answer is complete."""
    gateway(streamed(completion('{"age": 3}')))
    panel = open_panel("%%chat a/b --schema 'age: int' --out r\nHow old?")
    run(panel)
    assert shell.user_ns["r"].parsed["age"] == 3


def test_stop_closes_the_connection_and_keeps_what_arrived(open_panel, published, gateway):
    """The server stalls; the partial answer is drawn and in the history."""
    server = gateway(events(delta("Half"), HOLD))
    panel = open_panel()
    panel.run_button.click()
    published.wait_for("Half")
    panel.stop_button.click()
    assert server.requests[0].closed.wait(TIMEOUT_S)
    finish(panel)
    assert "Half" in published[-1]["text/plain"]
    assert "interrupted" in published[-1]["text/plain"]
    assert [result.text for result in panel.results] == ["Half"]
    assert "cancelled" in panel.status.value


def test_the_kernel_is_free_while_the_panel_runs(open_panel, shell, gateway):
    """Running returns at once; a second run has to wait for the first."""
    gate = threading.Event()
    gateway(events(delta("Hi"), Wait(gate), delta(finish_reason="stop"), DONE))
    panel = open_panel()
    job = panel.run()
    assert isinstance(job, Job)
    assert (panel.run_button.disabled, panel.stop_button.disabled) == (True, False)
    assert shell.run_cell("x = 6 * 7").success
    with pytest.raises(InvalidRequest, match="is running already"):
        panel.run()
    panel.form.controls["seed"].input.randomize.click()
    assert panel.run_button.disabled
    gate.set()
    assert job.text == "Hi"
    finish(panel)


def test_earlier_answers_can_be_shown_restored_and_compared(open_panel, published, gateway):
    """Each with the settings that it was made with."""
    gateway(*[streamed(completion(text)) for text in ("One", "Two", "Three")])
    panel = open_panel()
    for temperature in (0, 1, 2):
        choose(panel.form.controls, "temperature", temperature)
        run(panel)
    history = panel.history
    assert [result.text for result in panel.results] == ["One", "Two", "Three"]
    oldest = history.thumbnails[-1]
    oldest.children[0].click()
    assert "One" in published[-1]["text/plain"]
    oldest.children[2].children[1].click()
    assert "--temperature 0\n" in panel.cell
    for entry in history.entries[:2]:
        history.checkboxes[entry].value = True
    history.compare.click()
    assert {"One", "Two"} <= set(published[-1]["text/plain"].split())
    assert len(published[-1][MIME_TYPE]["results"]) == 2


def test_a_failed_run_is_kept_with_its_error(open_panel, published, gateway):
    """Drawn as an answer would be, now and when it is shown again."""
    gateway(whole({"error": {"message": "no such thing"}}, status=400))
    panel = open_panel()
    run(panel)
    assert "no such thing" in published[-1]["text/plain"]
    assert "failed" in panel.status.value
    assert panel.results == []
    published.clear()
    panel.history.thumbnails[0].children[0].click()
    assert "no such thing" in published[-1]["text/plain"]


def test_a_grid_is_run_as_one_answer(open_panel, gateway):
    """And the grid can fill a panel, with its first request."""
    answers = {0: "Zero", 1: "One"}
    gateway(lambda request: streamed(completion(answers[request.json["temperature"]])))
    panel = open_panel("%%chat a/b --sweep temperature=0,1\nuser: Hi")
    run(panel)
    assert panel.history.thumbnails[0].children[0].description == "2 answers | Zero | One"
    assert open_panel(panel.results[0]).cell == "%%chat a/b --temperature 0\nuser: Hi"


def test_a_comparison_that_cannot_be_drawn_says_why(open_panel, gateway, monkeypatch):
    """Where the user looks, not in the log."""
    gateway(streamed(completion("One")), streamed(completion("Two")))
    panel = open_panel()
    for _ in range(2):
        run(panel)
    for checkbox in panel.history.checkboxes.values():
        checkbox.value = True

    def refuse(*_results):
        raise InvalidRequest("compare: there is one answer")

    monkeypatch.setattr(panel_module, "compare", refuse)
    panel.history.compare.click()
    assert "compare: there is one answer" in panel.status.value


def test_presets_are_saved_loaded_and_deleted(open_panel, config_file):
    """Settings and the model, beside the config file; the messages stay those of the panel."""
    store = PresetStore(config_file("").with_name(FILE))
    panel = open_panel("%%chat a/b --temperature 0.5 --top-logprobs 3 --out r\nHi")
    panel.preset_bar.name.value = "precise"
    panel.preset_bar.save.click()
    assert store.names() == ["precise"]
    assert panel.preset_bar.name.options == ("precise",)
    other = open_panel("%%chat c/d --n 2\nOther")
    other.preset_bar.name.value = "precise"
    other.preset_bar.load.click()
    assert other.cell == "%%chat a/b --temperature 0.5 --top-logprobs 3 --out r\nuser: Other"
    other.preset_bar.delete.click()
    assert store.names() == []


@pytest.mark.parametrize(("action", "words"), [("delete", "did you mean precise"), ("save", "")])
def test_an_error_of_a_preset_is_shown_beside_the_buttons(open_panel, config_file, action, words):
    """Also one of a file that cannot be read, which does not keep the panel from opening."""
    store = PresetStore(config_file("").with_name(FILE))
    store.save("precise", "%%chat")
    panel = open_panel()
    panel.preset_bar.name.value = "precis" if action == "delete" else " "
    getattr(panel.preset_bar, action).click()
    assert "preset" in panel.status.value
    assert words in panel.status.value
    store.path.write_text("{")
    panel = open_panel()
    panel.preset_bar.name.value = "x"
    getattr(panel.preset_bar, action).click()
    assert "cannot be read" in panel.status.value
    assert store.path.read_text() == "{"


def test_a_panel_is_filled_from_results_and_cells_of_the_notebook(
    open_panel, shell, gateway, monkeypatch
):
    """With eight results and more, and with grids."""
    gateway(lambda _request: streamed(completion("Hi")))
    namespace = {f"r{n}": chat_magic.chat(f"Number {n}", model="c/d") for n in range(9)}
    grid = chat_magic.chat_grid("Hi", models=["c/d", "e/f"])
    monkeypatch.setattr(shell, "user_ns", {**namespace, "grid": grid})
    monkeypatch.setattr(
        shell.history_manager, "input_hist_raw", ["", "%%chat e/f\nuser: From a cell"]
    )
    panel = open_panel()
    offered = panel.source_picker.titles
    assert offered == [
        *(f"result r{n}" for n in range(9)),
        "result grid[0] · model c/d",
        "result grid[1] · model e/f",
        "In [1] %%chat e/f user: From a cell",
    ]
    panel.source_picker.widget.value = 1
    assert panel.cell == "%%chat c/d\nuser: Number 0"
    panel.source_picker.widget.value = 11
    assert panel.cell == "%%chat e/f\nuser: Hi"
    panel.source_picker.widget.value = 12
    assert panel.cell == "%%chat e/f\nuser: From a cell"


def test_a_finished_run_is_a_new_source(open_panel, shell, gateway):
    """By the name of its `--out`, in the panel that is open."""
    gateway(streamed(completion("Hi")))
    panel = open_panel("%%chat c/d --out by_panel\nuser: Hi")
    assert "result by_panel" not in panel.source_picker.titles
    run(panel)
    assert "result by_panel" in panel.source_picker.titles
    del shell.user_ns["by_panel"]


def test_the_command_opens_a_panel(shell, published, gateway, monkeypatch):
    """Filled from a variable, or else from the last cell; what is neither is refused."""
    gateway(streamed(completion("Hi")))
    monkeypatch.setattr(panel_module, "get_ipython", lambda: shell)
    monkeypatch.setattr(shell.history_manager, "input_hist_raw", ["x = 1"])
    shell.user_ns["mine"] = chat_magic.chat("From a result", model="c/d")
    shell.user_ns["number"] = 1

    def chat(line):
        return shell.run_line_magic("chat", line)

    assert chat("/panel mine").cell == "%%chat c/d\nuser: From a result"
    assert chat("/panel").cell == "%%chat\n"
    shell.history_manager.input_hist_raw += ["\n%%chat e/f\nHi", "%%chatter"]
    assert chat("/panel").cell == "%%chat e/f\nuser: Hi"
    with pytest.raises(InvalidRequest, match="/panel nobody: there is no such variable"):
        chat("/panel nobody")
    with pytest.raises(InvalidRequest, match="got int"):
        chat("/panel number")


def test_a_reloaded_page_gets_the_answers_in_the_panel(open_panel, gateway):
    """It does not see updates of the output below."""
    gateway(streamed(completion("One")), streamed(completion("Two")))
    panel = open_panel()
    run(panel)
    assert panel._fallback.outputs == ()
    panel.widget.get_state()
    assert "the page was reloaded" in panel.status.value
    run(panel)
    assert MIME_TYPE in panel._fallback.outputs[0]["data"]


def test_without_messages_the_cell_cannot_be_run(open_panel):
    """The status says why."""
    panel = open_panel(None)
    assert panel.cell == "%%chat\n"
    panel.run_button.click()
    assert "no messages" in panel.status.value
    assert not panel.run_button.disabled


def test_without_a_shell_there_is_no_panel(monkeypatch):
    """It could not run anything."""
    monkeypatch.setattr(panel_module, "get_ipython", lambda: None)
    with pytest.raises(InvalidRequest, match="requires an IPython shell"):
        Panel()


@pytest.mark.parametrize("is_watched", [True, False])
def test_its_display_shows_the_cell_where_there_are_no_widgets(open_panel, monkeypatch, is_watched):
    """Beside the widget; alone where the notebook is executed without a user."""
    bundles = []
    monkeypatch.setattr(panel_module, "publish_display_data", lambda data, _: bundles.append(data))
    panel = open_panel("%%chat a/b --temperature 0.5\nuser: <b>{{ x }}")
    monkeypatch.setattr(type(panel._magics), "is_watched", is_watched)
    panel._ipython_display_()
    (bundle,) = bundles
    assert (WIDGET in bundle) == is_watched
    assert "%%chat a/b --temperature 0.5\nuser: <b>{{ x }}" in bundle["text/plain"]
    assert "temperature 0.5" in bundle["text/html"]
    assert "user: &lt;b&gt;{{ x }}" in bundle["text/html"]
    assert "<script" not in bundle["text/html"]


@pytest.fixture
def opened(shell, published, monkeypatch):
    """Return a function that opens a panel as the labextension does, for a cell."""
    monkeypatch.setattr(panel_module, "get_ipython", lambda: shell)

    def opened(cell_id, text):
        magics_of(shell).offer_cell(cell_id, text)
        return panel_module.open_panel()

    return opened


def test_a_panel_is_opened_for_the_cell_that_was_offered(shell, opened):
    """Once: it is filled from that cell and can update it; the next one is as without it."""
    panel = opened("c-1", "%%chat a/b --temperature 0.3\nuser: Hi")
    assert "--temperature 0.3" in panel.cell
    assert 'data-cell-id="c-1"' in panel.cell_preview.widget.value
    assert magics_of(shell).take_offered_cell() is None


def test_a_panel_for_an_empty_cell_is_empty(opened):
    """It can update it all the same."""
    panel = opened("c-2", "")
    assert 'data-cell-id="c-2"' in panel.cell_preview.widget.value


def test_a_panel_that_nobody_watches_has_no_widgets(shell, published, gateway, monkeypatch):
    """A notebook would keep hundreds; its cell, its runs and its display work without."""
    gateway(streamed(completion("Hello")))
    magics = panel_module.magics_of(shell)
    monkeypatch.setattr(type(magics), "is_watched", False)
    monkeypatch.setattr(type(magics), "display_kind", "final")
    drawn = []
    monkeypatch.setattr(panel_module, "publish_display_data", lambda data, _: drawn.append(data))
    built = []
    monkeypatch.setattr(Widget, "open", lambda widget: built.append(type(widget)))
    panel = Panel("%%chat a/b\nuser: Hi", shell)
    panel._ipython_display_()
    assert panel.cell == "%%chat a/b\nuser: Hi"
    assert panel.run().wait().text == "Hello"
    assert [result.text for result in panel.results] == ["Hello"]
    panel.fill("%%chat c/d\nuser: Ho")
    assert "c/d" in panel.cell
    assert WIDGET not in drawn[0]
    assert "Hello" in published[-1]["text/plain"]
    assert built == []
    assert panel.form.read().request.model == "c/d"
    assert len(panel.history.entries) == 1


def test_in_marimo_the_error_says_what_to_use(monkeypatch):
    """It has no magics and no IPython shell."""
    monkeypatch.setattr(panel_module, "get_ipython", lambda: None)
    monkeypatch.setitem(sys.modules, "marimo", types.ModuleType("marimo"))
    with pytest.raises(InvalidRequest, match=r"marimo does not have: use chat_magic\.chat\(\)"):
        Panel()
