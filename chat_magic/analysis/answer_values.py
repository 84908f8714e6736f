"""The columns that a map adds to its data: answers, fields, probabilities, tokens and errors."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from chat_magic.analysis.labels import label_columns
from chat_magic.analysis.parsed_columns import field_of, schema_fields
from chat_magic.analysis.reply_columns import read_replies
from chat_magic.analysis.reply_tables import choices_table
from chat_magic.analysis.table_columns import TEXT
from chat_magic.core.reply.choice_value import plain_value_of, value_of
from chat_magic.core.reply.tokens import well_formed
from chat_magic.core.request.label_set import REST

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from chat_magic.core.reply.reply import Choice, Reply, Usage
    from chat_magic.core.request.label_set import LabelSet
    from chat_magic.core.schema.structured import Schema

__all__ = ["AnswerColumns", "AnsweredRow", "arrow_array", "arrow_type", "pandas_array"]

VALUE = "value"
"""The field of an answer that is one value."""
Values = dict[str, list[Any]]
_DTYPES = {
    "text": TEXT, "integer": "Int64", "number": "float64", "field_number": "Float64",
    "boolean": "boolean", "json": "object", "list": "object",
}  # fmt: skip
_KINDS = {TEXT: "text", "Int64": "integer", "Float64": "field_number", "boolean": "boolean"}


class AnsweredRow(NamedTuple):
    """A row that was asked, or was to be asked."""

    reply: Reply | None = None
    """None if it failed, or was not asked."""
    usage: Usage | None = None
    cost: float | None = None
    prefill: str = ""
    error: str | None = None


@dataclass(frozen=True, kw_only=True)
class AnswerColumns:
    """Which columns a map adds, and their kinds.

    Each kind is one of `text`, `integer`, `number`, `field_number`, `boolean` and `json`; of
    several choices in an answer, a cell has a list of them.
    """

    column: str = "answer"
    schema: Schema | None = None
    labels: LabelSet | None = None
    has_logprobs: bool = False
    has_choices: bool = False
    """Whether an answer has several choices."""

    @property
    def by_choice(self) -> dict[str, str]:
        """The kinds of the columns that each choice has a value for."""
        name = self.column
        kinds = {name: "text", **{f"{name}.{field}": kind for field, kind in self.fields.items()}}
        if self.labels is not None:
            names = (*self.labels.labels, *REST)
            kinds |= {f"{name}.p[{label}]": "number" for label in names}
        kinds[f"{name}.finish_reason"] = "text"
        if self.has_logprobs:
            kinds[f"{name}.perplexity"] = "number"
        return kinds

    @property
    def fields(self) -> dict[str, str]:
        """The kinds of the fields of the schema, by name; `value` where it is one value."""
        if self.schema is None:
            return {}
        return {
            field or VALUE: "json" if is_list else _KINDS.get(dtype or "", "json")
            for field, dtype, is_list in schema_fields(self.schema)
        }

    @property
    def kinds(self) -> dict[str, str]:
        """The kinds of all columns, in their order."""
        name, by_choice = self.column, self.by_choice
        of_choice = {key: "list" if self.has_choices else kind for key, kind in by_choice.items()}
        perplexity = {key: of_choice.pop(key) for key in [*of_choice] if key.endswith("perplexity")}
        tokens = dict.fromkeys([f"{name}.prompt_tokens", f"{name}.completion_tokens"], "integer")
        return {
            **of_choice, **tokens, f"{name}.cost": "number", **perplexity, f"{name}.error": "text",
        }  # fmt: skip

    def values(self, rows: Sequence[AnsweredRow]) -> Values:
        """Return the values of all columns for some rows; None where there is none."""
        name = self.column
        values: Values = {key: [None] * len(rows) for key in self.kinds}
        errors = values[f"{name}.error"]
        for place, row in enumerate(rows):
            errors[place] = row.error
            values[f"{name}.cost"][place] = row.cost
            if row.usage is not None:
                values[f"{name}.prompt_tokens"][place] = row.usage.prompt_tokens
                values[f"{name}.completion_tokens"][place] = row.usage.completion_tokens
            if row.reply is None or not row.reply.choices:
                continue
            texts, problem = self._texts(row, row.reply.choices)
            errors[place] = row.error or problem
            for key, items in texts.items():
                values[key][place] = items if self.has_choices else items[0]
        self._add_logprobs(values, rows)
        return values

    def _texts(self, row: AnsweredRow, choices: Sequence[Choice]) -> tuple[Values, str | None]:
        """Return what is read from the texts of choices, and what is wrong with the first."""
        name = self.column
        values: Values = {
            name: [well_formed(choice.text) for choice in choices],
            f"{name}.finish_reason": [choice.finish_reason for choice in choices],
        }
        if self.schema is None:
            return values, None
        parsed = [plain_value_of(choice, self.schema, row.prefill) for choice in choices]
        for field, _, is_list in schema_fields(self.schema):
            cells = [field_of(value, field, is_list=is_list) for value in parsed]
            values[f"{name}.{field or VALUE}"] = cells
        if parsed[0] is not None:
            return values, None
        return values, _misfit(choices[0], self.schema, row.prefill)

    def _add_logprobs(self, values: Values, rows: Sequence[AnsweredRow]) -> None:
        """Add probabilities of labels and perplexities, for all rows together."""
        if not (self.has_logprobs or self.labels):
            return
        known = [place for place, row in enumerate(rows) if row.reply and row.reply.choices]
        replies = [reply for row in rows if (reply := row.reply) and reply.choices]
        if not replies:
            return
        columns = read_replies(replies)
        choices = choices_table(columns, attrs={})
        found: dict[str, Any] = {"perplexity": choices["perplexity"].to_numpy("float64")}
        if self.labels is not None:
            prefills = [rows[place].prefill for place in known]
            found |= label_columns(columns, self.labels, prefill=prefills)
        for suffix, numbers in found.items():
            key = f"{self.column}.{suffix}"
            if key not in values:
                continue
            for run, number in zip(choices["run"].tolist(), numbers.tolist(), strict=True):
                self._put(values[key], known[run], None if number != number else number)  # noqa: PLR0124

    def _put(self, cells: list[Any], place: int, value: Any) -> None:
        if self.has_choices:
            cells[place] = [*(cells[place] or ()), value]
        elif cells[place] is None:
            cells[place] = value


def _misfit(choice: Choice, schema: Schema, prefill: str) -> str | None:
    try:
        value_of(choice, schema, prefill)
    except ValueError as error:
        return f"the answer does not fit the schema: {' '.join(str(error).split())}"
    return None


def pandas_array(values: Sequence[Any], kind: str) -> Any:
    """Return values as a column of pandas; None is missing."""
    dtype = _DTYPES[kind]
    if dtype == "object":
        return pd.Series(list(values), dtype="object").array
    try:
        return pd.array(list(values), dtype=dtype)  # type: ignore[call-overload]
    except (OverflowError, TypeError, ValueError):  # more than 64 bits, or coerced by the type
        return pd.Series(list(values), dtype="object").array


def arrow_type(kind: str, item: str | None = None) -> pa.DataType:
    """Return the Arrow type of a kind; `item` is that of the items of a list."""
    import pyarrow as pa

    if kind == "list":
        return pa.list_(arrow_type(item or "json"))
    types = {
        "text": pa.string(), "integer": pa.int64(), "number": pa.float64(),
        "field_number": pa.float64(), "boolean": pa.bool_(), "json": pa.string(),
    }  # fmt: skip
    return types[kind]


def arrow_array(values: Sequence[Any], kind: str, item: str | None = None) -> pa.Array:
    """Return values as a column of Arrow, undeclared fields as JSON text; None is missing."""
    import pyarrow as pa

    inner = item or kind
    cells = [
        value if value is None or inner != "json"
        else [_json(part) for part in value] if kind == "list" else _json(value)
        for value in values
    ]  # fmt: skip
    try:
        return pa.array(cells, type=arrow_type(kind, item))
    except (pa.ArrowException, OverflowError, TypeError):  # what the type coerced, or 65 bits
        fitting = [_fitting(cell, arrow_type(kind, item)) for cell in cells]
        return pa.array(fitting, type=arrow_type(kind, item))


def _fitting(value: Any, kind: pa.DataType) -> Any:
    import pyarrow as pa

    try:
        pa.array([value], type=kind)
    except (pa.ArrowException, OverflowError, TypeError):
        return None
    return value


def _json(value: Any) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False)
