"""The columns that a map adds to its data."""

from __future__ import annotations

import pytest

from chat_magic.analysis.answer_values import (
    AnswerColumns,
    AnsweredRow,
    arrow_array,
    pandas_array,
)
from chat_magic.core.reply.reply import Choice, Message, Reply, Usage
from chat_magic.core.request.label_set import LabelSet
from chat_magic.core.schema.structured import schema_of


def row_of(*texts, **fields):
    """Return an answered row with a choice for each text."""
    choices = tuple(
        Choice(index=number, message=Message(content=text), finish_reason="stop")
        for number, text in enumerate(texts)
    )
    return AnsweredRow(
        Reply(choices=choices), Usage(prompt_tokens=3, completion_tokens=1), **fields
    )


def test_a_row_that_was_not_asked_has_no_values():
    """Nor has one that failed, but for its error."""
    values = AnswerColumns().values([AnsweredRow(), AnsweredRow(error="no"), row_of("yes")])
    assert values["answer"] == [None, None, "yes"]
    assert values["answer.error"] == [None, "no", None]
    assert values["answer.prompt_tokens"] == [None, None, 3]


def test_columns_have_a_fixed_order():
    """Fields, probabilities, finish, tokens, cost, perplexity, error."""
    columns = AnswerColumns(
        column="a", schema=schema_of("x: int"), labels=LabelSet(("yes", "no")), has_logprobs=True
    )
    assert list(columns.kinds) == [
        "a", "a.x", "a.p[yes]", "a.p[no]", "a.p[ambiguous]", "a.p[other]", "a.p[residual]",
        "a.finish_reason", "a.prompt_tokens", "a.completion_tokens", "a.cost", "a.perplexity",
        "a.error",
    ]  # fmt: skip


FIELDS = {
    "scalars": ("name: str, ok: bool", '{"name": "Ada", "ok": true}', {"name": "Ada", "ok": True}),
    "one value": ("int", '{"value": 7}', {"value": 7}),
    "a list of objects": ("list[x: int]", '{"items": [{"x": 1}, {"x": 2}]}', {"x": [1, 2]}),
}


@pytest.mark.parametrize(("schema", "text", "expected"), FIELDS.values(), ids=FIELDS)
def test_fields_are_those_of_the_schema(schema, text, expected):
    """One value is the field `value`; of a list, a cell has a list."""
    values = AnswerColumns(schema=schema_of(schema)).values([row_of(text)])
    assert {name: values[f"answer.{name}"][0] for name in expected} == expected
    assert values["answer.error"] == [None]


def test_an_answer_that_does_not_fit_has_an_error_and_no_fields():
    """Its text is kept."""
    values = AnswerColumns(schema=schema_of("x: int")).values([row_of("seven")])
    assert values["answer"] == ["seven"]
    assert values["answer.x"] == [None]
    assert values["answer.error"][0].startswith("the answer does not fit the schema")


def test_several_choices_are_lists():
    """Of texts and of fields."""
    columns = AnswerColumns(schema=schema_of("x: int"), has_choices=True)
    values = columns.values([row_of('{"x": 1}', '{"x": 2}')])
    assert values["answer.x"] == [[1, 2]]
    assert values["answer.finish_reason"] == [["stop", "stop"]]


@pytest.mark.parametrize(
    ("kind", "values", "dtype"),
    [
        ("text", ["a", None], "str"),
        ("integer", [1, None], "Int64"),
        ("number", [0.5, None], "float64"),
        ("field_number", [0.5, None], "Float64"),
        ("boolean", [True, None], "boolean"),
        ("json", [{"a": 1}, None], "object"),
        ("integer", [2**70, None], "object"),
        ("integer", ["seven", None], "object"),
    ],
)
def test_columns_of_pandas_have_a_type_and_missing_values(kind, values, dtype):
    """What does not fit the type is kept as it is."""
    array = pandas_array(values, kind)
    assert array.dtype == dtype or str(array.dtype) in (dtype, "string")
    assert len(array) == 2


@pytest.mark.parametrize(
    ("kind", "item", "values", "expected"),
    [
        ("integer", None, [1, None], [1, None]),
        ("integer", None, [1, 2**70, "x"], [1, None, None]),
        ("json", None, [{"a": [1]}, None], ['{"a": [1]}', None]),
        ("list", "integer", [[1, 2], None], [[1, 2], None]),
        ("list", "json", [[{"a": 1}]], [['{"a": 1}']]),
    ],
)
def test_columns_of_arrow_hold_to_their_type(kind, item, values, expected):
    """What does not fit is missing; undeclared fields are JSON text."""
    assert arrow_array(values, kind, item).to_pylist() == expected
