"""The display payload: everything that a front end needs to draw results, as compact JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import msgspec

from chat_magic.analysis.missing_tokens import with_own_spelling
from chat_magic.core.cell.cell_head import write_head
from chat_magic.core.reply.reply import Audio, Choice, Reply, TokenLogprob, TokenTimes, Usage
from chat_magic.core.reply.tokens import status_of, well_formed
from chat_magic.core.request import prefill_tokens
from chat_magic.core.request.parameters import PARAMETERS
from chat_magic.core.request.request import read_sent
from chat_magic.core.request.several_requests import no_program
from chat_magic.errors import InvalidRequest
from chat_magic.view.alternatives_block import Vocabulary, fitting_block
from chat_magic.view.answer_images import images_of
from chat_magic.view.answer_sources import sources_of
from chat_magic.view.choice_metrics import choice_metrics
from chat_magic.view.comparison_summary import agreement_summary, divergence_summary
from chat_magic.view.run_summary import run_summary
from chat_magic.view.setting_facts import message_facts
from chat_magic.view.summary import (
    calls_of,
    choice_facts,
    choice_sparkline,
    notices,
    perplexity_fact,
    status_facts,
    truncated,
)
from chat_magic.view.token_roles import ROLES, token_roles, tokens_of

if TYPE_CHECKING:
    from chat_magic.analysis.answer_tree import Node
    from chat_magic.core.cell.grid import Axis
    from chat_magic.core.reply.tool_rounds import ToolRound
    from chat_magic.view.answer_images import AnswerImage
    from chat_magic.view.answer_sources import Source
    from chat_magic.view.bundle import RunView
    from chat_magic.view.checks_view import ChecksView
    from chat_magic.view.choice_metrics import ChoiceMetrics
    from chat_magic.view.comparison_model import ComparisonModel, Opens

_DATA = ("url", "data", "file_data")
"""Fields of content parts that hold an attachment."""
_LARGEST_EXACT = 2**53 - 1
"""The largest integer that a double holds exactly, as its neighbours."""
_LONGEST_END = 100
"""Characters of an answer's end in a tree, which shows it in one line."""
_LONGEST_DATA = 2_000
"""Characters beyond which such a field is cut."""


def payload(
    runs: Sequence[RunView],
    *,
    axes: Sequence[Axis] = (),
    comparison: ComparisonModel | None = None,
    opens: Opens = "answers",
    checks: ChecksView | None = None,
) -> dict[str, Any]:
    """Return the runs as plain JSON: no NaN, no infinity, no lone surrogate.

    Its schema, which says what each field means, is `tests/wire/result.v1.schema.json`. Columns of
    numbers are comma-separated texts.

    Args:
        runs: The runs.
        axes: Of the grid that the runs are, the last one changing fastest.
        comparison: Of their answers, if there are several.
        opens: Whether the answers or their differences come first.
        checks: What checks said about the answers, if these are checked.
    """
    value = {
        "version": 1,
        "results": [
            result_payload(run, changes=changes)
            for run, changes in zip(runs, message_facts(runs), strict=True)
        ],
        "axes": [{"name": axis.name, "titles": axis.titles} for axis in axes],
        "comparison": _comparison(comparison, opens) if comparison and comparison.several else None,
        **_filled(checks=checks_payload(checks) if checks else None),
    }
    plain: dict[str, Any] = plain_json(value)
    return plain


@dataclass(frozen=True)
class Detail:
    """How much of the tokens a payload has."""

    most_alternatives: int | None = None
    """The most probable alternatives that each token keeps; None for all."""
    has_tokens: bool = True


WHOLE = Detail()


def checks_payload(checks: ChecksView) -> dict[str, Any]:
    """Return what checks said, as plain values."""
    return {
        "rates": [
            {"title": rate.title, "words": rate.words, "facts": rate.facts, "bounds": rate.bounds}
            for rate in checks.rates
        ],
        "sentences": checks.sentences,
        "notices": checks.notices,
        "confusions": [confusion._asdict() for confusion in checks.confusions],
    }


def _comparison(comparison: ComparisonModel, opens: Opens) -> dict[str, Any]:
    analysis = comparison.analysis
    return {
        "opens": opens,
        "by": comparison.by,
        "base": comparison.base,
        "answers": [
            {
                "result": answer.run,
                "choice": answer.choice,
                "title": title,
                "start": _utf16(answer.text[: answer.start]),
                "end": _utf16(answer.text[: answer.end]),
            }
            for answer, title in zip(analysis.answers, comparison.titles, strict=True)
        ],
        "groups": analysis.groups,
        "chip": divergence_summary(comparison.sampled_branches),
        "agreement": agreement_summary(comparison),
        "trees": list(_trees(comparison)),
    }


