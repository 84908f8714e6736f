"""The panel, driven without a browser: what a control sends, and that its cell sends the same."""

from __future__ import annotations

import json
import threading
import time

import pytest
from IPython.core import getipython

import chat_magic
from chat_magic import InvalidRequest, Panel
from chat_magic.core.request.parameters import PARAMETERS
from chat_magic.core.unset import UNSET
from chat_magic.shell.jobs import Job
from chat_magic.shell.panel import panel as panel_module
from chat_magic.store import presets
from chat_magic.transport.configuration import configure
from chat_magic.view.bundle import MIME_TYPE
from tests.completions import DONE, completion, delta
from tests.engine.test_every_parameter import ROWS, answer
from tests.gateway import HOLD, Gateway, Wait, events, streamed, whole

OFFERED = [name for name, row in PARAMETERS.items() if row.replaced_by is None]
WIDGET = "application/vnd.jupyter.widget-view+json"


@pytest.fixture(scope="module", autouse=True)
def _magics(shell):
    """Load the extension."""
    chat_magic.load_ipython_extension(shell)
    yield
    chat_magic.unload_ipython_extension(shell)


@pytest.fixture
def shown(monkeypatch):
    """Return what is published: bundles, the newest last."""
    from chat_magic.view.live import notebook_display

    sent = []
    monkeypatch.setattr(notebook_display, "publish", lambda bundle, *_: sent.append(bundle))
    return sent


@pytest.fixture
def open_panel(shell, shown):
    """Return a function that opens a panel of the test's shell."""
    return lambda source="%%chat a/b\nuser: Hi": Panel(source, shell)


def choose(panel, name, value):
    """Choose a value in a control's own widgets, as a user does."""
    control = panel.form.controls[name]
    control.input.write(value)
    control.sends.value = True


def finish(panel):
    """Wait until a run has ended and is in the strip."""
    job = panel._job
    job.join()
    deadline = time.monotonic() + 10
    while not panel.stop_button.disabled and time.monotonic() < deadline:
        time.sleep(0.005)
    return job


CASES = [
    (name, value)
    for name in OFFERED
    for _, value in ROWS[name].taken
    if value is not None and not (name == "stop" and isinstance(value, str))
]


@pytest.fixture(scope="module")
def server():
    """One gateway for all, the configured one."""
    with Gateway(answer) as server, pytest.MonkeyPatch.context() as patch:
        patch.setenv("CHAT_MAGIC_BASE_URL", server.base_url)
        yield server


@pytest.mark.parametrize(("name", "value"), CASES)
def test_what_the_panel_sends_is_what_its_cell_sends(open_panel, shell, server, name, value):
    """For every parameter of the table, with what it needs: the JSON is the same to the byte."""
    panel = open_panel()
    for each, other in ROWS[name].beside.items():
        choose(panel, each, other)
    choose(panel, name, value)
    server.requests.clear()
    panel.run().wait()
    shell.run_cell(panel.cell.replace("\n", " ;\n", 1)).raise_error()
    sent, again = (request.body for request in server.requests)
    assert sent == again
    assert json.dumps(json.loads(sent)[name]) == json.dumps(value)


@pytest.mark.parametrize("name", OFFERED)
def test_nothing_is_sent_that_is_not_set(open_panel, name):
    """Opened, every control is off; on and off again, it says nothing either."""
    panel = open_panel()
    assert panel.cell == "%%chat a/b\nuser: Hi"
    panel.form.controls[name].sends.value = True
    panel.form.controls[name].sends.value = False
    assert panel.cell == "%%chat a/b\nuser: Hi"


def test_deprecated_parameters_are_not_offered_and_not_lost(open_panel):
    """They stay where a cell had them, and the panel says so; resetting takes them away."""
    panel = open_panel("%%chat a/b --max-tokens 5\nHi")
    assert list(panel.form.controls) == OFFERED
    assert "--max-tokens 5" in panel.cell
    assert "max_tokens 5: deprecated" in panel.status.value
    panel.reset()
    assert panel.cell == "%%chat a/b\nuser: Hi"


