"""Answers and tokens as parquet files."""

from __future__ import annotations

import pandas as pd

from chat_magic.analysis.answer_parquet import AnswerParquet, TokensParquet
from chat_magic.analysis.answer_values import AnswerColumns, AnsweredRow
from chat_magic.analysis.parquet_file import OrderedParquet
from chat_magic.analysis.row_source import open_source
from tests.analysis.test_answer_values import row_of


def test_rows_have_their_data_and_answers(tmp_path):
    """Chunks may come in any order."""
    source = open_source(pd.DataFrame({"x": range(3)}), keep=False)
    values = list(source.rows())
    file = OrderedParquet(tmp_path / "a.parquet", n_ahead=100)
    writer = AnswerParquet(file, source, AnswerColumns)
    writer.take(2, [AnsweredRow(error="no")], values[2:])
    writer.take(0, [row_of("a"), row_of("b")], values[:2])
    frame = pd.read_parquet(writer.result(is_complete=True))
    assert frame["x"].tolist() == [0, 1, 2]
    assert frame["answer"].tolist()[:2] == ["a", "b"]
    assert frame["answer.error"].tolist()[2] == "no"


def test_tokens_without_any_are_an_empty_file(tmp_path):
    """With the columns of the table of tokens."""
    writer = TokensParquet(OrderedParquet(tmp_path / "t.parquet", n_ahead=100))
    writer.take(0, [AnsweredRow(), row_of("a")], ())
    frame = pd.read_parquet(writer.result(is_complete=True))
    assert len(frame) == 0
    assert {"run", "token", "prob"} <= set(frame)
