"""Recorded answers: when requests are sent, and what a recorded answer is."""

from __future__ import annotations

from contextlib import suppress

import pytest

import chat_magic
from chat_magic.engine.replay import CacheOptions, cache_options, open_recordings
from chat_magic.errors import CacheMiss, ChatError, InvalidRequest
from tests.completions import completion, delta
from tests.engine.sample_tools import PARIS, calling
from tests.gateway import CLOSE, Answer, events, streamed


@pytest.fixture(autouse=True)
def _own_files(history_file, monkeypatch, tmp_path):
    """Each test has a cache, a folder and no CI of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CI", raising=False)


def numbered():
    """Return a script that answers with the number of the request."""
    count = 0

    def answer(request):
        nonlocal count
        count += 1
        sent = request.json
        return streamed(
            completion(*[f"{count}: {sent['messages'][-1]['content']}"] * sent.get("n", 1))
        )

    return answer


def test_an_equal_request_is_not_sent_again(gateway):
    """Its result is that of then, marked as replayed."""
    server = gateway(numbered())
    first = chat_magic.chat("Hi", temperature=1, cache=True)
    again = chat_magic.chat("Hi", temperature=1.0, cache=True)
    assert len(server.requests) == 1
    assert not first.replayed
    assert again.replayed
    assert (again.text, again.usage, again.timing, again.cost) == (
        first.text,
        first.usage,
        first.timing,
        first.cost,
    )
    assert "recorded" in again._repr_mimebundle_()["text/plain"]


@pytest.mark.parametrize(
    ("cache", "settings", "n_sent"),
    [
        (None, {}, 2),
        (True, {}, 1),
        (False, {"CHAT_MAGIC_CACHE": "1"}, 2),
        (None, {"CHAT_MAGIC_CACHE": "1"}, 1),
        (None, {"CHAT_MAGIC_CACHE": "0"}, 2),
        ("refresh", {}, 2),
        ("refresh", {"CHAT_MAGIC_CACHE": "1"}, 2),
        (None, {"CHAT_MAGIC_CASSETTE": "a.chat.jsonl"}, 1),
        (False, {"CHAT_MAGIC_CASSETTE": "a.chat.jsonl"}, 2),
    ],
)
def test_the_call_decides_before_the_settings(gateway, monkeypatch, cache, settings, n_sent):
    """It is off unless asked for."""
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    server = gateway(numbered())
    for _ in range(2):
        chat_magic.chat("Hi", cache=cache)
    assert len(server.requests) == n_sent


def test_refresh_replaces_what_is_recorded(gateway):
    """The next look-up finds the new answer."""
    gateway(numbered())
    texts = [chat_magic.chat("Hi", cache=mode).text for mode in (True, "refresh", True, "offline")]
    assert texts == ["1: Hi", "2: Hi", "2: Hi", "2: Hi"]


def test_equal_requests_of_a_grid_are_draws_of_their_own(gateway):
    """In the order of the data, whatever arrives first; running it again sends nothing."""
    server = gateway(numbered())
    words = {"a": "x", "b": "x", "c": "y"}
    run = lambda: chat_magic.chat_grid("{{ w }}", vary={"w": words}, cache=True, concurrency=1)  # noqa: E731
    first, again = run(), run()
    assert len(server.requests) == 3
    assert [result.text for result in first.results] == ["1: x", "2: x", "3: y"]
    assert [result.text for result in again.results] == ["1: x", "2: x", "3: y"]
    assert again.replayed
    assert chat_magic.chat("x", cache=True).text == "1: x"


@pytest.mark.parametrize(
    ("answer", "n", "is_kept"),
    [
        (streamed(completion("a")), 1, True),
        (streamed(completion("a", finish_reason="content_filter")), 1, False),
        (events(delta("a"), CLOSE), 1, False),
        (Answer([b"{}"], status=400), 1, False),
    ],
)
def test_only_whole_answers_are_recorded(gateway, answer, n, is_kept):
    """Not those that broke off, were held back or refused."""
    server = gateway(answer, streamed(completion("second")))
    with suppress(ChatError):
        chat_magic.chat("Hi", n=n, cache=True, retries=0)
    chat_magic.chat("Hi", n=n, cache=True, retries=0)
    assert len(server.requests) == 2 - is_kept


def test_choices_that_are_missing_are_not_recorded_and_topped_up_ones_are(gateway):
    """Without top-up an answer with fewer choices is not whole."""
    one = streamed(completion("a"))
    server = gateway(one)
    chat_magic.chat("Hi", n=2, cache=True, top_up=False)
    chat_magic.chat("Hi", n=2, cache=True)
    assert len(server.requests) == 3
    assert len(chat_magic.chat("Hi", n=2, cache=True).choices) == 2
    assert len(server.requests) == 3


def test_offline_nothing_is_sent(gateway):
    """The error names the model, what differs from the nearest recording, and how to record."""
    server = gateway(numbered())
    chat_magic.chat("Hi", temperature=0.2, cache=True)
    with pytest.raises(CacheMiss) as caught:
        chat_magic.chat("Hi", temperature=0.7, cache="offline")
    words = str(caught.value)
    assert "a/b" in words
    assert "temperature 0.7 (recorded: 0.2)" in words
    assert "--refresh-cache" in words
    assert len(server.requests) == 1


def test_a_hit_costs_nothing_and_needs_no_key(gateway, monkeypatch):
    """It is counted as replayed, and no limit of cost applies."""
    server = gateway(numbered())
    chat_magic.chat("Hi", cache=True)
    for name in ("CHAT_MAGIC_BASE_URL", "CHAT_MAGIC_API_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setattr(
        "chat_magic.transport.keys.KeyCache.find_key", lambda *_: pytest.fail("a key is looked for")
    )
    result = chat_magic.chat("Hi", cache=True, max_cost=0.01)
    assert result.replayed
    assert len(server.requests) == 1
    usage = chat_magic.usage(by="model")
    assert usage.iloc[0][["requests", "replayed"]].tolist() == [2, 1]
    assert list(chat_magic.history("is:replayed").index) == [result.history_id]


def test_each_round_of_tools_is_looked_up_and_the_functions_run_again(gateway):
    """Only the rounds whose request differs are sent."""
    calls = []

    def get_weather(city: str) -> str:
        """Get the weather."""
        calls.append(city)
        return "sun" if len(calls) < 3 else "rain"

    server = gateway(calling(PARIS), streamed(completion("Sunny")), streamed(completion("Rainy")))
    ask = lambda: chat_magic.chat("Weather?", tools=[get_weather], cache=True)  # noqa: E731
    first, second, third = ask(), ask(), ask()
    assert [result.text for result in (first, second, third)] == ["Sunny", "Sunny", "Rainy"]
    assert [result.replayed for result in (first, second, third)] == [False, True, False]
    assert len(calls) == 3
    assert len(server.requests) == 3
    assert len(second.rounds) == 1
    assert second.usage == first.usage


def test_a_recorded_answer_has_the_schema_of_the_call(gateway):
    """`.parsed` is checked anew."""
    gateway(streamed(completion('{"age": 3}')))
    for _ in range(2):
        assert chat_magic.chat("Hi", schema="age: int", cache=True).parsed == {"age": 3}


def test_a_replayed_result_survives_json_and_the_history(gateway):
    """It still says when it was recorded."""
    gateway(numbered())
    chat_magic.chat("Hi", cache=True)
    result = chat_magic.chat("Hi", cache=True)
    assert chat_magic.ChatResult.from_json(result.to_json()).replayed
    assert chat_magic.load(result.history_id).replayed


def test_the_cache_works_without_a_history_and_is_forgotten_with_it(gateway, monkeypatch):
    """`history=False` does not switch it off; an answer goes with its execution."""
    server = gateway(numbered())
    for _ in range(2):
        chat_magic.chat("a", cache=True, history=False)
    assert len(server.requests) == 1
    chat_magic.forget(chat_magic.chat("b", cache=True).history_id)
    assert not chat_magic.chat("b", cache=True).replayed


def test_a_rerun_sends_the_request_again_and_records_the_answer(gateway, monkeypatch):
    """Unless only recorded answers are used."""
    from chat_magic.engine.chat import start_answer
    from chat_magic.engine.session import default_session
    from chat_magic.shell.history_commands import rerun

    server = gateway(numbered())
    monkeypatch.setenv("CHAT_MAGIC_CACHE", "1")
    number = chat_magic.chat("Hi").history_id
    plan = rerun(f"#{number}")
    start_answer(default_session(), plan.calls.calls[0]).wait()
    assert len(server.requests) == 2
    monkeypatch.setenv("CHAT_MAGIC_OFFLINE", "1")
    assert start_answer(default_session(), rerun(f"#{number}").calls.calls[0]).wait().replayed


@pytest.mark.parametrize("cache", ["yes", 1, "on", [], b"x"])
def test_other_values_of_cache_are_errors(cache):
    """The message lists those that are allowed."""
    with pytest.raises(InvalidRequest, match="True, False, 'refresh' or 'offline'"):
        cache_options(cache, None)


@pytest.mark.parametrize("cassette", ["", 3, True])
def test_a_cassette_must_be_a_path(cassette):
    """Anything else is an error before sending."""
    with pytest.raises(InvalidRequest, match="must be the path of a file"):
        cache_options(None, cassette)


@pytest.mark.parametrize(
    ("options", "settings", "mode"),
    [
        ({}, {"CHAT_MAGIC_OFFLINE": "1"}, "offline"),
        ({}, {"CHAT_MAGIC_OFFLINE": "1", "CHAT_MAGIC_CACHE": "0"}, "offline"),
        ({"mode": "refresh"}, {"CHAT_MAGIC_OFFLINE": "1"}, "refresh"),
        ({}, {"CHAT_MAGIC_CACHE": "1", "CI": "true"}, "on"),
        ({"cassette": "a.jsonl"}, {}, "on"),
        ({"cassette": "a.jsonl"}, {"CI": "true"}, "offline"),
        ({"cassette": "a.jsonl", "mode": "on"}, {"CI": "true"}, "offline"),
        ({"cassette": "a.jsonl", "mode": "refresh"}, {"CI": "true"}, "refresh"),
        ({"cassette": "a.jsonl"}, {"CI": "true", "CHAT_MAGIC_OFFLINE": "0"}, "on"),
    ],
)
def test_with_a_cassette_it_is_offline_in_ci(session, monkeypatch, options, settings, mode):
    """Unless the settings or the call say that requests are to be sent."""
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    assert open_recordings(session, CacheOptions(**options)).mode == mode