def test_every_control_has_a_label_a_tooltip_and_its_help(open_panel):
    """So that a screen reader names it, and nobody has to look a parameter up."""
    panel = open_panel()
    for name, control in panel.form.controls.items():
        assert control.sends.description == name
        assert PARAMETERS[name].help.split(":")[0].split("\\")[0][:20] in control.note.value
        for widget in control.input.widgets:
            tips = widget.tooltip or getattr(widget, "tooltips", None) or widget.description
            assert tips, (name, widget)


@pytest.mark.parametrize(
    ("name", "entry", "words"),
    [
        ("temperature", 3, "temperature 3: must be 0 to 2"),
        ("top_k", 0, "top_k 0: must be a whole number, at least 1"),
        ("n", 500, "n 500: must be a whole number, 1 to 128"),
    ],
)
def test_a_value_out_of_range_is_said_beside_its_control(open_panel, name, entry, words):
    """As it is typed; nothing is changed silently, and nothing can be run."""
    panel = open_panel()
    panel.form.controls[name].input.widgets[-1].value = entry
    assert words in panel.form.controls[name].note.value
    assert words in panel.status.value
    assert panel.run_button.disabled
    with pytest.raises(InvalidRequest, match=words):
        panel.run()
    panel.form.controls[name].input.widgets[-1].value = 1
    assert words not in panel.form.controls[name].note.value
    assert not panel.run_button.disabled


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("response_format", "{", "response_format: is not JSON"),
        ("logit_bias", "the=1", "must be token ids"),
        ("seed", "x", "seed x: must be a whole number"),
        ("seed", "", "must be a whole number"),
        ("tools", "[1]", "tools[0]: must be a function"),
    ],
)
def test_a_text_that_is_no_value_is_said_beside_its_control(open_panel, name, text, words):
    panel = open_panel()
    control = panel.form.controls[name]
    control.input.widgets[0].value = "1"
    control.input.widgets[0].value = text
    assert words in control.note.value
    assert panel.run_button.disabled


def test_what_cannot_be_set_is_greyed_out_and_says_why(open_panel):
    """Until what it needs is there; what is sent already can be changed."""
    panel = open_panel()
    choice = panel.form.controls["tool_choice"]
    assert choice.sends.disabled
    assert "needs tools" in choice.note.value
    panel.form.options.value = "--tools f"
    assert not choice.sends.disabled
    choose(panel, "tool_choice", "auto")
    panel.form.options.value = ""
    assert not choice.sends.disabled
    assert "tool_choice needs tools" in panel.status.value
    choose(panel, "logprobs", False)
    assert panel.form.controls["top_logprobs"].sends.disabled


def test_a_slider_and_its_entry_are_one(open_panel):
    """Dragging sends it, in the slider's steps; typing moves the slider as far as it goes."""
    panel = open_panel()
    slider, entry = panel.form.controls["temperature"].input.widgets
    slider.value = 0.1 + 0.2
    assert (entry.value, panel.form.controls["temperature"].is_sent) == (0.3, True)
    assert "--temperature 0.3\n" in panel.cell
    entry.value = 5
    assert (slider.value, entry.value) == (2, 5)


def test_a_default_of_the_settings_is_shown_and_can_be_held_back(open_panel, server):
    """What a control does not send the settings may; `send nothing` is `--unset`."""
    configure("temperature", 0.2)
    panel = open_panel()
    control = panel.form.controls["temperature"]
    assert "0.2 is sent (%config)" in control.note.value
    server.requests.clear()
    panel.run().wait()
    control.holds_back.value = True
    assert "--unset temperature" in panel.cell
    finish(panel)
    panel.run().wait()
    finish(panel)
    control.sends.value = True
    assert not control.holds_back.value
    panel.run().wait()
    assert [request.json.get("temperature") for request in server.requests] == [0.2, None, 0.2]


