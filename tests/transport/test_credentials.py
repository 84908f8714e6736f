"""Keys: shown nowhere, struck out of everything."""

from __future__ import annotations

import copy
import pickle

import pytest

from chat_magic.errors import InvalidRequest
from chat_magic.transport.credentials import Secret, from_environment, redact

KEY = "sk-canary-9876543210"


def test_a_secret_shows_itself_only_when_asked() -> None:
    """No way of printing one gives it away."""
    secret = Secret(KEY)
    assert secret.reveal() == KEY
    assert KEY not in f"{secret} {secret!r} {[secret]} {secret!s:>40}"
    assert not hasattr(secret, "__dict__")


@pytest.mark.parametrize("copier", [pickle.dumps, copy.copy, copy.deepcopy])
def test_a_secret_is_not_copied(copier) -> None:
    """A result that held one could not be stored by mistake."""
    with pytest.raises(TypeError, match="secret"):
        copier(Secret(KEY))


def test_white_space_around_a_key_is_dropped() -> None:
    """Keys are copied with line ends."""
    assert Secret(f" {KEY}\n") == Secret(KEY)


@pytest.mark.parametrize("inner", ["\n", "\r\n", "\0", "\x1b", " ", "é", "\u200b", "\u2026"])
def test_what_no_key_can_hold_is_refused(inner: str) -> None:
    """The error names the variable and not the key."""
    with pytest.raises(InvalidRequest, match="OPENAI_API_KEY contains") as caught:
        Secret(f"{KEY}{inner}x", "OPENAI_API_KEY")
    assert KEY not in str(caught.value)


@pytest.mark.parametrize("value", ["", "  ", "\n"])
def test_an_empty_variable_is_no_key(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    """It is as if it were unset."""
    monkeypatch.setenv("OPENAI_API_KEY", value)
    assert from_environment("OPENAI_API_KEY") is None
    with pytest.raises(InvalidRequest, match="empty"):
        Secret(value)


def test_known_keys_are_struck_out() -> None:
    """All of them, a longer one before the shorter that it begins with."""
    Secret(KEY)
    Secret(KEY + "-long")
    assert redact(f"a {KEY} b {KEY}-long c") == "a *** b *** c"


def test_words_that_stand_for_no_key_are_left() -> None:
    """`EMPTY` is what local servers are given; messages would suffer."""
    Secret("EMPTY")
    assert redact("an EMPTY body") == "an EMPTY body"
