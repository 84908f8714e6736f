"""Whether a part of an answer reports an error, in other words than `error`."""

from __future__ import annotations

import pytest

from chat_magic.core.reply.reported_error import failed_choice, reported_error
from chat_magic.core.reply.server_error import describe_error

BASE = {"status_code": 1008, "status_msg": "insufficient balance"}


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"base_resp": BASE}, "insufficient balance"),
        ({"code": "InvalidApiKey", "message": "no luck"}, "no luck"),
        ({"code": 1113, "msg": "no luck"}, "no luck"),
        ({"code": -1, "message": "no luck"}, "no luck"),
        ({"status": 500, "detail": "no luck"}, "no luck"),
        ({"status": "429", "title": "no luck"}, "no luck"),
        ({"type": "invalid_request_error", "message": "no luck"}, "no luck"),
        ({"type": "about:blank", "title": "no luck"}, "no luck"),
        ({"errors": ["no luck"]}, "no luck"),
        ({"errors": {"n": ["no luck"]}}, "no luck"),
        ({"detail": [{"loc": ["n"], "msg": "no luck"}]}, "no luck"),
        ({"error_code": 336003, "error_msg": "no luck"}, "no luck"),
        ({"errcode": 40001, "errmsg": "no luck"}, "no luck"),
        ({"header": {"code": 10013, "message": "no luck"}}, "no luck"),
        ({"x_groq": {"error": "no luck"}}, "no luck"),
        ({"success": False, "message": "no luck"}, "no luck"),
        ({"status": 503}, "503"),
    ],
)
def test_an_error_may_be_said_in_many_ways(fields, words):
    """Its own words are found."""
    assert words in describe_error(reported_error(fields))


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"base_resp": {"status_code": 0, "status_msg": "success"}},
        {"base_resp": {"status_code": 0, "status_msg": ""}},
        {"code": 0, "message": "ok"},
        {"code": 200, "msg": "success"},
        {"code": "Success", "message": "fine"},
        {"status": "processing", "message": "please wait"},
        {"type": "ping", "message": "keep-alive"},
        {"type": "progress", "message": "searching"},
        {"type": "rate_limit_warning", "message": "90 % used"},
        {"message": "hello"},
        {"message": {"role": "assistant", "content": "error"}, "done": False},
        {"prompt_filter_results": [{"content_filter_results": {"error": {"code": "x"}}}]},
        {"timings": {"predicted_n": 500}},
        {"x_groq": {"id": "r", "usage": {"status": 500}}},
        {"error": None, "errors": [], "detail": None},
        {"provider": "errors are us", "obfuscation": "x"},
    ],
)
def test_notes_of_a_server_are_no_errors(fields):
    """Nor is what keeps a connection alive."""
    assert reported_error(fields) is None


@pytest.mark.parametrize(
    ("finish_reason", "fields", "words"),
    [
        ("error", {}, "finish_reason error"),
        ("stop", {"native_finish_reason": "network_error"}, "network_error"),
        ("network_error", {}, "network_error"),
        ("SERVER_ERROR", {}, "SERVER_ERROR"),
        ("abort", {}, "abort"),
        ("insufficient_system_resource", {}, "insufficient_system_resource"),
        ("error", {"error": {"message": "no luck"}}, "no luck"),
        (None, {"error": "no luck"}, "no luck"),
    ],
)
def test_a_choice_may_fail(finish_reason, fields, words):
    """By its finish reason, the provider's own, or an error."""
    assert words in describe_error(failed_choice(finish_reason, fields))


@pytest.mark.parametrize(
    "finish_reason", [None, "", "stop", "length", "eos", "tool_calls", "content_filter", 7]
)
def test_other_ends_are_no_failures(finish_reason):
    """Those that nobody knows are kept."""
    fields = {"error": None, "native_finish_reason": "STOP"}
    assert failed_choice(finish_reason, fields) is None
