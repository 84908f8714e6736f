"""One exchange with a server: the request, the forms of its answer, and each kind of fault."""

from __future__ import annotations

import asyncio
import functools
import gzip
import json
import socket
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from chat_magic.core.reply.assembler import Assembler
from chat_magic.core.reply.sse import EventDecoder
from chat_magic.errors import (
    ApiError,
    ConnectionFailed,
    InvalidRequest,
    RequestTimeout,
    StreamBroken,
)
from chat_magic.transport import exchange as module
from chat_magic.transport.endpoints import Endpoint
from tests.completions import DONE, chunks_of, completion, delta, sse
from tests.gateway import CLOSE, HOLD, RESET, Answer, Gateway, Sleep, Wait, events, streamed, whole
from tests.waiting import TIMEOUT_S, wait_until

from .conftest import KEY, Ask

if TYPE_CHECKING:
    from chat_magic.transport.http import HttpClient

HELLO = completion("Hello there")
STREAM = b"".join([*map(sse, chunks_of(HELLO)), DONE])
WHOLE = json.dumps(HELLO).encode()
FINISH = delta(finish_reason="stop")
PASSING = (408, 409, 429, 500, 502, 503, 504, 529)


class TestRequest:
    """The request as the server receives it."""

    async def test_it_is_json_with_the_key_in_a_header(self, ask: Ask) -> None:
        """It is posted to /chat/completions."""
        with Gateway(streamed(HELLO)) as gateway:
            await ask(gateway.base_url, key=KEY)
        (request,) = gateway.requests
        assert (request.method, request.path) == ("POST", "/v1/chat/completions")
        assert request.json == {"model": "test/model"}
        assert request.headers["authorization"] == f"Bearer {KEY}"

    async def test_without_a_key_there_is_no_authorization_header(self, ask: Ask) -> None:
        """For servers that need none."""
        with Gateway(streamed(HELLO)) as gateway:
            await ask(gateway.base_url)
        assert "authorization" not in gateway.requests[0].headers

    @pytest.mark.parametrize("value", ["\ud83d", object()])
    async def test_a_value_that_json_cannot_express_is_refused(
        self, client: HttpClient, value: Any
    ) -> None:
        """Nothing is sent."""
        with Gateway(streamed(HELLO)) as gateway:
            endpoint = Endpoint(name="x", base_url=gateway.base_url, model="m")
            with pytest.raises(InvalidRequest, match="cannot be written as JSON"):
                await module.exchange(client, endpoint, {"a": value}, Assembler())
        assert gateway.requests == []


