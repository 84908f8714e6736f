"""The magics in a real kernel: one output per cell, values, errors, interrupts and displays."""

from __future__ import annotations

import threading
from contextlib import nullcontext

import pytest

from chat_magic.errors import StreamBroken
from chat_magic.shell import load_ipython_extension, unload_ipython_extension
from chat_magic.view.bundle import MIME_TYPE
from chat_magic.view.live import display as live_display
from tests.completions import DONE, completion, delta
from tests.gateway import HOLD, Answer, Sleep, Wait, events, streamed, whole
from tests.kernels import REPLY_S
from tests.waiting import TIMEOUT_S


def test_in_a_kernel_an_ordinary_line_says_where_the_history_is(kernel, at_gateway, tmp_path):
    """Once, above the first answer; what is on stderr looks like a fault there."""
    at_gateway(streamed(completion("Hello")), streamed(completion("Hello")))
    kernel.run(f"os.environ['CHAT_MAGIC_HISTORY'] = {str(tmp_path / 'history.db')!r}")
    outputs = [*kernel.run("%%chat a/b\nHi").outputs, *kernel.run("%%chat a/b\nHi").outputs]
    kernel.run("os.environ['CHAT_MAGIC_HISTORY'] = 'off'")
    (line,) = [output for output in outputs if "text" in output]
    assert line["name"] == "stdout"
    assert line["text"].startswith("chat-magic keeps a history in ")
    assert "text" in outputs[0]


def test_a_cell_leaves_one_output_and_its_value(kernel, at_gateway):
    """The result is the last update of the live display, and the value of `_` and `--out`."""
    gateway = at_gateway(streamed(completion("Hello there", n_top=2)))
    ran = kernel.run("%%chat a/b --out r --top-logprobs 2\nWhat's {this} $x?")
    assert ran.status == "ok"
    assert len(ran.outputs) == 1
    assert set(ran.outputs[0]["data"]) == {MIME_TYPE, "text/html", "text/plain"}
    assert gateway.requests[0].json["messages"][0]["content"] == "What's {this} $x?"
    assert (
        kernel.value("(r.text, _ is r, type(r).__name__)") == "('Hello there', True, 'ChatResult')"
    )


@pytest.mark.parametrize(
    "code",
    [
        "def ask(word):\n    r = %chat -m a/b Say {{ word }}\n    return r\nr = ask('hello')",
        "def ask(word):\n  for _ in [1]:\n    %chat -m a/b Say {{ word }}\nask('hello')",
        "class A:\n    word = 'hello'\n    r = %chat -m a/b Say {{ word }}",
        "word = 'hello'\n%chat -m a/b Say {{ word }}",
    ],
)
def test_a_line_sees_the_variables_where_it_stands(kernel, at_gateway, code):
    """Those of its function before those of the notebook."""
    gateway = at_gateway(streamed(completion("Hi")))
    kernel.run("word = 'global'")
    ran = kernel.run(code)
    assert ran.status == "ok", ran.traceback
    assert gateway.requests[0].json["messages"][0]["content"] == "Say hello"


@pytest.mark.parametrize(
    "cell",
    [
        "#| label: a\n\n%%chat a/b\nIt's me?",
        "%%time\n%%chat a/b\nIt's me?",
        "# timed\n%%time\n# it's\n%%chat a/b\nIt's me?",
        "%%capture\n%%chat a/b\nIt's me?",
        "%%chat\N{NO-BREAK SPACE}a/b\nIt's me?",
    ],
)
def test_what_may_be_above_a_cell_magic_changes_nothing(kernel, at_gateway, cell):
    """Comments, blank lines and other magics; a no-break space counts as a space."""
    gateway = at_gateway(streamed(completion("Hi")))
    ran = kernel.run(cell)
    assert ran.status == "ok", ran.traceback
    assert gateway.requests[0].json["messages"][0]["content"] == "It's me?"


def test_python_above_a_cell_magic_is_an_error_of_one_line(kernel):
    """It says what may be there."""
    ran = kernel.run("x = 1\n%%chat a/b\nIt's me?")
    assert len(ran.traceback) == 1
    assert "line 2: %%chat must begin its cell" in ran.traceback[0]