def test_a_seed_can_be_thrown(open_panel):
    """And is then sent."""
    panel = open_panel()
    control = panel.form.controls["seed"]
    control.input.dice.click()
    seed = control.read()
    assert 0 <= seed < 2**31
    assert f"--seed {seed}" in panel.cell
    control.input.dice.click()
    assert control.read() != seed


def test_messages_are_added_moved_and_taken_away(open_panel):
    """Each has its role and text; what is empty is no message."""
    panel = open_panel("%%chat a/b\nsystem: S\nuser: {{ name }}")
    editor = panel.form.messages
    editor._add.click()
    assert panel.cell == "%%chat a/b\nsystem: S\nuser: {{ name }}"
    editor._rows[2].text.value = "It is"
    assert panel.cell.endswith("assistant: It is")
    editor._rows[2].role.value = "user"
    editor._rows[2].text.value = "user: is text here"
    assert panel.cell.endswith("user: user: is text here")
    up = editor._list.children[2].children[0].children[1]
    up.click()
    assert panel.cell.index("is text here") < panel.cell.index("{{ name }}")
    gone = editor._list.children[0].children[0].children[3]
    gone.click()
    assert "system" not in panel.cell


def test_what_only_json_can_hold_stays_and_can_be_moved(open_panel, gateway):
    """A message with calls of tools cannot be changed in the panel, and is not lost."""
    called = {"role": "assistant", "content": None, "tool_calls": [{"id": "c", "type": "function",
              "function": {"name": "f", "arguments": "{}"}}]}  # fmt: skip
    body = {"messages": [{"role": "user", "content": "Hi"}, called,
                         {"role": "tool", "tool_call_id": "c", "content": "1"}]}  # fmt: skip
    panel = open_panel("%%chat a/b\n" + json.dumps(body))
    assert panel.form.messages._rows[1].text.disabled
    server = gateway(streamed(completion("Hi")))
    panel.run().wait()
    assert server.requests[0].json["messages"] == body["messages"]


def test_templates_are_filled_in_when_it_runs(open_panel, shell, gateway):
    """As in a cell; a result that is taken up is text."""
    server = gateway(streamed(completion("Hi")))
    shell.user_ns["name"] = "{{ Ada }}"
    panel = open_panel("%%chat a/b\nHello {{ name }}")
    result = panel.run().wait()
    assert server.requests[0].json["messages"][0]["content"] == "Hello {{ Ada }}"
    again = open_panel(result)
    assert again.cell == "%%chat a/b --raw\nuser: Hello {{ Ada }}"
    shell.user_ns.pop("name")
    finish(panel)
    with pytest.raises(InvalidRequest, match="'name' is undefined"):
        panel.run()
    assert (panel.run_button.disabled, panel.stop_button.disabled) == (False, True)


def test_options_of_the_magic_stay_on_the_line(open_panel, shell, gateway):
    """`--out` is bound at the end; what is none is said below the field."""
    gateway(streamed(completion('{"age": 3}')))
    panel = open_panel("%%chat a/b --schema 'age: int' --out r\nHow old?")
    assert panel.form.options.value == "--schema 'age: int' --out r"
    panel.run().wait()
    finish(panel)
    assert shell.user_ns["r"].parsed["age"] == 3
    panel.form.options.value = "--dry-run"
    assert "--dry-run: has no meaning here" in panel.status.value


def test_stop_ends_the_answer_within_200_ms_and_keeps_what_came(open_panel, shown, gateway):
    """From the click until the partial answer is drawn and kept, at a server that stalls."""
    gateway(events(delta("Half"), HOLD))
    panel = open_panel()
    took_s = []
    for _ in range(5):
        panel.run_button.click()
        while panel._job._run.rounds.answer.n_tokens == 0:
            time.sleep(0.005)
        began = time.monotonic()
        panel.stop_button.click()
        finish(panel)
        took_s.append(time.monotonic() - began)
        assert "Half" in shown[-1]["text/plain"]
        assert "interrupted" in shown[-1]["text/plain"]
    assert max(took_s) < 0.2, took_s
    assert [result.text for result in panel.results] == ["Half"] * 5
    assert "cancelled" in panel.status.value