class TestAnswer:
    """The answer is read as what it is, whatever was requested."""

    @pytest.mark.parametrize(
        "answer",
        [
            streamed(HELLO),
            whole(HELLO),
            Answer([STREAM], headers={"Content-Type": "application/json"}),
            Answer([WHOLE], headers={"Content-Type": "text/event-stream"}),
            Answer([STREAM], framing="close"),
            Answer([WHOLE], framing="close"),
            Answer([STREAM], framing="length"),
            Answer([b"\n", b" \n", WHOLE]),
            Answer([b"\xef", b"\xbb\xbf", WHOLE]),
            Answer([b"\xef\xbb\xbf", STREAM]),
            Answer([STREAM[at : at + 1] for at in range(len(STREAM))]),
            Answer([gzip.compress(STREAM)], headers={"Content-Encoding": "gzip"}),
            Answer([gzip.compress(WHOLE)], headers={"Content-Encoding": "gzip"}),
            Answer([STREAM.replace(b"\n", b"\r\n")]),
        ],
        ids=[
            "a stream",
            "a completion",
            "a stream under another type",
            "a completion under another type",
            "a stream without any length",
            "a completion without any length",
            "a stream of known length",
            "a completion after white space",
            "a completion after a byte order mark",
            "a stream after a byte order mark",
            "a stream byte by byte",
            "a compressed stream",
            "a compressed completion",
            "a stream with CRLF",
        ],
    )
    async def test_every_form_gives_the_same_reply(self, ask: Ask, answer: Answer) -> None:
        """Streamed or not, under any type and framing."""
        with Gateway(answer) as gateway:
            reply = (await ask(gateway.base_url)).reply()
        assert [(c.text, c.finish_reason) for c in reply.choices] == [("Hello there", "stop")]
        assert reply.usage is not None
        assert reply.usage.completion_tokens == 2
        assert reply.warnings == ()

    @pytest.mark.parametrize(
        "noise",
        [
            b": OPENROUTER PROCESSING\n\n",
            b"data:\n\n",
            b"data: : keepalive\n\n",
            b"id: 5\n\n",
            b"retry: 5\n\n",
            b'event: ping\ndata: {"type": "ping"}\n\n',
        ],
    )
    async def test_what_keeps_the_connection_alive_is_skipped(self, ask: Ask, noise: bytes) -> None:
        """Before, between and after the events."""
        with Gateway(events(noise, delta("a"), noise, FINISH, noise, DONE)) as gateway:
            assert (await ask(gateway.base_url)).texts() == ["a"]

    @pytest.mark.parametrize(
        "end",
        [
            [FINISH],
            [FINISH, DONE, HOLD],
            [DONE],
            [b"data: [DONE] \n\n"],
            [FINISH, CLOSE],
            [FINISH, RESET],
            [sse(FINISH).rstrip(), CLOSE],
            [FINISH, b"data: [DONE]", CLOSE],
        ],
        ids=[
            "no end mark",
            "an end mark, and the connection held",
            "no finish reason",
            "a blank after the end mark",
            "cut after the finish reason",
            "reset after the finish reason",
            "an unterminated finish reason",
            "an unterminated end mark",
        ],
    )
    async def test_an_answer_can_end_in_several_ways(self, ask: Ask, end: list[Any]) -> None:
        """It is complete after an end mark, or a finish reason for every choice."""
        with Gateway(events(delta("a"), *end)) as gateway:
            assert (await ask(gateway.base_url)).texts() == ["a"]

    async def test_text_is_reported_before_the_rest_arrives(self, ask: Ask) -> None:
        """After each part."""
        gate, seen, assembler = threading.Event(), [], Assembler()

        def note() -> None:
            seen.append(assembler.texts())
            gate.set()

        with Gateway(events(delta("a"), Wait(gate), delta("b"), FINISH, DONE)) as gateway:
            await ask(gateway.base_url, assembler, on_change=note)
        assert seen[0] == ["a"]
        assert seen[-1] == ["ab"]

    async def test_a_connection_is_reused(self, ask: Ask) -> None:
        """Streams and completions alike are read to their end."""
        with Gateway(streamed(HELLO), whole(HELLO), streamed(HELLO)) as gateway:
            for _ in range(3):
                await ask(gateway.base_url)
        assert gateway.n_connections == 1

    async def test_a_connection_that_is_held_after_the_end_is_closed(self, ask: Ask) -> None:
        """It is not waited for."""
        with Gateway(events(delta("a"), DONE, HOLD)) as gateway:
            await ask(gateway.base_url)
            assert gateway.requests[0].closed.wait(TIMEOUT_S)


