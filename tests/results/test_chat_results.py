"""Several results as one value: a sequence, its tables, what it compares and picks."""

from __future__ import annotations

import json
import pickle

import pandas as pd
import pytest

import chat_magic
from chat_magic import UNSET, ChatResults, InvalidRequest, chat_grid, compare
from chat_magic.view.bundle import MIME_TYPE
from tests.completions import completion
from tests.gateway import streamed, whole


def echo(request):
    """Answer with what was asked, with log probabilities."""
    sent = request.json
    words = f"{sent['model']} says {sent['messages'][-1]['content']}"
    texts = [f"{words} {index}" for index in range(sent.get("n", 1))]
    return streamed(completion(*texts, n_top=sent.get("top_logprobs")))


@pytest.fixture
def results(gateway):
    """A grid of two models and three temperatures, one unset, each with two choices."""
    gateway(echo)
    return chat_grid(
        "Hi", models=["a/b", "c/d"], sweep={"temperature": [0, 0.5, UNSET]}, n=2, top_logprobs=2
    )


def test_it_is_a_sequence_of_results(results):
    """By index, from the end, by slice, in loops."""
    assert len(results) == 6
    assert results[0].text == "a/b says Hi 0"
    assert results[-1] is results.results[5]
    assert [len(result) for result in results] == [2] * 6
    assert results.index(results[3]) == 3
    assert bool(ChatResults(())) is True
    assert repr(results) == "<ChatResults 2 models, 6 runs: 2 model x 3 temperature>"


def test_a_slice_is_no_grid_but_keeps_coordinates_and_errors(gateway):
    """The errors are numbered anew."""

    def answer(request):
        return whole({"error": "x"}, status=400) if request.json["seed"] == 3 else echo(request)

    gateway(answer)
    part = chat_grid("Hi", sweep={"seed": [1, 2, 3]})[1:]
    assert isinstance(part, ChatResults)
    assert (part.axes, part.coordinates) == ((), ({"seed": 2}, {"seed": 3}))
    assert list(part.errors) == [1]
    assert repr(part) == "<ChatResults a/b, 2 runs, 1 failed>"
    assert part.frame["seed"].tolist() == [2]


def test_a_run_that_failed_is_not_picked_and_says_why(gateway):
    """Nor are others compared with it."""

    def answer(request):
        return whole({"error": "x"}, status=400) if request.json["seed"] == 2 else echo(request)

    gateway(answer)
    results = chat_grid("Hi", sweep={"seed": [1, 2, 3]})
    for use in (results.pick, results.compare):
        with pytest.raises(InvalidRequest, match=r"^run 1 has no answer: .*400"):
            use(1)


def test_what_is_drawn_is_short_where_it_is_only_printed(results):
    """Its answers are not written out."""
    assert repr(results.compare(by="token")) == "<ComparisonView 12 answers, by token>"
    assert repr(results[0].pick(1).inspect()) == "<TokensView 1 answer>"


def test_a_job_is_not_a_result_but_has_one(results):
    """The error says how to get it."""

    class Job:
        def wait(self):
            """Return the result."""

    with pytest.raises(
        InvalidRequest, match=r"^compare: Job is not a chat result; its \.wait\(\) "
    ):
        compare(Job(), results)
    with pytest.raises(InvalidRequest, match=r"^after: Job is not a chat result; its \.wait\(\) "):
        chat_magic.chat("Hi", after=Job())


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


def test_a_winner_is_picked_and_goes_on(results, gateway):
    """A result with that choice only."""
    picked = results.pick(3, 1)
    assert (picked.text, len(picked), picked[0].index) == ("c/d says Hi 1", 1, 1)
    server = gateway(echo)
    chat_magic.chat("On", after=picked)
    assert server.requests[0].json["model"] == "c/d"
    assert server.requests[0].json["messages"][1]["content"] == "c/d says Hi 1"
    assert results[3].pick(0).text == "c/d says Hi 0"


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda results: results.pick(6), "run 6: there are 6, numbered from 0"),
        (lambda results: results.pick(-1), "run -1: there are 6"),
        (lambda results: results.pick(0, 2), "choice 2: expected one of 0, 1"),
        (lambda results: results[0].pick(2), "choice 2: expected one of 0, 1"),
        (lambda results: results.compare(base=9, ignore_whitespace=True), "run 9: there are 6"),
        (lambda results: results.compare(base="x"), "run x: there are 6"),
        (lambda results: results.compare(base=(0, 1, 2)), r"base \(0, 1, 2\): expected a run, or"),
        (lambda results: results.compare(base=(0, 5)), "choice 5: expected one of 0, 1"),
        (lambda results: results.compare(by="letter"), "by 'letter': must be one of word, token"),
        (lambda results: results[0].compare(base=2), "choice 2: expected one of 0, 1"),
        (
            lambda results: results[0].pick(0).compare(),
            "there are fewer than two answers to compare",
        ),
        (lambda results: compare(results[0], "x"), "compare: str is not a chat result"),
        (lambda results: compare(), "there are fewer than two answers to compare"),
    ],
)
def test_what_is_not_there_is_one_line(results, call, words):
    """With what there is."""
    with pytest.raises(InvalidRequest, match=words):
        call(results)