def test_the_kernel_is_free_while_it_runs(open_panel, shell, gateway):
    """Run comes back at once; a second run has to wait for the first."""
    gate = threading.Event()
    gateway(events(delta("Hi"), Wait(gate), delta(finish_reason="stop"), DONE))
    panel = open_panel()
    job = panel.run()
    assert isinstance(job, Job)
    assert (panel.run_button.disabled, panel.stop_button.disabled) == (True, False)
    assert shell.run_cell("x = 6 * 7").success
    with pytest.raises(InvalidRequest, match="runs already"):
        panel.run()
    panel.form.controls["seed"].input.dice.click()
    assert panel.run_button.disabled
    gate.set()
    assert job.text == "Hi"


def test_earlier_answers_can_be_shown_taken_up_and_compared(open_panel, shown, gateway):
    """They stay in a strip with their first words and what was changed."""
    gateway(*[streamed(completion(text)) for text in ("One", "Two", "Three")])
    panel = open_panel()
    for temperature in (0, 1, 2):
        choose(panel, "temperature", temperature)
        panel.run_button.click()
        finish(panel)
    strip = panel.strip
    assert [result.text for result in panel.results] == ["One", "Two", "Three"]
    newest, _, oldest = strip.thumbnails
    assert newest.children[0].description == "Three"
    assert "temperature 2" in newest.children[1].value
    oldest.children[0].click()
    assert "One" in shown[-1]["text/plain"]
    oldest.children[2].children[1].click()
    assert "--temperature 0\n" in panel.cell
    assert strip.compare.disabled
    for taken in strip.taken[:2]:
        strip.boxes[taken].value = True
    strip.compare.click()
    assert {"One", "Two"} <= set(shown[-1]["text/plain"].split())
    assert len(shown[-1][MIME_TYPE]["results"]) == 2


def test_a_failed_run_is_kept_and_cannot_be_compared(open_panel, shown, gateway):
    """Its error is drawn in the place of an answer."""
    gateway(whole({"error": {"message": "no such thing"}}, status=400))
    panel = open_panel()
    panel.run_button.click()
    finish(panel)
    assert "no such thing" in shown[-1]["text/plain"]
    (taken,) = panel.strip.taken
    assert panel.strip.boxes[taken].disabled
    assert panel.results == []
    assert "failed" in panel.status.value
    shown.clear()
    thumbnail = panel.strip.thumbnails[0].children[0]
    assert "no such thing" in thumbnail.description
    thumbnail.click()
    assert "no such thing" in shown[-1]["text/plain"]


def test_the_thumbnail_of_a_grid_begins_its_answers(open_panel, gateway):
    """And the grid can fill a panel, with its first request."""
    answers = {0: "Zero", 1: "One"}
    gateway(lambda request: streamed(completion(answers[request.json["temperature"]])))
    panel = open_panel("%%chat a/b --sweep temperature=0,1\nuser: Hi")
    panel.run_button.click()
    finish(panel)
    assert panel.strip.thumbnails[0].children[0].description == "2 answers | Zero | One"
    assert open_panel(panel.results[0]).cell == "%%chat a/b --temperature 0\nuser: Hi"


def test_a_comparison_that_cannot_be_drawn_says_why(open_panel, gateway, monkeypatch):
    """Where the user looks, not in the log."""
    gateway(streamed(completion("One")), streamed(completion("Two")))
    panel = open_panel()
    for _ in range(2):
        panel.run_button.click()
        finish(panel)
    for box in panel.strip.boxes.values():
        box.value = True

    def refuse(*_results):
        raise InvalidRequest("compare: there is one answer")

    monkeypatch.setattr(panel_module, "compare", refuse)
    panel.strip.compare.click()
    assert "compare: there is one answer" in panel.status.value


