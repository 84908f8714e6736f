"""Several results as one value: a sequence, its tables, what it compares and picks."""

from __future__ import annotations

import pickle

import pytest

import chat_magic
from chat_magic import ChatResults, InvalidRequest, chat_grid, compare
from chat_magic.view.bundle import MIME_TYPE
from tests.completions import completion
from tests.gateway import streamed, whole
from tests.results.conftest import echo


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
    with pytest.raises(InvalidRequest, match="the runs are not a grid"):
        grid[:2].heatmap()