def test_a_comparison_takes_the_base_by_run_and_choice(results):
    """As a place among all answers, for the view."""
    assert results.compare().base is None
    assert results.compare(base=2).base == 4
    assert results.compare(base=(2, 1), by="token").base == 5
    assert results.compare(base=(2, 1)).axes == results.axes
    assert results[0].compare(base=1, by="sentence").by == "sentence"
    assert "text/html" in results.compare()._repr_mimebundle_()


def coordinates(view):
    return [dict(run.coordinates) for run in view.runs]


def test_answers_of_any_cells_are_named_by_what_differs(gateway):
    """The model, parameters, the coordinates of a grid; else a number."""
    gateway(echo)
    hot = chat_magic.chat("Hi", temperature=1, seed=3)
    cold = chat_magic.chat("Hi", temperature=0, seed=3)
    other = chat_magic.chat("Hi", model="c/d", seed=3)
    assert coordinates(compare(hot, cold)) == [{"temperature": "1"}, {"temperature": "0"}]
    assert coordinates(compare(hot, other)) == [
        {"model": "a/b", "temperature": "1"},
        {"model": "c/d", "temperature": "unset"},
    ]
    assert coordinates(compare(hot, hot)) == [{"result": "0"}, {"result": "1"}]
    assert [run["result"] for run in coordinates(compare(hot, hot, cold))] == ["0", "1", "2"]
    grid = chat_grid("Hi {{ x }}", vary={"x": ["p", "q"]}, temperature=1, seed=3)
    assert coordinates(compare(grid, base=1)) == [{"x": "p"}, {"x": "q"}]
    assert coordinates(compare(grid, hot))[2] == {"x": "unset"}


def test_it_is_drawn_as_a_grid(results):
    """The payload has the axes, and each run's coordinates as titles."""
    payload = results._repr_mimebundle_()[MIME_TYPE]
    assert payload["axes"] == [
        {"name": "model", "titles": ["a/b", "c/d"]},
        {"name": "temperature", "titles": ["0", "0.5", "unset"]},
    ]
    assert payload["results"][5]["coordinates"] == [
        {"name": "model", "title": "c/d"},
        {"name": "temperature", "title": "unset"},
    ]


def test_what_all_runs_cost_is_known_where_each_is(gateway, config_file):
    """Warnings are told once."""
    gateway(echo)
    config_file('[prices]\n"a/*" = { input = 1000000, output = 0 }')
    results = chat_grid("Hi", sweep={"temperature": [0, 1]}, top_p=0.5)
    assert results.cost == 10.0
    assert len(results.warnings) == 1
    assert chat_grid("Hi", models=["a/b", "c/d"]).cost is None


def test_what_varies_may_be_anything_and_is_pickled_as_its_titles(gateway):
    """A function cannot be pickled, and an object of the notebook may hold a key."""
    gateway(echo)
    found = chat_grid("{{ tone() }}", vary={"tone": {"calm": lambda: "Hi", "loud": lambda: "HI"}})
    assert found.axes[0].values[1]() == "HI"
    again = pickle.loads(pickle.dumps(found))
    assert again.axes[0].values == again.axes[0].titles == ("calm", "loud")
    assert [one.text for one in again] == [one.text for one in found]
    assert again.frame["tone"].tolist() == ["calm", "loud"]


def test_all_answers_can_be_opened_at_their_tokens(results, gateway):
    """As those of one result."""
    _, metadata = results.inspect()._repr_mimebundle_()
    assert metadata == {"chat_magic_view": "tokens"}
    gateway(echo)
    with pytest.raises(InvalidRequest, match="no log probabilities"):
        chat_grid("Hi", models=["a/b"]).inspect()


def test_a_metric_is_drawn_over_the_grid(gateway):
    """The mean of each run's choices, nothing where one failed; the coordinates are no metrics."""

    def answer(request):
        sent = request.json
        if sent["model"] == "c/d" and sent["seed"] == 2:
            return whole({"error": "x"}, status=400)
        return streamed(completion(*["one", "one two three"][: sent["seed"]]))

    gateway(answer)
    grid = chat_grid("Hi", models=["a/b", "c/d"], sweep={"seed": [1, 2]}, retries=0)
    heatmap = grid.heatmap("completion_tokens")
    assert heatmap.values == (1.0, 4.0, 1.0, None)
    assert heatmap.counts == (1, 2, 1, 0)
    assert "perplexity" in str(grid.heatmap()._repr_mimebundle_())
    for wrong, words in {"seed": "seed is not a metric", "text": "text is not a metric"}.items():
        with pytest.raises(InvalidRequest, match=words):
            grid.heatmap(wrong)
    with pytest.raises(InvalidRequest, match="the runs are no grid"):
        grid[:2].heatmap()
