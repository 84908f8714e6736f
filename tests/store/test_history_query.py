"""The query of the history as a pure rule, and what it finds in a file."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chat_magic.errors import InvalidRequest
from chat_magic.store.history_query import read_query, status_sql
from tests.store.executions import ended, keep, open_store, started

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)


def read(query, **options):
    """Return the condition of a query."""
    return read_query(query, now=NOW, **options)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("hello world", '"hello" AND "world"'),
        ('"hello world"', '"hello world"'),
        ("nam*", '"nam" *'),
        ("AND OR NEAR NOT", '"AND" AND "OR" AND "NEAR" AND "NOT"'),
        ("http://x.example", '"http://x.example"'),
        ("note:this", '"note:this"'),
        ('un"closed', '"un""closed"'),
        ("a(b){c}^d", '"a(b){c}^d"'),
        ("costs>1", '"costs>1"'),
    ],
)
def test_words_are_always_text(query, words):
    """Only the documented keys are filters, and no word is an operator of the index."""
    condition = read(query)
    assert condition.words == words
    assert condition.sql == "1"


@pytest.mark.parametrize(
    ("query", "values"),
    [
        ("since:2h", (NOW.timestamp() - 7200,)),
        ("since:1.5d", (NOW.timestamp() - 129600,)),
        ("since:2026-11-01", (datetime(2026, 11, 1, tzinfo=UTC).timestamp(),)),
        ("until:2026-11-01", (datetime(2026, 11, 2, tzinfo=UTC).timestamp(),)),
        ("since:2026-11-01T10:00+02:00", (datetime(2026, 11, 1, 8, tzinfo=UTC).timestamp(),)),
        ("status:failed", ("failed",)),
        ("kind:grid", ("grid",)),
        ("thread:plan", ("plan",)),
        ('thread:"my plan"', ("my plan",)),
        ("notebook:*/a.ipynb", ("*/a.ipynb", "*/a.ipynb")),
        ("notebook:this", ("/work/n.ipynb",)),
        ("is:starred", ()),
        ("cost>0.01", (0.01,)),
        ("cost<=$1", (1.0,)),
        ("tokens>1000", (1000.0,)),
    ],
)
def test_filters_are_conditions_with_their_values(query, values):
    """A date without a time means the day, and `until:` includes it."""
    condition = read(query, notebook="/work/n.ipynb")
    assert condition.values == values
    assert condition.words == ""
    assert condition.sql != "1"


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("since:rubbish", "since:rubbish: must be an age such as 2h or 3d, or a date"),
        ("until:2026-13-01", "until:2026-13-01: must be"),
        ("since:99999999999d", "must be an age"),
        ("status:done", "status:done: must be running, complete, interrupted or failed"),
        ("kind:answers", r"kind:answers: must be answer, grid or map; did you mean answer\?"),
        ("is:good", "is:good: must be starred or replayed"),
        ("cost>much", "cost>much: much is not a number"),
        ("tokens=", None),
        ("notebook:this", "notebook:this: the path of this notebook is not known here"),
    ],
)
def test_a_value_that_a_filter_does_not_take_is_an_error(query, words):
    """It names the filter and what it takes; a filter without a value is text."""
    if words is None:
        assert read(query).words
        return
    with pytest.raises(InvalidRequest, match=words):
        read(query)


@pytest.mark.parametrize("word", ["日本", "ไทย", "한국어", "++", '"私は 猫"'])
def test_what_the_index_does_not_separate_is_sought_as_a_substring(word):
    """Scripts without spaces, and signs."""
    condition = read(word)
    assert condition.words == ""
    assert condition.values == (f"%{word.strip(chr(34))}%",) * 2


def test_without_an_index_all_words_are_substrings():
    """Their wildcards are text."""
    condition = read("100%_sure naïv*", full_text=False)
    assert condition.values == (r"%100\%\_sure%",) * 2 + ("%naïv%",) * 2


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """A history with a few rows."""
    store = open_store(tmp_path_factory.mktemp("history") / "history.db")
    keep(store, "Name a cat", "Félix", model="openai/gpt-4o", end={"cost": 0.5, "total_tokens": 9})
    keep(store, "Name a dog", "Rex AND Bello", model="local/small", notebook="/w/a b.ipynb")
    keep(
        store, "私は猫である", "日本語 100%", model="openai/gpt-4o-mini", thread="plan", kind="grid"
    )
    keep(store, "Why?", "An error", end={"status": "failed", "replayed": True})
    store.star(2, "good")
    yield store
    store.close()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", [4, 3, 2, 1]),
        ("name", [2, 1]),
        ("NAME felix", [1]),
        ("cat Rex", []),
        ('"rex and"', [2]),
        ("AND", [2]),
        ("na*", [2, 1]),
        ("猫", [3]),
        ("本語", [3]),
        ("100%", [3]),
        ("10_%", []),
        ("model:openai/*", [3, 1]),
        ("model:gpt-4o", [1]),
        ("model:gpt-4o* name", [1]),
        ("is:starred", [2]),
        ("is:replayed", [4]),
        ("status:failed", [4]),
        ("kind:grid", [3]),
        ("thread:plan", [3]),
        ('notebook:"a b.ipynb"', [2]),
        ("notebook:/w/*", [2]),
        ("cost>0.01", [1]),
        ("tokens<10", [1]),
        ("since:1h", [4, 3, 2, 1]),
        ("until:2020-01-01", []),
        ("error status:failed", [4]),
    ],
)
def test_a_query_finds_the_rows_that_match_all_its_terms(store, query, found):
    """Words may be in the prompt and in the answer; case and accents do not count."""
    assert [row.id for row in store.search(query)] == found


@settings(max_examples=25)
@given(st.text(max_size=30))
@example("0\x00")
def test_any_text_is_a_query(store, query):
    """It finds something or nothing, or is an error of a filter."""
    try:
        store.search(query)
    except InvalidRequest:
        assert ":" in query or ">" in query or "<" in query or "=" in query


def test_a_row_that_runs_in_a_session_not_seen_any_more_is_interrupted():
    """Thirty seconds after it was seen last."""
    assert f"s.seen_s < {NOW.timestamp() - 30!r}" in status_sql(NOW)


def test_a_row_is_found_by_its_prompt_while_it_runs(tmp_path):
    """And by its answer once it has ended."""
    store = open_store(tmp_path / "history.db")
    execution = store.start(lambda: started("slow prompt"))
    assert [row.status for row in store.search("slow")] == ["running"]
    execution.end(lambda: ended("swift answer"))
    assert [row.status for row in store.search("swift slow")] == ["complete"]
    store.close()
