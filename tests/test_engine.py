"""The functions: the same path as the magic, without IPython."""

from __future__ import annotations

import asyncio
import inspect
import pickle
import signal
import threading

import pytest

import chat_magic
from chat_magic import UNSET, ApiError, ChatInterrupted, ChatResult, InvalidRequest, StreamBroken
from chat_magic.core.request import read_fields
from chat_magic.engine import Run, prepare
from chat_magic.transport.configuration import configure
from tests.completions import completion, delta
from tests.gateway import HOLD, RESET, events, streamed, whole


def test_a_text_is_one_user_message_verbatim(gateway):
    """Braces and role words in it are nothing special."""
    server = gateway(streamed(completion("Hi")))
    chat_magic.chat("user: {{ x }}\nassistant: no")
    assert server.requests[0].json == {
        "model": "a/b",
        "messages": [{"role": "user", "content": "user: {{ x }}\nassistant: no"}],
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    assert server.requests[0].headers["authorization"] == "Bearer sk-canary-1234567890"


def test_messages_parameters_and_extra_fields_are_sent_as_given(gateway):
    """Nothing is added but what streaming needs; UNSET is not sent."""
    server = gateway(whole(completion("Hi", n_top=2)))
    result = chat_magic.chat(
        [{"role": "system", "content": "S"}, {"role": "user", "content": "U"}],
        model="c/d",
        top_logprobs=2,
        temperature=UNSET,
        stream=False,
        extra={"min_p": 0.1},
    )
    assert server.requests[0].json == {
        "model": "c/d",
        "messages": [{"role": "system", "content": "S"}, {"role": "user", "content": "U"}],
        "logprobs": True,
        "top_logprobs": 2,
        "stream": False,
        "min_p": 0.1,
    }
    assert result.model == "c/d"


def test_templates_are_rendered_only_with_variables(gateway):
    """What they insert is text."""
    server = gateway(streamed(completion("Hi")))
    chat_magic.chat("Hi {{ name }}", variables={"name": "{{ x }}"})
    assert server.requests[0].json["messages"][0]["content"] == "Hi {{ x }}"


def test_a_result_goes_on(gateway):
    """`after=` brings its messages, its answer and its model."""
    server = gateway(streamed(completion("One")), streamed(completion("Two")))
    first = chat_magic.chat("Count", model="c/d")
    chat_magic.chat("On", after=first)
    sent = server.requests[1].json
    assert sent["model"] == "c/d"
    assert [m["content"] for m in sent["messages"]] == ["Count", "One", "On"]


def test_a_result_is_a_sequence_shaped_as_in_the_openai_sdk(gateway):
    """Choices by index, message content, log probabilities, usage, timing."""
    gateway(streamed(completion("Hello there", "Good day", n_top=3)))
    result = chat_magic.chat("Hi", n=2, top_logprobs=3)
    assert (len(result), result.text, str(result)) == (2, "Hello there", "Hello there")
    assert [choice.text for choice in result] == ["Hello there", "Good day"]
    assert result.choices[1].message.content == result[1].text == "Good day"
    token = result.choices[0].logprobs.content[1]
    assert (token.token, token.bytes) == (" there", list(b" there"))
    assert [other.token for other in token.top_logprobs] == [" there", " there1", " there2"]
    assert result.usage.completion_tokens == 4
    assert result.timing.ttft_s <= result.timing.total_s
    assert repr(result) == "<ChatResult a/b, 2 choices: 'Hello there'>"
    assert result.id == "chatcmpl-1"


def test_its_tables_start_with_run_and_stay_when_pickled(gateway):
    """`.frame`, `.tokens` and `.alternatives` have a row each for choice, token, alternative."""
    gateway(streamed(completion("Hello there", "Hi", n_top=2)))
    result = chat_magic.chat("Hi", n=2, top_logprobs=2)
    core = ["run", "choice", "part", "position", "token", "bytes"]
    assert list(result.tokens)[:6] == core
    assert {"logprob", "prob", "rank"} <= set(result.tokens)
    assert result.tokens["prob"].round(3).tolist() == [0.5, 0.5, 0.5]
    assert len(result.alternatives) == 6
    assert result.frame["text"].tolist() == ["Hello there", "Hi"]
    for table in (result.frame, result.tokens, result.alternatives):
        assert table.columns[0] == "run"
        assert table["run"].dtype == "int32"
    copy = pickle.loads(pickle.dumps(result))
    assert copy == result
    assert copy.tokens.equals(result.tokens)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"tempreature": 1}, "did you mean temperature"),
        ({"temperature": 3}, "0 to 2"),
        ({"top_logprobs": 2, "logprobs": False}, "needs logprobs"),
        ({"extra": {"n": 2}}, "known field"),
        ({"after": "x"}, "no chat result"),
        ({"variables": {}}, "'x' is undefined"),
        ({"timeout": 0}, "timeout 0: must be a number of seconds above 0"),
        ({"timeout": float("nan")}, "timeout nan"),
        ({"timeout": "x"}, "timeout x"),
    ],
)
def test_what_cannot_be_sent_is_refused_before(gateway, arguments, words):
    """And nothing reaches the server."""
    server = gateway(streamed(completion("Hi")))
    with pytest.raises(InvalidRequest, match=words):
        chat_magic.chat("Hi {{ x }}", **arguments)
    assert server.requests == []


