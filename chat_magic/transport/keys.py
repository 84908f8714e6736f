"""Where API keys are kept: the environment, then the OS keyring, then Colab's secrets."""

from __future__ import annotations

import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Literal

from chat_magic.errors import InvalidRequest
from chat_magic.transport.credentials import Secret, from_environment

if TYPE_CHECKING:
    from types import ModuleType

__all__ = ["KeyCache", "StoredKey", "require_keyring"]

SERVICE = "chat-magic"
"""The keyring's service name for the keys; its user name is that of the variable."""
_MISSING_S = 10.0
"""How long a key that is nowhere is not searched for again, so that a grid searches once."""


@dataclass(frozen=True)
class StoredKey:
    """A key, and where it is kept."""

    secret: Secret
    source: Literal["the environment", "the keyring", "Colab"]


class KeyCache:
    """The keys that a session has found; the keyring and Colab are asked once for each of them."""

    def __init__(self) -> None:
        self._stored: dict[str, StoredKey] = {}
        self._missing: dict[tuple[str, bool], float] = {}

    def cached_key(self, variable: str) -> StoredKey | None:
        """Return a key of the environment, or one that was found before; this never blocks.

        Args:
            variable: The environment variable that the key is named after.

        Raises:
            InvalidRequest: The key contains a character that no key can have.
        """
        if secret := from_environment(variable):
            return StoredKey(secret, "the environment")
        return self._stored.get(variable)

    def find_key(self, variable: str) -> StoredKey | None:
        """Return a key wherever it is kept; it may block, so it must not be called on the loop.

        Args:
            variable: As for `cached_key`.

        Raises:
            InvalidRequest: As for `cached_key`.
        """
        if key := self.cached_key(variable):
            return key
        search = variable, _is_main_thread()  # Colab's secrets can be read from that thread only
        if time.monotonic() < self._missing.get(search, 0.0):
            return None
        key = _from_keyring(variable) or _from_colab(variable)
        if key is None:
            self._missing[search] = time.monotonic() + _MISSING_S
        else:
            self._stored[variable] = key
        return key

    def store(self, variable: str, secret: Secret) -> None:
        """Put a key into the keyring of the operating system.

        Raises:
            InvalidRequest: There is no keyring, or it reports an error.
        """
        keyring = require_keyring()
        try:
            keyring.set_password(SERVICE, variable, secret.reveal())
        except keyring.errors.KeyringError as error:
            raise InvalidRequest(f"the keyring did not store the key: {error}") from error
        self._stored.pop(variable, None)
        self._missing.clear()

    def forget(self, variable: str) -> bool:
        """Remove a key from the keyring; return whether it was there.

        Raises:
            InvalidRequest: There is no keyring, or it reports an error.
        """
        keyring = require_keyring()
        self._stored.pop(variable, None)
        try:
            if keyring.get_password(SERVICE, variable) is None:
                return False
            keyring.delete_password(SERVICE, variable)
        except keyring.errors.KeyringError as error:
            raise InvalidRequest(f"the keyring did not delete the key: {error}") from error
        return True


def _from_keyring(variable: str) -> StoredKey | None:
    keyring = _keyring()
    if keyring is None:
        return None
    with suppress(keyring.errors.KeyringError):  # there is none, or it is locked
        if value := keyring.get_password(SERVICE, variable):
            return StoredKey(Secret(value, f"{variable} in the keyring"), "the keyring")
    return None


def _from_colab(variable: str) -> StoredKey | None:
    # Colab queries its page through the main thread of the kernel, where it is always imported.
    if "google.colab" not in sys.modules or not _is_main_thread():
        return None
    userdata: Any = import_module("google.colab.userdata")
    with suppress(userdata.SecretNotFoundError, userdata.NotebookAccessError):
        if value := userdata.get(variable):
            return StoredKey(Secret(value, f"{variable} in Colab's secrets"), "Colab")
    return None


def _is_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


def _keyring() -> ModuleType | None:
    if find_spec("keyring") is None:
        return None
    import keyring.errors  # slow to import, and part of an extra

    return keyring


def require_keyring() -> Any:
    """Return the module of the keyring.

    Raises:
        InvalidRequest: It is not installed.
    """
    keyring = _keyring()
    if keyring is None:
        raise InvalidRequest("the keyring requires: pip install 'chat-magic[keyring]'")
    return keyring