def test_out_n_holds_the_result_and_later_displays_draw_it(kernel, at_gateway):
    """Only the display that the cell has already shown is skipped."""
    at_gateway(streamed(completion("Hi")))
    kernel.run("r = %chat -m a/b Hello?")
    shown = kernel.run("r")
    assert len(shown.outputs) == 1
    assert MIME_TYPE in shown.outputs[0]["data"]
    kernel.run("%chat -m a/b Hello?")
    assert kernel.value("Out[max(Out)].text") == "'Hi'"


def test_a_semicolon_suppresses_the_output_and_still_assigns(kernel, at_gateway):
    """At the end of the `%%chat` line."""
    at_gateway(streamed(completion("Hi")))
    assert kernel.run("%%chat a/b --out quiet ;\nhello;").outputs == []
    assert kernel.value("quiet.text") == "'Hi'"


def test_an_unset_number_of_choices_is_one(kernel, at_gateway):
    """It is not sent, and the answer streams like any other."""
    last = delta(finish_reason="stop")
    gateway = at_gateway(events(delta("Hi"), Sleep(0.3), last, b"data: [DONE]\n\n"))
    ran = kernel.run("%%chat a/b --unset n --out r\nHello")
    assert ran.status == "ok", ran.traceback
    assert "n" not in gateway.requests[0].json
    assert kernel.value("(r.text, r.request.n, r.warnings)") == "('Hi', 1, ())"


def test_an_answer_streams_into_the_cell(kernel, at_gateway):
    """Text appears while the rest has yet to come: the server waits until each part is shown."""
    one, two, three = (threading.Event() for _ in range(3))
    parts = [delta("One"), Wait(one), delta(" two"), Wait(two), delta(" three"), Wait(three)]
    at_gateway(events(*parts, delta(finish_reason="stop"), b"data: [DONE]\n\n"))
    gates = {"One": one.set, "One two": two.set, "One two three": three.set}
    ran = kernel.run("%%chat a/b\nCount", when_shown=gates)
    assert all(gate.is_set() for gate in (one, two, three))
    assert len(ran.outputs) == 1


def test_a_console_prints_an_answer_as_it_arrives_and_once(kernel, at_gateway):
    """It ignores updates; its own output is not cleared, and there is no `Out[n]` to repeat it."""
    gate = threading.Event()
    rest = [Wait(gate), delta(" there", finish_reason="stop"), DONE]
    at_gateway(events(delta("Hello"), *rest))
    with kernel.as_console():
        ran = kernel.run("%%chat a/b --out r\nHi", when_shown={"Hello": gate.set})
    assert ran.printed.startswith("Hello there")
    assert ran.printed.count("Hello") == 1
    assert (len(ran.displays), ran.updates, ran.clears) == (0, 0, 0)
    assert kernel.value("(r.text, _.text)") == "('Hello there', 'Hello there')"


@pytest.mark.parametrize(
    ("setting", "as_console", "is_printed"), [("'off'", False, True), ("'on'", True, False)]
)
def test_the_setting_of_updates_decides_otherwise(
    kernel, at_gateway, setting, as_console, is_printed
):
    """For a console that takes updates, or a front end that does not."""
    at_gateway(streamed(completion("Hello there")))
    kernel.run(f"%config ChatMagics.updates = {setting}")
    with kernel.as_console() if as_console else nullcontext():
        ran = kernel.run("%chat -m a/b Hi")
    kernel.run("%config ChatMagics.updates = None")
    assert ("Hello there" in ran.printed) == is_printed
    assert bool(ran.displays) != is_printed


@pytest.mark.parametrize("option", ["", " --background --out r"])
def test_a_program_that_executes_a_notebook_is_shown_the_complete_answer_only(
    kernel, at_gateway, option
):
    """In one message: papermill logs what is shown first, and nothing later."""
    at_gateway(events(delta("Hello"), Sleep(0.4), delta(" there", finish_reason="stop"), DONE))
    ran = kernel.run(f"%%chat a/b{option}\nHi", accepts_input=False)
    assert (len(ran.displays), ran.updates) == (1, 0)
    assert "Hello there" in ran.displays[0]["data"]["text/plain"]
    assert MIME_TYPE in ran.displays[0]["data"]