def test_what_a_model_writes_is_text_in_the_strip(open_panel, gateway):
    """In whatever a thumbnail shows."""
    gateway(streamed(completion("<img src=x onerror=alert(1)>\x1b[31m")))
    panel = open_panel("%%chat a/<b>x --metadata 'k=<script>'\nHi")
    panel.run().wait()
    finish(panel)
    facts = panel.strip.thumbnails[0].children[1].value
    assert "<script>" not in facts
    assert "<b>x" not in facts
    assert "\x1b" not in panel.strip.thumbnails[0].children[0].description
    assert "<script>" not in panel.cell_view.widget.value


def test_presets_are_saved_loaded_and_deleted(open_panel, config_file, shell):
    """Settings and the model; the messages stay those of the panel."""
    config_file("")
    panel = open_panel("%%chat a/b --temperature 0.5 --top-logprobs 3 --out r\nHi")
    panel.presets.name.value = "sure"
    panel.presets.save.click()
    assert presets.names() == ["sure"]
    assert panel.presets.name.options == ("sure",)
    other = open_panel("%%chat c/d --n 2\nOther")
    other.presets.name.value = "sure"
    other.presets.load.click()
    assert other.cell == "%%chat a/b --temperature 0.5 --top-logprobs 3 --out r\nuser: Other"
    other.presets.name.value = "sur"
    other.presets.delete.click()
    assert "preset sur: there is none of this name; did you mean sure?" in other.status.value
    other.presets.name.value = "sure"
    other.presets.delete.click()
    assert presets.names() == []
    other.presets.name.value = " "
    other.presets.save.click()
    assert "preset: give it a name" in other.status.value


def test_a_preset_that_cannot_be_written_leaves_nothing_behind(config_file, monkeypatch):
    """The old file stays, and no half-written one beside it."""
    path = config_file("").with_name(presets.FILE)
    presets.save("half a pair \ud83d", "%%chat")
    assert presets.names() == ["half a pair \ud83d"]
    before = sorted(path.parent.iterdir())

    def refuse(_self, _target):
        raise PermissionError(13, "in use")

    monkeypatch.setattr(type(path), "replace", refuse)
    with pytest.raises(InvalidRequest, match="cannot be written: in use"):
        presets.save("other", "%%chat")
    assert presets.names() == ["half a pair \ud83d"]
    assert sorted(path.parent.iterdir()) == before


def test_a_broken_file_of_presets_is_said_and_kept(open_panel, config_file):
    """Nothing is written over what cannot be read."""
    path = config_file("").with_name(presets.FILE)
    path.write_text("{")
    panel = open_panel()
    panel.presets.name.value = "x"
    panel.presets.save.click()
    assert "cannot be read" in panel.status.value
    assert path.read_text() == "{"
    path.write_text('{"version": 9, "presets": {}}')
    panel.presets.save.click()
    assert "holds no presets of version 1" in panel.status.value


def test_the_model_is_checked_as_it_is_typed(open_panel, monkeypatch, config_file):
    """The known ones are offered; where a request would go is said below."""
    monkeypatch.delenv("CHAT_MAGIC_BASE_URL", raising=False)
    config_file('[aliases]\nfast = "a/b"\n')
    panel = open_panel("%%chat local\nHi")
    assert {"fast", "local"} <= set(panel.form.model.options)
    assert "the local server" in panel.form.notes["model"].value
    panel.form.model.value = "nobody/nothing"
    assert "no server is configured for nobody/nothing" in panel.form.notes["model"].value
    assert panel.cell == "%%chat nobody/nothing\nuser: Hi"
    panel.form.model.value = ""
    assert "local/smollm2-135m-instruct answers" in panel.form.notes["model"].value
    assert panel.cell == "%%chat\nuser: Hi"


