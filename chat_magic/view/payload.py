"""The display payload: all that a front end draws results from, small as plain JSON allows."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

import msgspec

from chat_magic.analysis.tokens import status_of, token_bytes, well_formed
from chat_magic.core.reply import Arrivals, Choice, Reply, TokenLogprob, TopLogprob, Usage
from chat_magic.view.summary import calls, notices, shortened

if TYPE_CHECKING:
    from chat_magic.core.tools import Round
    from chat_magic.view.bundle import Run

MOST_ALTERNATIVES = 90_000
"""Alternatives that a result carries in full: about a megabyte of JSON."""
_KEPT = 5
"""Alternatives that every token keeps where there are more than that in all."""
_KEPT_WHOLE = 500
"""Tokens, the least sure, that then keep theirs all the same."""
_DATA = ("url", "data", "file_data")
"""Fields of content parts that hold an attachment."""
_LONGEST_DATA = 2_000
"""Characters beyond which such a field is cut."""

_Rows = Iterator[Sequence[TopLogprob]]


def payload(runs: Sequence[Run]) -> dict[str, Any]:
    """Return the runs as plain JSON: no NaN, no infinity, no lone surrogate.

    Its schema, which says what each field means, is `tests/wire/result.v1.schema.json`. Columns of
    numbers are comma-separated texts.
    """
    return {"version": 1, "results": [_plain(_result(run)) for run in runs]}


def _result(run: Run) -> dict[str, Any]:
    vocabulary = _Vocabulary()
    tokens = [t for choice in run.reply.choices for _, part in _parts(choice) for t in part]
    rows, left_out = within_budget(tokens)
    following = iter(rows)
    messages = _without_data(run.request.get("messages", []))
    parameters = {
        name: value for name, value in run.request.items() if name not in ("model", "messages")
    }
    return {
        "model": run.model,
        "request": {"messages": messages, "parameters": parameters},
        "prefill": run.prefill,
        "reply": _identity(run.reply),
        "timing": msgspec.to_builtins(run.timing),
        "usage": run.usage and _usage(run.usage),
        "cost": run.cost,
        "warnings": notices(run),
        "rounds": [_round(each) for each in run.rounds],
        "choices": [_choice(choice, following, vocabulary) for choice in run.reply.choices],
        "vocabulary": vocabulary.columns(),
        "alternatives_left_out": left_out,
    }


def _identity(reply: Reply) -> dict[str, Any]:
    fields = ("id", "created", "model", "system_fingerprint", "service_tier")
    return {field: getattr(reply, field) for field in fields}


def _usage(usage: Usage) -> dict[str, Any]:
    fields = ("prompt_tokens", "completion_tokens", "total_tokens")
    counts = {field: getattr(usage, field) for field in fields}
    details = usage.completion_tokens_details or {}
    return {**counts, "reasoning_tokens": details.get("reasoning_tokens")}


def _round(round_: Round) -> dict[str, Any]:
    return {
        "text": round_.reply.choices[0].text,
        "tool_runs": [
            {
                "id": run.id,
                "name": run.name,
                "arguments": run.arguments,
                "result": run.result and shortened(run.result),
                "error": run.error and shortened(run.error),
                "seconds": run.seconds,
            }
            for run in round_.tool_runs
        ],
    }


def _choice(choice: Choice, rows: _Rows, vocabulary: _Vocabulary) -> dict[str, Any]:
    return {
        "index": choice.index,
        "text": choice.text,
        "finish_reason": choice.finish_reason,
        "refusal": choice.refusal,
        "reasoning": choice.reasoning,
        "tool_calls": [
            {"id": call.id, "name": call.function.name, "arguments": call.function.arguments}
            for call in calls(choice)
        ],
        "parts": {
            name: _part(tokens, list(islice(rows, len(tokens))), vocabulary)
            | _arrivals(choice.arrivals.get(name, Arrivals()))
            for name, tokens in _parts(choice)
        },
    }


def _parts(choice: Choice) -> Iterator[tuple[str, list[TokenLogprob]]]:
    if choice.logprobs:
        for name in ("content", "refusal"):
            if tokens := getattr(choice.logprobs, name):
                yield name, tokens


def _part(
    tokens: Sequence[TokenLogprob], rows: Sequence[Sequence[TopLogprob]], vocabulary: _Vocabulary
) -> dict[str, Any]:
    counts = _packed([len(row) for row in rows])
    others = [other for row in rows for other in row]
    return {
        **_columns(tokens, vocabulary),
        "alternatives": {"counts": counts, **_columns(others, vocabulary)},
    }


def _columns(tokens: Sequence[TopLogprob], vocabulary: _Vocabulary) -> dict[str, Any]:
    statuses = [status_of(token.logprob) for token in tokens]
    known = [
        round(token.logprob or 0.0, 4) + 0.0 if status == "ok" else None
        for token, status in zip(tokens, statuses, strict=True)
    ]
    return {
        "tokens": _packed([vocabulary.code(token) for token in tokens]),
        "logprobs": _packed(known),
        "statuses": {str(place): s for place, s in enumerate(statuses) if s != "ok"},
    }


def _arrivals(arrivals: Arrivals) -> dict[str, Any]:
    t_ms = [round(t_ms, 1) for t_ms in arrivals.t_ms]
    return {"chunk": _packed(arrivals.chunk), "t_ms": _packed(t_ms)}


def _packed(numbers: Sequence[float | None]) -> str:
    """Write a column of numbers as text, nothing for None.

    A notebook's file gives every item of a list a line of its own, which made it three times as
    large, and its differences unreadable.
    """
    return ",".join("" if number is None else str(number) for number in numbers)


class _Vocabulary:
    """The distinct tokens, numbered as they come."""

    def __init__(self) -> None:
        self._codes: defaultdict[tuple[str, bytes], int] = defaultdict()
        self._codes.default_factory = self._codes.__len__

    def code(self, token: TopLogprob) -> int:
        return self._codes[token.token, bytes(token.raw_bytes)]

    def columns(self) -> dict[str, Any]:
        """Return the texts as sent, and the bytes of those that are not their text's."""
        texts = [well_formed(text) for text, _ in self._codes]
        data = [token_bytes(text, raw) for text, raw in self._codes]
        return {
            "tokens": texts,
            "bytes": {
                str(code): list(own)
                for code, (text, own) in enumerate(zip(texts, data, strict=True))
                if own is not None and own != text.encode()
            },
        }


