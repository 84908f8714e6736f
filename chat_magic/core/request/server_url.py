"""The base URL of a server, whose keys no repr shows."""

from __future__ import annotations

import re
from typing import Any, Self
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from chat_magic.errors import InvalidRequest

_MASK = "***"
_KEY_NAME = re.compile("key|token|secret|sig", re.IGNORECASE)


class ServerUrl(str):
    """A base URL without the user and the password that it was written with.

    As text it is what requests are sent to; its repr also leaves out the keys in its query. It
    pickles as text, without the password.
    """

    __slots__ = ("_password", "user")

    user: str
    """The user that the URL names, decoded; empty if it names none."""
    _password: str

    @classmethod
    def read(cls, value: str, label: str) -> Self:
        """Read a URL; an error does not repeat it, as it may hold a key.

        Args:
            value: The URL, which may begin with `https://user:password@`.
            label: What an error calls it: where it was set.

        Raises:
            InvalidRequest: It is not a URL of a server.
        """
        value = value.strip()
        parts = _split(value)
        if parts is None or " " in value or not value.isprintable():
            raise InvalidRequest(f"{label} is not a URL such as https://host/v1{_hint(value)}")
        host = parts.netloc.rpartition("@")[2]
        url = cls(parts._replace(netloc=host).geturl())
        url.user, url._password = unquote(parts.username or ""), unquote(parts.password or "")
        return url

    def with_path(self, path: str) -> Self:
        """Return the same URL, with the same user, at another path."""
        url = type(self)(urlsplit(str(self))._replace(path=path).geturl())
        url.user, url._password = self.user, self._password
        return url

    def password(self) -> str:
        """Return the password that the URL contains; only for the headers of a request."""
        return self._password

    def query_keys(self) -> list[str]:
        """Return the values of its query whose names are those of keys."""
        return [value for name, value in parse_qsl(urlsplit(str(self)).query) if is_key_name(name)]

    def masked(self) -> str:
        """Return it as it can be shown, with `***` for its password and the keys in its query."""
        parts = urlsplit(str(self))
        query = "&".join(_masked_field(field) for field in parts.query.split("&"))
        user = f"{self.user if self._password else _MASK}:{_MASK}@" if self.user else ""
        return parts._replace(netloc=user + parts.netloc, query=query).geturl()

    def __repr__(self) -> str:
        return repr(self.masked())

    def __reduce__(self) -> Any:
        return str, (str(self),)

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, _memo: Any) -> Self:
        return self


def is_key_name(name: str) -> bool:
    """Whether a field of a query holds a key by its name."""
    return _KEY_NAME.search(name) is not None


def _masked_field(field: str) -> str:
    name, equals, value = field.partition("=")
    return f"{name}={_MASK}" if equals and value and is_key_name(name) else field


def _split(value: str) -> SplitResult | None:
    """Return the parts of a URL; None if it is not that of a server."""
    try:
        parts = urlsplit(value)
        is_url = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return None
    return parts if is_url else None


def _hint(value: str) -> str:
    """Say what is probably wrong, without repeating the value."""
    if value[:1] in {"'", '"'}:
        return ": it is in quotes"
    authority = value.partition("://")[2].partition("/")[0].rpartition("@")[2]
    if authority.count(":") > 1 and not authority.startswith("["):
        return ": an IPv6 address must be in brackets, as in http://[::1]:8000/v1"
    if "://" not in value:
        return ": it must begin with http:// or https://"
    return ""
