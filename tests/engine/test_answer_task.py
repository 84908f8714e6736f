"""One answer: its times, cost and warnings, the missing choices, and what a fault leaves."""

from __future__ import annotations

import asyncio
import pickle
from dataclasses import replace

import pytest

import chat_magic
from chat_magic import ApiError, ChatInterrupted, ChatResult, StreamBroken
from chat_magic.engine.answer_task import AnswerTask, with_schema_warnings
from chat_magic.engine.session import Session, default_session
from chat_magic.transport import exchange
from chat_magic.transport.schema_file import load_schema
from tests.completions import DONE, completion, delta
from tests.engine.calls import prepare, start
from tests.gateway import HOLD, RESET, Sleep, events, streamed, whole
from tests.waiting import TIMEOUT_S


def test_an_answer_that_is_not_streamed_has_no_first_token(gateway):
    """It arrived all at once, so a speed would be meaningless."""
    gateway(whole(completion("Hello there")))
    timing = chat_magic.chat("Hi", stream=False).timing
    assert (timing.ttft_s, timing.tokens_per_s) == (None, None)
    assert timing.total_s > 0


def test_a_fault_keeps_what_had_arrived(gateway):
    """`.result` holds it; the finish reason of the unfinished choice is `error`."""
    gateway(events(delta("Half"), b"data: {broken\n\n"))
    with pytest.raises(StreamBroken) as caught:
        chat_magic.chat("Hi")
    assert isinstance(caught.value.result, ChatResult)
    assert (caught.value.result.text, caught.value.result[0].finish_reason) == ("Half", "error")


def test_a_lost_connection_leaves_choices_missing(gateway):
    """One finished choice of three is incomplete, unless the stream ends cleanly."""
    finished = delta("One", finish_reason="stop")
    gateway(events(finished, RESET), events(finished))
    with pytest.raises(StreamBroken) as caught:
        chat_magic.chat("Hi", n=3)
    assert caught.value.result.text == "One"
    result = chat_magic.chat("Hi", n=3, top_up=False)
    assert result.warnings == ("n 3: the server returned 1 choice",)


def test_a_parameter_that_the_server_ignored_is_a_warning(gateway):
    """If the answer shows that it was ignored."""
    gateway(streamed(completion("Hi")))
    result = chat_magic.chat("Hi", n=2, top_logprobs=3, top_up=False)
    assert result.warnings == (
        "n 2: the server returned 1 choice",
        "logprobs: the server returned none",
    )


def test_implausible_log_probabilities_are_a_warning(gateway):
    """It says where the first one is; a plausible answer has no warning."""
    odd = completion("Hi there", n_top=2)
    odd["choices"][0]["logprobs"]["content"][1]["logprob"] = -9999.0
    gateway(whole(completion("Hi there", n_top=2)), whole(odd))
    sound, result = (chat_magic.chat("U", top_logprobs=2, stream=False) for _ in range(2))
    assert sound.warnings == ()
    assert any(
        "only that the token lay outside of the most probable ones" in warning
        and warning.endswith("first at position 1 of choice 0")
        for warning in result.warnings
    )


@pytest.mark.parametrize(
    ("usage", "prices", "cost"),
    [
        ({"prompt_tokens": 1000, "completion_tokens": 200}, True, 0.0045),
        ({"prompt_tokens": 1000, "completion_tokens": 200, "cost": 0.5}, True, 0.5),
        ({"prompt_tokens": 1000, "completion_tokens": 200}, False, None),
    ],
)
def test_the_cost_is_the_gateways_or_follows_from_prices(gateway, config_file, usage, prices, cost):
    """It is in the status line, and in each row of the frame after the metrics and the model."""
    gateway(whole({**completion("Hi", "Ho"), "usage": usage}))
    if prices:
        config_file('[prices]\n"a/*" = { input = 2.5, output = 10 }')
    result = chat_magic.chat("Hi", n=2, stream=False)
    assert result.cost == cost
    assert list(result.frame)[-7:-5] == ["model", "cost"]
    assert result.frame["model"].tolist() == ["a/b", "a/b"]
    assert result.frame["cost"].dropna().tolist() == [cost, cost] * (cost is not None)
    assert pickle.loads(pickle.dumps(result)).cost == cost
    status = result._repr_mimebundle_()["text/plain"].splitlines()
    assert any("$" in line for line in status) == (cost is not None)


