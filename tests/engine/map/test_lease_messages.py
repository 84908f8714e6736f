"""What client and workers send each other."""

from __future__ import annotations

import json

import msgspec
import pytest

from chat_magic.engine.map.lease_messages import (
    Lease,
    Orders,
    Report,
    Returned,
    lease_of,
    read,
    request_of,
    returned_error,
    returned_refusal,
    write,
)
from chat_magic.errors import ApiError, ChatError, ConnectionFailed, InvalidRequest
from chat_magic.transport.credentials import register_key
from chat_magic.transport.retry import Failure, server_delay_s
from tests.engine.calls import prepare

KEY = "sk-canary-1234567890"


@pytest.fixture
def call(gateway):
    """A prepared call with a key, for a server that nobody asks."""
    from tests.gateway import whole

    server = gateway(whole({}))
    return prepare(
        messages=[{"role": "user", "content": "Hi {{ no template }}"}], model="a/b", n=2
    ), server


def test_a_lease_has_the_request_the_address_and_the_name_of_the_key(call):
    """Never the key."""
    prepared, server = call
    content = write(Orders(share=3, leases=(lease_of(7, prepared),)))
    assert KEY.encode() not in content
    assert json.loads(content) == {
        "share": 3,
        "leases": [
            {
                "row": 7,
                "address": f"{server.base_url}/chat/completions",
                "key": "CHAT_MAGIC_API_KEY",
                "body": prepared.request.body(),
                "retries": prepared.limits.retries,
            }
        ],
    }


def test_the_request_of_a_lease_is_the_same(call):
    """So are its limits."""
    prepared, _ = call
    (lease,) = read(write(Orders(leases=(lease_of(7, prepared),))), Orders).leases
    request, limits = request_of(lease)
    assert request.body() == prepared.request.body()
    assert limits.retries == prepared.limits.retries
    assert limits.timeout_s == prepared.limits.timeout_s


def test_a_lease_of_the_local_model_has_no_address():
    """Each worker has a local server of its own."""
    lease = lease_of(0, prepare(messages="Hi", model="local"))
    assert lease.address is None
    assert lease.key is None


@pytest.mark.parametrize(
    ("error", "kind", "status"),
    [
        (ApiError("no such thing", status=404), ApiError, 404),
        (ConnectionFailed("lost"), ConnectionFailed, None),
        (InvalidRequest("bad"), InvalidRequest, None),
        (ValueError("odd"), ChatError, None),
        (ValueError(), ChatError, None),
    ],
)
def test_an_error_comes_back_as_its_kind(error, kind, status):
    """With its words in one line; one that is not ours as a `ChatError`."""
    report = Report(worker="w", returned=(returned_error(3, error),))
    (returned,) = read(write(report), Report).returned
    assert type(returned.exception) is kind
    assert str(returned.exception) == (str(error) or "ValueError")
    assert getattr(returned.exception, "status", None) == status


def test_no_other_class_is_made_of_a_message():
    """The name of a kind is looked up among our errors only."""
    for kind in ("ApiError", "annotations", "TYPE_CHECKING", "os", "_OneLine", "ChatInterrupted"):
        assert type(Returned(row=0, error="x", kind=kind).exception) is ChatError


def test_a_refusal_keeps_what_says_how_long_to_wait():
    """And leaves out all other headers."""
    headers = {"retry-after": "7", "x-ratelimit-reset-tokens": "1s", "set-cookie": "a=b"}
    failure = Failure(status=429, headers=headers, words="slow down", body={"code": "x"})
    report = Report(worker="w", returned=(returned_refusal(3, failure),))
    (returned,) = read(write(report), Report).returned
    assert returned.exception is None
    assert returned.failure is not None
    assert server_delay_s(returned.failure, now_s=0.0) == 7.0
    assert returned.failure.body == {"code": "x"}
    assert "set-cookie" not in returned.failure.headers


def test_a_key_that_a_server_repeats_is_not_sent():
    """Whether in an error, in the words of a refusal, or in its body."""
    register_key(KEY)
    failure = Failure(status=429, words=f"slow, {KEY}", body={"error": [KEY]})
    returned = (returned_refusal(1, failure), returned_error(2, ApiError(KEY, status=400)))
    content = write(Report(worker="w", returned=returned))
    assert KEY.encode() not in content
    assert content.count(b"***") == 3


def test_an_answer_is_sent_as_it_is_kept():
    """Its JSON is not decoded on the way."""
    report = Report(worker="w", returned=(Returned(row=1, answer=msgspec.Raw(b'{"a":1}')),))
    (returned,) = read(write(report), Report).returned
    assert bytes(returned.answer) == b'{"a":1}'
    assert returned.has_answer
    assert returned.exception is returned.failure is None
    assert not Returned(row=1).was_asked


def test_an_empty_lease_list_takes_few_bytes():
    """A sign of life is small."""
    assert write(Orders(share=2)) == b'{"share":2}'
    assert Lease(row=0, address=None, key=None, body={}).extra == {}
