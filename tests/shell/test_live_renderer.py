"""The progress that a display gets while a task streams."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from chat_magic.engine.ablation_task import plan_ablation, start_ablation
from chat_magic.engine.prepare import build_request
from chat_magic.engine.session import default_session
from chat_magic.engine.tool_functions import with_tools
from chat_magic.shell.live_renderer import live_renderer
from tests.completions import DONE, completion, delta, token
from tests.engine.calls import prepare, start, start_cell
from tests.engine.sample_tools import PARIS, calling, get_weather
from tests.gateway import HOLD, Answer, Wait, events, streamed, whole


class Recorder:
    """A display that keeps the progress that it is shown."""

    delay_s = 0.25

    def __init__(self):
        self.shown = []

    def show(self, progress):
        self.shown.append(progress)


@pytest.fixture
def recorder():
    return Recorder()


@pytest.fixture
def progress_at(recorder):
    """Return a function that waits for a task until its progress fulfils a condition."""

    def progress_at(handle, condition):
        render = live_renderer(recorder)

        def show(task):
            delay_s = render(task)
            assert delay_s == recorder.delay_s
            if condition(recorder.shown[-1]):
                raise KeyboardInterrupt
            return 0.0

        with pytest.raises(KeyboardInterrupt):
            handle.wait(show)
        return recorder.shown[-1]

    return progress_at


def test_an_answer_is_shown_with_its_choices_and_times(gateway, progress_at):
    """A choice that is complete has a finish reason."""
    steps = [delta("One", finish_reason="stop"), delta("Tw", index=1), HOLD]
    gateway(events(*steps))
    handle = start(prepare(messages="Hi", n=2))
    progress = progress_at(handle, lambda progress: list(progress.texts) == ["One", "Tw"])
    assert (progress.model, progress.n, progress.tokens) == ("a/b", 2, 2)
    assert list(progress.finish_reasons) == ["stop", None]
    assert 0 < progress.ttft_s <= progress.elapsed_s
    assert (progress.note, progress.rounds) == (None, ())


def test_tokens_with_log_probabilities_are_shown_as_they_arrive(gateway, progress_at):
    """Those of each choice."""
    one, two = ({"content": [token(text)]} for text in ("One", "Two"))
    gateway(events(delta("One", logprobs=one), delta("Two", index=1, logprobs=two), HOLD))
    handle = start(prepare(messages="Hi", n=2))
    progress = progress_at(handle, lambda progress: len(progress.texts) == 2)
    assert [[t.token for t in tokens] for tokens in progress.scored] == [["One"], ["Two"]]


def test_the_tokens_of_a_grid_are_shown_by_run(gateway, progress_at):
    """Also those of a run that is complete."""

    def answer(request):
        scored = {"content": [token("One")]}
        if request.json["seed"] == 1:
            return events(delta("One", logprobs=scored, finish_reason="stop"), DONE)
        return events(delta("One", logprobs=scored), HOLD)

    gateway(answer)
    handle = start_cell("%%chat --sweep seed=1,2,3\nHi", concurrency=1)
    progress = progress_at(handle, lambda progress: list(progress.runs[1].texts) == ["One"])
    tokens = [[[t.token for t in choice] for choice in run.scored] for run in progress.runs]
    assert tokens == [[["One"]], [["One"]], []]


def test_rounds_of_tool_calls_are_shown_before_the_answer(gateway, recorder):
    """The progress of the last answer has the rounds before it."""
    gate = threading.Event()
    rest = delta(" sunny", finish_reason="stop")
    gateway(calling(PARIS), events(delta("It is"), Wait(gate), rest, DONE))
    call = prepare(messages="Weather?")
    request, tools = with_tools(call.request, [get_weather])
    handle = start(replace(call, request=request, tools=tools))
    render = live_renderer(recorder)

    def show(task):
        render(task)
        if recorder.shown[-1].rounds and recorder.shown[-1].texts:
            gate.set()
        return 0.0

    assert handle.wait(show).text == "It is sunny"
    (round_,) = next(progress.rounds for progress in reversed(recorder.shown) if progress.texts)
    assert [run.name for run in round_.tool_runs] == ["get_weather"]


def test_a_grid_is_shown_with_the_state_of_each_run(gateway, progress_at):
    """Runs that are done, failed, streaming and waiting."""

    def answer(request):
        match request.json["seed"]:
            case 1:
                return streamed(completion("One"))
            case 2:
                return whole({"error": {"message": "no luck"}}, status=400)
        return events(delta("Half"), HOLD)

    gateway(answer)
    handle = start_cell("%%chat --sweep seed=1,2,3,4\nHi", concurrency=1)
    progress = progress_at(handle, lambda progress: list(progress.runs[2].texts) == ["Half"])
    assert (progress.model, progress.n_done) == ("a/b", 2)
    assert [run.title for run in progress.runs] == ["seed 1", "seed 2", "seed 3", "seed 4"]
    assert [list(run.texts) for run in progress.runs] == [["One"], [], ["Half"], []]
    assert [run.is_waiting for run in progress.runs] == [False, False, False, True]
    assert "no luck" in progress.runs[1].error
    assert [run.error for run in progress.runs[2:]] == [None, None]


def test_a_grid_of_several_models_is_shown_with_their_number(gateway, progress_at):
    """The titles of the runs name them."""
    gateway(events(delta("Half"), HOLD))
    handle = start_cell("%%chat --models a/b,c/d\nHi")
    progress = progress_at(handle, lambda progress: all(run.texts for run in progress.runs))
    assert progress.model == "2 models"
    assert [run.title for run in progress.runs] == ["a/b", "c/d"]


def test_an_ablation_is_shown_by_its_size(gateway, progress_at):
    """The number of its requests is said before the first one is answered."""
    gateway(Answer([HOLD]))
    request, _ = build_request("Be brief. Be kind.", "a/b", None, None, {}, None)
    plan = plan_ablation(default_session(), request, "sentence", answer="Hi")
    handle = start_ablation(default_session(), plan)
    progress = progress_at(handle, lambda progress: progress.note is not None)
    assert progress.note.startswith("2 segments by sentence: 3 requests")
    assert progress.model == "a/b"
