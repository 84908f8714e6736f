"""`%%chat --background`: the cell returns at once, and the answer streams while others run."""

from __future__ import annotations

import threading

import nbformat
import pytest

from chat_magic.core.request.request import read_fields
from chat_magic.engine.chat import start_answer
from chat_magic.engine.prepare import prepare_call
from chat_magic.engine.session import JobList, default_session
from chat_magic.errors import ApiError, ChatInterrupted, InvalidRequest
from chat_magic.shell.jobs import Job
from chat_magic.view.bundle import MIME_TYPE
from chat_magic.view.live import notebook_display
from chat_magic.view.live.notebook_display import DisplayHandle
from chat_magic.view.live.progress import AnswerProgress
from chat_magic.view.live.terminal_display import DeferredTerminal
from chat_magic.view.live.update_budget import UPDATES_PER_S, UpdateBudget
from tests.completions import DONE, completion, delta
from tests.gateway import HOLD, Gateway, Sleep, Wait, events, streamed, whole
from tests.shell.test_terminal import run
from tests.waiting import TIMEOUT_S, wait_until

SLOW_S = 0.6
"""A while in which other cells may run; no test fails when they need longer."""


def held(gate, first, rest):
    """Answer with a text, and with the rest of it once the gate is open."""
    return events(delta(first), Wait(gate), delta(rest, finish_reason="stop"), DONE)


def slow(*texts):
    """Answer with pauses between the texts."""
    steps = [step for text in texts for step in (delta(text), Sleep(SLOW_S))]
    return events(*steps, delta(finish_reason="stop"), DONE)


def start_job(**options):
    """Start a job in the session of this process."""
    session = default_session()
    request = read_fields({"messages": "Hi", "model": "a/b"}, allow_extra=False)
    handle = start_answer(session, prepare_call(session, request))
    return Job(handle, session.jobs, model="a/b", **options)


def test_the_cell_returns_at_once_and_the_answer_streams_while_others_run(kernel, at_gateway):
    """One output, in the cell that asked; the handle is its value and bound by --out."""
    gate = threading.Event()
    rest = [delta(" two"), delta(" three", finish_reason="stop"), DONE]
    at_gateway(events(delta("One"), Wait(gate), *rest))
    ran = kernel.run("%%chat a/b --background --out r\nCount")
    assert len(ran.outputs) == 1
    (display,) = ran.displays
    assert kernel.value("(_ is r, r.is_done, r.result, 1 + 1)") == "(True, False, None, 2)"
    assert MIME_TYPE not in kernel.shown(display, holds="One")
    gate.set()
    assert kernel.shown(display, holds=MIME_TYPE)["text/plain"].startswith("One two three")
    assert kernel.value("(r.wait() is r.result, r.is_done, r.text)") == (
        "(True, True, 'One two three')"
    )


def test_a_job_stands_for_its_result(kernel, at_gateway):
    """Attributes of the result wait for it, in code and in templates; showing the job does not."""
    gate = threading.Event()
    answer = held(gate, "One", " two")
    at_gateway(answer, streamed(completion("Yes")), streamed(completion("On")))
    kernel.run("%%chat a/b --background --out r\nCount")
    assert "is_done" in kernel.value("dir(r)")
    assert kernel.value("(hasattr(r, 'nothing'), r.is_done)") == "(False, False)"
    assert kernel.value("repr(r)").startswith("'<Job ")
    assert kernel.run("r").displays[0]["data"].keys() == {"text/plain"}
    threading.Timer(SLOW_S, gate.set).start()
    kernel.run("%chat -m a/b Is {{ r.text }} right?")
    assert kernel.value("(_.request.messages[0].content, len(r), r[0].text, str(r))") == (
        "('Is One two right?', 1, 'One two', 'One two')"
    )
    assert MIME_TYPE in kernel.run("r").displays[0]["data"]
    kernel.run("%chat --after r Go on")
    assert kernel.value("[m.content for m in _.request.messages[1:]]") == "['One two', 'Go on']"


