"""The payload of a table of rows: what the front end draws, and what a large one leaves out."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema

from chat_magic.core.cell.grid import row_axis, sweep_axis
from chat_magic.core.request.label_set import LabelSet
from chat_magic.view.bundle import MIME_TYPE, bundle
from chat_magic.view.row_table import Mark, row_table
from chat_magic.view.rows_payload import rows_payload
from tests.view.conftest import answers, choice, run, token

SCHEMA = json.loads((Path(__file__).parents[1] / "wire" / "result.v1.schema.json").read_text())
OTHERS = [(f"t{n}", 0.01) for n in range(19)]


def rows_of(n_rows):
    return row_axis("row", range(n_rows), [{"text": f"r{n}", "n": n} for n in range(n_rows)])


def payload_of(runs, *axes, **options):
    all_axes = [rows_of(len(runs) // max(1, len(axes[0].titles) if axes else 1)), *axes]
    value = rows_payload(runs, axes=all_axes, rows=row_table(runs, all_axes), **options)
    jsonschema.Draft202012Validator(SCHEMA).validate(value)
    return value


def test_the_table_says_what_each_cell_shows():
    """What most cells do not have is absent."""
    runs = [
        answers("a"), answers("b", "c"), answers(error="no"),
        run(choice([token("yes", 0.75)]), labels=LabelSet(("yes",)),
            marks=(Mark(check="short", outcome="failed"),)),
    ]  # fmt: skip
    value = payload_of(runs, sweep_axis("seed", [1, 2]))
    assert value["rows"]["cells"] == [
        {"text": "a"},
        {"text": "b", "choices": 2, "distinct": 2, "states": ["mixed"]},
        {"text": "no", "failed": True, "states": ["failing"]},
        {"text": "yes", "label": "yes", "prob": 0.75,
         "marks": [{"check": "short", "outcome": "failed"}], "states": ["failing"]},
    ]  # fmt: skip
    assert [column["name"] for column in value["rows"]["columns"]] == ["text", "n"]
    assert [one["title"] for one in value["rows"]["variants"]] == ["seed=1", "seed=2"]
    assert len(value["results"]) == 4


def test_a_large_table_leaves_out_alternatives_then_tokens():
    """The alternatives beyond 5 first, then all of them; the texts stay."""
    runs = [run(choice([token(f"w{n}-{at}", 0.8, *OTHERS) for at in range(9)])) for n in range(8)]
    largest = 1_000_000
    for n_alternatives, has_tokens in ((20, True), (5, True), (0, True), (0, False)):
        value = payload_of(runs, largest=largest)
        for result in value["results"]:
            (answer,) = result["choices"]
            assert bool(answer["parts"]) == has_tokens
            assert answer["text"].startswith("w")
            assert result["alternatives_left_out"] == 9 * (20 - n_alternatives)
            assert bool(result["alternatives"]) == bool(n_alternatives)
        largest = len(json.dumps(value, ensure_ascii=False, separators=(",", ":"))) - 8
    assert payload_of(runs, largest=100) == value


def test_the_bundle_of_rows_is_the_table_in_all_three_layers():
    """Answers are not compared with each other, of which there may be thousands."""
    runs = [answers("a"), answers("b")]
    made = bundle(runs, axes=[rows_of(2)])
    assert made[MIME_TYPE]["comparison"] is None
    assert made[MIME_TYPE]["rows"]["cells"] == [{"text": "a"}, {"text": "b"}]
    assert "<table" in made["text/html"]
    assert made["text/plain"].startswith("row  text  n  answer")
    assert "rows" not in bundle(runs, axes=[rows_of(2)], opens="diff")[MIME_TYPE]
