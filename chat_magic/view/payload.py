"""The display payload: all that a front end draws results from, small as plain JSON allows."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import msgspec

from chat_magic.core.cell.cell_head import write_head
from chat_magic.core.reply.reply import Audio, Choice, Reply, TokenLogprob, TokenTimes, Usage
from chat_magic.core.reply.tokens import status_of, well_formed
from chat_magic.core.request.parameters import PARAMETERS
from chat_magic.core.request.request import read_sent
from chat_magic.errors import InvalidRequest
from chat_magic.view.alternatives_block import Vocabulary, fitting_block
from chat_magic.view.choice_metrics import choice_metrics
from chat_magic.view.comparison_model import (
    ComparisonModel,
    Opens,
    agreement_words,
    divergence_summary,
)
from chat_magic.view.summary import (
    calls,
    choice_facts,
    choice_sparkline,
    notices,
    perplexity_fact,
    shortened,
    status_facts,
    unsure,
)

if TYPE_CHECKING:
    from chat_magic.analysis.answer_tree import Node
    from chat_magic.core.cell.grid import Axis
    from chat_magic.core.reply.tool_rounds import ToolRound
    from chat_magic.view.bundle import RunView

_DATA = ("url", "data", "file_data")
"""Fields of content parts that hold an attachment."""
_LONGEST_DATA = 2_000
"""Characters beyond which such a field is cut."""


def payload(
    runs: Sequence[RunView],
    *,
    axes: Sequence[Axis] = (),
    compared: ComparisonModel | None = None,
    opens: Opens = "answers",
) -> dict[str, Any]:
    """Return the runs as plain JSON: no NaN, no infinity, no lone surrogate.

    Its schema, which says what each field means, is `tests/wire/result.v1.schema.json`. Columns of
    numbers are comma-separated texts.

    Args:
        runs: What is drawn.
        axes: Of the grid that the runs are, the last one turning fastest.
        compared: What was found in their answers.
        opens: What is to be seen first.
    """
    value = {
        "version": 1,
        "results": [_result(run) for run in runs],
        "axes": [{"name": axis.name, "titles": axis.titles} for axis in axes],
        "comparison": _comparison(compared, opens) if compared and compared.several else None,
    }
    plain: dict[str, Any] = _plain(value)
    return plain


def _comparison(compared: ComparisonModel, opens: Opens) -> dict[str, Any]:
    found = compared.comparison
    return {
        "opens": opens,
        "by": compared.by,
        "base": compared.base,
        "answers": [
            {
                "result": answer.run,
                "choice": answer.choice,
                "title": title,
                "start": _utf16(answer.text[: answer.start]),
                "end": _utf16(answer.text[: answer.end]),
            }
            for answer, title in zip(found.answers, compared.titles, strict=True)
        ],
        "groups": found.groups,
        "chip": divergence_summary(found.branches),
        "agreement": agreement_words(compared),
        "trees": list(_trees(compared)),
    }


def _trees(compared: ComparisonModel) -> Iterator[dict[str, Any]]:
    """Return the trees that part, their answers counted over all runs."""
    before = 0
    for place, tree in enumerate(compared.trees):
        if len(tree) > 1:
            yield {"result": place, "nodes": [_node(node, before) for node in tree]}
        before += len(compared.runs[place].reply.choices)


def _node(node: Node, before: int) -> dict[str, Any]:
    return {
        "parent": node.parent,
        "text": node.text,
        "token_units": _utf16(node.text[: node.token_chars]),
        "count": node.count,
        "among": node.among,
        "low": node.wilson_low,
        "high": node.wilson_high,
        "prob": node.model_prob,
        "answers": [before + choice for choice in node.answers],
    }


def _utf16(text: str) -> int:
    """Return a text's length as JavaScript counts it."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _result(run: RunView) -> dict[str, Any]:
    vocabulary = Vocabulary()
    several = len(run.reply.choices) > 1
    choices = [_choice(each, vocabulary, None if several else run) for each in run.reply.choices]
    tokens = [t for choice in run.reply.choices for _, part in _parts(choice) for t in part]
    block, left_out = fitting_block(tokens, vocabulary)
    return {
        "model": run.model,
        "coordinates": [{"name": n, "title": title} for n, title in run.coordinates.items()],
        "error": run.error,
        "request": _request(run.request),
        "cell": _cell_head(run),
        "prefill": run.prefill,
        "reply": _identity(run.reply),
        "timing": msgspec.to_builtins(run.timing),
        "usage": run.usage and _usage(run.usage),
        "cost": run.cost,
        "facts": status_facts(run),
        "warnings": notices(run),
        "unsure": unsure(run.reply.choices),
        "rounds": [_round(each) for each in run.rounds],
        "choices": choices,
        "vocabulary": vocabulary.columns(),
        "alternatives": block,
        "alternatives_left_out": left_out,
    }