def test_continuing_from_a_background_cell_waits_for_it(kernel, at_gateway):
    """`-c` means that cell."""
    gateway = at_gateway(slow("One"), streamed(completion("Two")))
    kernel.run("%%chat a/b --background ;\nCount")
    ran = kernel.run("%chat -c Go on")
    assert ran.status == "ok", ran.traceback
    assert [len(request.json["messages"]) for request in gateway.requests[-1:]] == [3]


def test_a_screen_that_cannot_be_opened_leaves_no_job_and_no_request(gateway):
    """The error is raised at once."""
    server = gateway(events(delta("Half"), HOLD))

    class Closed(Recorder):
        def open(self):
            server.wait_for_request()
            raise RuntimeError("no screen")

    with pytest.raises(RuntimeError, match="no screen"):
        start_job(screen=Closed())
    assert default_session().jobs.running() == []
    assert server.requests[0].closed.wait(30)


def test_cancelling_stops_the_request_and_keeps_what_arrived(kernel, at_gateway):
    """The connection is closed; `.wait()` raises with the partial answer, which is shown."""
    gateway = at_gateway(events(delta("Half an"), delta(" answer"), HOLD))
    ran = kernel.run("%%chat a/b --background --out half\nSpeak")
    kernel.shown(ran.displays[0], holds="Half an answer")
    kernel.run("half.cancel()")
    assert gateway.requests[0].closed.wait(TIMEOUT_S)
    shown = kernel.shown(ran.displays[0], holds=MIME_TYPE)["text/plain"]
    assert shown.lower().count("interrupted") == 1
    assert kernel.run("half.wait()").traceback == ["ChatInterrupted: the request was interrupted"]
    assert kernel.value("(half.is_done, half.state, half.result.text)") == (
        "(True, 'cancelled', 'Half an answer')"
    )
    uses = "(half.text, str(half), half[0].text, len(half), [choice.text for choice in half])"
    assert kernel.value(uses) == (
        "('Half an answer', 'Half an answer', 'Half an answer', 1, ['Half an answer'])"
    )


def test_a_failure_is_shown_in_the_place_of_the_answer(kernel, at_gateway):
    """In one line, since the exception is not shown; `.wait()` raises it."""
    at_gateway(whole({"error": {"message": "no <b>such model"}}, status=404))
    ran = kernel.run("%%chat a/b --background --out r\nHi")
    shown = kernel.shown(ran.displays[0], holds="no <b>such model")
    assert "no &lt;b&gt;such model" in shown["text/html"]
    assert kernel.run("r.wait()").traceback[0].startswith("ApiError: ")
    assert kernel.value("(r.state, type(r.error).__name__)") == "('failed', 'ApiError')"


def test_an_interrupt_ends_only_the_waiting(kernel, at_gateway):
    """The request continues, and can be waited for again."""
    gate = threading.Event()
    at_gateway(held(gate, "One", " two"))
    ran = kernel.run("%%chat a/b --background --out r\nCount")
    kernel.shown(ran.displays[0], holds="One")
    waiting = kernel.run(
        "from IPython.display import display\ndisplay('wait')\nr.wait()", interrupt_at="wait"
    )
    assert "KeyboardInterrupt" in str(waiting.traceback)
    assert kernel.value("r.is_done") == "False"
    gate.set()
    assert kernel.value("r.text") == "'One two'"


