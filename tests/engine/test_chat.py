"""The functions `chat` and `achat`: what they send, what they return, how they are cancelled."""

from __future__ import annotations

import asyncio
import inspect
import pickle
import threading

import pytest

import chat_magic
from chat_magic import UNSET, ApiError, InvalidRequest
from chat_magic.engine import chat as module
from chat_magic.engine.answer_task import AnswerTask
from tests.completions import completion, delta
from tests.gateway import HOLD, events, streamed, whole
from tests.waiting import TIMEOUT_S, wait_until


def test_a_text_is_one_user_message_verbatim(gateway):
    """Braces and role words have no meaning in it."""
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
    """Only the fields for streaming are added; UNSET is not sent."""
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
    """Inserted values are text."""
    server = gateway(streamed(completion("Hi")))
    chat_magic.chat("Hi {{ name }}", variables={"name": "{{ x }}"})
    assert server.requests[0].json["messages"][0]["content"] == "Hi {{ x }}"


def test_after_continues_a_result(gateway):
    """Its messages, its answer and its model are used."""
    server = gateway(streamed(completion("One")), streamed(completion("Two")))
    first = chat_magic.chat("Count", model="c/d")
    chat_magic.chat("On", after=first)
    sent = server.requests[1].json
    assert sent["model"] == "c/d"
    assert [m["content"] for m in sent["messages"]] == ["Count", "One", "On"]


def test_a_result_is_a_sequence_shaped_as_in_the_openai_sdk(gateway):
    """It has choices by index, message contents, log probabilities, usage and timing."""
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


def test_the_tables_of_a_result_start_with_run_and_survive_pickling(gateway):
    """`.frame`, `.tokens` and `.alternatives` have a row per choice, token and alternative."""
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


def test_a_refused_parameter_says_what_to_remove(gateway):
    """Nothing is sent again in a changed form."""
    words = "Unsupported parameter: 'max_tokens' is not supported with this model."
    server = gateway(whole({"error": {"message": words}}, status=400))
    with pytest.raises(ApiError, match="remove --max-tokens and use --max-completion-tokens"):
        chat_magic.chat("Hi", max_tokens=5)
    assert len(server.requests) == 1


def test_a_result_can_be_opened_at_its_tokens(gateway):
    """The metadata tells JupyterLab; elsewhere the static HTML has them open."""
    gateway(streamed(completion("Hi there", n_top=2)), streamed(completion("Hi")))
    bundle, metadata = chat_magic.chat("Hi", top_logprobs=2).inspect()._repr_mimebundle_()
    assert metadata == {"chat_magic_view": "tokens"}
    assert "<details open><summary" in bundle["text/html"]
    with pytest.raises(InvalidRequest, match="no log probabilities: ask with --top-logprobs 10"):
        chat_magic.chat("Hi").inspect()


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


def test_chat_and_achat_have_the_same_signature():
    """`achat` differs only in that it is awaited."""
    assert inspect.signature(chat_magic.chat) == inspect.signature(chat_magic.achat)


@pytest.fixture
def answer_tasks(monkeypatch):
    """Return the list of the answers that are started."""
    tasks = []

    class RecordedTask(AnswerTask):
        def __init__(self, *arguments, **options):
            super().__init__(*arguments, **options)
            tasks.append(self)

    monkeypatch.setattr(module, "AnswerTask", RecordedTask)
    return tasks


@pytest.fixture
async def expire(answer_tasks, monkeypatch):
    """Return a coroutine function that lets an hour pass on this loop once text has arrived."""
    loop = asyncio.get_running_loop()
    now = loop.time

    async def expire():
        await asyncio.to_thread(wait_until, lambda: answer_tasks and answer_tasks[0].has_output)
        monkeypatch.setattr(loop, "time", lambda: now() + 3600)

    return expire


async def cancel_its_task(answer, expire):
    task = asyncio.create_task(answer)
    await expire()
    task.cancel()
    await task


async def cancel_by_timeout(answer, expire):
    expiry = asyncio.create_task(expire())
    async with asyncio.timeout(600):
        await answer
    await expiry


async def cancel_by_wait_for(answer, expire):
    expiry = asyncio.create_task(expire())
    await asyncio.wait_for(answer, 600)
    await expiry


@pytest.mark.parametrize(
    ("cancel", "kind"),
    [
        (cancel_its_task, asyncio.CancelledError),
        (cancel_by_timeout, TimeoutError),
        (cancel_by_wait_for, TimeoutError),
    ],
)
async def test_a_caller_who_cancels_gets_what_had_arrived(gateway, expire, cancel, kind):
    """It is the result of the CancelledError; the connection is closed."""
    server = gateway(events(delta("Half"), HOLD))
    with pytest.raises(kind) as caught:
        await cancel(chat_magic.achat("Hi"), expire)
    error = caught.value if kind is asyncio.CancelledError else caught.value.__cause__
    assert isinstance(error, asyncio.CancelledError)
    assert (error.result.text, error.result[0].finish_reason) == ("Half", "interrupted")
    assert await asyncio.to_thread(server.requests[0].closed.wait, TIMEOUT_S)


async def test_a_caller_who_cancels_before_anything_arrived_gets_no_result(gateway):
    """The result of the CancelledError is None, and the connection is closed."""
    server = gateway(events(HOLD))
    task = asyncio.create_task(chat_magic.achat("Hi"))
    await asyncio.to_thread(server.wait_for_request)
    task.cancel()
    with pytest.raises(asyncio.CancelledError) as caught:
        await task
    assert caught.value.result is None
    assert await asyncio.to_thread(server.requests[0].closed.wait, TIMEOUT_S)
