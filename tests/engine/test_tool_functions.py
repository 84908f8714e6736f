"""Tools: functions of the notebook run when the model calls them, and nothing else does."""

from __future__ import annotations

import asyncio
import json
import threading

import pytest

import chat_magic
from chat_magic import ChatInterrupted, InvalidRequest, StreamBroken
from chat_magic.core.request.request import read_fields
from chat_magic.engine.chat import start_answer
from chat_magic.engine.prepare import prepare_call
from chat_magic.engine.session import default_session
from chat_magic.engine.tool_functions import with_tools
from tests.completions import completion, delta
from tests.gateway import HOLD, events, streamed, whole
from tests.waiting import TIMEOUT_S

MOON = {"type": "function", "function": {"name": "moon_phase", "parameters": {"type": "object"}}}


def get_weather(city: str) -> dict:
    """Get the weather of a city."""
    if city == "Pluto":
        raise ValueError("no such city")
    return {"city": city, "degrees": 21}


async def get_time(zone: str = "UTC") -> str:
    """Get the time."""
    await asyncio.sleep(0)
    return f"noon {zone}"


def calling(*calls, text=None, finish_reason="tool_calls"):
    """Return a streamed answer that calls functions, each as (name, arguments)."""
    value = completion(text or "", finish_reason=finish_reason)
    value["choices"][0]["message"] |= {
        "content": text,
        "tool_calls": [
            {"id": f"c{at}", "type": "function", "function": {"name": name, "arguments": arguments}}
            for at, (name, arguments) in enumerate(calls)
        ],
    }
    return streamed(value)


PARIS = ("get_weather", '{"city": "Paris"}')


def test_a_function_runs_when_the_model_calls_it_and_the_model_goes_on(gateway):
    """The second request has the call and its result, and the same tools."""
    server = gateway(calling(PARIS, text="Let me look."), streamed(completion("It is sunny")))
    result = chat_magic.chat("Weather in Paris?", tools=[get_weather])
    first, second = (request.json for request in server.requests)
    assert first["tools"] == second["tools"]
    assert first["tools"][0]["function"]["name"] == "get_weather"
    assert second["messages"] == [
        {"role": "user", "content": "Weather in Paris?"},
        {
            "role": "assistant",
            "content": "Let me look.",
            "tool_calls": [
                {
                    "id": "c0",
                    "type": "function",
                    "function": {"name": "get_weather", "arguments": '{"city": "Paris"}'},
                }
            ],
        },
        {"role": "tool", "content": '{"city":"Paris","degrees":21}', "tool_call_id": "c0"},
    ]
    (run,) = result.tool_runs
    assert (result.text, run.name, run.arguments) == ("It is sunny", *PARIS)
    assert (run.result, run.error) == ('{"city":"Paris","degrees":21}', None)
    assert run.seconds >= 0
    assert result.rounds[0].reply.choices[0].text == "Let me look."


def test_usage_cost_and_time_are_those_of_all_rounds(gateway):
    """Counts and the gateway's cost add up; the total time holds each round's."""
    answers = []
    for value in (completion(""), completion("It is sunny")):
        value["usage"] |= {"cost": 0.25, "completion_tokens_details": {"reasoning_tokens": 2}}
        answers.append(value)
    function = {"name": "get_weather", "arguments": '{"city": "Paris"}'}
    answers[0]["choices"][0] |= {
        "message": {"role": "assistant", "tool_calls": [{"id": "c", "function": function}]}
    }
    gateway(*map(whole, answers))
    result = chat_magic.chat("Weather?", tools=[get_weather], stream=False)
    assert (result.usage.prompt_tokens, result.usage.completion_tokens) == (10, 4)
    assert result.usage.completion_tokens_details == {"reasoning_tokens": 4}
    assert result.cost == 0.5
    assert result.reply.usage.prompt_tokens == 5
    assert result.timing.ttft_s == result.rounds[0].timing.ttft_s
    assert result.timing.total_s >= result.rounds[0].timing.total_s + result.tool_runs[0].seconds


def test_calls_of_one_message_run_at_once(gateway):
    """Two that wait for each other both return, in the order of the calls."""
    both = threading.Barrier(2)

    def meet(name: str) -> str:
        both.wait(TIMEOUT_S)
        return name

    gateway(calling(("meet", '{"name": "a"}'), ("meet", '{"name": "b"}')), streamed(completion("")))
    result = chat_magic.chat("Meet", tools=[meet])
    assert [run.result for run in result.tool_runs] == ["a", "b"]


def test_async_functions_are_awaited_also_in_achat(gateway):
    """And defaults of the function hold."""
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
def test_results_are_text_json_or_what_they_print(gateway, value, text):
    """Whatever it is, the model gets text that JSON can carry."""

    def give():
        return value

    server = gateway(calling(("give", "{}")), streamed(completion("Thanks")))
    assert chat_magic.chat("Give", tools=[give]).tool_runs[0].result == text
    assert server.requests[1].json["messages"][-1]["content"] == text