class TestTopUp:
    """Choices that the server did not return are requested again."""

    def test_a_server_that_ignores_n_gets_a_request_for_each_missing_choice(self, gateway):
        """The seeds count up; the result has all choices, and a warning says what was done."""
        server = gateway(lambda request: streamed(completion(f"seed {request.json['seed']}")))
        result = chat_magic.chat("Hi", n=3, seed=5)
        assert [(c.index, c.text) for c in result] == [(0, "seed 5"), (1, "seed 6"), (2, "seed 7")]
        first, *others = (request.json for request in server.requests)
        assert first["n"] == 3
        assert all({**other, "n": 3, "seed": 5} == first for other in others)
        assert "n" not in others[0]
        assert result.usage.completion_tokens == 6
        assert len(result.warnings) == 1
        assert result.warnings[0].startswith("n 3: the server returned 1 choice; ")

    def test_interleaved_choices_are_all_requested_again(self, gateway):
        """Each is requested on its own, since their tokens cannot be told apart."""
        mixed = [delta("", role="assistant")] * 2 + [delta(text) for text in "axby"]
        ends = [delta(finish_reason="stop")] * 2
        server = gateway(events(*mixed, *ends), streamed(completion("Clear")))
        result = chat_magic.chat("Hi", n=2)
        assert [choice.text for choice in result] == ["Clear", "Clear"]
        assert len(server.requests) == 3
        assert "cannot be told apart" in result.warnings[0]

    def test_a_choice_that_fails_does_not_stop_the_others(self, gateway):
        """The error holds all choices that arrived."""

        def answer(request):
            fails = request.json["seed"] == 2
            return whole({"error": "no luck"}, status=400) if fails else streamed(completion("Hi"))

        gateway(answer)
        with pytest.raises(
            StreamBroken, match=r"n 4: 1 of the missing choices did not arrive.*luck"
        ):
            chat_magic.chat("Hi", n=4, seed=0)
        with pytest.raises(StreamBroken) as caught:
            chat_magic.chat("Hi", n=4, seed=0)
        assert [choice.index for choice in caught.value.result] == [0, 1, 3]

    def test_an_interrupt_cancels_all_requests(self, gateway):
        """The partial choices are kept."""
        server = gateway(streamed(completion("One")), events(delta("Half"), HOLD))
        handle = start(prepare(messages="Hi", n=3))

        def cancel_when_begun(task):
            if task.answer.texts() == ["One", "Half", "Half"]:
                assert task.note == "asking for 2 more choices"
                handle.cancel()
            return 0.01

        with pytest.raises(ChatInterrupted) as caught:
            handle.wait(cancel_when_begun)
        assert [(c.text, c.finish_reason) for c in caught.value.result] == [
            ("One", "stop"),
            ("Half", "interrupted"),
            ("Half", "interrupted"),
        ]
        assert all(request.closed.wait(TIMEOUT_S) for request in server.requests[1:])

    @pytest.mark.parametrize(
        ("words", "largest", "sent"),
        [
            ("Only n=1 is supported", 1, [3, None, None, None]),
            ("'n' : number must be at most 1", 1, [3, None, None, None]),
            ("n_cmpl cannot be greater than the number of slots", 1, [3, None, None, None]),
            ("body.n: Input should be less than or equal to 2", 2, [3, 2, None]),
        ],
    )
    def test_a_server_that_refuses_so_many_choices_is_asked_for_fewer(
        self, gateway, words, largest, sent
    ):
        """The rest is requested one by one, each with a seed of its own."""

        def answer(request):
            n = request.json.get("n", 1)
            if n > largest:
                return whole({"error": {"message": words}}, status=400)
            seed = request.json["seed"]
            return streamed(completion(*[f"seed {seed}"] * n))

        server = gateway(answer)
        result = chat_magic.chat("Hi", n=3, seed=5)
        assert [request.json.get("n") for request in server.requests] == sent
        assert [choice.index for choice in result] == [0, 1, 2]
        assert result[2].text == "seed 7"
        (warning,) = result.warnings
        assert warning.startswith(f"n 3: the server takes {largest} at a time; the rest was")

    def test_without_topping_up_a_refusal_of_so_many_choices_is_an_error(self, gateway):
        """As it is when it is about something else, and when it is repeated."""
        server = gateway(whole({"error": {"message": "Only n=1 is supported"}}, status=400))
        with pytest.raises(ApiError, match="Only n=1"):
            chat_magic.chat("Hi", n=3, top_up=False)
        with pytest.raises(ApiError, match="Only n=1"):
            chat_magic.chat("Hi", n=1)
        assert len(server.requests) == 2
        with pytest.raises(ApiError, match="Only n=1"):
            chat_magic.chat("Hi", n=3)
        assert len(server.requests) == 4

    def test_a_choice_that_stays_empty_is_named(self, gateway):
        """By its final index; it is never an empty answer."""
        empty = events(delta("", role="assistant"), DONE)
        gateway(streamed(completion("One")), empty)
        with pytest.raises(StreamBroken, match=r"did not arrive: choice 1: .*without any text"):
            chat_magic.chat("Hi", n=2, retries=0)


