"""The coordinates of runs as columns."""

from __future__ import annotations

import pandas as pd
import pytest

from chat_magic import UNSET
from chat_magic.analysis.coordinate_columns import metrics_by_run, with_coordinates


def frame(*runs):
    return pd.DataFrame({"run": list(runs), "choice": 0, "model": "old"})


def test_model_and_coordinates_follow_the_run():
    """Of each row its run's; the facts about the requests are kept."""
    table = frame(1, 0, 1)
    table.attrs["chat_magic"] = {"a": 1}
    extended = with_coordinates(table, ["a/b", "c/d"], [{"tone": "dry"}, {"tone": "wet"}])
    assert list(extended) == ["run", "model", "tone", "choice"]
    assert extended["model"].tolist() == ["c/d", "a/b", "c/d"]
    assert extended["tone"].tolist() == ["wet", "dry", "wet"]
    assert extended.attrs == table.attrs


@pytest.mark.parametrize(
    ("name", "values", "dtype"),
    [
        ("temperature", [0, UNSET], "Float64"),
        ("seed", [1, 2], "Int64"),
        ("logprobs", [True, UNSET], "boolean"),
        ("reasoning_effort", ["low", "high"], "category"),
        ("seed", [1, "{{ x }}"], "category"),
        ("stop", [["a", "b"], UNSET], "category"),
    ],
)
def test_a_parameter_keeps_its_type(name, values, dtype):
    """Missing where it is unset; texts and lists are categories."""
    extended = with_coordinates(frame(0, 1), ["a/b"] * 2, [{name: value} for value in values])
    assert extended[name].dtype == dtype
    assert extended[name].isna().tolist() == [value is UNSET for value in values]


def test_a_coordinate_with_the_name_of_a_column_is_told_apart():
    """By `vary.`; the model is the model."""
    extended = with_coordinates(frame(0), ["a/b"], [{"choice": "x", "model": "a/b"}])
    assert list(extended) == ["run", "model", "vary.choice", "choice"]


def test_metrics_are_listed_by_run_without_the_coordinates():
    """A list for each run, empty for one without choices; missing values are NaN."""
    table = pd.DataFrame(
        {
            "run": [0, 0, 2],
            "choice": [0, 1, 0],
            "seed": [1, 1, 3],
            "cost": [0.5, 0.25, None],
            "prompt_tokens": pd.array([1, 2, None], dtype="Int64"),
            "text": ["a", "b", "c"],
        }
    )
    metrics = metrics_by_run(table, 3, ["seed"])
    assert list(metrics) == ["cost", "prompt_tokens"]
    assert metrics["cost"][:2] == [[0.5, 0.25], []]
    assert [len(values) for values in metrics["prompt_tokens"]] == [2, 0, 1]