def _trees(comparison: ComparisonModel) -> Iterator[dict[str, Any]]:
    """Yield the trees of answers that diverge, with positions among the answers of all runs."""
    n_before = 0
    for number, tree in enumerate(comparison.trees):
        if len(tree) > 1:
            yield {"result": number, "nodes": [_node(node, n_before) for node in tree]}
        n_before += len(comparison.runs[number].reply.choices)


def _node(node: Node, n_before: int) -> dict[str, Any]:
    return {
        "parent": node.parent,
        "text": _excerpt_of_leaf(node),
        "token_units": _utf16(node.text[: node.token_chars]),
        "count": node.count,
        "among": node.among,
        "low": node.wilson_low,
        "high": node.wilson_high,
        "prob": node.model_prob,
        "answers": [n_before + choice for choice in node.answers],
    }


def _excerpt_of_leaf(node: Node) -> str:
    """Return a node's text; the end of an answer only as far as a line shows it."""
    most = node.token_chars + _LONGEST_END
    if len(node.text) <= most or len(node.answers) > 1:
        return node.text
    return f"{node.text[:most]}…"


def _utf16(text: str) -> int:
    """Return a text's length as JavaScript counts it."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def result_payload(
    run: RunView, detail: Detail = WHOLE, *, changes: Sequence[str] = ()
) -> dict[str, Any]:
    """Return one run, as the payload has it."""
    vocabulary = Vocabulary()
    choices = [_choice(choice, vocabulary, run, detail) for choice in run.reply.choices]
    tokens = [
        token
        for choice in run.reply.choices
        for _, part in _parts(choice)
        for token in with_own_spelling(part)
    ]
    most = detail.most_alternatives if detail.has_tokens else 0
    block, n_left_out = fitting_block(tokens, vocabulary, most)
    return {
        "model": run.model,
        "coordinates": [{"name": n, "title": title} for n, title in run.coordinates.items()],
        "error": run.error,
        "request": _request(run.request),
        "cell": _cell_head(run),
        "prefill": run.prefill,
        **_filled(
            prefill_tokens=_prefill_tokens(run),
            no_branch=run.no_branch,
            no_program=no_program(run.request),
        ),
        "reply": _identity(run.reply),
        "timing": msgspec.to_builtins(run.timing),
        "usage": run.usage and _usage(run.usage),
        "cost": run.cost,
        "facts": [*changes, *status_facts(run)],
        "warnings": notices(run),
        "unsure": run_summary(run),
        "rounds": [_round(tool_round) for tool_round in run.rounds],
        "choices": choices,
        "vocabulary": vocabulary.columns(),
        "alternatives": block,
        "alternatives_left_out": n_left_out,
    }


def _request(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the request without its model, known parameters apart from extra ones."""
    fields = {name: value for name, value in body.items() if name not in ("model", "messages")}
    messages = body.get("messages", [])
    shown = _without_data(messages)
    exact = {
        name: json.dumps(value, indent=2, ensure_ascii=False)
        for name, value in {"messages": shown, **fields}.items()
        if _has_large_integer(value)
    }
    return {
        "messages": shown,
        "parameters": {name: value for name, value in fields.items() if name in PARAMETERS},
        "extra": {name: value for name, value in fields.items() if name not in PARAMETERS},
        "is_whole": shown == messages,
    } | ({"exact": exact} if exact else {})


def _has_large_integer(value: Any) -> bool:
    """Whether JavaScript would round an integer in a JSON value."""
    if isinstance(value, Mapping):
        return any(map(_has_large_integer, value.values()))
    if isinstance(value, list | tuple):
        return any(map(_has_large_integer, value))
    return isinstance(value, int) and abs(value) > _LARGEST_EXACT


def _cell_head(run: RunView) -> dict[str, str | None] | None:
    """Return the cell that continues from this run, up to the messages that are still to come."""
    messages = run.request.get("messages", [])
    if _without_data(messages) != messages:
        return None
    try:
        body = {name: value for name, value in run.request.items() if name != prefill_tokens.FIELD}
        request = read_sent({**body, "model": run.model})
        before = request.messages[:-1] if request.prefill else request.messages
        return asdict(write_head(replace(request, messages=before)))
    except InvalidRequest:
        return None


def _prefill_tokens(run: RunView) -> str:
    """Return the token ids of the prefill as a cell has them; empty if they are not known."""
    sent = run.request.get(prefill_tokens.FIELD)
    if sent is None or not run.prefill:
        return ""
    return ",".join(map(str, prefill_tokens.read_prefill_tokens(sent)))


