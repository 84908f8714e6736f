"""Rounds of tool calls: what each request contains, how they end, and what a fault leaves."""

from __future__ import annotations

import asyncio
import json
import threading

import pytest

import chat_magic
from chat_magic import StreamBroken
from tests.completions import completion, delta
from tests.engine.sample_tools import PARIS, calling, get_weather
from tests.gateway import HOLD, events, streamed, whole
from tests.waiting import TIMEOUT_S


def test_the_model_continues_with_the_results_of_its_calls(gateway):
    """The second request has the call, its result, and the same tools."""
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


@pytest.mark.parametrize(
    "fields",
    [
        {"reasoning_content": "hm"},
        {"reasoning": "hm"},
        {"reasoning": "hm", "reasoning_content": "hm"},
        {"reasoning": "hm", "reasoning_details": [{"type": "reasoning.text", "signature": "s"}]},
        {"thinking_blocks": [{"type": "thinking", "thinking": "hm", "signature": "s"}]},
    ],
)
def test_reasoning_goes_back_with_the_call_that_it_led_to(gateway, fields):
    """Under the name it came in: DeepSeek and Kimi refuse the results of calls without it."""
    value = completion("")
    call = {"id": "c", "function": {"name": PARIS[0], "arguments": PARIS[1]}}
    value["choices"][0]["message"] |= {"content": None, "tool_calls": [call], **fields}
    server = gateway(whole(value), whole(completion("Sunny")))
    chat_magic.chat("Weather?", tools=[get_weather], stream=False)
    answer = server.requests[1].json["messages"][1]
    assert {name: answer[name] for name in fields} == fields
    assert answer["tool_calls"][0]["id"] == "c"


def test_usage_cost_and_time_are_those_of_all_rounds(gateway):
    """Counts and the gateway's cost add up; the total time includes each round."""
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
    """Two that wait for each other both return; the results are in the order of the calls."""
    both = threading.Barrier(2)

    def meet(name: str) -> str:
        both.wait(TIMEOUT_S)
        return name

    gateway(calling(("meet", '{"name": "a"}'), ("meet", '{"name": "b"}')), streamed(completion("")))
    result = chat_magic.chat("Meet", tools=[meet])
    assert [run.result for run in result.tool_runs] == ["a", "b"]


def test_the_loop_ends_after_the_given_number_of_rounds(gateway):
    """A warning says that the last calls were not run."""
    server = gateway(calling(PARIS))
    result = chat_magic.chat("Weather?", tools=[get_weather], max_tool_rounds=2)
    assert len(server.requests) == 3
    assert len(result.tool_runs) == 2
    assert result[0].tool_calls[0].function.name == "get_weather"
    assert result.warnings == (
        "the model called tools again after 2 rounds: a higher max_tool_rounds runs them",
    )


def test_the_default_is_five_rounds(gateway):
    """A model that never stops calling costs six requests."""
    server = gateway(calling(PARIS))
    chat_magic.chat("Weather?", tools=[get_weather])
    assert len(server.requests) == 6


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
    """Otherwise the model could never answer."""
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
    """Unless the answer was cut off before it could call a tool."""
    gateway(streamed(answer))
    result = chat_magic.chat("Weather?", tools=[get_weather], tool_choice=choice)
    assert result.warnings == ((warning,) if warning else ())


def test_after_continues_with_the_calls_and_their_results(gateway):
    """The tool messages are sent too."""
    server = gateway(calling(PARIS), streamed(completion("Sunny")), streamed(completion("Bye")))
    first = chat_magic.chat("Weather?", tools=[get_weather])
    chat_magic.chat("Thanks", after=first)
    roles = [message["role"] for message in server.requests[2].json["messages"]]
    assert roles == ["user", "assistant", "tool", "assistant", "user"]


def test_a_fault_in_a_later_round_keeps_the_rounds_before(gateway):
    """The result also has the part of the broken answer that had arrived."""
    gateway(calling(PARIS), events(delta("Half"), b"data: {broken\n\n"))
    with pytest.raises(StreamBroken) as caught:
        chat_magic.chat("Weather?", tools=[get_weather])
    result = caught.value.result
    assert (result.text, [run.name for run in result.tool_runs]) == ("Half", ["get_weather"])


def test_a_refusal_in_a_later_round_keeps_the_rounds_before(gateway):
    """The conversation of the result ends with the results of the tools."""
    gateway(calling(PARIS), whole({"error": {"message": "no such model"}}, status=404))
    with pytest.raises(chat_magic.ApiError) as caught:
        chat_magic.chat("Weather?", tools=[get_weather])
    result = caught.value.result
    assert [message.role for message in result.conversation()] == ["user", "assistant", "tool"]
    assert result.choices == ()


def test_the_timeout_includes_the_calls(gateway):
    """What had arrived is kept; the running call counts as interrupted."""

    async def sleep() -> None:
        await asyncio.sleep(30)

    gateway(calling(("sleep", "{}")))
    with pytest.raises(StreamBroken, match=r"not complete within 2 s") as caught:
        chat_magic.chat("Sleep", tools=[sleep], timeout=2)
    assert [run.error for run in caught.value.result.tool_runs] == ["interrupted"]


def test_a_connection_that_hangs_in_a_later_round_is_closed_in_time(gateway):
    """There is one timeout for all rounds."""
    server = gateway(calling(PARIS), events(delta("Half"), HOLD))
    with pytest.raises(StreamBroken, match=r"not complete within 2 s") as caught:
        chat_magic.chat("Weather?", tools=[get_weather], timeout=2)
    assert caught.value.result.text == "Half"
    assert server.requests[1].closed.wait(TIMEOUT_S)


def test_the_pictures_of_a_result_show_each_call(gateway):
    """With its arguments and its result, before the answer."""
    gateway(calling(PARIS), streamed(completion("Sunny")))
    drawn = chat_magic.chat("Weather?", tools=[get_weather])._repr_mimebundle_()
    text = drawn["text/plain"]
    call = "get_weather(city='Paris') → " + json.dumps(get_weather("Paris"), separators=(",", ":"))
    assert text.index(call) < text.index("Sunny")
    assert drawn["text/html"].index("get_weather(city=") < drawn["text/html"].index("Sunny")