def test_jobs_are_listed_and_cancelled_by_number(kernel, at_gateway):
    """The list has the name, model, start, progress, and how to cancel."""
    at_gateway(events(delta("One"), delta(" two"), HOLD))
    ran = kernel.run("%%chat a/b --background --out r\nCount")
    kernel.shown(ran.displays[0], holds="One two")
    kernel.run("%chat /jobs")
    listed = kernel.value("_.drop(columns=['started', 'elapsed_s']).to_numpy().tolist()")
    number = kernel.value("r.number")
    assert listed == f"[[{number}, 'r', 'a/b', '2 tokens', '%chat /jobs cancel {number}']]"
    assert kernel.value("_['started'].dt.tz is not None") == "True"
    assert kernel.run(f"%chat /jobs cancel {number}").printed == f"Job {number} is cancelled.\n"
    assert kernel.run("r.wait()").traceback[0].startswith("ChatInterrupted")
    kernel.run("%chat /jobs")
    assert kernel.value("len(_)") == "0"
    refused = kernel.run(f"%chat /jobs cancel {number}").traceback
    assert refused == [f"InvalidRequest: line 1: /jobs cancel {number}: no such job is running"]


@pytest.mark.parametrize("is_waited_for", [False, True])
def test_a_notebook_that_is_executed_headless_keeps_the_answer(
    execute_notebook, monkeypatch, is_waited_for
):
    """Although a client that executes cell by cell receives nothing between cells."""
    cells = ["%load_ext chat_magic", "%%chat a/b --background --out r\nCount", "r.wait();"]
    cells = cells if is_waited_for else cells[:2]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    with Gateway(slow("One", " two")) as gateway:
        monkeypatch.setenv("CHAT_MAGIC_BASE_URL", gateway.base_url)
        execute_notebook(notebook)
    (output,) = notebook.cells[1].outputs
    assert "One two" in output["data"]["text/plain"]
    assert MIME_TYPE in output["data"]


def test_waiting_in_a_later_cell_draws_the_answer_again(kernel, at_gateway):
    """Once, for clients that received nothing between the cells."""
    at_gateway(streamed(completion("Hi")))
    kernel.run("%%chat a/b --background --out r\nHi")
    wait_until(lambda: kernel.value("r.is_done") == "True")
    assert [kernel.run("r.wait();").updates for _ in range(2)] == [1, 0]


def test_a_terminal_prints_the_answer_when_it_is_there(terminal):
    """As a whole, after the prompt has returned."""
    gate = threading.Event()
    answer = held(gate, "Hello", " there")
    with Gateway(answer) as gateway:
        child = terminal(gateway)
        run(child, "%chat --background -o r Hi")
        assert run(child, "1 + 1").strip().endswith("2")
        gate.set()
        child.expect_exact("── r ──")
        child.expect_exact("Hello there")
        assert "'Hello there'" in run(child, "r.text")


def test_a_panel_in_a_terminal_is_its_cell_and_prints_its_answers_once(terminal):
    """A terminal cannot redraw them at every update."""
    gate = threading.Event()
    answer = held(gate, "Hello", " there")
    with Gateway(answer) as gateway:
        child = terminal(gateway)
        run(child, "p = get_ipython().run_line_magic('chat', '/panel')")
        assert "panel of the cell" in run(child, "%chat /panel")
        run(child, "p.fill('%%chat a/b\\nuser: Hi'); p.run();")
        gate.set()
        child.expect_exact("── panel ──")
        assert "Hello" not in child.before
        child.expect_exact("Hello there")


def test_a_deferred_terminal_prints_no_control_characters(capsys):
    """They are removed from the title and from the text of the model."""
    screen = DeferredTerminal("r\x1b[31m")
    screen.open().finish({"text/plain": "a\x07b"})
    screen.open().finish(None)
    screen.redraw()
    assert capsys.readouterr().out == "\n── r ──\nab\n\n"


class Recorder:
    """A screen that keeps what is drawn."""

    def __init__(self):
        self.drawn = []
        self.delay_s = 0.01

    def open(self):
        return self

    def redraw(self):
        self.drawn.append("redraw")

    def show(self, snapshot):
        self.drawn.append(snapshot)

    def finish(self, bundle):
        self.drawn.append(bundle)


def test_a_job_has_ended_after_it_is_drawn_and_on_end_has_returned(gateway):
    """Those who wait for it see both; `on_end` can read the result."""
    gateway(streamed(completion("Hi")))
    screen, ended = Recorder(), []

    def on_end(job):
        ended.append((job.wait().text, MIME_TYPE in screen.drawn[-1], job.is_done))

    job = start_job(screen=screen, on_end=on_end)
    assert job.wait().text == "Hi"
    assert ended == [("Hi", True, False)]
    assert job.is_done
    assert job not in default_session().jobs.running()


