"""Answers are counted by what is true and what they say."""

from __future__ import annotations

from chat_magic.analysis.confusion import MOST_ANSWERS, OTHER, confusion_table
from chat_magic.analysis.truth import Judged


def test_there_is_a_row_for_each_variant_and_truth_and_a_column_for_each_answer():
    """Answers without a truth are left out."""
    judged = Judged("label", ("a", "b", "b", "c", "a"), ("a", "a", "b", "b", None))
    table = confusion_table(judged, [0, 0, 1, 1, 1], ["A", "B"])
    assert table.index.tolist() == [("A", "a"), ("A", "b"), ("B", "a"), ("B", "b")]
    assert table.index.names == ["variant", "truth"]
    assert list(table) == ["a", "b", "c"]
    assert table.to_numpy().tolist() == [[1, 1, 0], [0, 0, 0], [0, 0, 0], [0, 1, 1]]


def test_rare_answers_share_a_column():
    """Texts that are all different would be as many columns."""
    said = tuple(f"text {number}" for number in range(MOST_ANSWERS + 3))
    table = confusion_table(Judged("label", said, ("x",) * len(said)), [0] * len(said), ["A"])
    assert next(iter(table)) == "x"
    assert len(list(table)) == MOST_ANSWERS + 2
    assert table.loc[("A", "x"), OTHER] == 3


def test_without_a_known_truth_the_table_is_empty():
    """It has no rows."""
    assert confusion_table(Judged("label", ("a",), (None,)), [0], ["A"]).empty
