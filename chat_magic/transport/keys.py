"""Where API keys are kept: the environment, then the OS keyring, then Colab's secrets."""

from __future__ import annotations

import sys
import threading
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
"""What the keyring files our keys under; the user there is the variable's name."""


@dataclass(frozen=True)
class StoredKey:
    """A key, and where it is kept."""

    secret: Secret
    source: Literal["the environment", "the keyring", "Colab"]


class KeyCache:
    """The keys that a session has found: the keyring and Colab are asked once for each."""

    def __init__(self) -> None:
        self._stored: dict[str, StoredKey] = {}

    def cached_key(self, variable: str) -> StoredKey | None:
        """Return a key without asking anything that may ask the user in turn.

        Args:
            variable: The environment variable that holds the key, or would.

        Raises:
            InvalidRequest: It holds a character that no key can have.
        """
        if secret := from_environment(variable):
            return StoredKey(secret, "the environment")
        return self._stored.get(variable)

    def find_key(self, variable: str) -> StoredKey | None:
        """Return a key wherever it is kept; not to be called on the loop, since it may block.

        Args:
            variable: As for `cached_key`.

        Raises:
            InvalidRequest: As for `cached_key`.
        """
        key = self.cached_key(variable) or _from_keyring(variable) or _from_colab(variable)
        if key is not None and key.source != "the environment":
            self._stored[variable] = key
        return key

    def store(self, variable: str, secret: Secret) -> None:
        """Put a key into the keyring of the operating system.

        Raises:
            InvalidRequest: There is no keyring, or it refuses.
        """
        keyring = require_keyring()
        try:
            keyring.set_password(SERVICE, variable, secret.reveal())
        except keyring.errors.KeyringError as error:
            raise InvalidRequest(f"the keyring did not take the key: {error}") from error
        self._stored.pop(variable, None)

    def forget(self, variable: str) -> bool:
        """Remove a key from the keyring; return whether it was there.

        Raises:
            InvalidRequest: There is no keyring, or it refuses.
        """
        keyring = require_keyring()
        self._stored.pop(variable, None)
        try:
            if keyring.get_password(SERVICE, variable) is None:
                return False
            keyring.delete_password(SERVICE, variable)
        except keyring.errors.KeyringError as error:
            raise InvalidRequest(f"the keyring did not give up the key: {error}") from error
        return True


def _from_keyring(variable: str) -> StoredKey | None:
    keyring = _keyring()
    if keyring is None:
        return None
    with suppress(keyring.errors.KeyringError):  # none on this machine, or locked: no key
        if value := keyring.get_password(SERVICE, variable):
            return StoredKey(Secret(value, f"{variable} in the keyring"), "the keyring")
    return None


def _from_colab(variable: str) -> StoredKey | None:
    # Colab asks its page through the kernel's main thread, and is always imported there.
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
    """Return the keyring's module.

    Raises:
        InvalidRequest: It is not installed.
    """
    keyring = _keyring()
    if keyring is None:
        raise InvalidRequest("the keyring needs: pip install 'chat-magic[keyring]'")
    return keyring