@pytest.mark.parametrize(
    "ends",
    [[DONE], [], [{"choices": [], "usage": {"prompt_tokens": 1}}, DONE]],
    ids=["an end mark", "a clean end", "usage and an end mark"],
)
def test_an_answer_without_content_is_retried_and_never_a_result(gateway, ends):
    """The error of a single answer, and in `.errors` of a grid."""
    empty = events(delta("", role="assistant"), *ends)
    gateway(empty, streamed(completion("Hello")))
    result = chat_magic.chat("Hi", retries=1)
    assert result.text == "Hello"
    assert "answered on try 2; before: an empty answer" in result.warnings
    gateway(empty)
    with pytest.raises(StreamBroken, match="without any text") as caught:
        chat_magic.chat("Hi", retries=0)
    assert caught.value.result is None
    gateway(streamed(completion("Hello")), empty)
    results = chat_magic.chat_grid("Hi {{ x }}", vary={"x": ["a", "b"]}, concurrency=1, retries=0)
    assert list(results.errors) == [1]
    assert "without any text" in results.errors[1]


def test_an_empty_answer_is_never_silent(gateway):
    """A warning says why it is empty."""
    gateway(events(delta(reasoning_content="hm"), delta(finish_reason="length"), DONE))
    result = chat_magic.chat("Hi", max_completion_tokens=64)
    assert result.warnings == (
        "the answer is empty: reasoning took the whole budget of max_completion_tokens 64",
    )


def test_the_total_limit_allows_silence_in_later_rounds_too(gateway, monkeypatch):
    """Silence is only ever shorter than the user's limit where that is not set."""
    monkeypatch.setattr(exchange, "NEXT_EVENT_S", 0.001)
    monkeypatch.setattr(exchange, "FIRST_EVENT_S", 0.001)
    pause = Sleep(0.1)
    late = events(delta("a"), pause, delta(finish_reason="stop"), DONE)
    gateway(late)
    assert len(chat_magic.chat("Hi", n=2, timeout=60)) == 2


def test_nothing_has_arrived_before_a_task_runs():
    """There is no partial result, and nothing to note."""
    task = AnswerTask(prepare(messages="Hi", model="local"), default_session())
    assert (task.partial(), task.has_output, task.rounds, task.note) == (None, False, (), None)


async def test_a_task_that_is_cancelled_has_a_partial_result(gateway):
    """It consists of what had arrived, marked as interrupted."""
    gateway(events(delta("Half"), HOLD))
    session, has_text = Session(), asyncio.Event()
    task = AnswerTask(prepare(messages="Hi"), session, has_text.set)
    running = asyncio.create_task(task.run())
    while not task.has_output:
        has_text.clear()
        await asyncio.wait_for(has_text.wait(), TIMEOUT_S)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    partial = task.partial()
    assert (partial.text, partial[0].finish_reason) == ("Half", "interrupted")
    await session.http.close()


def test_an_answer_that_does_not_fit_its_schema_gets_a_warning(gateway):
    """A result without a schema is returned unchanged."""
    gateway(streamed(completion("no JSON")))
    plain = chat_magic.chat("Hi")
    assert with_schema_warnings(plain) is plain
    schema = load_schema("age: int")
    (warning,) = with_schema_warnings(replace(plain, schema=schema)).warnings
    assert warning.startswith("the answer does not fit the schema: ")


PREFILLED = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "My name is"}]


