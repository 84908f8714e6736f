"""One streamed chunk, or a whole completion, decoded: JSON becomes typed values.

The API's fields are typed and others are forbidden, so that decoding costs the least. A text that
breaks this is decoded once more in a slower, tolerant way, which learns the names of the server's
own fields for the texts that follow.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec
from msgspec import UNSET, Raw, Struct

from chat_magic.core.reply.reply import NO_BYTES, Logprobs, TokenLogprob
from chat_magic.core.reply.reported_error import reported_error
from chat_magic.core.reply.server_error import ServerError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

MAX_UNKNOWN_NAMES = 100
UNREADABLE_LOGPROBS = "unreadable_logprobs"
"""Where `extra` keeps log probabilities that are not in the API's shape."""
UNREADABLE = "log probabilities could not be read and are kept in `extra`"


class MalformedChunk(ValueError):
    """A text that is not JSON, or JSON that is not a chunk of a chat completion.

    Args:
        expected: What it is not: `JSON`, `a JSON object` or `a chat completion`.
        detail: Why it is not.
    """

    def __init__(self, expected: str, detail: object = "") -> None:
        super().__init__(f"it is not {expected}" + (f" ({detail})" if detail else ""))
        self.expected = expected


class ExtensibleStruct(Struct, kw_only=True, forbid_unknown_fields=True):
    """A JSON object that keeps the fields which are not the API's."""

    unknown: ClassVar[tuple[tuple[str, str], ...]] = ()
    """Attribute and name of those fields, as far as they have been seen."""

    def extras(self) -> dict[str, Any]:
        """Return the fields that are not the API's, by name."""
        values = ((name, getattr(self, attribute)) for attribute, name in self.unknown)
        return {name: value for name, value in values if value is not UNSET}


class Delta(ExtensibleStruct, kw_only=True, forbid_unknown_fields=True):
    """A piece of a choice's message, or the message itself."""

    role: Any = None
    content: Any = None
    """Text, or a list of parts."""
    refusal: Any = None
    reasoning_content: Any = None
    reasoning: Any = None
    reasoning_text: Any = None
    thinking: Any = None
    reasoning_details: Any = None
    tool_calls: Any = None
    function_call: Any = None
    audio: Any = None
    annotations: Any = None


class TokenLists(ExtensibleStruct, kw_only=True, forbid_unknown_fields=True):
    """The log probabilities of a piece."""

    content: list[TokenLogprob] | None = None
    refusal: list[TokenLogprob] | None = None
    reasoning_content: list[TokenLogprob] | None = None
    """As DeepSeek sends it."""


class ChunkChoice(ExtensibleStruct, kw_only=True, forbid_unknown_fields=True):
    """What one chunk says of one choice."""

    index: Any = None
    delta: Delta | None = None
    message: Delta | None = None
    text: Any = None
    """The content, as the older completions API sends it."""
    finish_reason: Any = None
    logprobs: TokenLists | None = None


class Chunk(ExtensibleStruct, kw_only=True, forbid_unknown_fields=True):
    """A streamed chunk; a whole completion is one whose choices have a `message`."""

    id: Any = None
    object: Any = None
    created: Any = None
    model: Any = None
    system_fingerprint: Any = None
    service_tier: Any = None
    choices: list[ChunkChoice] | None = None
    usage: Any = None
    error: Any = None


class UnknownNames(Struct, frozen=True, kw_only=True):
    """The names of a server's fields outside the API, in order of appearance."""

    chunk: tuple[str, ...] = ()
    choice: tuple[str, ...] = ()
    delta: tuple[str, ...] = ()
    logprobs: tuple[str, ...] = ()


