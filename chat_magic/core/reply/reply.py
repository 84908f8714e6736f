"""The answer of a Chat Completions server: the finished reply, and the chunks it is made from.

Field names are the API's (https://platform.openai.com/docs/api-reference/chat/object and
`.../chat/streaming`). Fields that it does not know are kept in `extra`.
"""

from __future__ import annotations

import base64
from typing import Any

import msgspec
from msgspec import Raw, Struct, field

NO_BYTES = Raw(b"null")


class TopLogprob(Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """An alternative token at a position.

    `logprob` is the natural logarithm of its probability as the server sent it, which can be a
    sentinel (-9999.0); None when it sent none.
    """

    token: str = ""
    logprob: float | None = None
    raw_bytes: Raw = field(name="bytes", default=NO_BYTES)
    prob: float | None = None
    """A probability that was sent instead of a logarithm; None once converted."""
    sent_id: Any = field(name="id", default=None)
    """Its number in the model's vocabulary as sent: by llama.cpp, but not by most servers."""

    @property
    def id(self) -> int | None:
        """Its number in the model's vocabulary; None where the server sends none."""
        return self.sent_id if type(self.sent_id) is int and self.sent_id >= 0 else None

    @property
    def bytes(self) -> list[int] | None:
        """The token's UTF-8 bytes as sent, decoded when asked for: most readers never do."""
        value: list[int] | None = msgspec.json.decode(self.raw_bytes)
        return value


class TokenLogprob(TopLogprob, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """The token at a position, and its alternatives."""

    top_logprobs: list[TopLogprob] | None = None
    top_probs: list[TopLogprob] | None = None
    """As `prob`."""


class Logprobs(Struct, frozen=True, kw_only=True):
    """The log probabilities of a choice, a list of tokens for each part that has any."""

    content: list[TokenLogprob] | None = None
    refusal: list[TokenLogprob] | None = None
    reasoning: list[TokenLogprob] | None = None


class TokenTimes(Struct, frozen=True, kw_only=True):
    """When the tokens of one part arrived: one entry a token in both lists."""

    chunk: list[int] = []
    """Number of the event that carried the token, from 0."""
    t_ms: list[float] = []
    """Milliseconds from the start of the request to that event."""


class FunctionCall(Struct, frozen=True, kw_only=True):
    """The name and the JSON arguments, as text, of a called function."""

    name: str = ""
    arguments: str = ""


class CustomCall(Struct, frozen=True, kw_only=True):
    """The name of a called custom tool and its input, which is any text."""

    name: str = ""
    input: str = ""


class ToolCall(Struct, frozen=True, kw_only=True):
    """A tool that the model wants called."""

    id: str = ""
    type: str = "function"
    function: FunctionCall = FunctionCall()
    extra: dict[str, Any] = {}

    @property
    def custom(self) -> CustomCall | None:
        """The call of a custom tool; None for one of a function."""
        sent = self.extra.get("custom")
        if self.type != "custom" or not isinstance(sent, dict):
            return None
        return CustomCall(name=str(sent.get("name") or ""), input=str(sent.get("input") or ""))

    @property
    def called(self) -> FunctionCall:
        """Name and text of what is called, a function or a custom tool."""
        custom = self.custom
        return FunctionCall(name=custom.name, arguments=custom.input) if custom else self.function


class Audio(Struct, frozen=True, kw_only=True):
    """What the model said in one choice."""

    id: str | None = None
    data: bytes = b""
    """The sound, in the format that was asked for."""
    transcript: str | None = None
    expires_at: int | None = None
    """When the server deletes it, in seconds since 1970 UTC."""

    @property
    def media_type(self) -> str | None:
        """The kind of sound by its first bytes; None for bare samples (`pcm16`)."""
        return next((kind for start, kind in _SOUNDS if self.data.startswith(start)), None)


_SOUNDS = (
    (b"RIFF", "audio/wav"),
    (b"ID3", "audio/mpeg"),
    (b"\xff\xfb", "audio/mpeg"),
    (b"\xff\xf3", "audio/mpeg"),
    (b"OggS", "audio/ogg"),
    (b"fLaC", "audio/flac"),
    (b"\xff\xf1", "audio/aac"),
)


class Message(Struct, frozen=True, kw_only=True):
    """What the model wrote in one choice."""

    role: str = "assistant"
    content: str | None = None
    refusal: str | None = None
    reasoning: str | None = None
    reasoning_names: tuple[str, ...] = ()
    """The fields in which the server sent it; `content` where it was a part of the content."""
    tool_calls: tuple[ToolCall, ...] = ()
    function_call: FunctionCall | None = None
    audio: dict[str, Any] | None = None
    annotations: list[Any] | None = None
    extra: dict[str, Any] = {}

    @property
    def reasoning_details(self) -> list[Any] | None:
        """The details of the reasoning, merged by index, where the server sends them."""
        details = self.extra.get("reasoning_details")
        return details if isinstance(details, list) else None


class Choice(Struct, frozen=True, kw_only=True):
    """One of the n answers to a request."""

    index: int
    message: Message = Message()
    finish_reason: str | None = None
    """`stop`, `length`, `tool_calls`, …; `error` or `interrupted` when it broke off."""
    logprobs: Logprobs | None = None
    arrivals: dict[str, TokenTimes] = {}
    """Arrival times by part: `content`, `refusal`, `reasoning`."""
    extra: dict[str, Any] = {}

    @property
    def text(self) -> str:
        """What the model wrote, without any prefill; empty when it wrote no content."""
        return self.message.content or ""

    @property
    def tool_calls(self) -> tuple[ToolCall, ...]:
        """The tools that the model wants called."""
        return self.message.tool_calls

    @property
    def refusal(self) -> str | None:
        """The model's refusal, when it refused."""
        return self.message.refusal

    @property
    def reasoning(self) -> str | None:
        """The model's reasoning, where the server sends it."""
        return self.message.reasoning

    @property
    def audio(self) -> Audio | None:
        """What the model said, its sound decoded; None when it said nothing."""
        sent = self.message.audio
        if sent is None:
            return None
        return Audio(
            id=sent.get("id"),
            data=_decoded(sent.get("data")),
            transcript=sent.get("transcript"),
            expires_at=sent.get("expires_at"),
        )


def _decoded(data: Any) -> bytes:
    """Decode base64; anything else becomes no bytes."""
    try:
        return base64.b64decode(data) if isinstance(data, str) else b""
    except ValueError:
        return b""


class Usage(Struct, frozen=True, kw_only=True):
    """Tokens that were counted, in tokens."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    total_tokens: int | None = None
    prompt_tokens_details: dict[str, Any] | None = None
    completion_tokens_details: dict[str, Any] | None = None
    extra: dict[str, Any] = {}


class Timing(Struct, frozen=True, kw_only=True):
    """How long a request took, as seen from here."""

    ttft_s: float | None = None
    """Seconds from the request to the first text; None without any text."""
    total_s: float = 0.0
    """Seconds from the request to its end."""
    tokens_per_s: float | None = None
    """Completion tokens per second after the first; None for fewer than two."""


class Reply(Struct, frozen=True, kw_only=True):
    """A whole answer, streamed or not."""

    id: str | None = None
    created: int | None = None
    model: str | None = None
    system_fingerprint: str | None = None
    service_tier: str | None = None
    choices: tuple[Choice, ...] = ()
    usage: Usage | None = None
    extra: dict[str, Any] = {}
    warnings: tuple[str, ...] = ()
    """What the server dropped, changed or added, in plain words."""
