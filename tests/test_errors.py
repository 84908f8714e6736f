"""The exceptions: one tree, and one line each in a notebook."""

from __future__ import annotations

import pytest

from chat_magic import errors
from chat_magic.errors import ApiError, ChatError, ChatInterrupted, InvalidRequest

CHAT_ERRORS = [name for name in errors.__all__ if name != "ChatInterrupted"]


@pytest.mark.parametrize("name", CHAT_ERRORS)
def test_every_error_is_a_chat_error(name):
    """`except ChatError` catches them all."""
    assert issubclass(getattr(errors, name), ChatError)


def test_the_interrupt_is_a_keyboard_interrupt_and_not_an_error():
    """`except ChatError` and `except Exception` let it pass, so that *Run all* stops."""
    assert issubclass(ChatInterrupted, KeyboardInterrupt)
    assert not issubclass(ChatInterrupted, Exception)


@pytest.mark.parametrize("kind", [ChatError, ChatInterrupted])
def test_an_error_prints_as_one_line_without_control_characters(kind):
    """In a notebook and in a terminal."""
    assert kind("two\nlines \x1b[31mred")._render_traceback_() == [
        f"{kind.__name__}: two lines [31mred"
    ]


@pytest.mark.parametrize(
    ("place", "text"),
    [
        ({}, "must be 0 to 2"),
        ({"line": 3}, "line 3: must be 0 to 2"),
        ({"line": 3, "column": 7}, "line 3, column 7: must be 0 to 2"),
    ],
)
def test_a_refused_request_names_the_place_in_the_cell(place, text):
    """As far as it is known; the message is there without it too."""
    error = InvalidRequest("must be 0 to 2", **place)
    assert str(error) == text
    assert error.message == "must be 0 to 2"


def test_an_answer_of_the_server_has_its_status_and_the_id_of_the_request():
    """To tell errors apart in code, and to quote to whoever runs the server."""
    error = ApiError("503: busy", status=503, request_id="r-1")
    assert (str(error), error.status, error.request_id) == ("503: busy", 503, "r-1")


@pytest.mark.parametrize("name", errors.__all__)
def test_nothing_had_arrived_unless_it_says_so(name):
    """`.result` is there on each, and empty."""
    assert getattr(errors, name).result is None