def test_a_refused_parameter_says_what_to_remove(gateway):
    """Nothing is sent again in a changed form."""
    words = "Unsupported parameter: 'max_tokens' is not supported with this model."
    server = gateway(whole({"error": {"message": words}}, status=400))
    with pytest.raises(ApiError, match="remove --max-tokens and use --max-completion-tokens"):
        chat_magic.chat("Hi", max_tokens=5)
    assert len(server.requests) == 1


def test_choices_that_a_lost_connection_kept_back_are_missed(gateway):
    """One finished choice of three is no complete answer, though a clean end would be one."""
    finished = delta("One", finish_reason="stop")
    gateway(events(finished, RESET), events(finished))
    with pytest.raises(StreamBroken) as caught:
        chat_magic.chat("Hi", n=3)
    assert caught.value.result.text == "One"
    kept = chat_magic.chat("Hi", n=3, top_up=False)
    assert kept.warnings == ("n 3: the server returned 1 choice",)


def test_an_answer_that_is_not_streamed_has_no_first_token(gateway):
    """All of it came at once, so a speed would mean nothing."""
    gateway(whole(completion("Hello there")))
    timing = chat_magic.chat("Hi", stream=False).timing
    assert (timing.ttft_s, timing.tokens_per_s) == (None, None)
    assert timing.total_s > 0


def test_a_run_that_is_cancelled_from_elsewhere_is_interrupted(gateway):
    """Also when it had hardly begun; what came is its result."""
    gateway(events(delta("Half"), HOLD))
    request = prepare(read_fields({"messages": "Hi"}, allow_extra=False))
    early = Run(request)
    early.cancel()
    with pytest.raises(ChatInterrupted):
        early.wait()
    late = Run(request)

    def cancel_when_begun(run):
        if run.rounds.has_output:
            run.cancel()
        return 0.01

    with pytest.raises(ChatInterrupted) as caught:
        late.wait(cancel_when_begun)
    assert caught.value.result.text == "Half"


def test_an_interrupt_at_any_moment_ends_the_request_and_leaves_the_next_one_free(gateway):
    """No lock stays held: struck at many moments, each request ends, and a last one answers."""

    def answer(request):
        is_last = request.json["messages"][0]["content"] == "Last"
        return streamed(completion("Hi")) if is_last else events(delta("Half"), HOLD)

    gateway(answer)

    def interrupt(_signal, _frame):
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        for step in range(60):
            run = Run(prepare(read_fields({"messages": "Hi"}, allow_extra=False)))
            signal.setitimer(signal.ITIMER_REAL, 0.001 + step * 0.0002)
            with pytest.raises(ChatInterrupted):
                run.wait(lambda _run: 0.0)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert chat_magic.chat("Last").text == "Hi"


def test_a_parameter_that_the_server_ignored_is_a_warning(gateway):
    """As far as the answer shows it."""
    gateway(streamed(completion("Hi")))
    result = chat_magic.chat("Hi", n=2, top_logprobs=3, top_up=False)
    assert result.warnings == (
        "n 2: the server returned 1 choice",
        "logprobs: the server returned none",
    )


def test_a_fault_after_something_came_keeps_it(gateway):
    """`.result` has it, its unfinished choice marked."""
    gateway(events(delta("Half"), b"data: {broken\n\n"))
    with pytest.raises(StreamBroken) as caught:
        chat_magic.chat("Hi")
    assert isinstance(caught.value.result, ChatResult)
    assert (caught.value.result.text, caught.value.result[0].finish_reason) == ("Half", "error")


def test_an_awaited_request_can_be_cancelled(gateway):
    """The connection is closed."""
    server = gateway(events(delta("Half"), HOLD))

    async def ask_and_cancel():
        task = asyncio.create_task(chat_magic.achat("Hi"))
        await asyncio.to_thread(server.wait_for_request)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(ask_and_cancel())
    assert server.requests[0].closed.wait(2)


