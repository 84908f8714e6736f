"""The functions: the same path as the magic, without IPython."""

from __future__ import annotations

import asyncio
import gc
import inspect
import pickle
import socket
import threading

import pytest

import chat_magic
from chat_magic import UNSET, ApiError, ChatInterrupted, ChatResult, InvalidRequest, StreamBroken
from chat_magic.core.request.request import read_fields
from chat_magic.engine.chat import start_answer
from chat_magic.engine.prepare import prepare_call
from chat_magic.engine.session import default_session
from tests import interrupts
from tests.completions import completion, delta
from tests.gateway import HOLD, RESET, events, streamed, whole
from tests.waiting import TIMEOUT_S


def prepare(**fields):
    """Return the prepared call of a request."""
    return prepare_call(default_session(), read_fields(fields, allow_extra=False))


def start(call):
    """Send a prepared call."""
    return start_answer(default_session(), call)


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
        ({"top_logprobs": 2, "logprobs": False}, "requires logprobs"),
        ({"extra": {"n": 2}}, "known field"),
        ({"after": "x"}, "is not a chat result"),
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
    call = prepare(messages="Hi")
    early = start(call)
    early.cancel()
    with pytest.raises(ChatInterrupted):
        early.wait()
    late = start(call)

    def cancel_when_begun(task):
        if task.has_output:
            late.cancel()
        return 0.01

    with pytest.raises(ChatInterrupted) as caught:
        late.wait(cancel_when_begun)
    assert caught.value.result.text == "Half"


def test_an_interrupt_at_any_moment_ends_the_request_and_leaves_the_next_one_free(gateway):
    """No lock stays held: struck at many moments, each request ends, and a last one answers."""
    gateway(interrupts.answer)
    call = prepare(messages="Hi")
    assert interrupts.strike(lambda: start(call), 60, 0.0002) > 40
    assert chat_magic.chat("Last").text == "Hi"


def test_a_parameter_that_the_server_ignored_is_a_warning(gateway):
    """As far as the answer shows it."""
    gateway(streamed(completion("Hi")))
    result = chat_magic.chat("Hi", n=2, top_logprobs=3, top_up=False)
    assert result.warnings == (
        "n 2: the server returned 1 choice",
        "logprobs: the server returned none",
    )


def test_a_result_can_be_opened_at_its_tokens(gateway):
    """In JupyterLab by the output's metadata, elsewhere in the static HTML."""
    gateway(streamed(completion("Hi there", n_top=2)), streamed(completion("Hi")))
    bundle, metadata = chat_magic.chat("Hi", top_logprobs=2).inspect()._repr_mimebundle_()
    assert metadata == {"chat_magic_view": "tokens"}
    assert "<details open><summary" in bundle["text/html"]
    with pytest.raises(InvalidRequest, match="no log probabilities: ask with --top-logprobs 10"):
        chat_magic.chat("Hi").inspect()


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
    assert server.requests[0].closed.wait(TIMEOUT_S)


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
    request = prepare(messages="Hi").request
    assert request.model == "local/smollm2-135m-instruct"
    assert "CHAT_MAGIC_BASE_URL" in request.warnings[0]


def test_defaults_are_sent_where_the_call_leaves_them_open(gateway, config_file, monkeypatch):
    """What is given comes first, then `%config`, the environment, the file; UNSET sends nothing."""
    server = gateway(streamed(completion("Hi")))
    config_file("[defaults]\ntemperature = 0.1\ntop_p = 0.1\nseed = 1\nmax_tokens = 1\nn = 1")
    monkeypatch.setenv("CHAT_MAGIC_TEMPERATURE", "0.2")
    monkeypatch.setenv("CHAT_MAGIC_TOP_P", "0.2")
    default_session().configuration.set("temperature", 0.3)
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
    """In the status line, and on each row of the frame, after the metrics and the model."""
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


class TestTopUp:
    """Choices that the server did not return are asked for by further requests."""

    def test_a_server_that_ignores_n_is_asked_for_the_rest(self, gateway):
        """With the seed that follows; the result has all, and says what was done."""
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

    def test_what_came_mixed_is_asked_for_anew(self, gateway):
        """One by one."""
        mixed = [delta("", role="assistant")] * 2 + [delta(text) for text in "axby"]
        ends = [delta(finish_reason="stop")] * 2
        server = gateway(events(*mixed, *ends), streamed(completion("Clear")))
        result = chat_magic.chat("Hi", n=2)
        assert [choice.text for choice in result] == ["Clear", "Clear"]
        assert len(server.requests) == 3
        assert "cannot be told apart" in result.warnings[0]

    def test_one_that_fails_does_not_stop_the_others(self, gateway):
        """It is an error whose result has all that came."""

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

    def test_an_interrupt_ends_them_all(self, gateway):
        """What had come is kept."""
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


class TestTries:
    """How often a request is sent again is a setting."""

    @pytest.mark.parametrize(("given", "configured", "n_sent"), [(1, 0, 2), (None, 0, 1)])
    def test_the_call_wins_over_the_setting(self, gateway, given, configured, n_sent):
        """And the setting over the default of two."""
        server = gateway(whole({}, status=503))
        default_session().configuration.set("retries", configured)
        with pytest.raises(ApiError):
            chat_magic.chat("Hi", retries=given)
        assert len(server.requests) == n_sent

    @pytest.mark.parametrize("retries", [-1, 11, 1.5, "2"])
    def test_a_number_out_of_range_sends_nothing(self, gateway, retries):
        """The error says what is allowed."""
        server = gateway(streamed(completion("Hi")))
        with pytest.raises(InvalidRequest, match=r"retries .*: must be a whole number, 0 to 10"):
            chat_magic.chat("Hi", retries=retries)
        assert server.requests == []


def test_nothing_is_left_of_a_thousand_interrupted_requests(gateway):
    """No task, no socket and no thread."""
    server = gateway(events(delta("Half"), HOLD))
    call = prepare(messages="Hi")
    loop = default_session().loop.submit(_running_loop()).result()

    def left():
        gc.collect()
        is_ours = [s for s in gc.get_objects() if type(s) is socket.socket and s.fileno() >= 0]
        return len(asyncio.all_tasks(loop)), threading.active_count(), len(is_ours)

    def interrupt_when_begun():
        handle = start(call)

        def show(task):
            if task.has_output:
                handle.cancel()
            return 0.0

        with pytest.raises(ChatInterrupted):
            handle.wait(show)

    interrupt_when_begun()
    before = left()
    for _ in range(1000):
        interrupt_when_begun()
    assert all(request.closed.wait(TIMEOUT_S) for request in server.requests)
    assert left() == before


async def _running_loop():
    return asyncio.get_running_loop()
