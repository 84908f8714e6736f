"""Where keys are kept: the environment, a real keyring's interface, Colab's secrets."""

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
    """Return the keys of a session that has found none yet."""
    return KeyCache()


@pytest.fixture
def colab(monkeypatch):
    """Put Colab's module in place, with one secret."""
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
    """Each says where the key was."""
    assert cache.find_key("A_KEY") == StoredKey(Secret(KEY), "Colab")
    cache.store("A_KEY", Secret("sk-canary-2"))
    assert cache.find_key("A_KEY") == StoredKey(Secret("sk-canary-2"), "the keyring")
    monkeypatch.setenv("A_KEY", "sk-canary-3")
    assert cache.find_key("A_KEY") == StoredKey(Secret("sk-canary-3"), "the environment")
    assert cache.find_key("B_KEY") is None


def test_a_key_that_was_found_is_known_without_asking_again(cache, own_keyring):
    """The loop asks nobody; storing or forgetting another ends it."""
    cache.store("A_KEY", Secret(KEY))
    assert cache.cached_key("A_KEY") is None
    assert cache.find_key("A_KEY") == cache.cached_key("A_KEY")
    assert cache.forget("A_KEY")
    assert cache.cached_key("A_KEY") is None
    assert not cache.forget("A_KEY")


def test_keys_lie_under_our_name_and_the_variables(cache, own_keyring):
    """So that other tools can put them there."""
    cache.store("A_KEY", Secret(KEY))
    assert own_keyring.passwords == {("chat-magic", "A_KEY"): KEY}


def test_colab_is_asked_from_the_main_thread_only(cache, own_keyring, colab):
    """Its page answers through the kernel's main thread, which would wait for itself."""
    found = []
    thread = threading.Thread(target=lambda: found.append(cache.find_key("A_KEY")))
    thread.start()
    thread.join()
    assert (found, colab.asked) == ([None], [])


class NoKeyring(KeyringBackend):
    """What a machine without a keyring has."""

    priority = 0

    def _fail(self, *_):
        raise keyring.errors.NoKeyringError("no backend here")

    get_password = set_password = delete_password = _fail


def test_a_machine_without_a_keyring_has_no_key_and_says_so_when_one_is_stored(cache, own_keyring):
    """Reading is silent, since most machines that lack one need none."""
    keyring.set_keyring(NoKeyring())
    assert cache.find_key("A_KEY") is None
    for change in (lambda: cache.store("A_KEY", Secret(KEY)), lambda: cache.forget("A_KEY")):
        with pytest.raises(InvalidRequest, match=r"the keyring did not .*: no backend") as seen:
            change()
        assert KEY not in str(seen.value)


def test_without_the_extra_the_error_names_it(cache, monkeypatch):
    """And finding a key goes on without."""
    monkeypatch.setattr(keys, "find_spec", lambda _name: None)
    assert cache.find_key("A_KEY") is None
    with pytest.raises(InvalidRequest, match=r"pip install 'chat-magic\[keyring\]'"):
        cache.store("A_KEY", Secret(KEY))
