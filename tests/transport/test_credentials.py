"""Keys: shown nowhere, and removed from every text."""

from __future__ import annotations

import copy
import json
import pickle

import pytest

from chat_magic.errors import InvalidRequest
from chat_magic.transport.credentials import Secret, from_environment, know_environment, redact

KEY = "sk-canary-9876543210"


def test_a_secret_is_only_revealed_explicitly() -> None:
    """No way of printing it shows it."""
    secret = Secret(KEY)
    assert secret.reveal() == KEY
    assert KEY not in f"{secret} {secret!r} {[secret]} {secret!s:>40}"
    assert not hasattr(secret, "__dict__")


@pytest.mark.parametrize("copier", [pickle.dumps, copy.copy, copy.deepcopy])
def test_a_secret_cannot_be_copied_or_pickled(copier) -> None:
    """So it cannot be stored with a result by mistake."""
    with pytest.raises(TypeError, match="secret"):
        copier(Secret(KEY))


def test_white_space_around_a_key_is_removed() -> None:
    """Keys are often copied with line breaks."""
    assert Secret(f" {KEY}\n") == Secret(KEY)


@pytest.mark.parametrize("inner", ["\n", "\r\n", "\0", "\x1b", " ", "é", "\u200b", "\u2026"])
def test_a_character_that_no_key_can_have_is_refused(inner: str) -> None:
    """The error names the variable but does not show the key."""
    with pytest.raises(InvalidRequest, match="OPENAI_API_KEY contains") as caught:
        Secret(f"{KEY}{inner}x", "OPENAI_API_KEY")
    assert KEY not in str(caught.value)


@pytest.mark.parametrize("value", ["", "  ", "\n"])
def test_a_blank_variable_is_not_a_key(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    """It counts as not set."""
    monkeypatch.setenv("OPENAI_API_KEY", value)
    assert from_environment("OPENAI_API_KEY") is None
    with pytest.raises(InvalidRequest, match="empty"):
        Secret(value)


def test_known_keys_are_removed_from_texts() -> None:
    """A longer one is replaced before a shorter one that it begins with."""
    Secret(KEY)
    Secret(KEY + "-long")
    assert redact(f"a {KEY} b {KEY}-long c") == "a *** b *** c"


def test_a_key_is_removed_from_json_too() -> None:
    """A password may contain what JSON escapes."""
    secret = 'a"long\\password'
    Secret(secret)
    text = json.dumps({"proxy": f"user:{secret}"})
    assert json.loads(redact(text)) == {"proxy": "user:***"}


def test_placeholders_for_keys_are_left_in_texts() -> None:
    """`EMPTY`, as local servers are given, is an ordinary word."""
    Secret("EMPTY")
    assert redact("an EMPTY body") == "an EMPTY body"


@pytest.mark.parametrize(
    ("variable", "value", "is_known"),
    [
        ("MY_GATEWAY_API_KEY", "sk-canary-environment-0001", True),
        ("HUB_TOKEN", "canary-environment-0002", True),
        ("CLIENT_SECRET", "canary-environment-0003", True),
        ("SHORT_KEY", "quagga-0004", False),
        ("KEYBOARD", "quagga-environment-0005", False),
        ("BROKEN_KEY", "quagga-environment\n0006", False),
    ],
)
def test_keys_of_the_environment_are_known_before_they_are_used(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, is_known: bool
) -> None:
    """By the names of their variables; short values may be words."""
    monkeypatch.setenv(variable, value)
    know_environment()
    assert redact(f"a {value}") == ("a ***" if is_known else f"a {value}")