def test_interrupting_the_kernel_stops_the_request_and_keeps_what_arrived(kernel, at_gateway):
    """The connection is closed, the partial answer shown and assigned; one line says so."""
    gateway = at_gateway(events(delta("Half an"), delta(" answer"), HOLD))
    ran = kernel.run("%%chat a/b --out half\nSpeak", interrupt_at="answer")
    assert ran.status == "error"
    assert ran.traceback == ["ChatInterrupted: the request was interrupted"]
    assert len(ran.displays) == 1
    assert MIME_TYPE in ran.displays[0]["data"]
    assert gateway.requests[0].closed.wait(TIMEOUT_S)
    assert kernel.value("(half.text, half[0].finish_reason)") == "('Half an answer', 'interrupted')"


def test_an_interrupt_stops_run_all_but_not_except_exception(kernel, at_gateway):
    """ChatInterrupted is a KeyboardInterrupt, not an Exception."""
    expression = "(lambda e: (issubclass(e, KeyboardInterrupt), issubclass(e, Exception)))"
    assert (
        kernel.value(f"{expression}(__import__('chat_magic').ChatInterrupted)") == "(True, False)"
    )


def test_an_error_is_one_line_and_leaves_no_display(kernel, at_gateway):
    """It has the server's message, and what to change."""
    at_gateway(whole({"error": {"message": "no such model"}}, status=404))
    ran = kernel.run("%%chat a/b\nHi")
    assert ran.status == "error"
    assert len(ran.traceback) == 1
    assert "404" in ran.traceback[0]
    assert "no such model" in ran.traceback[0]


def test_a_late_error_removes_the_waiting_display(kernel, at_gateway):
    """The error is the only output; beside other output of the cell it is only emptied."""
    body = b'{"error": {"message": "no such model"}}'
    first, second = threading.Event(), threading.Event()
    at_gateway(
        *(Answer([Wait(gate), body], status=404, framing="close") for gate in (first, second))
    )
    ran = kernel.run("%%chat a/b\nHi", when_shown={"": first.set})
    assert [len(ran.displays), len(ran.outputs), len(ran.traceback)] == [0, 1, 1]
    beside = kernel.run("print('mine')\n%chat -m a/b Hi", when_shown={"": second.set})
    assert beside.printed == "mine\n"
    assert first.is_set()
    assert second.is_set()


def test_a_broken_stream_shows_and_assigns_what_had_arrived(kernel, at_gateway):
    """It raises StreamBroken."""
    at_gateway(events(delta("Half"), b"data: {broken\n\n"))
    ran = kernel.run("%%chat a/b --out broken\nHi")
    assert ran.traceback[0].startswith("StreamBroken: ")
    assert len(ran.displays) == 1
    assert kernel.value("(broken.text, broken[0].finish_reason)") == "('Half', 'error')"


def test_an_invalid_cell_sends_nothing(kernel, at_gateway):
    """The error names the option, its value, the range and the place."""
    gateway = at_gateway(streamed(completion("Hi")))
    ran = kernel.run("%%chat a/b --temperature 3\nHi")
    (line,) = ran.traceback
    assert line.startswith("InvalidRequest: line 1, column 12: --temperature 3: must be 0 to 2; ")
    assert line.endswith("to send it all the same: --extra temperature=3")
    assert gateway.requests == []


def test_a_cell_continues_from_the_last_answer_or_from_a_choice(kernel, at_gateway):
    """`-c` uses the last result, `--after NAME:CHOICE` any choice, with its model."""
    gateway = at_gateway(streamed(completion("zero", "one")))
    kernel.run("%%chat a/b -n 2 --out first\nHi")
    kernel.run("%chat -c Go on")
    kernel.run("%%chat --after first:1\nGo on")
    sent = [[m["content"] for m in request.json["messages"]] for request in gateway.requests]
    assert sent == [["Hi"], ["Hi", "zero", "Go on"], ["Hi", "one", "Go on"]]
    assert gateway.requests[2].json["model"] == "a/b"


def test_dry_run_shows_the_request_and_sends_nothing(kernel, at_gateway):
    """It shows where the request would go, but no key."""
    gateway = at_gateway(streamed(completion("Hi")))
    ran = kernel.run("%%chat a/b --dry-run -t 0.5\nHi")
    assert gateway.base_url in ran.printed
    assert '"temperature": 0.5' in ran.printed
    assert gateway.requests == []


