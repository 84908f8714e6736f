"""The table of rows as plain text."""

from __future__ import annotations

from chat_magic.core.cell.grid import row_axis, sweep_axis
from chat_magic.view.row_table import row_table
from chat_magic.view.text.row_table_text import row_table_text
from tests.view.conftest import answers


def written(runs, texts, *axes, facts=()):
    rows = row_axis("row", range(len(texts)), [{"text": text} for text in texts])
    return row_table_text(row_table(runs, [rows, *axes], facts))


def test_rows_and_variants_are_aligned_columns():
    """Below them stand the size, the model and the warnings."""
    runs = [answers("a"), answers("b", "c"), answers(error="no"), answers("d", warnings=("late",))]
    text = written(runs, ["fine", "bad"], sweep_axis("seed", [1, 2]), facts=[["passed 1"], []])
    assert text.split("\n") == [
        "row  text  seed=1      seed=2",
        "           passed 1",
        "0    fine  a           2 of 2 differ | b",
        "1    bad   failed: no  d",
        "2 rows \N{MULTIPLICATION SIGN} 2 seed · openai/gpt-4o · 1 failed",
        "note: late",
    ]


def test_long_columns_share_the_line():
    """A short one keeps what it needs."""
    text = written([answers("a" * 300)], ["t" * 300])
    line = text.split("\n")[1]
    assert len(line) <= 100
    assert line.count("a") > 30 < line.count("t")
    assert line.count("…") == 2


def test_escape_sequences_of_a_model_do_not_reach_the_terminal():
    """Nor those of the data."""
    assert "\x1b" not in written([answers("\x1b[31mred")], ["\x1b]0;title\x07"])


def test_the_first_200_rows_are_written_and_the_others_counted():
    """As in HTML."""
    text = written([answers("a")] * 1203, ["x"] * 1203)
    assert text.count("\n") == 200 + 2
    assert "\n1,003 more rows\n" in text
