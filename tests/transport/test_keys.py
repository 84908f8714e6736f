"""Where keys are kept: the environment, a keyring, and Colab's secrets."""

from __future__ import annotations

import sys
import threading
from types import ModuleType

import keyring.errors
import pytest
from keyring.backend import KeyringBackend

from chat_magic.errors import InvalidRequest
from chat_magic.transport import keys
from chat_magic.transport.credentials import Secret
from chat_magic.transport.keys import KeyCache, StoredKey

KEY = "sk-canary-in-a-keyring"


@pytest.fixture
def cache():
    """Return an empty cache of keys."""
    return KeyCache()


@pytest.fixture
def colab(monkeypatch):
    """Install a fake of Colab's module, with one secret."""
    userdata = ModuleType("google.colab.userdata")
    userdata.asked = []
    userdata.SecretNotFoundError = type("SecretNotFoundError", (Exception,), {})
    userdata.NotebookAccessError = type("NotebookAccessError", (Exception,), {})

    def get(name):
        userdata.asked.append(name)
        if name != "A_KEY":
            raise userdata.SecretNotFoundError
        return KEY

    userdata.get = get
    monkeypatch.setitem(sys.modules, "google.colab", ModuleType("google.colab"))
    monkeypatch.setitem(sys.modules, "google.colab.userdata", userdata)
    return userdata


def test_the_environment_comes_first_then_the_keyring_then_colab(
    cache, own_keyring, colab, monkeypatch
):
    """The key has its source."""
    assert cache.find_key("A_KEY") == StoredKey(Secret(KEY), "Colab")
    cache.store("A_KEY", Secret("sk-canary-2"))
    assert cache.find_key("A_KEY") == StoredKey(Secret("sk-canary-2"), "the keyring")
    monkeypatch.setenv("A_KEY", "sk-canary-3")
    assert cache.find_key("A_KEY") == StoredKey(Secret("sk-canary-3"), "the environment")
    assert cache.find_key("B_KEY") is None


def test_a_key_that_was_found_is_cached(cache, own_keyring):
    """Until a key of the same name is stored or deleted."""
    cache.store("A_KEY", Secret(KEY))
    assert cache.cached_key("A_KEY") is None
    assert cache.find_key("A_KEY") == cache.cached_key("A_KEY")
    assert cache.forget("A_KEY")
    assert cache.cached_key("A_KEY") is None
    assert not cache.forget("A_KEY")


def test_a_key_that_is_missing_is_searched_for_once(cache, own_keyring, colab, monkeypatch):
    """A grid without a key asks the keyring once; a key that is stored then is found at once."""
    asked = []
    stored = own_keyring.passwords
    monkeypatch.setattr(
        own_keyring, "get_password", lambda *key: asked.append(key) or stored.get(key)
    )
    assert [cache.find_key("B_KEY") for _request in range(3)] == [None] * 3
    assert (asked, colab.asked) == ([("chat-magic", "B_KEY")], ["B_KEY"])
    cache.store("B_KEY", Secret(KEY))
    assert cache.find_key("B_KEY") == StoredKey(Secret(KEY), "the keyring")


def test_keys_are_stored_under_chat_magic_and_the_variable(cache, own_keyring):
    """So that other tools can store them too."""
    cache.store("A_KEY", Secret(KEY))
    assert own_keyring.passwords == {("chat-magic", "A_KEY"): KEY}


def test_colab_is_asked_from_the_main_thread_only(cache, own_keyring, colab):
    """Its answer comes through the main thread of the kernel, which must not be blocked."""
    keys_found = []
    thread = threading.Thread(target=lambda: keys_found.append(cache.find_key("A_KEY")))
    thread.start()
    thread.join()
    assert (keys_found, colab.asked) == ([None], [])


class NoKeyring(KeyringBackend):
    """The backend of a machine without a keyring."""

    priority = 0

    def _fail(self, *_):
        raise keyring.errors.NoKeyringError("no backend here")

    get_password = set_password = delete_password = _fail


def test_without_a_keyring_only_storing_a_key_is_an_error(cache, own_keyring):
    """Looking for a key finds none, since most machines without a keyring need none."""
    keyring.set_keyring(NoKeyring())
    assert cache.find_key("A_KEY") is None
    for change in (lambda: cache.store("A_KEY", Secret(KEY)), lambda: cache.forget("A_KEY")):
        with pytest.raises(InvalidRequest, match=r"the keyring did not .*: no backend") as seen:
            change()
        assert KEY not in str(seen.value)


def test_without_the_extra_the_error_names_it(cache, monkeypatch):
    """Looking for a key finds none."""
    monkeypatch.setattr(keys, "find_spec", lambda _name: None)
    assert cache.find_key("A_KEY") is None
    with pytest.raises(InvalidRequest, match=r"pip install 'chat-magic\[keyring\]'"):
        cache.store("A_KEY", Secret(KEY))
