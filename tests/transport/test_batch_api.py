"""The calls of the Batch API, and what a server without it answers."""

from __future__ import annotations

import json

import pytest

from chat_magic.errors import ApiError, ConnectionFailed, InvalidRequest, RequestTimeout
from chat_magic.transport.batch_api import BatchApi, NoBatchApi, is_passing
from chat_magic.transport.credentials import Secret
from chat_magic.transport.endpoints import Endpoint
from tests.gateway import CLOSE, Answer, BatchService, Gateway, whole

KEY = "sk-canary-of-a-batch"
LINE = {
    "custom_id": "a" * 32,
    "method": "POST",
    "url": "/v1/chat/completions",
    "body": {"model": "m", "messages": [{"role": "user", "content": "Hi"}]},
}


async def no_sleep(_seconds):
    """Wait for nothing."""


@pytest.fixture
def open_api(client):
    """Return a function that starts a server, and returns it with its API."""
    opened = []

    def start(script):
        gateway = Gateway(script).__enter__()
        opened.append(gateway)
        endpoint = Endpoint(
            name="the gateway", base_url=gateway.base_url, model="m", secret=Secret(KEY)
        )
        return gateway, BatchApi(client, endpoint, no_sleep)

    yield start
    for gateway in opened:
        gateway.__exit__()


@pytest.fixture
def file(tmp_path):
    """A file of one request."""
    path = tmp_path / "chat_magic-run-1.jsonl"
    path.write_text(json.dumps(LINE) + "\n")
    return path


async def test_a_file_becomes_a_batch_and_its_output_is_read(open_api, file):
    """Uploaded by its name, started with a mark, polled, read, deleted."""
    service = BatchService()
    gateway, api = open_api(service)
    uploaded = await api.upload(file)
    assert service.lines() == [LINE]
    assert service.names[uploaded] == "chat_magic-run-1.jsonl"
    batch = await api.create(uploaded, "run/1")
    assert gateway.requests[-1].json == {
        "input_file_id": uploaded,
        "endpoint": "/v1/chat/completions",
        "completion_window": "24h",
        "metadata": {"chat_magic": "run/1"},
    }
    assert (await api.retrieve(batch.id)).status == "in_progress"
    ended = await api.retrieve(batch.id)
    lines = [json.loads(line) async for line in api.lines(ended.output_file)]
    assert [line["custom_id"] for line in lines] == ["a" * 32]
    await api.delete(uploaded)
    assert service.deleted == [uploaded]
    assert all(r.headers["authorization"] == f"Bearer {KEY}" for r in gateway.requests)


async def test_a_batch_is_found_by_its_mark_on_any_page(open_api, file):
    """The newest one counts where several have it."""
    service = BatchService()
    _, api = open_api(service)
    uploaded = await api.upload(file)
    made = [await api.create(uploaded, f"run/{n}") for n in (1, 2, 3, 2, 4)]
    found = await api.find(["run/1", "run/2", "other"], 0.0)
    assert {mark: batch.id for mark, batch in found.items()} == {
        "run/1": made[0].id,
        "run/2": made[3].id,
    }


async def test_the_list_is_read_no_further_than_needed(open_api, file):
    """Not past what was looked for, and not past what is older."""
    service = BatchService()
    gateway, api = open_api(service)
    uploaded = await api.upload(file)
    for n in range(6):
        await api.create(uploaded, f"run/{n}")
    n_before = len(gateway.requests)
    await api.find(["run/5"], 0.0)
    assert len(gateway.requests) == n_before + 1
    await api.find(["other"], 2_000_000_005.5)
    assert len(gateway.requests) == n_before + 2


async def test_a_list_without_an_end_is_left(open_api):
    """A server that ignores `after` shows the same page again and again."""
    page = {"data": [{"id": "b", "status": "completed"}], "has_more": True}
    gateway, api = open_api(whole(page))
    assert await api.find(["run/1"], 0.0) == {}
    assert len(gateway.requests) == 2


async def test_files_are_found_by_their_names(open_api, file):
    """Where an upload was cut off, its file may have arrived after all."""
    _, api = open_api(BatchService())
    uploaded = await api.upload(file)
    assert await api.find_files({file.name}) == [uploaded]
    assert await api.find_files({"other.jsonl"}) == []


@pytest.mark.parametrize("status", [404, 405, 501])
async def test_a_server_without_a_batch_api_is_told(open_api, file, status):
    """The error says what it answered, and what to do."""
    _, api = open_api(whole({"detail": "Not Found"}, status=status))
    words = rf'executor "batch": the gateway has no Batch API: .* {status}: Not Found; leave out'
    with pytest.raises(NoBatchApi, match=words):
        await api.upload(file)
    with pytest.raises(NoBatchApi):
        await api.create("file_0", "run/1")
    with pytest.raises(NoBatchApi):
        await api.find(["run/1"], 0.0)