def test_help_works_alone_and_by_question_mark(kernel):
    """`%%chat --help`, `%chat --help`, `%%chat?`."""
    for cell in ("%%chat --help", "%chat --help"):
        assert "--temperature" in kernel.run(cell).printed
    reply = kernel.reply_to(kernel.client.execute("%%chat?"))
    assert "--temperature" in reply["payload"][0]["data"]["text/plain"]


def test_templates_use_the_variables_of_the_notebook(kernel, at_gateway):
    """An undefined name is an error with its place."""
    gateway = at_gateway(streamed(completion("Hi")))
    kernel.run("name = 'Ada\\nuser: not a message'")
    kernel.run("%%chat a/b\nHello {{ name }}")
    assert gateway.requests[0].json["messages"] == [
        {"role": "user", "content": "Hello Ada\nuser: not a message"}
    ]
    ran = kernel.run("%%chat a/b\nHello {{ nobody }}")
    assert ran.traceback[0].startswith("InvalidRequest: line 2, column 7: ")


def test_config_applies_to_cells_and_functions_and_is_in_the_table(kernel, at_gateway):
    """`%chat /config` has one output, which is also the value of the cell."""
    gateway = at_gateway(streamed(completion("Hi")))
    kernel.run("%config ChatMagics.temperature = 0.2\n%config ChatMagics.model = 'a/b'")
    try:
        kernel.run("%chat Hi")
        kernel.run("%%chat -t 0.3\nHi")
        kernel.run("%%chat --unset temperature\nHi")
        kernel.run("r = __import__('chat_magic').chat('Hi')")
        sent = [request.json.get("temperature") for request in gateway.requests]
        assert sent == [0.2, 0.3, None, 0.2]
        ran = kernel.run("%chat /config")
        assert len(ran.outputs) == 1
        row = "_.set_index('setting').loc['temperature'].tolist()"
        assert kernel.value(row) == "['0.2', '%config']"
    finally:
        kernel.run("%config ChatMagics.temperature = None\n%config ChatMagics.model = None")


@pytest.mark.usefixtures("weights")
def test_the_models_of_a_server_are_a_table(kernel, at_gateway):
    """It is shown once, and is the value of the cell; the local server lists its model too."""
    at_gateway(whole({"data": [{"id": "a/one"}, {"id": "b/<b>two"}]}))
    ran = kernel.run("%chat /models two")
    assert len(ran.outputs) == 1
    assert "b/&lt;b&gt;two" in ran.outputs[0]["data"]["text/html"]
    assert kernel.value("_['id'].tolist()") == "['b/<b>two']"
    assert len(kernel.run("local = %chat -m local /models").outputs) == 1
    assert kernel.value("local['id'].tolist()") == "['local/smollm2-135m-instruct']"
    assert len(kernel.run("local").outputs) == 1


def test_a_key_is_entered_in_the_front_end_and_shown_nowhere(kernel):
    """It is entered as a password, which is kept in no output and no history."""
    kernel.run("import keyring, keyring.backends.null as null")
    kernel.run("keyring.set_keyring(null.Keyring())")
    request = kernel.client.execute("%chat /key set openai", allow_stdin=True)
    asked = kernel.client.get_stdin_msg(timeout=REPLY_S)["content"]
    assert (asked["prompt"], asked["password"]) == ("The key OPENAI_API_KEY: ", True)
    kernel.client.input("sk-canary-typed")
    outputs = []
    while not outputs or outputs[-1]["content"].get("execution_state") != "idle":
        message = kernel.client.get_iopub_msg(timeout=REPLY_S)
        if message["parent_header"].get("msg_id") == request:
            outputs.append(message)
    assert kernel.client.get_shell_msg(timeout=REPLY_S)["content"]["status"] == "ok"
    assert "OPENAI_API_KEY is in the keyring." in str(outputs)
    assert "canary" not in str(outputs)


def test_an_unknown_command_is_an_error_of_one_line(kernel):
    """It names the most similar command."""
    (line,) = kernel.run("%chat /confg").traceback
    assert line.startswith("InvalidRequest: unknown command /confg; did you mean /config?")


