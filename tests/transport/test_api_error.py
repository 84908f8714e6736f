"""The error for a refusal: the server's message, its request id, and what to change."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from chat_magic.errors import ApiError
from chat_magic.transport.api_error import error_text, shown
from chat_magic.transport.credentials import Secret
from tests.gateway import HOLD, Answer, Gateway

if TYPE_CHECKING:
    from .conftest import Ask


class TestReadRefusal:
    """The response as a request gets it."""

    @pytest.mark.parametrize(
        ("status", "body", "words"),
        [
            (400, {"error": {"message": "top_p is bad"}}, ["400", "top_p is bad"]),
            (401, {"error": {"message": "bad key"}}, ["401", "bad key", "CHAT_MAGIC_API_KEY"]),
            (404, {"error": {"message": "what model?"}}, ["404", "what model?", "'test/model'"]),
            (422, {"detail": [{"loc": ["n"], "msg": "too many"}]}, ["422", "too many"]),
            (429, {"error": {"message": "slow down"}}, ["429", "slow down", "wait 7 s"]),
            (500, "overloaded", ["500", "overloaded", "wait 7 s"]),
            (503, "", ["503", "empty body"]),
            (403, "<html><title>Access &amp; more</title>", ["403", 'HTML page "Access & more"']),
            (502, "<!DOCTYPE html><p>bad", ["502", "HTML page"]),
            (200, "<html><title>Log in</title>", ["200", 'HTML page "Log in"', "base URL"]),
            (200, "", ["200", "empty body"]),
            (200, "upstream is down", ["200", "upstream is down"]),
            (200, {"error": {"message": "no luck"}}, ["200", "no luck"]),
            (200, {"object": "error", "message": "no luck"}, ["200", "no luck"]),
            (200, [{"error": {"message": "no luck"}}], ["200", "no luck"]),
            (200, {"detail": "Not Found"}, ["200", "Not Found"]),
            (200, {"choices": []}, ["200", "not a completion"]),
            (200, '{"choices": [', ["200", "not a completion"]),
            (200, 'data: {"error": {"message": "no luck"}}\n\n', ["200", "no luck"]),
            (200, "data: oops\n\n", ["200", "not JSON"]),
            (200, ": still there\n\n", ["200", "not a completion"]),
            (200, "data: [DONE]\n\n", ["200", "not a completion"]),
        ],
    )  # fmt: skip
    async def test_it_has_the_server_s_message_and_what_to_change(
        self, ask: Ask, status: int, body: Any, words: list[str]
    ) -> None:
        """Status, message, request id and advice, in one line."""
        data = (body if isinstance(body, str) else json.dumps(body)).encode()
        headers = {"X-Request-Id": "req_1", "Retry-After": "7"}
        answer = Answer([data], status=status, headers=headers, framing="length")
        with Gateway(answer) as gateway, pytest.raises(ApiError) as caught:
            await ask(gateway.base_url)
        message = str(caught.value)
        assert [
            word for word in [*words, "the gateway", "request req_1"] if word not in message
        ] == []
        assert "\n" not in message
        assert (caught.value.status, caught.value.request_id) == (status, "req_1")

    async def test_a_body_that_does_not_end_is_given_up(
        self, ask: Ask, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The part that arrived is its message."""
        monkeypatch.setattr("chat_magic.transport.api_error._BODY_S", 0.5)
        answer = Answer([b"no luck", HOLD], status=500)
        with Gateway(answer) as gateway, pytest.raises(ApiError, match="no luck"):
            await ask(gateway.base_url)

    async def test_a_long_message_is_shortened(self, ask: Ask) -> None:
        """To a readable length."""
        answer = Answer([b"x" * 200_000], status=500)
        with Gateway(answer) as gateway, pytest.raises(ApiError, match=r"x{1000}…") as caught:
            await ask(gateway.base_url)
        assert len(str(caught.value)) < 1200


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"", "nothing (an empty body)"),
        (b" \n ", "nothing (an empty body)"),
        (b'{"error": {"message": "bad key"}}', "bad key"),
        (b'{"detail": "Not Found"}', "Not Found"),
        (b"plain words", "plain words"),
        (b"{broken", "{broken"),
        (b"\xff", "\ufffd"),
    ],
)
def test_the_text_of_a_body_is_its_message(body: bytes, text: str) -> None:
    """That of a JSON error, or the body itself."""
    assert error_text(body) == text


def test_a_page_is_described_by_its_title() -> None:
    """With what may have caused it."""
    assert error_text(b"<html><title>Log &amp; in</title>") == (
        'an HTML page "Log & in" instead of JSON: is the base URL right, '
        "and is a proxy or a login page in between?"
    )


@pytest.mark.parametrize("status", [413, 429, 502, 503, 520, 522, 524])
def test_a_page_about_the_server_or_the_request_does_not_ask_for_the_base_url(status: int) -> None:
    """Its status says what is wrong."""
    page = b"<html><title>524: A timeout occurred</title>"
    assert error_text(page, status) == 'an HTML page "524: A timeout occurred" instead of JSON'


def test_a_message_is_shown_without_keys_and_shortened() -> None:
    """A key is removed before the text is cut, so that no part of it is left."""
    Secret("sk-canary-of-a-message")
    assert shown("not sk-canary-of-a-message") == "not ***"
    assert shown("x" * 1001) == "x" * 1000 + "…"