def test_many_requests_share_one_loop_and_run_at_once(gateway):
    """Two answers that wait for each other both arrive."""
    both = threading.Barrier(2)

    def answer(_request):
        threading.Thread(target=both.wait).start()
        return streamed(completion("Hi"))

    gateway(answer)

    async def ask_twice():
        return await asyncio.gather(chat_magic.achat("a"), chat_magic.achat("b"))

    results = asyncio.run(ask_twice())
    assert [result.text for result in results] == ["Hi", "Hi"]


def test_chat_and_achat_take_the_same():
    """One is the other, to be awaited."""
    assert inspect.signature(chat_magic.chat) == inspect.signature(chat_magic.achat)


def test_nothing_configured_means_the_local_model_and_a_notice(monkeypatch):
    """The notice names the variables that change it."""
    request = prepare(read_fields({"messages": "Hi"}, allow_extra=False))
    assert request.model == "local/smollm2-135m-instruct"
    assert "CHAT_MAGIC_BASE_URL" in request.warnings[0]


def test_defaults_are_sent_where_the_call_leaves_them_open(gateway, config_file, monkeypatch):
    """What is given comes first, then `%config`, the environment, the file; UNSET sends nothing."""
    server = gateway(streamed(completion("Hi")))
    config_file("[defaults]\ntemperature = 0.1\ntop_p = 0.1\nseed = 1\nmax_tokens = 1\nn = 1")
    monkeypatch.setenv("CHAT_MAGIC_TEMPERATURE", "0.2")
    monkeypatch.setenv("CHAT_MAGIC_TOP_P", "0.2")
    configure("temperature", 0.3)
    chat_magic.chat("Hi", seed=UNSET, max_completion_tokens=5)
    sent = server.requests[0].json
    for name in ("model", "messages", "stream", "stream_options"):
        del sent[name]
    assert sent == {"max_completion_tokens": 5, "temperature": 0.3, "top_p": 0.2, "n": 1}


def test_an_alias_and_a_route_say_what_is_sent_where(gateway, config_file):
    """The result has the whole name."""
    server = gateway(streamed(completion("Hi")))
    config_file(
        f"""
        [aliases]
        fast = "vendor/fast"
        [endpoints.vendor]
        base_url = "{server.origin}/vendor"
        takes = "model"
        headers = {{ "X-Team" = "team one" }}
        [routes]
        "vendor/*" = "vendor"
        """
    )
    result = chat_magic.chat("Hi", model="fast")
    (request,) = server.requests
    assert (request.path, request.json["model"]) == ("/vendor/chat/completions", "fast")
    assert request.headers["x-team"] == "team one"
    assert "authorization" not in request.headers
    assert result.model == result.request.model == "vendor/fast"


def test_a_broken_config_file_sends_nothing(gateway, config_file):
    """The error names file, table and key."""
    server = gateway(streamed(completion("Hi")))
    config_file("[defaults]\ntemperature = 3")
    with pytest.raises(InvalidRequest, match=r"chat_magic\.toml \[defaults\] temperature 3"):
        chat_magic.chat("Hi")
    assert server.requests == []


@pytest.mark.parametrize(
    ("usage", "prices", "cost"),
    [
        ({"prompt_tokens": 1000, "completion_tokens": 200}, True, 0.0045),
        ({"prompt_tokens": 1000, "completion_tokens": 200, "cost": 0.5}, True, 0.5),
        ({"prompt_tokens": 1000, "completion_tokens": 200}, False, None),
    ],
)
def test_the_cost_is_the_gateways_or_comes_of_prices(gateway, config_file, usage, prices, cost):
    """In the status line, and on each row of the frame, after the model."""
    gateway(whole({**completion("Hi", "Ho"), "usage": usage}))
    if prices:
        config_file('[prices]\n"a/*" = { input = 2.5, output = 10 }')
    result = chat_magic.chat("Hi", n=2, stream=False)
    assert result.cost == cost
    assert list(result.frame)[-2:] == ["model", "cost"]
    assert result.frame["model"].tolist() == ["a/b", "a/b"]
    assert result.frame["cost"].dropna().tolist() == [cost, cost] * (cost is not None)
    assert pickle.loads(pickle.dumps(result)).cost == cost
    status = result._repr_mimebundle_()["text/plain"].splitlines()
    assert any("$" in line for line in status) == (cost is not None)


def test_what_is_odd_about_log_probabilities_is_a_warning(gateway):
    """In plain words, with where it is; a sound answer has none."""
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