def test_it_can_be_filled_from_the_notebook(open_panel, shell, gateway):
    """From results by their names, and from the cells that were run."""
    gateway(streamed(completion("Hi")))
    shell.user_ns.pop("r", None)
    shell.user_ns["mine"] = chat_magic.chat("From a result", model="c/d")
    shell.history_manager.input_hist_raw.append("%%chat e/f\nuser: From a cell")
    panel = open_panel()
    titles = [title for title, _ in panel.sources.widget.options]
    assert titles[1:] == ["result mine", "%%chat e/f user: From a cell"]
    panel.sources.widget.value = 1
    assert panel.cell == "%%chat c/d\nuser: From a result"
    panel.sources.widget.value = 2
    assert panel.cell == "%%chat e/f\nuser: From a cell"
    assert panel.sources.widget.value == 0
    del shell.user_ns["mine"]


def test_it_is_filled_from_a_job_that_has_ended(open_panel, shell, gateway):
    """One that goes on is not offered: it would stop the kernel; a failed one has no request."""
    held = threading.Event()
    gateway(
        events(delta("Half"), Wait(held), delta(" whole", finish_reason="stop"), DONE),
        whole({"error": "x"}, status=400),
    )
    panel = open_panel("%%chat c/d\nuser: From a job")
    job = shell.user_ns["job"] = panel.run()
    other = open_panel()
    assert "result job" not in dict(other.sources.widget.options)
    held.set()
    finish(panel)
    other = open_panel()
    assert "result job" in dict(other.sources.widget.options)
    other.fill(job)
    assert other.cell == "%%chat c/d\nuser: From a job"
    failed = shell.user_ns["job"] = panel.run()
    finish(panel)
    assert "result job" not in dict(open_panel().sources.widget.options)
    with pytest.raises(InvalidRequest, match=f"nothing came of job {failed.number} .failed."):
        other.fill(failed)
    del shell.user_ns["job"]


def test_the_command_opens_one(shell, shown, gateway, monkeypatch):
    """Filled from a name, or else from the last cell; what is neither is refused."""
    gateway(streamed(completion("Hi")))
    monkeypatch.setattr(panel_module, "get_ipython", lambda: shell)
    monkeypatch.setattr(shell.history_manager, "input_hist_raw", ["x = 1"])
    shell.user_ns["mine"] = chat_magic.chat("From a result", model="c/d")
    shell.user_ns["number"] = 1

    def chat(line):
        return shell.run_line_magic("chat", line)

    assert chat("/panel mine").cell == "%%chat c/d\nuser: From a result"
    assert chat("/panel").cell == "%%chat\n"
    shell.history_manager.input_hist_raw.append("%%chat e/f\nHi")
    assert chat("/panel").cell == "%%chat e/f\nuser: Hi"
    with pytest.raises(InvalidRequest, match="/panel nobody: there is no such name"):
        chat("/panel nobody")
    with pytest.raises(InvalidRequest, match="int is neither a result nor a cell"):
        chat("/panel number")


def test_a_page_that_was_loaded_anew_gets_the_answers_within_the_panel(open_panel, gateway):
    """Displayed again, the panel puts the last one below it."""
    gateway(streamed(completion("One")), streamed(completion("Two")))
    panel = open_panel()
    panel.run().wait()
    finish(panel)
    assert panel._inner.outputs == ()
    panel.widget.get_state()
    assert "loaded anew" in panel.status.value
    panel.run().wait()
    finish(panel)
    assert MIME_TYPE in panel._inner.outputs[0]["data"]


def test_without_messages_there_is_nothing_to_run(open_panel):
    panel = open_panel(None)
    assert panel.cell == "%%chat\n"
    panel.run_button.click()
    assert "no messages: there is no prompt" in panel.status.value