class TestStreamBroken:
    """Faults after the first event."""

    @pytest.mark.parametrize(
        ("fault", "words"),
        [
            ([RESET], r"lost \(connection reset\)"),
            ([CLOSE], "lost .*closed the connection in the middle"),
            ([], "ended before every choice had a finish_reason"),
            ([b'data: {"choices": [{"ind', CLOSE], "the connection was lost"),
            ([b"data: oops\n\n"], "finish_reason; an event that is not JSON was skipped: oops"),
            ([b"data: [1]\n\n"], "not a JSON object"),
            ([{"error": {"message": "no luck", "code": 502}}], "no luck"),
            ([{"error": "no luck"}], "no luck"),
            ([{**delta(finish_reason="error"), "error": {"message": "no luck"}}], "no luck"),
            ([b"event: error\ndata: no luck\n\n"], "no luck"),
            ([b'event: error\ndata: {"error": {"message": "no luck"}}\n\n'], "no luck"),
        ],
    )
    async def test_what_had_arrived_is_kept(self, ask: Ask, fault: list[Any], words: str) -> None:
        """It is in the assembler; the error says why the stream broke, and has a cause."""
        assembler = Assembler()
        with (
            Gateway(events(delta("a"), *fault)) as gateway,
            pytest.raises(StreamBroken, match=words) as caught,
        ):
            await ask(gateway.base_url, assembler)
        assert f"127.0.0.1:{gateway.port}" in str(caught.value)
        assert caught.value.__cause__ is not None
        assert assembler.texts() == ["a"]

    async def test_an_event_over_the_size_limit_is_an_error(
        self, ask: Ask, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A server cannot fill the memory."""
        small = functools.partial(EventDecoder, max_event_bytes=999)
        monkeypatch.setattr(module, "EventDecoder", small)
        flood = b"data: " + b"x" * 999
        with (
            Gateway(events(delta("a"), Sleep(0.2), flood, HOLD)) as gateway,
            pytest.raises(StreamBroken, match="over 999 bytes"),
        ):
            await ask(gateway.base_url)


class TestTimeouts:
    """The limits of silence, and of the whole answer."""

    @pytest.mark.parametrize("begin", [[], [b": hold on\n\n"], [b"\n"]])
    async def test_the_first_event_must_arrive_in_time(
        self, ask: Ask, monkeypatch: pytest.MonkeyPatch, begin: list[bytes]
    ) -> None:
        """Headers and comments do not count as events."""
        monkeypatch.setattr(module, "FIRST_EVENT_S", 0.1)
        with (
            Gateway(events(*begin, HOLD)) as gateway,
            pytest.raises(RequestTimeout, match=r"127\.0\.0\.1:\d+: nothing arrived for 0\.1 s"),
        ):
            await ask(gateway.base_url)

    @pytest.mark.parametrize(
        "begin", [[delta("", role="assistant")], [delta(""), {"choices": []}, b": hold on\n\n"]]
    )
    async def test_a_role_is_no_content(
        self, ask: Ask, monkeypatch: pytest.MonkeyPatch, begin: list[Any]
    ) -> None:
        """The limit of the first content holds until there is some."""
        monkeypatch.setattr(module, "FIRST_EVENT_S", 0.3)
        monkeypatch.setattr(module, "NEXT_EVENT_S", 0.001)
        with (
            Gateway(events(*begin, HOLD)) as gateway,
            pytest.raises(StreamBroken, match=r"no content arrived for 0\.3 s: a longer --timeout"),
        ):
            await ask(gateway.base_url)

    @pytest.mark.parametrize("begin", [[], [delta("", role="assistant")], [delta("a")]])
    async def test_a_longer_timeout_allows_longer_silence(
        self, ask: Ask, monkeypatch: pytest.MonkeyPatch, begin: list[Any]
    ) -> None:
        """Before the first content and after it."""
        monkeypatch.setattr(module, "FIRST_EVENT_S", 0.001)
        monkeypatch.setattr(module, "NEXT_EVENT_S", 0.001)
        with (
            Gateway(events(*begin, HOLD)) as gateway,
            pytest.raises((RequestTimeout, StreamBroken), match=r"arrived for 0\.3 s: a longer"),
        ):
            await ask(gateway.base_url, silence_s=0.3)
        late = [*begin, Sleep(0.1), delta("b"), FINISH, DONE]
        with Gateway(events(*late)) as gateway:
            assembler = await ask(gateway.base_url, timeout_s=60)
        assert assembler.texts()[0].endswith("b")

    async def test_the_next_event_must_arrive_in_time(
        self, ask: Ask, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What had arrived is kept."""
        monkeypatch.setattr(module, "NEXT_EVENT_S", 0.1)
        assembler = Assembler()
        with (
            Gateway(events(delta("a"), HOLD)) as gateway,
            pytest.raises(StreamBroken, match=r"nothing arrived for 0\.1 s") as caught,
        ):
            await ask(gateway.base_url, assembler)
        assert isinstance(caught.value.__cause__, TimeoutError)
        assert assembler.texts() == ["a"]

    async def test_the_whole_answer_must_arrive_within_the_users_limit(self, ask: Ask) -> None:
        """Before the first event and after it."""
        with (
            Gateway(events(HOLD)) as gateway,
            pytest.raises(RequestTimeout, match=r"not complete within 0\.1 s"),
        ):
            await ask(gateway.base_url, timeout_s=0.1)
        with (
            Gateway(events(delta("a"), HOLD)) as gateway,
            pytest.raises(StreamBroken, match=r"not complete within 1 s"),
        ):
            await ask(gateway.base_url, timeout_s=1)

    async def test_silence_after_a_complete_answer_is_its_end(
        self, ask: Ask, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Without an end mark, on a connection that is held."""
        monkeypatch.setattr(module, "NEXT_EVENT_S", 0.1)
        with Gateway(events(sse(delta("a")) + sse(FINISH), HOLD)) as gateway:
            assert (await ask(gateway.base_url)).texts() == ["a"]


class TestRetries:
    """Transient failures before the first event are retried."""

    @pytest.fixture(autouse=True)
    def _no_jitter(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("random.random", lambda: 0.01)

    @pytest.mark.parametrize(
        ("fault", "cause"),
        [
            *(
                (Answer([b"no"], status=s), str(s))
                for s in (408, 409, 429, 500, 502, 503, 504, 529)
            ),
            (Answer([b"no"], status=400, headers={"X-Should-Retry": "true"}), "400"),
            (Answer([RESET], framing="raw"), "no connection"),
            (Answer([CLOSE], framing="raw"), "no connection"),
            (events(RESET), "no connection"),
            (events(b": hold on\n\n", RESET), "no connection"),
            (events(b'data: {"choi', CLOSE), "no connection"),
            (events(delta("", role="assistant"), RESET), "no connection"),
            (events(delta("", role="assistant"), DONE), "an empty answer"),
            (events(delta("", role="assistant")), "an empty answer"),
            (events(delta(""), delta(None), DONE), "an empty answer"),
            (events({"choices": [], "usage": {"prompt_tokens": 5}}, DONE), "an empty answer"),
            (events(DONE), "an empty answer"),
            (whole({"choices": [{"index": 0, "message": {"content": ""}}]}), "an empty answer"),
        ],
    )
    async def test_the_same_request_is_sent_again(
        self, ask: Ask, fault: Answer, cause: str
    ) -> None:
        """Byte for byte, under one idempotency key; a warning and the waits are reported."""
        waits: list[str] = []
        with Gateway(fault, fault, streamed(HELLO)) as gateway:
            assembler = await ask(gateway.base_url, retries=2, on_wait=waits.append)
        reply = assembler.reply()
        assert [choice.text for choice in reply.choices] == ["Hello there"]
        assert reply.warnings == (f"answered on try 3; before: {cause}, {cause}",)
        assert waits == [
            f"{cause}: try 2 of 3 in 0.0 s",
            "try 2 of 3",
            f"{cause}: try 3 of 3 in 0.0 s",
            "try 3 of 3",
        ]
        keys = {request.headers["idempotency-key"] for request in gateway.requests}
        assert len(keys) == 1
        assert len({request.body for request in gateway.requests}) == 1

    async def test_each_request_has_its_own_idempotency_key(self, ask: Ask) -> None:
        """So that a server that supports such keys answers each."""
        with Gateway(streamed(HELLO)) as gateway:
            for _ in range(2):
                await ask(gateway.base_url)
        first, second = (request.headers["idempotency-key"] for request in gateway.requests)
        assert first != second

    @pytest.mark.parametrize(
        "fault",
        [
            Answer([b"no"], status=400),
            Answer([b"no"], status=401),
            Answer([b"no"], status=503, headers={"X-Should-Retry": "false"}),
            Answer([b"no"], status=429, headers={"Retry-After": "61"}),
            whole({"error": {"message": "no luck"}}),
            events({"error": {"message": "no luck"}}),
            events(b"data: oops\n\n"),
            events(delta("a"), RESET),
            events(delta("a"), delta("", role="assistant"), RESET),
            events({**delta(""), "choices": [{"index": 0, "finish_reason": "network_error"}]}),
        ],
    )
    async def test_other_failures_are_not_retried(self, ask: Ask, fault: Answer) -> None:
        """They are errors at once: they would fail again, or the answer had begun."""
        with Gateway(fault, streamed(HELLO)) as gateway:
            with pytest.raises((ApiError, StreamBroken)) as caught:
                await ask(gateway.base_url, retries=2)
            assert len(gateway.requests) == 1
        assert "tries" not in str(caught.value)

    async def test_a_wait_that_is_too_long_is_named(self, ask: Ask) -> None:
        """The error quotes the wait that the server asked for."""
        busy = Answer([b"no"], status=429, headers={"Retry-After": "120"})
        with Gateway(busy) as gateway, pytest.raises(ApiError, match="wait 120 s and try again"):
            await ask(gateway.base_url, retries=2)

    async def test_the_last_error_says_how_often_it_was_tried(self, ask: Ask) -> None:
        """The user sets the number of retries."""
        with Gateway(Answer([b"no"], status=503)) as gateway:
            with pytest.raises(ApiError, match=r"503.*\(after 4 tries\)") as caught:
                await ask(gateway.base_url, retries=3)
            assert len(gateway.requests) == 4
        assert caught.value.status == 503
        with pytest.raises(ConnectionFailed, match=r"refused \(after 3 tries\)"):
            await ask(gateway.base_url, retries=2)

    async def test_an_unknown_host_is_not_tried_again(
        self, ask: Ask, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It stays unknown."""
        monkeypatch.setattr(asyncio.base_events.socket, "getaddrinfo", _knows_no_host)
        with pytest.raises(ConnectionFailed, match="unknown") as caught:
            await ask("http://gateway.invalid/v1", retries=2)
        assert "tries" not in str(caught.value)

    async def test_a_wait_beyond_the_time_limit_is_not_begun(self, ask: Ask) -> None:
        """The error comes at once."""
        busy = Answer([b"no"], status=429, headers={"Retry-After": "30"})
        with Gateway(busy) as gateway, pytest.raises(ApiError, match="wait 30 s"):
            await asyncio.wait_for(ask(gateway.base_url, retries=2, timeout_s=20), 5)

    async def test_times_count_from_the_last_try(self, ask: Ask) -> None:
        """The time to the first token does not include earlier tries."""
        busy = Answer([b"no"], status=503, headers={"Retry-After-Ms": "400"})
        with Gateway(busy, streamed(HELLO)) as gateway:
            began = time.perf_counter()
            assembler = await ask(gateway.base_url, retries=1)
            whole_ms = 1000 * (time.perf_counter() - began)
        assert assembler.first_text_ms is not None
        assert assembler.first_text_ms <= whole_ms - 400

    async def test_a_wait_can_be_cancelled(self, ask: Ask) -> None:
        """It ends at once, and nothing more is sent."""
        busy = Answer([b"no"], status=429, headers={"Retry-After": "30"})
        with Gateway(busy) as gateway:
            task = asyncio.ensure_future(ask(gateway.base_url, retries=2))
            await asyncio.to_thread(gateway.wait_for_request)
            await asyncio.sleep(0.1)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asyncio.wait_for(task, 1)
            assert len(gateway.requests) == 1


class TestLogs:
    """The standard logging tree, at debug level."""

    async def test_hosts_sizes_and_times_are_logged_but_no_texts_and_no_keys(
        self, ask: Ask, caplog: pytest.LogCaptureFixture
    ) -> None:
        """Under `chat_magic.transport`; nothing above debug level."""
        caplog.set_level("DEBUG", "chat_magic")
        with Gateway(Answer([], status=503), streamed(HELLO)) as gateway:
            await ask(gateway.base_url, key=KEY, retries=1)
        records = [r for r in caplog.records if r.name.startswith("chat_magic.transport")]
        assert {record.levelname for record in records} == {"DEBUG"}
        text = "\n".join(record.getMessage() for record in records)
        assert f"POST to 127.0.0.1:{gateway.port}: test/model, 22 bytes" in text
        assert ": 503 after 0." in text
        assert ": 200 after 0." in text
        assert "try 2 of 2 in" in text
        assert "Hello" not in caplog.text
        assert KEY not in caplog.text


class TestCancellation:
    """An interrupt of the user's cancels the exchange."""

    @pytest.mark.parametrize(
        ("steps", "texts"),
        [([HOLD], []), ([b": hold on\n\n", HOLD], []), ([delta("a"), HOLD], ["a"])],
    )
    async def test_the_connection_is_closed_at_once(
        self, ask: Ask, steps: list[Any], texts: list[str]
    ) -> None:
        """The server sees it, before and after the first event; what had arrived is kept."""
        assembler = Assembler()
        with Gateway(events(*steps)) as gateway:
            task = asyncio.ensure_future(ask(gateway.base_url, assembler))
            await asyncio.to_thread(
                wait_until, lambda: gateway.requests and assembler.texts() == texts
            )
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert await asyncio.to_thread(gateway.requests[0].closed.wait, 10)
        assert assembler.texts() == texts


class TestSecrets:
    """The key is only in its header."""

    @pytest.mark.parametrize(
        "answer",
        [
            Answer(
                [json.dumps({"error": {"message": f"not 'Bearer {KEY}'"}}).encode()], status=401
            ),
            Answer([f"not Bearer {KEY}".replace("/", "\\/").join('""').encode()], status=401),
            Answer([b"x" * 990 + KEY.encode()], status=401),
            Answer([f"<title>{KEY}</title>".encode()], status=502),
            Answer([b"no"], status=401, headers={"X-Request-Id": KEY}),
            Answer([], status=302, headers={"Location": f"http://{KEY}/"}),
            events(delta("a"), {"error": f"not {KEY}"}),
            events(delta("a"), f"data: 12:00 {KEY}\n\n".encode()),
            events(delta("a"), {"code": 1113, "msg": f"not {KEY}"}),
            events(delta("a"), f"event: error\ndata: {KEY}\n\n".encode()),
        ],
    )
    async def test_a_key_that_the_server_repeats_is_removed(
        self, ask: Ask, answer: Answer, caplog: pytest.LogCaptureFixture
    ) -> None:
        """From messages, fields and logs, however it is written."""
        caplog.set_level("DEBUG")
        with Gateway(answer) as gateway, pytest.raises((ApiError, StreamBroken)) as caught:
            await ask(gateway.base_url + "?key=" + KEY, key=KEY)
        shown = f"{caught.value} {vars(caught.value)} {caplog.text}"
        assert KEY not in shown
        assert KEY[:14] not in shown


def _knows_no_host(*_: Any, **__: Any) -> Any:
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
