"""Errors that a server reports in its answer, in any shape."""

from __future__ import annotations

import pytest

from chat_magic.core.reply.server_error import ServerError, describe_error


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"error": {"message": "too long"}}, "too long"),
        ({"error": "too long"}, "too long"),
        ({"errors": [{"msg": "too long"}]}, "too long"),
        ({"detail": [{"msg": "bad n", "loc": ["n"]}]}, "bad n"),
        ({"message": "bad", "param": "n_best"}, "bad (param 'n_best')"),
        ({"message": "n is bad", "param": "n"}, "n is bad"),
        ({"code": 3}, '{"code": 3}'),
        ("two\nlines\x1b[31m", "two lines[31m"),
        ([], "[]"),
    ],
)
def test_the_message_is_found_in_every_shape(value, message):
    """It is one printable line."""
    assert describe_error(value) == message
    assert str(ServerError(value)) == message
