"""The batches of a map: from rows to files, and from output to answers."""

from __future__ import annotations

import itertools
import threading

import pytest

from chat_magic.core.request import batch_input
from chat_magic.engine.map.batch_run import poll_pauses
from chat_magic.engine.map.row_answer import decode_answer
from chat_magic.errors import ApiError
from chat_magic.store.batch_parts import BatchParts
from tests.completions import completion
from tests.engine.map.batches import BatchCall, Clock, open_rows, outcomes, rows_of
from tests.gateway import CLOSE, Answer, BatchService, whole


@pytest.fixture
def rows_file(tmp_path):
    """A resume file."""
    with open_rows(tmp_path / "map.db") as rows_file:
        yield rows_file


def parts_of(rows_file):
    """Return the batches that a resume file has."""
    with BatchParts(rows_file.path) as parts:
        return parts.parts()


def test_the_pauses_between_polls_double():
    """From one second to a minute."""
    pauses = list(itertools.islice(poll_pauses(), 9))
    assert pauses == [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0, 60.0]


def test_each_row_gets_its_own_answer(gateway, rows_file):
    """Though the output has another order; equal rows are requests of their own."""
    service = BatchService()
    gateway(service)
    with BatchCall(rows_file) as call:
        found = call.ask(rows_of("one", "two", "one", "three", temperature=0.5))
    assert outcomes(found) == ["one", "two", "one", "three"]
    assert all(row.is_kept for row in found.values())
    assert call.clock.sleeps == [1.0, 2.0]


def test_what_is_uploaded_has_neither_stream_nor_key(gateway, rows_file):
    """One model, the fields of the request, and ids of 32 digits."""
    service = BatchService()
    server = gateway(service)
    with BatchCall(rows_file) as call:
        call.ask(rows_of("one", "one", temperature=0.5))
    upload = server.requests[0]
    assert b'"temperature":0.5' in upload.body
    assert b"stream" not in upload.body
    assert b"sk-canary" not in upload.body
    (name, *_) = service.names.values()
    with BatchParts(rows_file.path) as parts:
        assert name == f"chat_magic-{parts.run}-1.jsonl"
        (batch,) = service.batches.values()
        assert batch["metadata"] == {"chat_magic": f"{parts.run}/1"}


def test_answers_are_kept_before_the_files_are_deleted(gateway, rows_file):
    """Then nothing of the rows is left at the provider."""
    service = BatchService()
    gateway(service)
    rows = rows_of("one", "two")
    with BatchCall(rows_file) as call:
        call.ask(rows)
    kept = rows_file.find([row.key for row in rows])
    assert [decode_answer(kept[row.key]).text for row in rows] == ["one", "two"]
    assert service.files == {}
    assert parts_of(rows_file) == []


def test_a_line_that_comes_twice_answers_its_row_once(gateway, rows_file):
    """And one of an unknown id none."""
    service = BatchService()
    gateway(service)
    end = service._end

    def end_twice(batch):
        end(batch)
        (line,) = service.files["file_output_batch_0"].splitlines()
        other = line.replace(b'"custom_id": "', b'"custom_id": "f')
        service.files["file_output_batch_0"] = b"\n".join([line, other, line, b"", b"{"])

    service._end = end_twice
    with BatchCall(rows_file) as call:
        assert outcomes(call.ask(rows_of("one"))) == ["one"]
    assert call.arrivals.empty()


def test_a_row_that_was_refused_says_why(gateway, rows_file):
    """The error file has it; the others are answered."""

    def answer(body):
        text = body["messages"][-1]["content"]
        return (
            (400, {"error": {"message": "too odd"}}) if text == "odd" else (200, completion("ok"))
        )

    gateway(BatchService(answer))
    with BatchCall(rows_file) as call:
        found = call.ask(rows_of("one", "odd", "two"))
    assert outcomes(found) == ["ok", "400: too odd", "ok"]
    assert type(found[1].error) is ApiError
    assert found[1].error.status == 400
    assert not found[1].is_kept


@pytest.mark.parametrize(
    "body", [{"error": {"message": "overloaded"}}, {"id": "x", "choices": []}, [], "text"]
)
def test_an_answer_that_is_no_completion_is_an_error_of_its_row(gateway, rows_file, body):
    """Although its status is 200."""
    gateway(BatchService(lambda _: (200, body)))
    with BatchCall(rows_file) as call:
        found = call.ask(rows_of("one"))
    assert type(found[0].error) is ApiError
    assert rows_file.count() == 0


