"""The lines of a file for the Batch API, and when a file is full."""

from __future__ import annotations

import json

import pytest

from chat_magic.core.request import batch_input
from chat_magic.core.request.batch_input import PartSize, batch_line, custom_id_of
from chat_magic.core.request.request_key import request_key
from chat_magic.errors import InvalidRequest

REQUEST = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}


def test_a_line_is_a_request_in_the_form_of_the_api():
    """It has an id, the method and the path; how an answer is streamed is left out."""
    body = {**REQUEST, "stream": True, "stream_options": {"include_usage": True}, "n": 2}
    line = batch_line("0" * 32, body)
    assert line.endswith(b"}\n")
    assert line.count(b"\n") == 1
    assert json.loads(line) == {
        "custom_id": "0" * 32,
        "method": "POST",
        "url": "/v1/chat/completions",
        "body": {**REQUEST, "n": 2},
    }


def test_a_line_break_in_a_message_stays_inside_its_line():
    """JSON escapes it."""
    line = batch_line("0", {"messages": [{"role": "user", "content": "a\nb\u2028c"}]})
    assert line.count(b"\n") == 1
    assert json.loads(line)["body"]["messages"][0]["content"] == "a\nb\u2028c"


def test_equal_requests_of_other_draws_have_other_ids():
    """An id is 32 hexadecimal digits."""
    ids = [custom_id_of(request_key(REQUEST, draw)) for draw in range(100)]
    assert len(set(ids)) == 100
    assert all(len(name) == 32 and int(name, 16) >= 0 for name in ids)


def test_a_request_larger_than_a_file_is_refused(monkeypatch):
    """Nothing is cut off; the error says how much a file holds."""
    monkeypatch.setattr(batch_input, "MAX_BYTES", 5_000_000)
    body = {"messages": [{"role": "user", "content": "a" * 6_000_000}]}
    with pytest.raises(InvalidRequest, match="a request of 6 MB: a batch holds 5 MB"):
        batch_line("0", body)


@pytest.mark.parametrize(
    ("size", "model", "line", "has_room"),
    [
        (PartSize(), "m", b"a" * 10, True),
        (PartSize("m", 49_999, 10), "m", b"a", True),
        (PartSize("m", 50_000, 10), "m", b"a", False),
        (PartSize("m", 1, 199_999_990), "m", b"a" * 10, True),
        (PartSize("m", 1, 199_999_991), "m", b"a" * 10, False),
        (PartSize("m", 1, 10), "other", b"a", False),
    ],
)
def test_a_file_holds_so_many_requests_bytes_and_one_model(size, model, line, has_room):
    """50,000 requests and 200 MB."""
    assert size.has_room_for(model, line) is has_room


def test_the_size_of_a_file_adds_up():
    """In requests and bytes."""
    size = PartSize().plus("m", b"abc\n").plus("m", b"de\n")
    assert size == PartSize("m", 2, 7)