def test_a_display_that_fails_does_not_lose_the_answer(gateway):
    """While it streams or at the end: the job ends, and its result has a warning."""
    gate = threading.Event()
    gateway(held(gate, "One", " two"))

    class Failing(Recorder):
        def show(self, _snapshot):
            gate.set()
            raise RuntimeError("no screen")

        finish = show

    job = start_job(screen=Failing())
    assert job.wait().text == "One two"
    assert job.result.warnings == ("the display failed: RuntimeError: no screen",)


def test_a_job_of_a_stalled_server_can_be_cancelled(gateway):
    """The connection is closed, and the partial answer is drawn."""
    server = gateway(events(delta("Half"), HOLD))
    has_text = threading.Event()

    class Watching(Recorder):
        def show(self, snapshot):
            super().show(snapshot)
            if any(snapshot.texts):
                has_text.set()

    screen = Watching()
    job = start_job(screen=screen)
    assert has_text.wait(TIMEOUT_S)
    job.cancel()
    job.join()
    assert server.requests[0].closed.wait(TIMEOUT_S)
    assert "Half" in screen.drawn[-1]["text/plain"]


def test_an_unexpected_exception_is_raised_by_wait(gateway):
    """It is not lost in the thread of the job."""

    class Broken:
        def wait(self, _show):
            raise ZeroDivisionError("oh")

        def cancel(self):
            raise AssertionError

    screen = Recorder()
    job = Job(Broken(), JobList(), model="a/b", screen=screen)
    with pytest.raises(ZeroDivisionError):
        job.wait()
    job.cancel()
    assert screen.drawn[0]["text/plain"] == "a/b · ZeroDivisionError: oh"


def test_a_job_that_fails_at_once_has_no_result(gateway):
    """It is not running any more."""
    gateway(whole({"error": {"message": "no"}}, status=400))
    job = start_job()
    with pytest.raises(ApiError):
        job.wait()
    assert (job.result, bool(job), job.state) == (None, True, "failed")
    with pytest.raises(InvalidRequest, match="no such job is running"):
        default_session().jobs.cancel(job.number)


def test_a_job_that_is_cancelled_before_any_output_says_so(gateway):
    """In its picture and by `wait`."""
    gateway(events(HOLD))
    screen = Recorder()
    job = start_job(screen=screen)
    job.cancel()
    for wait in (job.wait, lambda: job.text, lambda: len(job)):
        with pytest.raises(ChatInterrupted):
            wait()
    assert "the request was interrupted" in screen.drawn[0]["text/plain"]


def test_all_displays_share_one_budget(monkeypatch):
    """Several answers together send no more updates than one may."""
    sent = []
    monkeypatch.setattr(notebook_display, "publish", lambda *message: sent.append(message))
    now = [100.0]
    monkeypatch.setattr(notebook_display, "_SHARED_BUDGET", UpdateBudget(lambda: now[0]))
    displays = [DisplayHandle().open() for _ in range(8)]
    sent.clear()
    for _ in range(100):
        now[0] += 0.01
        for display in displays:
            display.show(AnswerProgress(model="a/b", texts=["Hi"], elapsed_s=1.0))
    assert len(sent) <= UPDATES_PER_S


def test_jobs_leave_no_thread_behind(gateway):
    """The thread of a job ends with it."""
    gateway(lambda _request: streamed(completion("Hi")))
    threads = []
    for _ in range(50):
        job = start_job()
        name = f"chat-magic job {job.number}"
        threads += [thread for thread in threading.enumerate() if thread.name == name]
        job.wait()
    for thread in threads:
        thread.join(5)
    assert not any(thread.is_alive() for thread in threads)
    assert default_session().jobs.running() == []