def test_unloading_removes_the_magics(kernel):
    """Loading brings them back."""
    kernel.run("%unload_ext chat_magic")
    assert "%%chat" in kernel.run("%%chat a/b\nHi").outputs[0]["text"]
    kernel.run("%load_ext chat_magic")
    assert "--temperature" in kernel.run("%chat --help").printed


def test_a_cell_with_tools_leaves_one_output_that_shows_the_calls(kernel, at_gateway):
    """The functions run in the kernel; the result has the calls, and `-c` continues with them."""
    call = {"name": "double", "arguments": '{"number": 21}'}
    first = completion("", finish_reason="tool_calls")
    first["choices"][0]["message"] = {
        "role": "assistant",
        "tool_calls": [{"id": "c0", "type": "function", "function": call}],
    }
    gateway = at_gateway(streamed(first), streamed(completion("It is 42")))
    kernel.run("def double(number: int) -> int:\n    return 2 * number")
    ran = kernel.run("%%chat a/b --tools double --max-tool-rounds 3 --out r\nTwice 21?")
    assert ran.status == "ok", ran.traceback
    assert len(ran.outputs) == 1
    assert "double(number=21) → 42" in ran.displays[0]["data"]["text/plain"]
    assert kernel.value("(r.text, r.tool_runs[0].result)") == "('It is 42', '42')"
    kernel.run("%chat -c Thanks")
    roles = [message["role"] for message in gateway.requests[2].json["messages"]]
    assert roles == ["user", "assistant", "tool", "assistant", "user"]
    refused = kernel.run("%%chat a/b --tools doble\nTwice 21?")
    assert refused.traceback[0].endswith("did you mean double?")
    assert refused.traceback[0].startswith("InvalidRequest: line 1: --tools doble")


def test_tools_of_the_line_are_added_to_those_of_the_yaml_block(kernel, at_gateway):
    """Those of the block are objects and never run; two tools of the same name are refused."""
    gateway = at_gateway(streamed(completion("Hi")))
    block = "---\ntools: [{type: function, function: {name: %s}}]\n---\nHi"
    kernel.run("def double(number: int) -> int:\n    return 2 * number")
    kernel.run("%%chat a/b --tools double\n" + block % "moon")
    sent = [tool["function"]["name"] for tool in gateway.requests[0].json["tools"]]
    assert sent == ["moon", "double"]
    refused = kernel.run("%%chat a/b --tools double\n" + block % "double")
    assert refused.traceback == ["InvalidRequest: tools: two tools are named double"]


def test_missing_choices_are_requested_and_stream_into_the_cell(kernel, at_gateway):
    """With `--no-top-up` the cell has only the choices that the server returned."""
    slow = events(delta("Other"), Sleep(0.5), delta(finish_reason="stop"))
    server = at_gateway(streamed(completion("One")), slow, streamed(completion("Alone")))
    ran = kernel.run("%%chat a/b --n 2 --out r\nHi")
    assert (ran.status, len(ran.outputs)) == ("ok", 1)
    assert kernel.value("[choice.text for choice in r]") == "['One', 'Other']"
    assert "extra request" in ran.displays[0]["data"]["text/html"]
    kernel.run("%%chat a/b --n 2 --no-top-up --out r\nHi")
    assert kernel.value("[choice.text for choice in r]") == "['Alone']"
    assert len(server.requests) == 3


def test_a_wait_before_the_next_try_is_shown_and_can_be_interrupted(kernel, at_gateway):
    """The status line has its reason and its length."""
    server = at_gateway(Answer([b"busy"], status=429, headers={"Retry-After": "30"}))
    ran = kernel.run("%%chat a/b\nHi", interrupt_at="429: try 2 of 3 in 30.0 s")
    assert ran.status == "error"
    assert any("ChatInterrupted" in line for line in ran.traceback)
    assert len(server.requests) == 1


