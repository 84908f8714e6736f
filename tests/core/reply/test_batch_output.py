"""What a Batch API says of a batch, and of each request in it."""

from __future__ import annotations

import json

import pytest

from chat_magic.core.reply.batch_output import (
    Batch,
    BatchAnswer,
    read_answer,
    read_batch,
    read_batches,
)
from tests.completions import completion

BATCH = {
    "id": "batch_1",
    "object": "batch",
    "endpoint": "/v1/chat/completions",
    "errors": None,
    "input_file_id": "file-in",
    "completion_window": "24h",
    "status": "completed",
    "output_file_id": "file-out",
    "error_file_id": "file-err",
    "created_at": 1711471533,
    "request_counts": {"total": 100, "completed": 95, "failed": 5},
    "metadata": {"chat_magic": "run/1"},
}
"""As in the API's reference."""


def test_a_batch_is_read():
    """Its files, counts and metadata."""
    assert read_batch(BATCH) == Batch(
        id="batch_1",
        status="completed",
        output_file="file-out",
        error_file="file-err",
        n_done=100,
        n_requests=100,
        metadata={"chat_magic": "run/1"},
        created_s=1711471533.0,
    )


@pytest.mark.parametrize("value", [None, [], "batch", {}, {"id": "b"}, {"id": 1, "status": "x"}])
def test_what_is_no_batch_is_none(value):
    """A gateway may answer anything."""
    assert read_batch(value) is None


def test_fields_of_other_types_are_left_out():
    """The id and the status are enough."""
    strange = {"errors": 1, "request_counts": [], "metadata": None, "output_file_id": 3}
    batch = read_batch({"id": "b", "status": "in_progress", **strange})
    assert batch == Batch(id="b", status="in_progress")


@pytest.mark.parametrize(
    ("status", "has_ended"),
    [
        *[(name, False) for name in ("validating", "in_progress", "finalizing", "cancelling")],
        *[(name, True) for name in ("completed", "failed", "expired", "cancelled")],
    ],
)
def test_a_batch_has_ended_in_four_states(status, has_ended):
    """All others go on, unknown ones too."""
    assert Batch(id="b", status=status).has_ended is has_ended


def test_a_batch_that_was_not_accepted_says_why():
    """With the lines of its file; after three errors their number."""
    errors = [{"code": "c", "message": f"bad {n}", "line": n} for n in range(1, 6)]
    batch = read_batch({"id": "b", "status": "failed", "errors": {"data": errors}})
    assert batch is not None
    assert batch.fault == "line 1: bad 1; line 2: bad 2; line 3: bad 3; and 2 more"
    assert not batch.must_wait


def test_too_many_enqueued_tokens_are_a_reason_to_wait():
    """Not a reason to fail."""
    errors = {"data": [{"code": "token_limit_exceeded", "message": "Enqueued token limit"}]}
    batch = read_batch({"id": "b", "status": "failed", "errors": errors})
    assert batch is not None
    assert batch.must_wait


def test_a_page_of_batches_says_whether_more_follow():
    """An entry that is no batch is left out; an empty page is the last."""
    page = read_batches({"data": [BATCH, None], "has_more": True})
    assert page is not None
    assert [batch.id for batch in page[0]] == ["batch_1"]
    assert page[1]
    assert read_batches({"data": [], "has_more": True}) == ([], False)
    assert read_batches({"error": "no"}) is None


def line(**fields):
    """Return a line of an output file."""
    return json.dumps({"id": "r", "custom_id": "a", "error": None, **fields}).encode()


def test_an_answer_keeps_its_json():
    """It is decoded once only, by what assembles replies."""
    body = completion("Hello")
    answer = read_answer(line(response={"status_code": 200, "request_id": "r", "body": body}))
    assert answer is not None
    assert answer.custom_id == "a"
    assert json.loads(answer.body) == body
    assert answer.error is None


AGAIN = "the same call asks for this row again"
REFUSAL = {"error": {"message": "too long", "type": "invalid_request_error"}}


@pytest.mark.parametrize(
    ("fields", "error", "status"),
    [
        ({"response": {"status_code": 400, "body": REFUSAL}}, "400: too long", 400),
        ({"response": None, "error": {"code": "x", "message": "lost"}}, "lost", None),
        (
            {"response": None, "error": {"code": "batch_expired", "message": "m"}},
            f"the batch expired before this row was answered; {AGAIN}",
            None,
        ),
        (
            {"error": {"code": "batch_cancelled", "message": "m"}},
            f"the batch was cancelled before this row was answered; {AGAIN}",
            None,
        ),
        ({"response": None}, "the batch has no answer to this row", None),
    ],
)
def test_an_error_is_one_line(fields, error, status):
    """Whether the request was refused, or not sent at all."""
    assert read_answer(line(**fields)) == BatchAnswer(custom_id="a", error=error, status=status)


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b'{"custom_id": 1}', b'{"id": "r"}'])
def test_a_line_that_names_no_request_is_none(text):
    """It is left out."""
    assert read_answer(text) is None