def within_budget(tokens: Sequence[TokenLogprob]) -> tuple[list[Sequence[TopLogprob]], int]:
    """Choose the alternatives that a payload carries.

    Returns:
        For each token its alternatives, and how many were left out in all. All are kept up to
        `MOST_ALTERNATIVES`; else the likeliest of each token, and all of the least sure tokens.
    """
    rows: list[Sequence[TopLogprob]] = [token.top_logprobs or () for token in tokens]
    total = sum(map(len, rows))
    if total <= MOST_ALTERNATIVES:
        return rows, 0
    kept = _KEPT if _KEPT * len(rows) <= MOST_ALTERNATIVES else 0
    order = sorted(range(len(rows)), key=lambda place: _known(tokens[place]))
    for place in order[_KEPT_WHOLE:]:
        rows[place] = sorted(rows[place], key=_known, reverse=True)[:kept]
    return rows, total - sum(map(len, rows))


def _known(token: TopLogprob) -> float:
    """Return a log probability to sort by; what is not measured counts as the least probable."""
    known = token.logprob is not None and status_of(token.logprob) == "ok"
    return token.logprob if known and token.logprob is not None else -math.inf


def _without_data(value: Any) -> Any:
    """Leave out the data of attachments, which a notebook need not hold a second time."""
    if isinstance(value, Mapping):
        return {
            key: _shortened(item) if key in _DATA and isinstance(item, str) else _without_data(item)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [_without_data(item) for item in value]
    return value


def _shortened(data: str) -> str:
    if len(data) <= _LONGEST_DATA:
        return data
    return f"{data[:40]}… ({len(data) - 40} characters left out)"


def _plain(value: Any) -> Any:
    """Make what is nearly JSON into JSON that every parser takes."""
    if isinstance(value, str):
        return well_formed(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {well_formed(str(key)): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