def test_rows_of_an_expired_batch_are_asked_by_the_next_call(gateway, rows_file):
    """What it has answered is kept."""
    service = BatchService(states=("in_progress", "expired"), n_answered=2)
    gateway(service)
    rows = rows_of("one", "two", "three")
    with BatchCall(rows_file) as call:
        found = call.ask(rows)
    assert outcomes(found)[:2] == ["one", "two"]
    assert "expired before this row was answered; the same call asks" in outcomes(found)[2]
    service.states = ("completed",)
    with BatchCall(rows_file) as call:
        assert outcomes(call.ask(rows)) == ["three"]
    assert len(service.batches) == 2
    assert service.files == {}


def test_a_batch_that_is_not_accepted_fails_its_rows(gateway, rows_file):
    """With the reasons of the provider, and the lines they are about."""
    errors = [{"code": "invalid", "message": "no such field", "line": 1}]
    gateway(BatchService(states=("failed",), errors=errors))
    with BatchCall(rows_file) as call:
        found = call.ask(rows_of("one", "two"))
    words = "127.0.0.1 did not accept the batch: line 1: no such field"
    assert outcomes(found) == [words, words]


def test_too_many_enqueued_tokens_are_waited_for(gateway, rows_file):
    """Whether the provider says so at once, or when it looks at the file."""
    errors = [{"code": "token_limit_exceeded", "message": "Enqueued token limit"}]
    service = BatchService(states=("failed",), errors=errors)
    error = {"message": "Enqueued", "code": "token_limit_exceeded"}
    service.failing["POST /batches"] = [whole({"error": error}, status=400)]
    gateway(service)

    def later(number):
        if number == 3:
            service.states = ("completed",)

    with BatchCall(rows_file, Clock(later)) as call:
        assert outcomes(call.ask(rows_of("one"))) == ["one"]
    assert service.calls.count("POST /files") == 1
    assert len(service.batches) >= 2


def test_a_batch_whose_start_was_not_confirmed_is_found_again(gateway, rows_file):
    """It is not started twice: the provider's list has its mark."""
    service = BatchService()
    gateway(service)
    start = service._post_batches

    def lose_the_answer(request, rest):
        service._post_batches = start
        start(request, rest)
        return Answer([CLOSE], framing="raw")

    service._post_batches = lose_the_answer
    with BatchCall(rows_file) as call:
        assert outcomes(call.ask(rows_of("one"))) == ["one"]
    assert len(service.batches) == 1
    assert "GET /batches" in service.calls


def test_a_server_that_is_away_for_a_while_is_polled_on(gateway, rows_file):
    """A batch takes hours; what it answered is read again from the beginning."""
    service = BatchService()
    gateway(service)
    busy, lost = whole({"error": "busy"}, status=503), Answer([CLOSE], framing="raw")
    service.failing["GET /batches"] = [*[busy] * 3, *[lost] * 3]
    service.failing["GET /files/content"] = [Answer([b'{"custom_id": "', CLOSE])]
    with BatchCall(rows_file) as call:
        assert outcomes(call.ask(rows_of("one", "two"))) == ["one", "two"]
    assert service.files == {}


def test_a_wrong_key_ends_the_waiting(gateway, rows_file):
    """The batches stay noted."""
    service = BatchService()
    service.failing["GET /batches"] = [whole({"error": "wrong key"}, status=401)]
    gateway(service)
    with BatchCall(rows_file) as call, pytest.raises(ApiError, match="401: wrong key"):
        call.ask(rows_of("one"))
    assert [part.batch for part in parts_of(rows_file)] == ["batch_0"]


def test_the_next_call_takes_up_the_same_batches(gateway, rows_file):
    """Nothing is uploaded again; rows that are new are a batch of their own."""
    service = BatchService()
    gateway(service)
    asked = threading.Event()
    with BatchCall(rows_file, Clock(lambda _: asked.set())) as call:
        service.states = ("in_progress",) * 10**6
        call.executor.submit(rows_of("one", "two"))
        call.executor.finish()
        assert asked.wait(30)
    service.states = ("completed",)
    for batch in service.batches.values():
        batch["left"] = ["completed"]
    with BatchCall(rows_file) as call:
        found = call.ask(rows_of("zero", "one", "two"))
    assert outcomes(found) == ["zero", "one", "two"]
    assert [batch["request_counts"]["total"] for batch in service.batches.values()] == [2, 1]


