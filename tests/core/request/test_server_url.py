"""The base URL of a server, whose keys no repr shows."""

from __future__ import annotations

import copy
import pickle

import pytest

from chat_magic.core.request.server_url import ServerUrl
from chat_magic.errors import InvalidRequest


@pytest.mark.parametrize(
    ("text", "url", "user", "password", "shown"),
    [
        (
            "https://me:hun%40ter@a.example/v1",
            "https://a.example/v1",
            "me",
            "hun@ter",
            "https://me:***@a.example/v1",
        ),
        ("https://a.example/v1", "https://a.example/v1", "", "", "https://a.example/v1"),
        ("http://key@a:8/v1", "http://a:8/v1", "key", "", "http://***:***@a:8/v1"),
        (" http://[::1]:8/v1 ", "http://[::1]:8/v1", "", "", "http://[::1]:8/v1"),
        (
            "http://me:pw@[::1]:8/v1?key=secret&api-version=2024-10-21",
            "http://[::1]:8/v1?key=secret&api-version=2024-10-21",
            "me",
            "pw",
            "http://me:***@[::1]:8/v1?key=***&api-version=2024-10-21",
        ),
    ],
)
def test_the_user_and_the_password_are_no_part_of_the_text(text, url, user, password, shown):
    """They are decoded; the repr has neither the password nor a key of the query."""
    read = ServerUrl.read(text, "X")
    assert (str(read), read.user, read.password()) == (url, user, password)
    assert read.masked() == shown
    assert repr(read) == repr(shown)


def test_a_copy_keeps_the_password_and_a_pickle_does_not() -> None:
    """A pickle may be stored."""
    read = ServerUrl.read("https://me:canary@a.example/v1", "X")
    assert copy.copy(read).password() == copy.deepcopy(read).password() == "canary"
    assert b"canary" not in pickle.dumps(read)
    assert pickle.loads(pickle.dumps(read)) == "https://a.example/v1"


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("a.example/v1", "it must begin with http:// or https://"),
        ("http://::1:8000/v1", "an IPv6 address must be in brackets, as in http://[::1]:8000/v1"),
        ("http://me:secret@fe80::1/v1", "an IPv6 address must be in brackets"),
        ("'http://secret/v1'", "it is in quotes"),
        ("ftp://a.example", ""),
        ("http://a b", ""),
        ("http://a.example:0", ""),
        ("http://", ""),
    ],
)
def test_what_is_no_url_is_refused_with_where_it_was_set(text, hint):
    """In one line, which does not repeat it."""
    with pytest.raises(InvalidRequest) as caught:
        ServerUrl.read(text, "CHAT_MAGIC_BASE_URL")
    message = str(caught.value)
    assert message.startswith("CHAT_MAGIC_BASE_URL is not a URL such as https://host/v1")
    assert hint in message
    assert "secret" not in message