def test_a_data_frame_is_given_as_it_prints(gateway):
    """As all that has no JSON."""
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
    ("call", "told"),
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
def test_what_goes_wrong_is_told_to_the_model_and_kept(gateway, call, told):
    """It can try again; the request goes on."""
    server = gateway(calling(call), streamed(completion("Sorry")))
    result = chat_magic.chat("Weather?", tools=[get_weather, leave, leave_async, stop, fall_silent])
    (run,) = result.tool_runs
    assert run.error.startswith(told)
    assert run.result is None
    assert server.requests[1].json["messages"][-1]["content"] == run.error
    assert result.text == "Sorry"


def test_the_loop_ends_after_the_given_rounds(gateway):
    """The last calls are left unrun, and a warning says so."""
    server = gateway(calling(PARIS))
    result = chat_magic.chat("Weather?", tools=[get_weather], max_tool_rounds=2)
    assert len(server.requests) == 3
    assert len(result.tool_runs) == 2
    assert result[0].tool_calls[0].function.name == "get_weather"
    assert result.warnings == (
        "the model called tools again after 2 rounds: a higher max_tool_rounds runs them",
    )


def test_it_is_five_rounds_unless_given(gateway):
    """So that a model that never ends costs six requests."""
    server = gateway(calling(PARIS))
    chat_magic.chat("Weather?", tools=[get_weather])
    assert len(server.requests) == 6


@pytest.mark.parametrize(
    ("tools", "more"),
    [([MOON], {}), ([get_weather, MOON], {}), ([get_weather], {"max_tool_rounds": 0})],
)
def test_calls_of_tools_given_as_objects_come_back_and_nothing_runs(gateway, tools, more):
    """Not even the functions that are called beside them."""
    name = "get_weather" if more else "moon_phase"
    server = gateway(calling((name, "{}"), PARIS))
    result = chat_magic.chat("Moon?", tools=tools, **more)
    assert len(server.requests) == 1
    assert result.tool_runs == ()
    assert result[0].tool_calls[0].function.name == name
    assert result.warnings == ()


def test_a_call_that_was_cut_off_is_not_run(gateway):
    """Its arguments may be half of what they were to be."""
    server = gateway(calling(PARIS, finish_reason="length"))
    assert chat_magic.chat("Weather?", tools=[get_weather]).tool_runs == ()
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("choice", "later"),
    [
        ("none", "none"),
        ("auto", "auto"),
        ("required", None),
        ({"type": "function", "function": {"name": "get_weather"}}, None),
    ],
)
def test_a_forced_tool_choice_is_sent_in_the_first_round_only(gateway, choice, later):
    """Else the model could never answer."""
    server = gateway(calling(PARIS), streamed(completion("Sunny")))
    result = chat_magic.chat("Weather?", tools=[get_weather], tool_choice=choice)
    sent = [request.json.get("tool_choice") for request in server.requests]
    assert sent == [choice, later]
    assert result.warnings == ()


@pytest.mark.parametrize(
    ("choice", "answer", "warning"),
    [
        ("required", completion("No"), "tool_choice required: the model called none"),
        (
            {"type": "function", "function": {"name": "get_weather"}},
            completion("No"),
            "tool_choice get_weather: the model called none",
        ),
        ("required", completion("N", finish_reason="length"), None),
        ("auto", completion("No"), None),
    ],
)
def test_a_forced_tool_choice_that_was_ignored_is_a_warning(gateway, choice, answer, warning):
    """Unless the answer was cut off before it could call."""
    gateway(streamed(answer))
    result = chat_magic.chat("Weather?", tools=[get_weather], tool_choice=choice)
    assert result.warnings == ((warning,) if warning else ())


def test_the_conversation_goes_on_with_calls_and_results(gateway):
    """`after=` sends the tool messages too."""
    server = gateway(calling(PARIS), streamed(completion("Sunny")), streamed(completion("Bye")))
    first = chat_magic.chat("Weather?", tools=[get_weather])
    chat_magic.chat("Thanks", after=first)
    roles = [message["role"] for message in server.requests[2].json["messages"]]
    assert roles == ["user", "assistant", "tool", "assistant", "user"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"tools": [get_weather, get_weather]}, "tools: two tools are named get_weather"),
        ({"tools": [MOON] * 2}, "tools: two tools are named moon_phase"),
        ({"tools": [MOON] * 129}, "at most 128"),
        ({"tools": ["get_weather"]}, "tools: str is not a function"),
        ({"tools": get_weather}, "tools .* must be a list"),
        ({"tools": [{"type": "web_search"}]}, r"tools\[0\]: must be a function"),
        ({"tools": [get_weather], "n": 2}, "n 2: tools that are functions require n = 1"),
        ({"tools": [get_weather], "max_tool_rounds": 101}, "max_tool_rounds 101: .*0 to 100"),
        ({"tools": [get_weather], "max_tool_rounds": -1}, "max_tool_rounds -1: .*0 to 100"),
        ({"tools": [get_weather], "max_tool_rounds": True}, "max_tool_rounds True"),
        ({"tools": [MOON], "max_tool_rounds": 3}, "requires tools that are functions"),
        ({"tool_choice": "required"}, "tool_choice requires tools"),
        (
            {
                "tools": [get_weather],
                "tool_choice": {"type": "function", "function": {"name": "get_wether"}},
            },
            "tool_choice get_wether: must be one of the tools, get_weather; did you mean",
        ),
    ],
)
def test_what_cannot_go_together_is_refused_before(gateway, arguments, words):
    """And nothing reaches the server."""
    server = gateway(streamed(completion("Hi")))
    with pytest.raises(InvalidRequest, match=words):
        chat_magic.chat("Hi", **arguments)
    assert server.requests == []


