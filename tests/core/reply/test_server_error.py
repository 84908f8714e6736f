"""Errors that a server reports in its answer, in any shape."""

from __future__ import annotations

import json

import pytest

from chat_magic.core.reply.server_error import ServerError, describe_error


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"error": {"message": "too long"}}, "too long"),
        ({"error": "too long"}, "too long"),
        ({"errors": [{"msg": "too long"}]}, "too long"),
        ({"error": {"issues": [{"path": ["n"], "message": "too many"}]}}, "n: too many"),
        ({"message": "Bad", "param": [{"path": ["n"], "message": "too many"}]}, "Bad: n: too many"),
        ({"timestamp": "t", "status": 500, "error": "Broken", "path": "/v1"}, "Broken"),
        ({"detail": [{"msg": "bad n", "loc": ["n"]}]}, "bad n"),
        ({"message": "bad", "param": "n_best"}, "bad (param 'n_best')"),
        ({"message": "n is bad", "param": "n"}, "n is bad"),
        ({"code": 3}, '{"code": 3}'),
        ("two\nlines\x1b[31m", "two lines[31m"),
        ([], "[]"),
        ({"status": 500, "detail": "no luck"}, "no luck"),
        ({"choices": None, "base_resp": {"status_code": 1008, "status_msg": "poor"}}, "poor"),
        ({"type": "about:blank", "title": "Bad", "detail": "n is bad"}, "Bad: n is bad"),
        ({"statusCode": 400, "message": ["a", "b"], "error": "Bad"}, "Bad: a; b"),
        ({"error": {"message": "no", "param": "n"}}, "no (param 'n')"),
    ],
)
def test_the_message_is_found_in_every_shape(value, message):
    """It is one printable line."""
    assert describe_error(value) == message
    assert str(ServerError(value)) == message


INNER = {"error": {"message": "Unsupported value: n", "type": "x"}}
REPORT = """2 validation errors for Part
0.a
  Input should be 'text' [type=literal_error, input_value='image_url', input_type=str]
    For further information visit https://errors.pydantic.dev/2.11/v/literal_error
0.x
  Field required [type=missing, input_value={'a': [1]}, input_type=dict]
    For further information visit https://errors.pydantic.dev/2.11/v/missing"""


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (
            {"message": "Failed", "metadata": {"raw": json.dumps(INNER), "provider_name": "Azure"}},
            "Failed (Azure: Unsupported value: n)",
        ),
        (
            {"message": "Failed", "metadata": {"raw": "too long", "provider_name": "Novita"}},
            "Failed (Novita: too long)",
        ),
        (
            {"message": "Failed", "metadata": {"raw": {"a": 1}, "provider_name": "X"}},
            'Failed (X: {"a": 1})',
        ),
        ({"message": "Failed", "metadata": {"provider_name": "X"}}, "Failed (X)"),
        ({"message": "Failed", "metadata": {"raw": INNER}}, "Failed (Unsupported value: n)"),
        (
            {"message": "Flagged", "metadata": {"reasons": ["hate"], "provider_name": "X"}},
            "Flagged (X: hate)",
        ),
        ({"message": "Failed", "metadata": "odd"}, "Failed"),
        ({"message": "Failed", "innererror": {"code": "Policy"}}, "Failed: Policy"),
    ],
)
def test_the_reason_of_the_provider_behind_a_gateway_is_part_of_the_message(value, message):
    """With the provider's name; whether it is text or JSON."""
    assert describe_error({"error": value}) == message


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (
            {
                "detail": [
                    {"loc": ["body", "top_k"], "msg": "too many"},
                    {"loc": ["body", "messages", 0, "content"], "msg": "Field required"},
                ]
            },
            "top_k: too many; messages.0.content: Field required",
        ),
        ({"message": "Invalid.", "errors": {"n": ["must be 1"]}}, "Invalid: n: must be 1"),
        (
            {"message": "Invalid", "details": [{"target": "tools", "message": "no such name"}]},
            "Invalid: tools: no such name",
        ),
        (
            {"message": "Invalid", "details": [{"fieldViolations": [
                {"field": "tools[0]", "description": "Unknown name"},
                {"field": "stop", "description": "Too long"},
            ]}]},
            "Invalid: tools[0]: Unknown name; stop: Too long",
        ),
        (
            {"message": "[{'loc': ('body', 'seed'), 'msg': 'no', 'input': 1}]"},
            "seed: no",
        ),
        (
            {"message": "1 validation error:\n  n: bad\n\n"
             "  File \"/srv/app.py\", line 3, in create\n    POST /v1/chat/completions"},
            "1 validation error: n: bad",
        ),
        (
            {"message": REPORT},
            "2 validation errors for Part: 0.a: Input should be 'text'; 0.x: Field required",
        ),
    ],
)  # fmt: skip
def test_every_field_that_was_refused_is_named(value, message):
    """With its own reason, in the shapes of pydantic and others."""
    assert describe_error(value) == message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (json.dumps(INNER), "Unsupported value: n"),
        ("Error code: 400 - {'error': {'message': \"bad 'n'\"}}", "Error code: 400: bad 'n'"),
        (f"Upstream: {json.dumps(INNER)}. Sorry", "Upstream: Unsupported value: n. Sorry"),
        ('VertexAI - b\'{\\n "error": {\\n "message": "inner"}}\'', "VertexAI: inner"),
        (json.dumps({"message": json.dumps(INNER)}), "Unsupported value: n"),
        ("a list [1, 2] and {}", "a list [1, 2] and {}"),
        ("{broken", "{broken"),
        ("[" * 5000, "[" * 5000),
        ("Failed. Received Model Group=a\nAvailable Model Group Fallbacks=None", "Failed"),
        (
            'Traceback (most recent call last):\n  File "x", line 1\n    f()\nValueError: no',
            "ValueError: no",
        ),
    ],
)
def test_json_in_a_message_is_replaced_by_the_message_in_it(text, message):
    """Also in Python's notation; what else is in the text stays."""
    assert describe_error({"error": {"message": text}}) == message


def test_a_message_that_is_nested_without_end_is_shown_as_it_is():
    """Reading it ends."""
    value = "deep"
    for _ in range(100):
        value = {"error": value}
    assert "deep" in describe_error(value)
