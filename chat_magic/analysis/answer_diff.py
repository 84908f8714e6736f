"""What changed from the answers of one request to those of another."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from chat_magic.analysis.agreement import normalised
from chat_magic.analysis.diff import Change, diff
from chat_magic.analysis.diff_units import units
from chat_magic.analysis.json_diff import FieldChange, diff_json
from chat_magic.analysis.labels import labels_table
from chat_magic.analysis.metrics import wilson
from chat_magic.analysis.reply_columns import read_replies
from chat_magic.errors import InvalidRequest

if TYPE_CHECKING:
    from chat_magic.core.reply.reply import Choice, Reply

__all__ = ["AnswerDiff", "Answers", "LabelChange", "Share", "ShareChange", "diff_answers"]


@dataclass(frozen=True, kw_only=True)
class Answers:
    """The answers of one execution."""

    replies: Sequence[Reply]
    """One for each run; each of their choices is an answer."""
    prefills: Sequence[str]
    """One for each run."""
    schema: Mapping[str, Any] | None = None
    """The JSON Schema that they were asked to fit."""


@dataclass(frozen=True, kw_only=True)
class Share:
    """How often an answer was sampled, with the 95% interval of its share."""

    count: int
    among: int
    low: float
    """0 to 1 (Wilson 1927)."""
    high: float


@dataclass(frozen=True, kw_only=True)
class ShareChange:
    """The share of one distinct answer before and after; None on a side without answers."""

    text: str
    before: Share | None
    after: Share | None


@dataclass(frozen=True, kw_only=True)
class LabelChange:
    """The probability, 0 to 1, of one label before and after, a mean over the answers.

    None where the label was not asked for, or the log probabilities are not known.
    """

    field: str
    """The JSON Pointer of the field whose values are the labels."""
    label: str
    before: float | None
    after: float | None


Kind = Literal["text", "shares", "labels"]


@dataclass(frozen=True, kw_only=True)
class AnswerDiff:
    """What changed in the answers."""

    kind: Kind
    """Which of the following is given."""
    changes: tuple[Change, ...] = ()
    """From the only answer to the only answer, by word."""
    fields: tuple[FieldChange, ...] | None = None
    """Instead, if both are JSON: the fields that changed."""
    shares: tuple[ShareChange, ...] = ()
    """The most frequent answer first."""
    labels: tuple[LabelChange, ...] = ()
    """In the order of the schema."""

    @property
    def is_same(self) -> bool:
        """Whether both gave the same answers, equally often."""
        if self.kind == "text":
            return not self.fields and all(change.kind == "same" for change in self.changes)
        if self.kind == "shares":
            return all(share.before == share.after for share in self.shares)
        return all(label.before == label.after for label in self.labels)


def diff_answers(before: Answers, after: Answers) -> AnswerDiff:
    """Compare the answers of two executions.

    The values of a schema's `enum` are compared by their probabilities, where a side has log
    probabilities; else one answer with one by their words, or their fields if both are JSON; else
    the distinct answers by how often each was sampled, compared as `agreement.normalised`.
    """
    labels = tuple(_label_changes(before, after))
    if labels:
        return AnswerDiff(kind="labels", labels=labels)
    texts = [_texts(answers) for answers in (before, after)]
    if max(map(len, texts)) > 1:
        return AnswerDiff(kind="shares", shares=tuple(_share_changes(*texts)))
    one, other = ("".join(side) for side in texts)
    fields = diff_json(one, other)
    if fields is not None:
        changed = tuple(field for field in fields if field.kind != "same")
        return AnswerDiff(kind="text", fields=changed)
    return AnswerDiff(kind="text", changes=tuple(diff(units(one, "word"), units(other, "word"))))


def _texts(answers: Answers) -> list[str]:
    return [
        prefill * bool(answers.schema) + _text(choice)
        for reply, prefill in zip(answers.replies, answers.prefills, strict=True)
        for choice in reply.choices
    ]


def _text(choice: Choice) -> str:
    """Return the text of an answer, its refusal or its tool calls."""
    text = choice.text or choice.refusal or ""
    calls = [{call.called.name: call.called.arguments} for call in choice.tool_calls]
    return text + (json.dumps(calls, ensure_ascii=False) if calls else "")


def _share_changes(before: Sequence[str], after: Sequence[str]) -> Iterator[ShareChange]:
    spelling: dict[str, str] = {}
    for text in (*before, *after):
        spelling.setdefault(normalised(text), text)
    counts = [Counter(map(normalised, side)) for side in (before, after)]
    totals = [len(before), len(after)]

    def most(form: str) -> float:
        return max(count[form] / (total or 1) for count, total in zip(counts, totals, strict=True))

    for form in sorted(spelling, key=most, reverse=True):
        old, new = (_share(count[form], n) for count, n in zip(counts, totals, strict=True))
        yield ShareChange(text=spelling[form], before=old, after=new)


def _share(count: int, among: int) -> Share | None:
    if not among:
        return None
    low, high = wilson(np.array([count]), np.array([among]))
    return Share(count=count, among=among, low=float(low[0]), high=float(high[0]))


def _label_changes(before: Answers, after: Answers) -> Iterator[LabelChange]:
    fields = [_enums(answers.schema) for answers in (before, after)]
    for field in dict.fromkeys((*fields[0], *fields[1])):
        old, new = (
            _probabilities(answers, field, labels.get(field, ()))
            for answers, labels in zip((before, after), fields, strict=True)
        )
        if old or new:
            for label in dict.fromkeys((*old, *new)):
                yield LabelChange(
                    field=field, label=label, before=old.get(label), after=new.get(label)
                )


def _probabilities(answers: Answers, field: str, labels: Sequence[str]) -> dict[str, float]:
    """Return the mean probability of each label of a field; empty where none is known."""
    if not labels:
        return {}
    columns = read_replies(answers.replies)
    names = {label: f"{label} " for label in labels}  # `other` is a column; blanks do not count
    try:
        table = labels_table(
            columns, list(names.values()), attrs={}, at=field, prefill=answers.prefills
        )
    except InvalidRequest:  # two labels are alike
        return {}
    means = {label: float(table[name].mean()) for label, name in names.items()}
    return {label: mean for label, mean in means.items() if not np.isnan(mean)}


def _enums(schema: Mapping[str, Any] | None) -> dict[str, tuple[str, ...]]:
    """Return the texts that each field of a schema with an `enum` of them may be."""
    return dict(_walk(schema, schema, "", 0)) if schema else {}


_DEEPEST = 8


def _walk(
    schema: Any, root: Mapping[str, Any], pointer: str, depth: int
) -> Iterator[tuple[str, tuple[str, ...]]]:
    if not isinstance(schema, Mapping) or depth > _DEEPEST:
        return
    reference = schema.get("$ref")
    if isinstance(reference, str):
        yield from _walk(_definition(root, reference), root, pointer, depth + 1)
    values = schema.get("enum")
    if pointer and isinstance(values, list | tuple) and len(values) > 1:
        texts = tuple(value for value in values if isinstance(value, str))
        if len(texts) == len(values):
            yield pointer, texts
    properties = schema.get("properties")
    if isinstance(properties, Mapping):
        for name, field in properties.items():
            escaped = str(name).replace("~", "~0").replace("/", "~1")
            yield from _walk(field, root, f"{pointer}/{escaped}", depth + 1)


def _definition(root: Mapping[str, Any], reference: str) -> Any:
    found: Any = root
    for name in reference.removeprefix("#/").split("/"):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found
