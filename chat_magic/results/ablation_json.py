"""Ablations as JSON and back, without loss."""

from __future__ import annotations

import msgspec
from msgspec import Raw, Struct

from chat_magic.analysis.prompt_segments import PromptSegment, PromptUnit  # noqa: TC001 - msgspec
from chat_magic.core.reply.reply import Reply, Timing
from chat_magic.errors import InvalidRequest
from chat_magic.results.ablation import Ablation
from chat_magic.results.chat_result import ChatResult

__all__ = ["ablation_from_json", "ablation_to_json"]

VERSION = 1
"""The version of the format that is written, and the only one so far."""
_NULL = Raw(b"null")


class _Document(Struct, kw_only=True, forbid_unknown_fields=True):
    ablation: int
    """The version of the format."""
    by: PromptUnit
    segments: tuple[PromptSegment, ...]
    asked: Raw
    """A result without an answer, of the request with the whole prompt."""
    whole: Raw
    without: list[Raw]
    """`null` where a segment is not known."""
    answer: str | None
    labels: tuple[str, ...]
    replacement: str
    warnings: tuple[str, ...]
    again: Raw
    """`null` where it was not asked for."""


def ablation_to_json(ablation: Ablation) -> str:
    """Write an ablation as JSON, each of its results in the form of `ChatResult.to_json`.

    Raises:
        InvalidRequest: It holds a value that JSON does not have.
    """
    document = _Document(
        ablation=VERSION,
        by=ablation.by,
        segments=ablation.segments,
        asked=_raw(ChatResult(ablation.request, Reply(), Timing())),
        whole=_raw(ablation.whole),
        without=[*map(_raw, ablation.without)],
        answer=ablation.answer,
        labels=ablation.labels,
        replacement=ablation.replacement,
        warnings=ablation.warnings,
        again=_raw(ablation.again),
    )
    try:
        return msgspec.json.encode(document).decode()
    except UnicodeEncodeError as error:
        raise InvalidRequest(f"the ablation cannot be written as JSON: {error}") from error


def ablation_from_json(text: str) -> Ablation:
    """Read what `ablation_to_json` wrote. Nothing in the text is run.

    Raises:
        InvalidRequest: It is not such JSON, or of a version that is not known here.
    """
    try:
        document = msgspec.json.decode(text, type=_Document)
    except (msgspec.DecodeError, TypeError, RecursionError) as error:
        raise InvalidRequest(f"not the JSON of an ablation: {error}") from error
    if document.ablation != VERSION or len(document.without) != len(document.segments):
        raise InvalidRequest(
            f"not the JSON of an ablation: expected version {VERSION}, and a result a segment"
        )
    return Ablation(
        request=_whole(document.asked).request,
        by=document.by,
        segments=document.segments,
        whole=_whole(document.whole),
        without=tuple(map(_result, document.without)),
        answer=document.answer,
        labels=document.labels,
        replacement=document.replacement,
        warnings=document.warnings,
        again=_result(document.again),
    )


def _raw(result: ChatResult | None) -> Raw:
    return _NULL if result is None else Raw(result.to_json().encode())


def _result(raw: Raw) -> ChatResult | None:
    return None if raw == _NULL else _whole(raw)


def _whole(raw: Raw) -> ChatResult:
    return ChatResult.from_json(bytes(raw).decode())
