"""The data of a grid with a column of answers for each variant."""

from __future__ import annotations

import pandas as pd
import pytest

from chat_magic.analysis.answers_table import VariantAnswers, answers_table
from chat_magic.core.schema.structured import schema_of

DATA = pd.DataFrame({"text": ["x", "y"]}, index=pd.Index(["p", "q"], name="document"))


def variant(title="answer", texts=(["a"], None), values=(None, None), **fields):
    return VariantAnswers(title=title, texts=texts, values=values, **fields)


def test_each_variant_is_a_column_beside_the_data():
    """The index is that of the data; an answer that failed is missing."""
    table = answers_table(DATA, [variant("A"), variant("B", [["b"], ["c"]])])
    assert list(table) == ["text", "A", "B"]
    assert table.index.equals(DATA.index)
    assert table["A"].isna().tolist() == [False, True]
    assert table["B"].tolist() == ["b", "c"]
    assert list(DATA) == ["text"]


def test_several_choices_are_a_list():
    """Also where one row has fewer of them."""
    table = answers_table(DATA, [variant(texts=[["a", "b"], None], is_list=True)])
    assert table["answer"].tolist() == [["a", "b"], None]


@pytest.mark.parametrize(
    ("values", "is_list", "ages"),
    [([[{"age": 3}], None], False, [3, pd.NA]), ([[{"age": 3}, None], []], True, [[3, None], []])],
)
def test_parsed_fields_are_columns_of_the_variant(values, is_list, ages):
    """An answer that does not fit the schema is missing."""
    schema = schema_of({"type": "object", "properties": {"age": {"type": "integer"}}})
    table = answers_table(DATA, [variant("A", [["…"], ["…"]], values, schema=schema,
                                         is_list=is_list)])  # fmt: skip
    assert list(table) == ["text", "A", "A.age"]
    assert table["A.age"].tolist() == ages


def test_a_scalar_answer_has_its_value_as_parsed():
    """Beside its text."""
    table = answers_table(
        DATA, [variant(texts=[["3"], ["4"]], values=[[3], [4]], schema=schema_of(int))]
    )
    assert table["answer.parsed"].tolist() == [3, 4]


def test_a_title_that_the_data_have_is_numbered():
    """The data's own column stays as it is."""
    data = pd.DataFrame({"answer": [1, 2]})
    table = answers_table(data, [variant(), variant()])
    assert list(table) == ["answer", "answer (2)", "answer (3)"]
    assert table["answer"].tolist() == [1, 2]


def test_an_index_of_several_levels_is_kept_and_no_rows_have_all_columns():
    """Whatever the data are."""
    index = pd.MultiIndex.from_tuples([("p", 1), ("p", 2)], names=["document", "page"])
    assert answers_table(DATA.set_index(index), [variant()]).index.equals(index)
    assert list(answers_table(DATA[:0], [variant(texts=[], values=[])])) == ["text", "answer"]


def test_columns_of_several_levels_are_kept():
    """The answers' columns are beside them."""
    data = pd.DataFrame([[1], [2]], columns=pd.MultiIndex.from_tuples([("a", "b")]))
    table = answers_table(data, [variant()])
    assert table[("a", "b")].tolist() == [1, 2]
