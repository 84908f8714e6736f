"""API keys: one object holds them and never shows them, and they are removed from every message."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from typing import NoReturn

from chat_magic.errors import InvalidRequest

__all__ = [
    "Secret",
    "answer_keys",
    "from_environment",
    "know_environment",
    "redact",
    "redact_answer",
    "redact_exception",
    "refuse_quotes",
    "register_key",
]

_MASK = "***"
_SHORTEST = 6
"""Shorter values (`none`, `EMPTY`) are placeholders where no key is needed, and ordinary words."""
_SHORTEST_IN_ANSWERS = 16
"""From answers, only keys that are too long to be words are removed."""
_KEY_NAMES = ("_KEY", "_TOKEN", "_SECRET")
"""How the variables end that hold keys."""
_known: set[str] = set()
_known_in_answers: set[bytes] = set()
"""The longer of them, as JSON strings escape them."""
_answer_keys: tuple[str, ...] = ()
"""The same as they are, the longest first."""
_QUOTES = "'\"`\u2018\u2019\u201c\u201d"


class Secret:
    """A key that no repr, format, pickle or message shows.

    Args:
        value: The key; surrounding white space is removed.
        name: Its name in errors, such as the variable that holds it.
        may_hold_spaces: Whether spaces are allowed in it, as in the value of a header.
        is_key: Whether it is removed from messages and answers; otherwise it is only not shown.

    Raises:
        InvalidRequest: It is empty, in quotes, or contains a character that no key can have.
    """

    __slots__ = ("_value",)

    def __init__(
        self,
        value: str,
        name: str = "the API key",
        *,
        may_hold_spaces: bool = False,
        is_key: bool = True,
    ) -> None:
        value = value.strip()
        if not value:
            raise InvalidRequest(f"{name} is empty")
        if not may_hold_spaces:
            refuse_quotes(value, name)
        has_space = " " in value and not may_hold_spaces
        if not (value.isascii() and value.isprintable()) or has_space:
            raise InvalidRequest(
                f"{name} contains a space, a line break or another character that no key can have"
            )
        self._value = value
        if is_key:
            register_key(value)

    def reveal(self) -> str:
        """Return the key itself; only for the headers of a request."""
        return self._value

    def __repr__(self) -> str:
        return f"Secret('{_MASK}')"

    def __str__(self) -> str:
        return _MASK

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret cannot be pickled")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)


def refuse_quotes(value: str, name: str) -> None:
    """Refuse a key that begins or ends with a quote.

    Raises:
        InvalidRequest: It does; the message names it, but does not repeat it.
    """
    if value and (value[0] in _QUOTES or value[-1] in _QUOTES):
        raise InvalidRequest(
            f"{name} is in quotes, which would be sent with the key: remove them "
            "(docker --env-file, for one, keeps the quotes of its file)"
        )


def register_key(value: str) -> None:
    """Have a text removed from every message and answer, as a key or a part of one."""
    global _answer_keys  # noqa: PLW0603 - replaced as a whole, since other threads read it
    escaped = json.dumps(value)[1:-1]
    if len(value) >= _SHORTEST:
        _known.update({value, escaped})
    if len(value) >= _SHORTEST_IN_ANSWERS and value not in _answer_keys:
        _known_in_answers.update({escaped.encode(), escaped.replace("/", "\\/").encode()})
        _answer_keys = tuple(sorted({*_answer_keys, value}, key=len, reverse=True))


def answer_keys() -> tuple[str, ...]:
    """Return the keys that no answer may contain, the longest first; never to be shown."""
    return _answer_keys


def from_environment(variable: str) -> Secret | None:
    """Return the key in an environment variable; None when it is unset or blank.

    Raises:
        InvalidRequest: It contains a character that no key can have.
    """
    value = os.environ.get(variable, "")
    return Secret(value, variable) if value.strip() else None


def know_environment() -> None:
    """Know the keys of the environment, so that they are removed before a request needs them."""
    for variable, value in os.environ.items():
        if variable.endswith(_KEY_NAMES) and len(value) >= _SHORTEST_IN_ANSWERS:
            with suppress(InvalidRequest):
                from_environment(variable)


def redact(text: str) -> str:
    """Return a text with `***` in place of every known key."""
    for value in sorted(_known, key=len, reverse=True):
        text = text.replace(value, _MASK)
    return text


def redact_answer(data: bytes) -> bytes:
    """Return the JSON of an answer with `***` in place of every known key.

    Returns:
        The same object if there is none, so that `is` tells.
    """
    for value in _known_in_answers:
        if value in data:
            data = data.replace(value, _MASK.encode())
    return data


def redact_exception(error: BaseException) -> None:
    """Remove the keys from the messages of an error and its causes, and their tracebacks.

    The frames of the HTTP library hold the headers of the request, and `%xmode Verbose` prints the
    local variables of every frame.
    """
    error.__traceback__ = None
    if (words := redact(str(error))) != str(error):
        error.args = (words,)
    for linked in (error.__cause__, error.__context__):
        if linked is not None:
            redact_exception(linked)
    if _shows_key(error.__cause__) or _shows_key(error.__context__):
        error.__cause__ = error.__context__ = None


def _shows_key(error: BaseException | None) -> bool:
    """Whether an error has a key in its text still, which is not made of its arguments."""
    return error is not None and any(redact(text) != text for text in (str(error), repr(error)))
