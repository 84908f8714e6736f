"""The table of a map's answers."""

from __future__ import annotations

import pandas as pd

from chat_magic.analysis.answer_frame import AnswerFrame, check_clash
from chat_magic.analysis.answer_values import AnswerColumns, AnsweredRow
from chat_magic.analysis.row_source import open_source
from tests.analysis.test_answer_values import row_of


def frame_of(n_rows, chunks, **options):
    """Return the table after chunks of answers, by first row."""
    source = open_source(pd.DataFrame({"x": range(n_rows)}), keep=True)
    table = AnswerFrame(source, AnswerColumns, **options)
    for start, rows in chunks:
        table.take(start, rows, ())
    return table.result(is_complete=True)


def test_chunks_may_come_in_any_order():
    """Their first rows say where they belong."""
    chunks = [(2, [row_of("c")]), (0, [row_of("a"), row_of("b")])]
    assert frame_of(3, chunks)["answer"].tolist() == ["a", "b", "c"]


def test_rows_that_never_came_are_missing():
    """Before, between and after the others."""
    frame = frame_of(5, [(1, [row_of("b")]), (3, [row_of("d")])])
    assert frame["answer"].isna().tolist() == [True, False, True, False, True]


def test_many_chunks_are_as_one():
    """They are put together in parts."""
    chunks = [(start, [row_of(str(start))] * 32) for start in range(0, 10_016, 32)]
    frame = frame_of(10_016, chunks)
    assert frame["answer"].iloc[[0, 31, 32, 10_015]].tolist() == ["0", "0", "32", "9984"]
    assert frame["answer.prompt_tokens"].dtype == "Int64"


def test_rows_with_an_error_can_be_left_out():
    """The index says which."""
    chunks = [(0, [row_of("a"), AnsweredRow(error="no"), row_of("c")])]
    assert frame_of(3, chunks, skip_failed=True)["x"].tolist() == [0, 2]


def test_a_clash_names_the_column_and_the_argument():
    """No clash is None."""
    assert check_clash(["answer"], ["text"], "answer") is None
    words = check_clash(["answer", "answer.cost"], ["answer.cost"], "answer")
    assert "answer.cost" in words
    assert "column=" in words
