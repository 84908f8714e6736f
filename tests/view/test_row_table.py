"""What the cells of a table of rows show."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from chat_magic.core.cell.grid import models_axis, row_axis, sweep_axis
from chat_magic.core.request.label_set import LabelSet
from chat_magic.view.row_table import Mark, cell_note, row_cell, row_table
from tests.view.conftest import answers, run, token
from tests.view.conftest import choice as choice_of

ROWS = row_axis("document", ["p", "q"], [{"text": "a\nb", "n": 1}, {"text": "c", "n": None}])
HEAT = sweep_axis("temperature", [0, 1])


def decided(*probs):
    """Return a run whose only token is `yes` or `no` with these probabilities."""
    first, *others = zip(("yes", "no"), probs, strict=True)
    return run(choice_of([token(*first, *others)]), labels=LabelSet(("yes", "no")))


@pytest.mark.parametrize(
    ("shown", "text", "states"),
    [
        (answers("fine\nand\ngood"), "fine↵and↵good", ()),
        (answers("x" * 300), "x" * 199 + "…", ()),
        (answers("a", "b"), "a", ("mixed",)),
        (answers("a", "a"), "a", ()),
        (answers(error="no luck"), "no luck", ("failing",)),
        (answers("half", error="broke"), "half", ("failing",)),
        (answers(), "", ()),
        (run(choice_of(text="", refusal="I will not")), "I will not", ()),
        (run(choice_of([token("Al", 0.4, ("Bo", 0.3))])), "Al", ("unsure",)),
    ],
)
def test_a_cell_shows_the_beginning_of_the_answer_and_what_it_can_be_filtered_by(
    shown, text, states
):
    """The first choice, in one line; or why the request failed."""
    cell = row_cell(shown)
    assert (cell.text, cell.states) == (text, states)


@pytest.mark.parametrize(
    ("outcomes", "states", "note"),
    [
        (["passed", "passed"], (), "✓✓"),
        (["passed", "failed"], ("failing",), "✓✗"),
        (["unknown"], ("failing",), "!"),
    ],
)
def test_marks_of_checks_are_characters(outcomes, states, note):
    """A check that did not pass makes the cell failing."""
    marks = tuple(Mark(check=str(at), outcome=outcome) for at, outcome in enumerate(outcomes))
    cell = row_cell(replace(answers("a"), marks=marks))
    assert (cell.states, cell_note(cell)) == (states, note)


def test_the_likeliest_label_stands_with_its_probability():
    """Below a half it is unsure; a run that failed has none."""
    runs = [decided(0.75, 0.25), decided(0.3, 0.45), answers(error="no luck")]
    table = row_table(runs, [row_axis("row", range(3), [{}, {}, {}])])
    labels = [(cell.label, cell.prob and round(cell.prob, 3)) for cell in table.cells]
    assert labels == [("yes", 0.75), ("no", 0.45), (None, None)]
    assert [cell.states for cell in table.cells] == [(), ("unsure",), ("failing",)]
    assert cell_note(table.cells[0]) == "yes 75%"


def test_choices_that_differ_are_counted():
    """Beside the first of them."""
    assert cell_note(row_cell(answers("a", "b", "a"))) == "2 of 3 differ"


def test_the_table_has_the_columns_of_the_data_and_the_variants():
    """Values in one line; a column of numbers sorts as such, also where one is missing."""
    runs = [answers(text) for text in "abcd"]
    table = row_table(runs, [ROWS, HEAT], [["passed 1 of 2"], []])
    assert (table.index, table.titles) == ("document", ("p", "q"))
    assert [(column.name, column.values, column.is_number) for column in table.columns] == [
        ("text", ("a↵b", "c"), False),
        ("n", ("1", ""), True),
    ]
    assert table.variants == ("temperature=0", "temperature=1")
    assert table.variant_facts == (("passed 1 of 2",), ())
    assert [cell.text for cell in table.cells_of(1)] == ["c", "d"]


def test_the_line_above_says_how_large_it_is_what_failed_and_what_it_cost():
    """The model, unless it is an axis."""
    runs = [answers("a", cost=0.5), answers("b", cost=0.25)]
    assert row_table(runs, [ROWS]).facts == ("2 rows", "openai/gpt-4o", "$0.7500")
    failed = [answers("a"), answers(error="no"), answers("b"), answers("c")]
    facts = row_table(failed, [ROWS, models_axis(["a", "b"], "models")]).facts
    assert facts == ("2 rows \N{MULTIPLICATION SIGN} 2 models", "1 failed")


def test_no_rows_are_an_empty_table():
    """With the columns of the variants."""
    table = row_table([], [row_axis("row", [], []), HEAT])
    assert (table.cells, table.titles, table.variants[0]) == ((), (), "temperature=0")


def test_a_label_whose_tokens_have_no_probability_has_no_bar():
    """The server returned none."""
    runs = [replace(answers("yes"), labels=LabelSet(("yes",)))]
    (cell,) = row_table(runs, [row_axis("row", [0], [{}])]).cells
    assert (cell.label, cell.prob) == (None, None)
    assert not math.isnan(len(cell.text))