def _identity(reply: Reply) -> dict[str, Any]:
    fields = ("id", "created", "model", "system_fingerprint", "service_tier")
    return {field: getattr(reply, field) for field in fields}


def _usage(usage: Usage) -> dict[str, Any]:
    fields = ("prompt_tokens", "completion_tokens", "total_tokens")
    counts = {field: getattr(usage, field) for field in fields}
    details = usage.completion_tokens_details or {}
    return {**counts, "reasoning_tokens": details.get("reasoning_tokens")}


def _round(tool_round: ToolRound) -> dict[str, Any]:
    return {
        "text": tool_round.reply.choices[0].text,
        "tool_runs": [
            {
                "id": run.id,
                "name": run.name,
                "arguments": run.arguments,
                "result": run.result and truncated(run.result),
                "error": run.error and truncated(run.error),
                "seconds": run.seconds,
            }
            for run in tool_round.tool_runs
        ],
    }


def _choice(choice: Choice, vocabulary: Vocabulary, run: RunView, detail: Detail) -> dict[str, Any]:
    usage, json_prefill = run.usage_of_choice, run.json_prefill
    shown, roles = tokens_of(choice), [*map(ROLES.index, token_roles(choice, json_prefill))]
    return {
        "index": choice.index,
        "text": choice.text,
        "finish_reason": choice.finish_reason,
        "refusal": choice.refusal,
        "reasoning": choice.reasoning,
        "audio": _audio(choice.audio),
        **_filled(
            mark=run.choice_marks.get(choice.index),
            images=[_image(image) for image in images_of(choice)],
            sources=[_source(source) for source in sources_of(choice, run.reply)],
        ),
        "tool_calls": [
            {"id": call.id, "name": call.called.name, "arguments": call.called.arguments}
            for call in calls_of(choice)
        ],
        "facts": choice_facts(choice, usage),
        "metrics": _metrics(choice_metrics(choice, usage)),
        "perplexity": perplexity_fact(choice, usage),
        "sparkline": choice_sparkline(choice, json_prefill),
        "parts": {
            name: {
                **_part(tokens, choice.arrivals.get(name, TokenTimes()), vocabulary),
                **_filled(roles=_packed(roles) if tokens is shown and any(roles) else ""),
            }
            for name, tokens in _parts(choice)
            if detail.has_tokens
        },
    }


def _filled(**fields: Any) -> dict[str, Any]:
    """Return the optional fields that have a value."""
    return {name: value for name, value in fields.items() if value}


def _metrics(metrics: ChoiceMetrics) -> dict[str, Any]:
    values = asdict(metrics)
    n_missing = values.pop("n_missing")
    return {**values, **_filled(n_missing=n_missing)}


def _image(image: AnswerImage) -> dict[str, Any]:
    data = image.base64 if image.media_type else None
    return {
        "media_type": image.media_type,
        "data": data,
        "link": image.link,
        "description": image.description,
    }


def _source(source: Source) -> dict[str, Any]:
    return {
        "number": source.number,
        "title": source.title,
        "link": source.link,
        "host": source.host,
    }


def _audio(audio: Audio | None) -> dict[str, Any] | None:
    """Return the transcript and size; the sound itself is only in the HTML."""
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
    logprobs = [
        round(token.logprob or 0.0, 4) + 0.0 if status == "ok" else None
        for token, status in zip(tokens, statuses, strict=True)
    ]
    t_ms = [round(t_ms) for t_ms in arrivals.t_ms]
    return {
        "tokens": _packed([vocabulary.code(token) for token in tokens]),
        "logprobs": _packed(logprobs),
        "statuses": {str(number): s for number, s in enumerate(statuses) if s != "ok"},
        "waits_ms": _packed([now - before for before, now in pairwise([0, *t_ms])]),
    }


def _packed(numbers: Sequence[float | None]) -> str:
    """Write a column of numbers as text, with nothing for None.

    A notebook's file puts every item of a list on a separate line, which would make it three
    times as large, and its diffs unreadable.
    """
    return ",".join("" if number is None else str(number) for number in numbers)


def _without_data(value: Any) -> Any:
    """Leave out the data of attachments, which would make the notebook large."""
    if isinstance(value, Mapping):
        return {
            key: _cut_data(item) if key in _DATA and isinstance(item, str) else _without_data(item)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [_without_data(item) for item in value]
    return value


def _cut_data(data: str) -> str:
    if len(data) <= _LONGEST_DATA:
        return data
    return f"{data[:40]}… ({len(data) - 40} characters left out)"


def plain_json(value: Any) -> Any:
    """Return a value as JSON that every parser accepts."""
    if isinstance(value, str):
        return well_formed(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {well_formed(str(key)): plain_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain_json(item) for item in value]
    return value
