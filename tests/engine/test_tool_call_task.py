"""One call of a function: its result or error as text, and what an interrupt does to it."""

from __future__ import annotations

import asyncio
import threading

import pytest

import chat_magic
from chat_magic import ChatInterrupted
from chat_magic.core.request.request import read_fields
from chat_magic.engine.chat import start_answer
from chat_magic.engine.prepare import prepare_call
from chat_magic.engine.session import default_session
from chat_magic.engine.tool_functions import with_tools
from tests.completions import completion
from tests.engine.sample_tools import calling, get_time, get_weather
from tests.gateway import streamed
from tests.waiting import TIMEOUT_S


def test_async_functions_are_awaited_in_achat_too(gateway):
    """Arguments that the model omits have their defaults."""
    gateway(calling(("get_time", "")), streamed(completion("Noon")))
    result = asyncio.run(chat_magic.achat("Time?", tools=[get_time]))
    assert [run.result for run in result.tool_runs] == ["noon UTC"]


class Odd:
    def __repr__(self):
        return "an odd value"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("plain ✓", "plain ✓"),
        (None, "null"),
        ([1, {"a": True}], '[1,{"a":true}]'),
        (float("nan"), "null"),
        (Odd(), "an odd value"),
        ("\ud800", "\ufffd"),
    ],
)
def test_a_value_becomes_text_or_its_json_or_its_str(gateway, value, text):
    """Whatever it is, the model gets text that is valid in JSON."""

    def give():
        return value

    server = gateway(calling(("give", "{}")), streamed(completion("Thanks")))
    assert chat_magic.chat("Give", tools=[give]).tool_runs[0].result == text
    assert server.requests[1].json["messages"][-1]["content"] == text


def test_a_data_frame_becomes_its_printed_form(gateway):
    """Like all values that JSON cannot express."""
    import pandas as pd

    def table():
        return pd.DataFrame({"a": [1, 2]})

    gateway(calling(("table", "{}")), streamed(completion("Thanks")))
    assert chat_magic.chat("Give", tools=[table]).tool_runs[0].result == str(table())


def leave():
    raise SystemExit(3)


def stop():
    raise StopIteration


class Mute(Exception):
    def __str__(self):
        raise ValueError


def fall_silent():
    raise Mute


async def leave_async():
    raise SystemExit(3)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (("get_weather", '{"city": "Pluto"}'), "ValueError: no such city"),
        (("get_weather", '{"town": "Paris"}'), "ChatError: get_weather: "),
        (("get_weather", '{"city": 7}'), "ChatError: get_weather: $.city: expected str, got int"),
        (("get_weather", "{broken"), "ChatError: get_weather: not valid JSON"),
        (("delete_all", "{}"), "there is no tool named delete_all"),
        (("leave", "{}"), "SystemExit: 3"),
        (("leave_async", "{}"), "SystemExit: 3"),
        (("stop", "{}"), "StopIteration: "),
        (("fall_silent", "{}"), "Mute: its message cannot be read"),
    ],
)
def test_an_error_is_sent_to_the_model_and_kept(gateway, call, message):
    """The model can try again; the request continues."""
    server = gateway(calling(call), streamed(completion("Sorry")))
    result = chat_magic.chat("Weather?", tools=[get_weather, leave, leave_async, stop, fall_silent])
    (run,) = result.tool_runs
    assert run.error.startswith(message)
    assert run.result is None
    assert server.requests[1].json["messages"][-1]["content"] == run.error
    assert result.text == "Sorry"


def interrupted_run(functions, is_running, note):
    """Interrupt a request while a function runs and a note is shown; return the result."""
    request, tools = with_tools(read_fields({"messages": "Wait"}, allow_extra=False), functions)
    session = default_session()
    handle = start_answer(session, prepare_call(session, request, tools=tools))

    def show(task):
        if is_running.is_set() and task.note == note:
            raise KeyboardInterrupt
        return 0.01

    with pytest.raises(ChatInterrupted) as caught:
        handle.wait(show)
    return caught.value.result


def test_an_interrupt_abandons_a_running_thread_and_keeps_the_other_results(gateway):
    """The call counts as interrupted; the note names the calls that are running."""
    is_running, may_end = threading.Event(), threading.Event()

    def dig(depth: int) -> str:
        is_running.set()
        may_end.wait(TIMEOUT_S)
        return "gold"

    gateway(calling(("dig", '{"depth": 3}'), ("get_time", "{}")))
    result = interrupted_run([dig, get_time], is_running, "calling dig(depth=3)")
    may_end.set()
    assert [(run.name, run.result, run.error) for run in result.tool_runs] == [
        ("dig", None, "interrupted"),
        ("get_time", "noon UTC", None),
    ]
    assert result.conversation()[-1].content == "noon UTC"


def test_an_interrupt_cancels_an_async_function(gateway):
    """The function gets the CancelledError."""
    is_running, was_cancelled = threading.Event(), threading.Event()

    async def dig() -> None:
        is_running.set()
        try:
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            was_cancelled.set()
            raise

    gateway(calling(("dig", "{}")))
    result = interrupted_run([dig], is_running, "calling dig()")
    assert was_cancelled.wait(TIMEOUT_S)
    assert [run.error for run in result.tool_runs] == ["interrupted"]