class ChunkDecoder:
    """Decodes the chunks of one answer, learning the names of the server's own fields.

    Args:
        warn: Called with each warning, in plain words.
    """

    def __init__(self, warn: Callable[[str], None]) -> None:
        self._warn = warn
        self._names = UnknownNames()
        self._decoder = _decoder(self._names)

    def decode(self, data: bytes) -> Chunk:
        """Decode one JSON text.

        Raises:
            MalformedChunk: It is not a JSON object, or does not have the shape of a chunk.
            ServerError: It does not have that shape, and reports an error.
        """
        try:
            return self._decoder.decode(data)
        except (ValueError, RecursionError):
            return self._decode_tolerantly(data)

    def _decode_tolerantly(self, data: bytes) -> Chunk:
        try:
            value = json.loads(data.decode(errors="replace"))
        except (ValueError, RecursionError) as error:
            raise MalformedChunk("JSON", error) from error
        if not isinstance(value, dict):
            _raise_reported(value[0] if isinstance(value, list) and value else None)
            raise MalformedChunk("a JSON object")
        self._prepare(value)
        self._learn(value)
        try:
            return msgspec.convert(value, self._decoder.type)
        except msgspec.ValidationError as error:
            _raise_reported(value)
            raise MalformedChunk("a chat completion", error) from error

    def _prepare(self, value: dict[str, Any]) -> None:
        """Give the choices their typed form; what is empty counts as nothing, of any type."""
        if not value.get("choices"):
            value["choices"] = None
        for choice in _dicts(value.get("choices")):
            for name in ("delta", "message"):
                if choice.get(name, {}) in ([], "", 0):
                    self._warn(
                        f"a {name} that is not an object was skipped: {json.dumps(choice[name])}"
                    )
                    choice[name] = None
            self._prepare_logprobs(choice)

    def _prepare_logprobs(self, choice: dict[str, Any]) -> None:
        """Give a token's bytes their typed form; set aside what is not in the API's shape."""
        logprobs = choice.pop("logprobs", None) or None
        readable = _with_raw_bytes(logprobs)
        try:
            msgspec.convert(readable, Logprobs | None)
        except msgspec.ValidationError as error:
            choice[UNREADABLE_LOGPROBS] = logprobs
            self._warn(f"{UNREADABLE} ({error})")
        else:
            choice["logprobs"] = readable

    def _learn(self, value: dict[str, Any]) -> None:
        """Take up the names that are new; fields that cannot be learnt are dropped."""
        names = msgspec.structs.asdict(self._names)
        for level, holder in _objects(value):
            for name in [n for n in holder if n not in _FIELDS[level] and n not in names[level]]:
                if sum(map(len, names.values())) < MAX_UNKNOWN_NAMES and _is_learnable(name):
                    names[level] += (name,)
                else:
                    del holder[name]
                    self._warn(
                        "unknown fields were dropped: too many, or with quotes in their names"
                    )
        self._names = UnknownNames(**names)
        self._decoder = _decoder(self._names)


_FIELDS = {
    level: frozenset(kind.__struct_fields__)
    for level, kind in {
        "chunk": Chunk,
        "choice": ChunkChoice,
        "delta": Delta,
        "logprobs": TokenLists,
    }.items()
}


def _objects(value: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Return the objects in a chunk that can hold unknown fields, each with its level."""
    yield "chunk", value
    for choice in _dicts(value.get("choices")):
        yield "choice", choice
        for name, level in (("delta", "delta"), ("message", "delta"), ("logprobs", "logprobs")):
            if isinstance(choice.get(name), dict):
                yield level, choice[name]


def _raise_reported(value: Any) -> None:
    """Raise the error that a decoded value reports, if it does."""
    error = reported_error(value) if isinstance(value, dict) else None
    if error is not None:
        raise ServerError(error)


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _is_learnable(name: str) -> bool:
    """Whether a name can be that of a Struct's field: it contains nothing that JSON escapes."""
    return name.isprintable() and not {'"', "\\"} & set(name)


def _with_raw_bytes(value: Any) -> Any:
    """Copy log probabilities, with each token's bytes as undecoded JSON."""
    if isinstance(value, list):
        return [_with_raw_bytes(item) for item in value]
    if isinstance(value, dict):
        return {
            name: _raw(item) if name == "bytes" else _with_raw_bytes(item)
            for name, item in value.items()
        }
    return value


def _raw(value: Any) -> Raw:
    try:
        return Raw(msgspec.json.encode(value))
    except UnicodeEncodeError:  # text with half a surrogate pair in place of bytes
        return NO_BYTES


@lru_cache(maxsize=64)
def _decoder(names: UnknownNames) -> msgspec.json.Decoder[Chunk]:
    delta = _extended(Delta, names.delta) | None
    logprobs = _extended(TokenLists, names.logprobs) | None
    message = {"delta": delta, "message": delta, "logprobs": logprobs}
    choice = _extended(ChunkChoice, names.choice, message)
    return msgspec.json.Decoder(
        _extended(Chunk, names.chunk, {"choices": list[choice] | None})  # type: ignore[valid-type]
    )


def _extended(
    base: type[ExtensibleStruct], names: tuple[str, ...], fields: Mapping[str, Any] = {}
) -> Any:
    """Return a subtype of the base that knows more names, and other types for some fields."""
    attributes = [f"unknown_{number}" for number in range(len(names))]
    return msgspec.defstruct(
        base.__name__,
        [
            *((name, kind, None) for name, kind in fields.items()),
            *((attribute, Any, UNSET) for attribute in attributes),
        ],
        bases=(base,),
        namespace={"unknown": tuple(zip(attributes, names, strict=True))},
        rename=dict(zip(attributes, names, strict=True)),
        kw_only=True,
        forbid_unknown_fields=True,
    )