@pytest.mark.parametrize("source", [1, chat_magic.ChatError("x")])
def test_it_is_filled_from_results_and_cells_only(open_panel, source):
    with pytest.raises(InvalidRequest, match="is neither a result nor a cell"):
        open_panel(source)


def test_without_a_shell_there_is_no_panel(monkeypatch):
    monkeypatch.setattr(panel_module, "get_ipython", getipython.get_ipython)
    with pytest.raises(InvalidRequest, match="no IPython shell"):
        Panel()


@pytest.mark.parametrize("is_watched", [True, False])
def test_its_display_says_what_it_sends_where_there_are_no_widgets(
    open_panel, monkeypatch, is_watched
):
    """Beside the widget; alone where the notebook is executed without anybody before it."""
    sent = []
    monkeypatch.setattr(panel_module, "publish_display_data", lambda data, _: sent.append(data))
    panel = open_panel("%%chat a/b --temperature 0.5\nuser: <b>{{ x }}")
    monkeypatch.setattr(type(panel._magics), "is_watched", is_watched)
    panel._ipython_display_()
    (bundle,) = sent
    assert (WIDGET in bundle) == is_watched
    assert "%%chat a/b --temperature 0.5\nuser: <b>{{ x }}" in bundle["text/plain"]
    assert "temperature 0.5" in bundle["text/html"]
    assert "user: &lt;b&gt;{{ x }}" in bundle["text/html"]
    assert "<script" not in bundle["text/html"]


def test_what_is_unset_stays_so(open_panel):
    """A cell's `--unset` is shown, though no setting says anything."""
    panel = open_panel("%%chat a/b --unset top_p\nHi")
    control = panel.form.controls["top_p"]
    assert control.read() is UNSET
    assert control.holds_back.layout.display is None
    assert "--unset top_p" in panel.cell


def titles(panel):
    return [fold.title for fold in panel.form.groups.values()]


def test_a_folded_group_says_what_it_sends(open_panel):
    """So that nothing that is sent is out of sight; what another setting implies goes unsaid."""
    panel = open_panel("%%chat a/b -t 0.5 --top-logprobs 5 --stop one --stop two\nuser: Hi")
    assert titles(panel) == [
        "sampling · temperature 0.5",
        "output · stop one, two",
        "choices and probabilities · top_logprobs 5",
        "advanced",
    ]
    panel.reset()
    assert titles(panel) == ["sampling", "output", "choices and probabilities", "advanced"]


def test_a_long_value_is_cut_in_the_title_of_its_group(open_panel):
    panel = open_panel()
    choose(panel, "stop", ["x" * 200])
    assert titles(panel)[1].endswith("xx…")
    assert len(titles(panel)[1]) == 70


@pytest.mark.parametrize(
    ("title", "spoil"),
    [
        ("output", lambda form: choose_text(form, "max_completion_tokens", 0)),
        ("advanced", lambda form: choose_text(form, "logit_bias", "a=b")),
        ("advanced", lambda form: setattr(form.extra, "value", "{")),
        ("advanced", lambda form: setattr(form.options, "value", "--nothing")),
    ],
)
def test_a_folded_group_opens_where_something_is_wrong(open_panel, title, spoil):
    """Only sampling is open at first."""
    panel = open_panel()
    opened = lambda: [t for t, f in panel.form.groups.items() if f.is_open]  # noqa: E731
    assert opened() == ["sampling"]
    spoil(panel.form)
    assert opened() == ["sampling", title]


def choose_text(form, name, value):
    form.controls[name].input.widgets[0].value = value


def test_a_limit_that_is_ticked_begins_where_an_answer_is_possible(open_panel):
    """Not at its least, with which a model would say one token."""
    panel = open_panel()
    for name in ("max_completion_tokens", "top_k"):
        panel.form.controls[name].sends.value = True
    assert panel.cell.startswith("%%chat a/b --top-k 40 --max-completion-tokens 256\n")
