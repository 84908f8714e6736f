"""The tables that one result and several have in common."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from chat_magic import UNSET, InvalidRequest, chat_grid
from tests.completions import completion
from tests.gateway import streamed, whole
from tests.results.conftest import echo

TABLES = {
    "frame": lambda results: results.frame,
    "tokens": lambda results: results.tokens,
    "alternatives": lambda results: results.alternatives,
    "branches": lambda results: results.branches,
    "agreement": lambda results: results.agreement,
    "spans": lambda results: results.spans("word"),
    "labels": lambda results: results.labels(["a", "c"]),
    "expected": lambda results: results.expected(),
    "to_frame": lambda results: results.to_frame(wide=True),
}


@pytest.mark.parametrize("name", TABLES)
def test_every_table_begins_with_run_model_and_coordinates(results, name):
    """And goes on as the table of a single result, whose rows it holds."""
    table = TABLES[name](results)
    assert list(table)[:3] == ["run", "model", "temperature"]
    assert table["run"].dtype == "int32"
    assert set(table["run"]) == set(range(6))
    assert table["model"].astype(str).tolist() == [
        "a/b" if run < 3 else "c/d" for run in table["run"]
    ]
    assert table["temperature"].dtype == "Float64"
    expected = {0: 0.0, 1: 0.5, 2: pd.NA, 3: 0.0, 4: 0.5, 5: pd.NA}
    pd.testing.assert_series_equal(
        table["temperature"],
        pd.Series([expected[run] for run in table["run"]], name="temperature", dtype="Float64"),
    )
    alone = TABLES[name](results[1])
    own = table[table["run"] == 1].reset_index(drop=True)
    shared = [column for column in alone if column not in ("run", "model")]
    assert list(own)[3:] == shared
    compared = [name for name in shared if name != "total_variation_low"]  # it is to run 0
    pd.testing.assert_frame_equal(
        own[compared], alone[compared], check_dtype=False, check_categorical=False
    )
    json.dumps(table.attrs["chat_magic"])


def test_the_frame_has_what_models_are_compared_by(results):
    """Times, usage, cost and bits per byte of each run, on each row of it."""
    frame = results.frame
    for name in ("ttft_s", "total_s", "tokens_per_s", "cost", "bits_per_byte"):
        assert frame[name].dtype == "float64"
    assert frame["prompt_tokens"].tolist() == [5] * 12
    assert frame["completion_tokens"].tolist() == [8] * 12
    assert frame["total_s"].tolist()[::2] == [result.timing.total_s for result in results]
    assert list(results[0].frame)[-7:] == [
        "model",
        "cost",
        "ttft_s",
        "total_s",
        "tokens_per_s",
        "prompt_tokens",
        "completion_tokens",
    ]


@pytest.mark.parametrize(
    ("sweep", "dtype", "values"),
    [
        ({"seed": [1, UNSET]}, "Int64", [1, pd.NA]),
        ({"temperature": [1, 0.5]}, "Float64", [1.0, 0.5]),
        ({"logprobs": [True, UNSET]}, "boolean", [True, pd.NA]),
        ({"reasoning_effort": ["low", UNSET]}, "category", ["low", float("nan")]),
        ({"stop": ["a", ["b", "c"]]}, "category", ["a", "b,c"]),
    ],
)
def test_a_coordinate_keeps_its_type(gateway, sweep, dtype, values):
    """Missing where it was unset."""
    gateway(lambda _request: streamed(completion("Hi")))
    column = chat_grid("Hi", sweep=sweep).frame.iloc[:, 2]
    assert column.name == next(iter(sweep))
    assert column.dtype == dtype
    assert [str(value) for value in column] == [str(value) for value in values]


def test_what_varies_is_a_category_in_its_own_order(gateway):
    """A name that a table has already becomes `vary.NAME`."""
    gateway(lambda _request: streamed(completion("Hi")))
    frame = chat_grid("{{ text }}{{ tone }}", vary={"text": {"z": 1}, "tone": ["b", "a"]}).frame
    assert list(frame)[:5] == ["run", "model", "vary.text", "tone", "choice"]
    assert frame["tone"].cat.categories.tolist() == ["b", "a"]
    assert frame["vary.text"].tolist() == ["z", "z"]
    assert frame["text"].tolist() == ["Hi", "Hi"]


def test_each_run_is_read_with_its_own_prefill(gateway):
    """JSON that began in the prefill is found in the answers of all runs."""
    gateway(lambda _request: streamed(completion('3, "b": 4}', n_top=2)))
    messages = [
        {"role": "user", "content": "JSON"},
        {"role": "assistant", "content": '{"{{ key }}": '},
    ]
    results = chat_grid(messages, vary={"key": ["a", "longer"]}, top_logprobs=2)
    spans = results.spans("json")
    assert spans.groupby("run")["name"].first().tolist() == ["/a", "/longer"]


def test_a_run_that_failed_has_no_rows_but_an_agreement(gateway):
    """And its place is kept."""

    def answer(request):
        return whole({"error": "x"}, status=400) if request.json["seed"] == 1 else echo(request)

    gateway(answer)
    results = chat_grid("Hi", sweep={"seed": [1, 2]})
    assert results.frame[["run", "seed"]].values.tolist() == [[1, 2]]
    assert results.agreement["n_choices"].tolist() == [0, 1]


def test_all_answers_can_be_opened_at_their_tokens(results, gateway):
    """As those of one result."""
    _, metadata = results.inspect()._repr_mimebundle_()
    assert metadata == {"chat_magic_view": "tokens"}
    gateway(echo)
    with pytest.raises(InvalidRequest, match="no log probabilities"):
        chat_grid("Hi", models=["a/b"]).inspect()
