"""The table of answers has a row for each distinct answer of a run."""

from __future__ import annotations

from chat_magic.view.answer_table import answer_table
from chat_magic.view.comparison_model import compare_runs
from tests.view.conftest import answers, axis, choice, run, token
from tests.wire.make_comparison import TEMPERATURE, TONE, grid


def test_identical_answers_share_a_row() -> None:
    """Columns without a value are left out, such as the metrics without log probabilities."""
    table = answer_table(compare_runs([answers("a", "b", "b")]), ())
    assert table.key_columns == [""]
    assert table.columns == ["times", "finish"]
    assert [(row.key, row.position) for row in table.rows] == [(["1"], 1), (["0"], 0)]
    assert table.rows[0].cells["times"] == "\u00d72"


def test_several_runs_add_their_time_tokens_and_cost() -> None:
    """The two tokens carry 4 bits in 2 bytes."""
    sure = run(choice([token("a", 0.5), token("b", 0.125)]), cost=0.5)
    table = answer_table(compare_runs([sure, answers("c")]), ())
    assert dict(table.rows[0].cells) == {
        "times": "",
        "checks": "",
        "finish": "finished",
        "tokens": "2",
        "perplexity": "4.00",
        "mean logprob": "\u22121.39",
        "least sure": "13%",
        "bits/byte": "2.00",
        "time": "1.2 s",
        "in · out": "31 · 52",
        "cost": "$0.5000",
    }
    assert table.columns == [
        name for name in table.rows[0].cells if name not in ("times", "checks")
    ]


def test_a_row_of_a_grid_is_named_by_its_coordinates_and_choice() -> None:
    """The choice has a column if a run has several."""
    table = answer_table(compare_runs(grid()), (TEMPERATURE, TONE))
    assert table.key_columns == ["temperature", "tone", "choice"]
    assert table.rows[0].key[:2] == ["0", "formal"]
    single = [answers(text, coordinates={"seed": text}) for text in "12"]
    assert answer_table(compare_runs(single), (axis("seed", "1", "2"),)).rows[1].key == ["2"]


def test_a_run_that_failed_has_a_row_that_says_why() -> None:
    """Also beside the answers that arrived before."""
    runs = [answers("a", error="lost"), run(error="429"), run()]
    table = answer_table(compare_runs(runs), ())
    assert [(row.position, row.problem) for row in table.rows] == [
        (0, None),
        (None, "lost"),
        (None, "429"),
        (None, "no answer"),
    ]
    assert [row.cells.get("finish") for row in table.rows] == ["finished", "failed", "failed", None]