def _request(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was sent, the parameters that the API knows apart from all others."""
    fields = {name: value for name, value in body.items() if name not in ("model", "messages")}
    messages = body.get("messages", [])
    kept = _without_data(messages)
    return {
        "messages": kept,
        "parameters": {name: value for name, value in fields.items() if name in PARAMETERS},
        "extra": {name: value for name, value in fields.items() if name not in PARAMETERS},
        "is_whole": kept == messages,
    }


def _cell_head(run: RunView) -> dict[str, str | None] | None:
    """Return the cell that continues from this run, up to the messages that are still to come."""
    messages = run.request.get("messages", [])
    if _without_data(messages) != messages:
        return None
    try:
        request = read_sent({**run.request, "model": run.model})
        before = request.messages[:-1] if request.prefill else request.messages
        return asdict(write_head(replace(request, messages=before)))
    except InvalidRequest:
        return None


def _identity(reply: Reply) -> dict[str, Any]:
    fields = ("id", "created", "model", "system_fingerprint", "service_tier")
    return {field: getattr(reply, field) for field in fields}


def _usage(usage: Usage) -> dict[str, Any]:
    fields = ("prompt_tokens", "completion_tokens", "total_tokens")
    counts = {field: getattr(usage, field) for field in fields}
    details = usage.completion_tokens_details or {}
    return {**counts, "reasoning_tokens": details.get("reasoning_tokens")}


def _round(round_: ToolRound) -> dict[str, Any]:
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


def _choice(choice: Choice, vocabulary: Vocabulary, only_of: RunView | None) -> dict[str, Any]:
    usage = only_of.reply.usage if only_of else None
    return {
        "index": choice.index,
        "text": choice.text,
        "finish_reason": choice.finish_reason,
        "refusal": choice.refusal,
        "reasoning": choice.reasoning,
        "audio": _audio(choice.audio),
        "tool_calls": [
            {"id": call.id, "name": call.function.name, "arguments": call.function.arguments}
            for call in calls(choice)
        ],
        "facts": choice_facts(choice, usage),
        "metrics": asdict(choice_metrics(choice, usage)),
        "perplexity": perplexity_fact(choice),
        "sparkline": choice_sparkline(choice),
        "parts": {
            name: _part(tokens, choice.arrivals.get(name, TokenTimes()), vocabulary)
            for name, tokens in _parts(choice)
        },
    }


def _audio(audio: Audio | None) -> dict[str, Any] | None:
    """Say what was heard; the sound itself is in the HTML alone."""
    return None if audio is None else {"transcript": audio.transcript, "bytes": len(audio.data)}


def _parts(choice: Choice) -> Iterator[tuple[str, list[TokenLogprob]]]:
    if choice.logprobs:
        for name in ("content", "refusal"):
            if tokens := getattr(choice.logprobs, name):
                yield name, tokens


def _part(
    tokens: Sequence[TokenLogprob], arrivals: TokenTimes, vocabulary: Vocabulary
) -> dict[str, Any]:
    statuses = [status_of(token.logprob) for token in tokens]
    known = [
        round(token.logprob or 0.0, 4) + 0.0 if status == "ok" else None
        for token, status in zip(tokens, statuses, strict=True)
    ]
    t_ms = [round(t_ms) for t_ms in arrivals.t_ms]
    return {
        "tokens": _packed([vocabulary.code(token) for token in tokens]),
        "logprobs": _packed(known),
        "statuses": {str(place): s for place, s in enumerate(statuses) if s != "ok"},
        "waits_ms": _packed([now - before for before, now in pairwise([0, *t_ms])]),
    }


def _packed(numbers: Sequence[float | None]) -> str:
    """Write a column of numbers as text, nothing for None.

    A notebook's file gives every item of a list a line of its own, which made it three times as
    large, and its differences unreadable.
    """
    return ",".join("" if number is None else str(number) for number in numbers)


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