def served(gateway, text, owner="other"):
    """Answer to the list of models and to a completion."""

    def answer(request):
        if request.method == "GET":
            return whole({"data": [{"id": "b", "owned_by": owner}]})
        return streamed(completion(text))

    return gateway(answer)


def test_vllm_is_asked_to_continue_a_prefill(gateway):
    """By itself; a request without one is sent as ever, and no list is asked for."""
    server = served(gateway, " Ada", "vllm")
    result = chat_magic.chat(PREFILLED)
    sent = server.requests[-1].json
    assert (sent["continue_final_message"], sent["add_generation_prompt"]) == (True, False)
    assert (result.prefill, result.text, result.warnings) == ("My name is", " Ada", ())
    count = len(server.requests)
    chat_magic.chat("Hi")
    assert len(server.requests) == count + 1
    assert "continue_final_message" not in server.requests[-1].json


def test_another_server_is_not_asked_in_vllms_way(gateway):
    """It might refuse the unknown fields."""
    server = served(gateway, " Ada")
    assert chat_magic.chat(PREFILLED).prefill == "My name is"
    assert "continue_final_message" not in server.requests[-1].json


def test_a_prefill_that_was_not_continued_is_a_warning_and_is_not_drawn(gateway):
    """The result has no prefill, and what continues from it has two messages."""
    served(gateway, "My name is Ada")
    result = chat_magic.chat(PREFILLED)
    assert result.prefill == ""
    assert "prefill: the answer repeats it" in result.warnings[0]
    contents = [message.content for message in result.conversation()]
    assert contents == ["Hi", "My name is", "My name is Ada"]
    assert "prefill: My" not in result._repr_mimebundle_()["text/plain"]


def test_an_endpoints_own_fields_are_sent_with_each_request(gateway, config_file):
    """Those of the request win, `UNSET` among them; its time limit holds too."""
    server = gateway(streamed(completion("Hi")))
    config_file(
        f'[endpoints.x]\nbase_url = "{server.base_url}"\ntimeout = 50\n'
        'extra = { mirostat = 5, seed = 1, top_p = 0.5 }\n[routes]\n"a/*" = "x"\n'
    )
    assert prepare(messages="Hi", model="a/b").limits.timeout_s == 50
    chat_magic.chat("Hi", model="a/b", seed=2, top_p=chat_magic.UNSET)
    sent = server.requests[0].json
    assert (sent["mirostat"], sent["seed"]) == (5, 2)
    assert "top_p" not in sent


def with_header(answer, cost):
    """Return an answer with LiteLLM's header."""
    return replace(answer, headers={**answer.headers, "x-litellm-response-cost": cost})


def test_the_cost_in_litellms_header_is_the_cost(gateway):
    """At the head of a stream a zero says nothing; the usage's own cost wins."""
    value = completion("Hi")
    gateway(with_header(whole(value), "0.25"))
    assert chat_magic.chat("Hi", stream=False).cost == 0.25
    gateway(with_header(streamed(value), "0.0"))
    assert chat_magic.chat("Hi").cost is None
    gateway(with_header(streamed(value), "nan"))
    assert chat_magic.chat("Hi").cost is None
    value["usage"]["cost"] = 0.5
    gateway(with_header(whole(value), "0.25"))
    assert chat_magic.chat("Hi", stream=False).cost == 0.5


@pytest.mark.parametrize("at", [1, 12, 26])
def test_a_key_in_two_pieces_is_removed_from_the_answer(gateway, monkeypatch, at):
    """From its text, its tokens and what is drawn."""
    key = "sk-canary-of-two-pieces-0123"

    def scored(text):
        return {"content": [{"token": text, "logprob": -0.5, "top_logprobs": []}]}

    parts = ["a ", key[:at], key[at:], " b"]
    gateway(
        events(*(delta(text, logprobs=scored(text)) for text in parts), delta(finish_reason="stop"))
    )
    monkeypatch.setenv("CHAT_MAGIC_API_KEY", key)
    result = chat_magic.chat("Hi", logprobs=True)
    assert result.text == "a *** b"
    assert list(result.tokens["token"]) == ["a ", "***", "", " b"]
    shown = f"{result!r} {result.reply} {result._repr_mimebundle_()} {pickle.dumps(result)!r}"
    assert "two-pieces" not in shown
    assert "the server sent a key back: it was removed from the answer" in result.warnings