@pytest.mark.parametrize(
    "answer", [Answer([b"<title>Login</title>"]), whole({"hello": 1}), whole([]), whole(None)]
)
async def test_an_answer_of_another_kind_is_no_batch_api(open_api, file, answer):
    """Such as the page of a proxy."""
    _, api = open_api(answer)
    with pytest.raises(NoBatchApi):
        await api.upload(file)
    with pytest.raises(NoBatchApi):
        await api.create("file_0", "run/1")


async def test_a_server_that_refuses_says_so_itself(open_api, file):
    """A wrong key is no lack of an API, and no key is shown."""
    _, api = open_api(whole({"error": {"message": f"bad key {KEY}"}}, status=401))
    with pytest.raises(ApiError, match=r"401: bad key \*\*\*") as caught:
        await api.upload(file)
    assert not isinstance(caught.value, NoBatchApi)
    assert not is_passing(caught.value)


async def test_a_missing_batch_is_no_missing_api(open_api):
    """404 for one batch or file is about that one."""
    _, api = open_api(BatchService())
    with pytest.raises(ApiError) as caught:
        await api.retrieve("batch_9")
    assert caught.value.status == 404
    assert not isinstance(caught.value, NoBatchApi)
    with pytest.raises(ApiError):
        assert [line async for line in api.lines("file_9")] == []


BUSY = whole({"error": {"message": "busy"}}, status=503)


async def test_a_passing_fault_is_tried_again(open_api, file):
    """Twice, as with other requests, but never when a batch is started."""
    service = BatchService()
    gateway, api = open_api(service)
    service.failing["POST /files"] = [BUSY, Answer([CLOSE], framing="raw")]
    uploaded = await api.upload(file)
    assert service.lines() == [LINE]
    assert len(gateway.requests) == 3
    service.failing["POST /batches"] = [BUSY]
    with pytest.raises(ApiError) as caught:
        await api.create(uploaded, "run/1")
    assert is_passing(caught.value)
    assert len(gateway.requests) == 4


async def test_too_many_enqueued_tokens_start_no_batch(open_api, file):
    """That is a wait, not an error."""
    service = BatchService()
    _, api = open_api(service)
    error = {"message": "Enqueued token limit reached", "code": "token_limit_exceeded"}
    service.failing["POST /batches"] = [whole({"error": error}, status=429)]
    assert await api.create(await api.upload(file), "run/1") is None


async def test_a_file_that_breaks_off_is_a_lost_connection(open_api):
    """Its whole lines came before; the rest is asked for again."""
    _, api = open_api(Answer([b'{"a": 1}\n{"b"', CLOSE]))
    lines = api.lines("file_1")
    assert await anext(lines) == b'{"a": 1}'
    with pytest.raises(ConnectionFailed, match="the connection was lost"):
        await anext(lines)


async def test_the_last_line_needs_no_line_feed(open_api):
    """And a key in a line is removed."""
    content = f'{{"a": 1}}\n{{"key": "{KEY}"}}'.encode()
    _, api = open_api(Answer([content], framing="length"))
    assert [line async for line in api.lines("file_1")] == [b'{"a": 1}', b'{"key": "***"}']


async def test_cancelling_what_has_ended_is_no_error(open_api, file):
    """Some providers refuse it; a wrong key is an error still."""
    service = BatchService()
    _, api = open_api(service)
    batch = await api.create(await api.upload(file), "run/1")
    await api.cancel(batch.id)
    assert service.batches[batch.id]["status"] == "cancelling"
    call = "POST /batches/cancel"
    service.failing[call] = [whole({"error": "it has ended"}, status=409)]
    await api.cancel(batch.id)
    service.failing[call] = [whole({"error": "wrong key"}, status=401)]
    with pytest.raises(ApiError):
        await api.cancel(batch.id)


async def test_a_deleted_file_may_be_gone_already(open_api):
    """Any other refusal is an error."""
    _, api = open_api(whole({"error": "No such File"}, status=404))
    await api.delete("file_1")
    _, api = open_api(whole({"error": "no"}, status=403))
    with pytest.raises(ApiError):
        await api.delete("file_1")


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ConnectionFailed("lost"), True),
        (RequestTimeout("slow"), True),
        (ApiError("busy", status=503), True),
        (ApiError("too many requests", status=429), True),
        (ApiError("insufficient_quota", status=429), False),
        (ApiError("wrong key", status=401), False),
        (NoBatchApi("none", status=501), False),
        (InvalidRequest("no"), False),
    ],
)
def test_a_fault_that_passes_does_not_end_the_waiting(error, expected):
    """A wrong key, or an account without credit, does."""
    assert is_passing(error) is expected