def test_a_grid_leaves_one_output_and_its_value(kernel, at_gateway):
    """`_` and `--out` are a ChatResults; a later display draws it."""
    at_gateway(lambda request: streamed(completion(request.json["messages"][0]["content"])))
    kernel.run("tones = {'formal': 'Sir', 'short': 'Yo'}")
    ran = kernel.run("%%chat a/b --sweep n=1,unset --vary tone=tones --out rs\n{{ tone }}!")
    assert ran.status == "ok", ran.traceback
    assert len(ran.outputs) == 1
    assert set(ran.displays[0]["data"]) == {MIME_TYPE, "text/html", "text/plain"}
    assert (
        kernel.value("([r.text for r in rs], _ is rs)") == "(['Sir!', 'Yo!', 'Sir!', 'Yo!'], True)"
    )
    assert list(kernel.value("list(rs.frame)[:5]").split("'"))[1::2] == [
        "run", "model", "n", "tone", "choice",
    ]  # fmt: skip
    assert len(kernel.run("rs").outputs) == 1
    assert kernel.run("%%chat a/b --sweep n=1,unset --out quiet;\nHi").outputs == []
    assert kernel.value("len(quiet)") == "2"


def test_c_continues_from_a_picked_answer(kernel, at_gateway):
    """It cannot continue from a grid."""
    server = at_gateway(lambda request: streamed(completion(request.json["model"])))
    kernel.run("%%chat --models a/b,c/d --out rs\nHi")
    assert ".pick(1)" in kernel.run("%chat -c On").traceback[0]
    kernel.run("rs.pick(1)")
    assert kernel.run("%chat -c On").status == "ok"
    assert server.requests[-1].json["model"] == "c/d"
    assert [m["content"] for m in server.requests[-1].json["messages"]] == ["Hi", "c/d", "On"]


def test_an_interrupted_grid_shows_and_assigns_what_had_arrived(kernel, at_gateway):
    """Until then, its progress is shown."""

    def answer(request):
        ends = request.json["model"] == "a/b"
        return streamed(completion("Whole")) if ends else events(delta("Half"), HOLD)

    at_gateway(answer)
    ran = kernel.run("%%chat --models a/b,c/d --out rs\nHi", interrupt_at="1 of 2 done")
    assert ran.traceback == ["ChatInterrupted: the request was interrupted"]
    assert len(ran.displays) == 1
    assert MIME_TYPE in ran.displays[0]["data"]
    assert kernel.value("([r.text for r in rs], dict(rs.errors))") == (
        "(['Whole', 'Half'], {1: 'interrupted'})"
    )


def test_a_grid_whose_runs_all_fail_is_an_error_of_one_line(kernel, at_gateway):
    """`--out` is assigned, with the error of each run."""
    at_gateway(whole({"error": {"message": "no such model"}}, status=404))
    ran = kernel.run("%%chat --models a/b,c/d --out rs\nHi")
    (line,) = ran.traceback
    assert line.startswith("ChatError: all 2 runs failed: ")
    assert kernel.value("len(rs.errors)") == "2"


def test_a_dry_run_of_a_grid_shows_every_request(kernel, at_gateway):
    """It has their number, and the coordinates and body of each."""
    server = at_gateway(streamed(completion("Hi")))
    printed = kernel.run("%%chat --models a/b,c/d --sweep n=1,2 --dry-run\nHi").printed
    assert printed.startswith("4 requests (2 models \N{MULTIPLICATION SIGN} 2 n)\n")
    assert "── 3: model c/d, n 2 ──" in printed
    assert printed.count('"model": "c/d"') == 2
    assert server.requests == []


def test_a_command_takes_no_axis(kernel):
    """The error says that it takes no options."""
    (line,) = kernel.run("%chat --models a,b /config").traceback
    assert line == "InvalidRequest: line 1: /config takes no options"


def test_a_grid_in_the_background_stands_for_its_results(kernel, at_gateway):
    """The cell returns a job."""
    at_gateway(lambda request: streamed(completion(request.json["model"])))
    kernel.run("%%chat --models a/b,c/d --background --out job\nHi")
    assert kernel.value("[r.text for r in job.wait()]") == "['a/b', 'c/d']"
    assert kernel.value("(job.coordinates[1], len(job.frame))") == "({'model': 'c/d'}, 2)"