def test_batches_of_other_data_are_not_waited_for(gateway, rows_file):
    """They stay noted, for the call that asks for their rows."""
    service = BatchService(states=("in_progress",) * 10**6)
    gateway(service)
    asked = threading.Event()
    with BatchCall(rows_file, Clock(lambda _: asked.set())) as call:
        call.executor.submit(rows_of("one"))
        call.executor.finish()
        assert asked.wait(30)
    service.states = ("completed",)
    with BatchCall(rows_file) as call:
        assert outcomes(call.ask(rows_of("other"))) == ["other"]
    assert [part.n_rows for part in parts_of(rows_file)] == [1]


def test_a_file_whose_upload_was_cut_off_is_deleted(gateway, rows_file):
    """Its rows are uploaded anew."""
    service = BatchService()
    gateway(service)
    with BatchParts(rows_file.path) as parts:
        number = parts.begin("a/b", [], 1.0)
        service.files["file_9"] = b""
        service.names["file_9"] = f"chat_magic-{parts.run}-{number}.jsonl"
    with BatchCall(rows_file) as call:
        assert outcomes(call.ask(rows_of("one"))) == ["one"]
    assert "file_9" in service.deleted
    assert service.files == {}


def test_a_batch_that_the_provider_forgot_is_asked_again(gateway, rows_file):
    """Its rows fail, and the next call uploads them."""
    service = BatchService()
    gateway(service)
    forgotten = Clock(lambda number: service.batches.clear() if number == 1 else None)
    with BatchCall(rows_file, forgotten) as call:
        assert "the provider has no such batch" in outcomes(call.ask(rows_of("one")))[0]
    with BatchCall(rows_file) as call:
        assert outcomes(call.ask(rows_of("one"))) == ["one"]


def test_a_file_that_cannot_be_deleted_is_a_warning(gateway, rows_file):
    """The answers are there."""
    service = BatchService()
    service.failing["DELETE /files"] = [whole({"error": "no right"}, status=403)]
    gateway(service)
    with BatchCall(rows_file) as call:
        assert outcomes(call.ask(rows_of("one"))) == ["one"]
    (_, warning) = call.said
    assert "file_0 was not deleted at 127.0.0.1" in warning


def test_full_files_are_uploaded_one_after_another(gateway, rows_file, monkeypatch):
    """Each is a batch."""
    monkeypatch.setattr(batch_input, "MAX_REQUESTS", 2)
    service = BatchService()
    gateway(service)
    with BatchCall(rows_file) as call:
        assert outcomes(call.ask(rows_of(*"abcde"))) == list("abcde")
    totals = [batch["request_counts"]["total"] for batch in service.batches.values()]
    assert totals == [2, 2, 1]


def test_choices_and_prefill_are_those_of_the_request(gateway, rows_file):
    """Although only the resume file knows them by then."""
    gateway(BatchService(lambda body: (200, completion("Well, yes", "Well, no"))))
    messages = [{"role": "user", "content": "?"}, {"role": "assistant", "content": "Well, "}]
    with BatchCall(rows_file) as call:
        found = call.ask(rows_of(messages, n=2))
    assert [choice.text for choice in found[0].result.choices] == ["yes", "no"]


PRICES = """
[prices]
"a/b" = { input = 2, output = 4, tiers.batch = { input = 1, output = 2 } }
"a/c" = { input = 2, output = 4 }
"""


@pytest.mark.parametrize(("model", "cost"), [("a/b", 7e-6), ("a/c", None), ("a/d", None)])
def test_the_price_is_that_of_batches_or_not_known(gateway, rows_file, config_file, model, cost):
    """The price of other requests is not that of a batch: 5 tokens in, 1 out."""
    gateway(BatchService())
    config_file(PRICES)
    with BatchCall(rows_file) as call:
        found = call.ask(rows_of("one", model=model))
    assert found[0].result.cost == (None if cost is None else pytest.approx(cost))