def test_a_fault_in_a_later_round_keeps_the_rounds_before(gateway):
    """With what had come of the broken answer; the conversation can go on from it."""
    gateway(calling(PARIS), events(delta("Half"), b"data: {broken\n\n"))
    with pytest.raises(StreamBroken) as caught:
        chat_magic.chat("Weather?", tools=[get_weather])
    kept = caught.value.result
    assert (kept.text, [run.name for run in kept.tool_runs]) == ("Half", ["get_weather"])


def test_a_refusal_in_a_later_round_keeps_the_rounds_before(gateway):
    """Its conversation ends with the results of the tools."""
    gateway(calling(PARIS), whole({"error": {"message": "no such model"}}, status=404))
    with pytest.raises(chat_magic.ApiError) as caught:
        chat_magic.chat("Weather?", tools=[get_weather])
    kept = caught.value.result
    assert [message.role for message in kept.conversation()] == ["user", "assistant", "tool"]
    assert kept.choices == ()


def interrupted_run(functions, is_running, note):
    """Run a request, and interrupt it as the kernel does when a function runs and this is said."""
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


def test_an_interrupt_leaves_a_running_thread_and_keeps_the_rest(gateway):
    """The call counts as interrupted; the status line says what still runs."""
    is_running, may_end = threading.Event(), threading.Event()

    def dig(depth: int) -> str:
        is_running.set()
        may_end.wait(TIMEOUT_S)
        return "gold"

    gateway(calling(("dig", '{"depth": 3}'), ("get_time", "{}")))
    kept = interrupted_run([dig, get_time], is_running, "calling dig(depth=3)")
    may_end.set()
    assert [(run.name, run.result, run.error) for run in kept.tool_runs] == [
        ("dig", None, "interrupted"),
        ("get_time", "noon UTC", None),
    ]
    assert kept.conversation()[-1].content == "noon UTC"


def test_an_interrupt_cancels_an_async_function(gateway):
    """It sees the cancellation."""
    is_running, was_cancelled = threading.Event(), threading.Event()

    async def dig() -> None:
        is_running.set()
        try:
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            was_cancelled.set()
            raise

    gateway(calling(("dig", "{}")))
    kept = interrupted_run([dig], is_running, "calling dig()")
    assert was_cancelled.wait(TIMEOUT_S)
    assert [run.error for run in kept.tool_runs] == ["interrupted"]


def test_the_timeout_holds_for_the_calls_too(gateway):
    """What had come until then is kept."""

    async def sleep() -> None:
        await asyncio.sleep(30)

    gateway(calling(("sleep", "{}")))
    with pytest.raises(StreamBroken, match=r"not complete within 2 s") as caught:
        chat_magic.chat("Sleep", tools=[sleep], timeout=2)
    assert [run.error for run in caught.value.result.tool_runs] == ["interrupted"]


def test_a_connection_that_hangs_in_a_later_round_is_closed_in_time(gateway):
    """The timeout is one for all rounds."""
    server = gateway(calling(PARIS), events(delta("Half"), HOLD))
    with pytest.raises(StreamBroken, match=r"not complete within 2 s") as caught:
        chat_magic.chat("Weather?", tools=[get_weather], timeout=2)
    assert caught.value.result.text == "Half"
    assert server.requests[1].closed.wait(TIMEOUT_S)


def test_the_pictures_of_a_result_show_each_call(gateway):
    """With arguments, result and time, before the answer."""
    gateway(calling(PARIS), streamed(completion("Sunny")))
    drawn = chat_magic.chat("Weather?", tools=[get_weather])._repr_mimebundle_()
    text = drawn["text/plain"]
    call = "get_weather(city='Paris') → " + json.dumps(get_weather("Paris"), separators=(",", ":"))
    assert text.index(call) < text.index("Sunny")
    assert drawn["text/html"].index("get_weather(city=") < drawn["text/html"].index("Sunny")