@pytest.mark.usefixtures("weights")
def test_a_grid_of_the_local_model(kernel):
    """The real one: each run has its choices; at temperature 0 they are the same."""
    kernel.run(
        "%%chat local --sweep temperature=0,1 --n 2 --max-tokens 12 --top-logprobs 2 --out rs\n"
        "Tell me about the sea."
    )
    assert kernel.value("[len(r) for r in rs]") == "[2, 2]"
    assert kernel.value("rs[0][0].text == rs[0][1].text != ''") == "True"
    assert kernel.value("rs.frame.groupby('temperature')['n_tokens'].max().tolist()") == "[12, 12]"
    assert kernel.value("rs.frame['perplexity'].gt(1).all()") in {"True", "np.True_"}


def test_a_grid_takes_the_other_options_of_the_line(kernel, at_gateway):
    """Continuation, schema, functions and limits apply to every run."""
    server = at_gateway(
        streamed(completion("Hello")),
        lambda request: streamed(completion(f'{{"age": {len(request.json["model"])}}}')),
    )
    kernel.run("%%chat a/b\nHi")
    kernel.run("def now() -> str:\n    return 'noon'")
    ran = kernel.run(
        "%%chat --models a/b,cc/d -c --schema 'age: int' --tools now --timeout 9 --retries 0 "
        "--no-top-up --concurrency 1 --out rs\nHow old?"
    )
    assert ran.status == "ok", ran.traceback
    assert kernel.value("[r.parsed for r in rs]") == "[{'age': 3}, {'age': 4}]"
    for request in server.requests[1:]:
        assert [m["content"] for m in request.json["messages"]] == ["Hi", "Hello", "How old?"]
        assert request.json["tools"][0]["function"]["name"] == "now"
        assert request.json["response_format"]["type"] == "json_schema"


class BrokenDisplay:
    """A display that fails while the answer streams, or when it is complete."""

    delay_s = 0.0

    def __init__(self, *, breaks_at, on_show):
        self.breaks_at = breaks_at
        self.on_show = on_show

    def show(self, _progress):
        self.on_show()
        if self.breaks_at == "show":
            raise RuntimeError("no screen")

    def finish(self, _bundle):
        if self.breaks_at == "finish":
            raise RuntimeError("no screen")


@pytest.fixture
def run_cell(shell, monkeypatch):
    """Return a function that runs a cell in this process, with a display that fails."""
    load_ipython_extension(shell)

    def run(cell, *, breaks_at, on_show=lambda: None):
        broken = BrokenDisplay(breaks_at=breaks_at, on_show=on_show)
        monkeypatch.setattr(live_display, "open_display", lambda *_args, **_options: broken)
        return shell.run_cell(cell)

    yield run
    unload_ipython_extension(shell)


def test_a_display_that_fails_while_streaming_costs_a_warning(gateway, shell, run_cell):
    """The answer is received to its end, assigned, and the value of the cell."""
    gate = threading.Event()
    rest = delta(" there", finish_reason="stop")
    gateway(events(delta("Hello"), Wait(gate), rest, b"data: [DONE]\n\n"))
    ran = run_cell("%%chat --out r\nHi", breaks_at="show", on_show=gate.set)
    result = shell.user_ns["r"]
    assert ran.result is result
    assert result.text == "Hello there"
    assert result.warnings == ("the display failed: RuntimeError: no screen",)


def test_a_final_drawing_that_fails_costs_a_warning(gateway, shell, run_cell):
    """The result is assigned and usable; `-c` continues from it."""
    server = gateway(streamed(completion("Hello there")))
    with pytest.warns(UserWarning, match="the result could not be drawn: RuntimeError: no screen"):
        ran = run_cell("%%chat --out r\nHi", breaks_at="finish")
    assert ran.success
    result = shell.user_ns["r"]
    assert ran.result is result
    assert (result.text, result.frame["text"].tolist()) == ("Hello there", ["Hello there"])
    run_cell("%chat -c On", breaks_at=None).raise_error()
    assert len(server.requests[1].json["messages"]) == 3


def test_a_final_drawing_that_fails_does_not_hide_an_error(gateway, shell, run_cell):
    """The error of the request is raised, and what had arrived is assigned."""
    gateway(events(delta("Half"), b"data: {broken\n\n"))
    with pytest.warns(UserWarning, match="the result could not be drawn"):
        ran = run_cell("%%chat --out r\nHi", breaks_at="finish")
    assert isinstance(ran.error_in_exec, StreamBroken)
    assert shell.user_ns["r"].text == "Half"
