"""What is asked is kept, found, loaded, starred and forgotten, whichever way it was asked."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import zlib
from contextlib import closing

import pandas as pd
import pytest

import chat_magic
from chat_magic import ApiError, ChatInterrupted, InvalidRequest
from chat_magic.engine.history import forgotten_by
from chat_magic.store import history_query, history_store
from tests.completions import chunks_of, completion, delta
from tests.engine.calls import echo, prepare, start
from tests.gateway import HOLD, Answer, events, streamed, whole
from tests.waiting import wait_until

KEY = "sk-canary-1234567890"


@pytest.fixture(autouse=True)
def _file(history_file):
    return history_file


def test_an_answer_is_kept_and_loaded_as_it_was(gateway):
    """Tables included; the number is that of the row."""
    gateway(streamed(completion("Hello", "Hi", n_top=3)))
    result = chat_magic.chat("Greet", n=2, top_logprobs=3)
    loaded = chat_magic.load(result.history_id)
    assert loaded == result
    assert loaded.history_id == result.history_id == 1
    assert loaded.tokens.equals(result.tokens)


def test_a_row_tells_what_was_asked_and_answered(gateway):
    """With tokens, cost and times."""
    gateway(streamed(completion("Hello")))
    chat_magic.chat([{"role": "system", "content": "S"}, {"role": "user", "content": "Greet"}])
    table = chat_magic.history()
    row = table.iloc[0]
    assert (table.index.name, table.index.tolist()) == ("id", [1])
    assert (row["kind"], row["status"], row["model"]) == ("answer", "complete", "a/b")
    assert (row["prompt"], row["answer"], row["answers"]) == ("Greet", "Hello", 1)
    assert row["total_s"] > 0
    assert not row["starred"]


async def test_achat_is_kept_too(gateway):
    """Awaited on any loop."""
    gateway(streamed(completion("Hello")))
    result = await chat_magic.achat("Greet")
    assert chat_magic.load(-1) == result


def test_a_grid_is_one_row_and_loaded_whole(gateway):
    """Its runs have the number of the grid."""
    gateway(echo)
    results = chat_magic.chat_grid("Hi", models=["a/b", "c/d"], sweep={"temperature": [0, 1]})
    (row,) = chat_magic.history().to_dict("records")
    assert (row["kind"], row["requests"], row["answers"]) == ("grid", 4, 4)
    assert row["model"] == "a/b, c/d"
    loaded = chat_magic.load(-1)
    assert loaded == results
    assert loaded[3].history_id == results[3].history_id == results.history_id == 1


def test_a_failed_run_of_a_grid_is_counted(gateway):
    """And is in the loaded result."""
    refuse = Answer([b'{"error":{"message":"no"}}'], status=400)
    gateway(streamed(completion("Yes")), refuse)
    results = chat_magic.chat_grid("Hi", sweep={"temperature": [0, 1]}, concurrency=1)
    assert chat_magic.history()["failed"].tolist() == [1]
    assert chat_magic.load(-1) == results


def test_a_refused_request_is_kept_with_its_error(gateway):
    """There is no result to load."""
    gateway(Answer([b'{"error":{"message":"no such model"}}'], status=404))
    with pytest.raises(ApiError):
        chat_magic.chat("Hi")
    (row,) = chat_magic.history("status:failed").to_dict("records")
    assert "no such model" in row["error"]
    assert row["failed"] == 1
    with pytest.raises(InvalidRequest, match=r"#1 has no answer, it is failed: .*no such model"):
        chat_magic.load(1)


def test_an_interrupted_answer_is_kept_as_far_as_it_had_come(gateway):
    """As the result of the error."""
    server = gateway(events(delta("Hel"), delta("lo"), HOLD))
    handle = start(prepare(messages=[{"role": "user", "content": "Hi"}]))
    server.wait_for_request()
    wait_until(lambda: handle.task.answer.main.texts() == ["Hello"])
    handle.cancel()
    with pytest.raises(ChatInterrupted) as caught:
        handle.wait()
    assert chat_magic.history()["status"].tolist() == ["interrupted"]
    loaded = chat_magic.load(-1)
    assert loaded.text == "Hello"
    assert loaded.history_id == caught.value.result.history_id


async def test_a_cancelled_achat_is_kept(gateway):
    """By whoever cancels it."""
    server = gateway(events(delta("Hel"), HOLD))
    task = asyncio.create_task(chat_magic.achat("Hi"))
    await asyncio.to_thread(server.wait_for_request)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.to_thread(
        wait_until, lambda: chat_magic.history()["status"].tolist() == ["interrupted"]
    )


def test_rounds_of_tools_are_one_execution(gateway):
    """With all rounds in its result."""

    def double(x: int) -> int:
        """Double a number."""
        return 2 * x

    call = {"id": "c1", "type": "function", "function": {"name": "double", "arguments": '{"x":2}'}}
    first = completion("")
    first["choices"][0]["message"]["tool_calls"] = [call]
    first["choices"][0]["finish_reason"] = "tool_calls"
    gateway(whole(first), whole(completion("4")))
    result = chat_magic.chat("Double 2", tools=[double], stream=False)
    assert result.tool_runs
    assert chat_magic.load(-1) == result
    assert len(chat_magic.history()) == 1


@pytest.mark.parametrize("how", ["argument", "setting", "CI"])
def test_nothing_is_kept_where_the_history_is_off(gateway, how, monkeypatch, history_file, session):
    """Then there is no number, and no file is made."""
    gateway(streamed(completion("Hello")))
    options = {}
    match how:
        case "argument":
            options = {"history": False}
        case "setting":
            session.configuration.set("history", False)
        case "CI":
            monkeypatch.delenv("CHAT_MAGIC_HISTORY")
            monkeypatch.setenv("CI", "true")
            monkeypatch.setenv("XDG_DATA_HOME", str(history_file.parent))
    assert chat_magic.chat("Hi", **options).history_id is None
    assert not list(history_file.parent.rglob("*.db"))


def test_an_argument_keeps_what_the_setting_does_not(gateway, session, monkeypatch, history_file):
    """The file is where the setting says, else in the user's data folder."""
    gateway(streamed(completion("Hello")))
    monkeypatch.setenv("CI", "true")
    assert chat_magic.chat("Hi", history=True).history_id == 1
    assert history_file.exists()


def test_a_prompt_and_an_answer_are_found_by_words_and_filters(gateway):
    """As `history` says."""
    gateway(streamed(completion("Félix")), streamed(completion("Rex")))
    chat_magic.chat("Name a cat")
    chat_magic.chat("Name a dog", model="c/d")
    assert chat_magic.history("name").index.tolist() == [2, 1]
    assert chat_magic.history("felix").index.tolist() == [1]
    assert chat_magic.history("model:c/*").index.tolist() == [2]
    assert chat_magic.history("name", limit=1).index.tolist() == [2]


@pytest.mark.parametrize("limit", [0, -1, 1.5, True, "5"])
def test_a_limit_that_is_none_is_an_error(limit):
    """It names the range."""
    with pytest.raises(InvalidRequest, match=r"limit .*: must be a whole number, at least 1"):
        chat_magic.history(limit=limit)


def test_an_execution_is_starred_with_a_note_and_unstarred(gateway):
    """By its number, also one of the table's index."""
    gateway(streamed(completion("Hello")))
    chat_magic.chat("Hi")
    chat_magic.star(chat_magic.history().index[0], "good")
    row = chat_magic.history("is:starred").iloc[0]
    assert (row["starred"], row["note"]) == (True, "good")
    chat_magic.unstar(-1)
    assert chat_magic.history("is:starred").empty


@pytest.mark.parametrize("act", [chat_magic.load, chat_magic.star, chat_magic.unstar])
@pytest.mark.parametrize(
    ("number", "words"),
    [(5, "there is no #5"), ("5", "id '5': must be a whole number"), (True, "id True")],
)
def test_a_number_that_is_none_is_an_error(act, number, words):
    """It names the number."""
    with pytest.raises(InvalidRequest, match=words):
        act(number)


def test_executions_are_forgotten_by_number_numbers_and_query(gateway):
    """The count is returned."""
    gateway(echo)
    for text in ("one", "two", "three", "four"):
        chat_magic.chat(text)
    assert chat_magic.forget(1) == 1
    assert chat_magic.forget([2]) == 1
    assert forgotten_by("three") == [3]
    assert chat_magic.forget("three") == 1
    assert chat_magic.history()["prompt"].tolist() == ["four"]


@pytest.mark.parametrize("query", [None, 5, b"cats", ["cats"]])
@pytest.mark.parametrize("look_up", [chat_magic.history, chat_magic.usage])
def test_a_query_that_is_not_text_is_an_error(gateway, look_up, query):
    """It is named."""
    gateway(echo)
    chat_magic.chat("cats")
    with pytest.raises(InvalidRequest, match=r"query .*: must be text"):
        look_up(query)


def test_bytes_are_no_numbers_to_forget():
    """Although they are a sequence of whole numbers."""
    with pytest.raises(InvalidRequest, match="id b'x': must be a whole number"):
        chat_magic.forget(b"x")


def test_a_lone_surrogate_is_replaced_in_queries_and_notes(gateway):
    """As in tables: no file can hold one."""
    gateway(echo)
    chat_magic.chat("cats")
    chat_magic.star(1, "good \ud83d")
    assert chat_magic.history()["note"].tolist() == ["good \ufffd"]
    for query in ("\ud83d", "thread:\ud83d"):
        assert chat_magic.history(query).empty
        assert chat_magic.forget(query) == 0


@pytest.mark.parametrize("note", [None, 5, b"good"])
def test_a_note_that_is_not_text_is_an_error(gateway, note):
    """It is named."""
    gateway(echo)
    chat_magic.chat("cats")
    with pytest.raises(InvalidRequest, match=r"note .*: must be text"):
        chat_magic.star(1, note)


@pytest.mark.parametrize("keep", ["no", "off", 0, []])
@pytest.mark.parametrize("ask", [chat_magic.chat, chat_magic.chat_grid])
def test_whether_something_is_kept_is_true_or_false(gateway, ask, keep):
    """Anything else is an error before sending: a text such as "no" would keep it."""
    server = gateway(echo)
    with pytest.raises(InvalidRequest, match=r"history .*: must be True or False"):
        ask("cats", history=keep)
    assert not server.requests


def test_an_empty_query_forgets_nothing():
    """It would be everything."""
    with pytest.raises(InvalidRequest, match="forget: the query is empty"):
        chat_magic.forget(" ")


def test_no_key_is_in_any_file_of_the_history(gateway, history_file):
    """Also not in what is deflated: of requests, headers, errors, and answers that send it back."""
    gateway(
        streamed(completion(f"Your key is {KEY}")),
        Answer([json.dumps({"error": {"message": f"bad key {KEY}"}}).encode()], status=401),
    )
    chat_magic.chat(f"My key is {KEY}")
    with pytest.raises(ApiError):
        chat_magic.chat("Again")
    chat_magic.history()
    assert KEY.encode() not in b"".join(f.read_bytes() for f in history_file.parent.iterdir())
    n_blobs = 0
    with closing(sqlite3.connect(history_file)) as connection:
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        for (table,) in tables.fetchall():
            for row in connection.execute(f"SELECT * FROM {table}"):
                for value in row:
                    is_deflated = isinstance(value, bytes) and value[:1] == b"x"
                    n_blobs += is_deflated
                    assert KEY not in str(zlib.decompress(value) if is_deflated else value)
    assert n_blobs >= 3


def test_a_file_that_cannot_be_used_harms_no_answer(gateway, history_file, capsys):
    """One line on stderr, and a warning on the next result."""
    history_file.parent.mkdir(parents=True)
    history_file.write_text("notes\n" * 500)
    gateway(echo)
    first = chat_magic.chat("one")
    assert first.text == "a/b None one"
    assert first.history_id == 1
    second = chat_magic.chat("two")
    (warning,) = [words for words in second.warnings if "history" in words]
    assert "the history goes on in history-2.db" in warning
    assert capsys.readouterr().err.count("history-2.db") == 1
    third = chat_magic.chat("three")
    assert not [words for words in third.warnings if "history" in words]


def test_the_first_time_a_line_says_where_the_history_is(gateway, history_file, capsys):
    """And how to turn it off."""
    gateway(echo)
    chat_magic.chat("one")
    chat_magic.chat("two")
    (line,) = capsys.readouterr().err.splitlines()
    assert "history.db" in line
    assert "%config ChatMagics.history = False" in line


def test_the_request_that_was_sent_is_kept_byte_for_byte(gateway):
    """As JSON."""
    server = gateway(streamed(completion("Hello")))
    result = chat_magic.chat("Hi", temperature=0.5)
    assert chat_magic.load(result.history_id).request.body() == server.requests[0].json


def test_chunks_are_put_together_while_they_arrive(gateway, history_file):
    """A result is complete only at its end, and its journal is gone then."""
    gateway(events(*chunks_of(completion("Hello there"))))
    chat_magic.chat("Hi")
    chat_magic.history()
    with closing(sqlite3.connect(history_file)) as connection:
        assert connection.execute("SELECT count(*) FROM journal").fetchone() == (0,)


STREAM = """
import chat_magic
chat_magic.chat("Tell me a story", n=1)
"""


def test_an_answer_of_a_killed_process_is_kept_up_to_its_last_second(
    gateway, history_file, monkeypatch, start_python
):
    """With what had arrived, found by its words; nothing had to be closed."""
    gateway(events(delta("Once upon"), delta(" a time"), HOLD))
    process = start_python(STREAM)

    def has_journal():
        if not history_file.exists():
            return False
        with closing(sqlite3.connect(history_file)) as connection:
            tables = "SELECT 1 FROM sqlite_master WHERE name = 'journal'"
            query = "SELECT count(*) FROM journal"
            is_made = connection.execute(tables).fetchone()
            return is_made and connection.execute(query).fetchone()[0]

    wait_until(has_journal, 60)
    process.kill()
    process.wait()
    assert chat_magic.history()["status"].tolist() == ["running"]
    monkeypatch.setattr(history_query, "STALE_S", -1.0)
    monkeypatch.setattr(history_store, "STALE_S", -1.0)
    assert chat_magic.history()["status"].tolist() == ["interrupted"]
    assert chat_magic.history("upon").index.tolist() == [1]
    loaded = chat_magic.load(1)
    assert (loaded.text, loaded[0].finish_reason) == ("Once upon a time", "interrupted")


PRICED = {
    "prompt_tokens": 100,
    "completion_tokens": 20,
    "total_tokens": 120,
    "prompt_tokens_details": {"cached_tokens": 60},
    "completion_tokens_details": {"reasoning_tokens": 5},
    "cost": 0.25,
}


class TestUsage:
    """Requests, tokens and cost, added up."""

    def test_it_is_added_up_by_model_and_day(self, gateway):
        """With what the server counted; the newest day is first."""
        gateway(lambda _request: whole({**completion("Hi"), "usage": PRICED}))
        for model in ("a/b", "a/b", "c/d"):
            chat_magic.chat("Hi", model=model)
        chat_magic.chat_grid("Hi", model="a/b", sweep={"seed": [1, 2]})
        usage = chat_magic.usage().set_index("model")
        assert usage.loc["a/b"].drop("day").to_dict() == {
            "requests": 4, "failed": 0, "replayed": 0, "prompt_tokens": 400, "cached_tokens": 240,
            "completion_tokens": 80, "reasoning_tokens": 20, "cost": 1.0,
        }  # fmt: skip
        assert usage.loc["c/d", "requests"] == 1
        assert usage["day"].str.fullmatch(r"\d{4}-\d\d-\d\d").all()

    def test_the_models_of_a_grid_are_added_up_apart(self, gateway):
        """Each with its own requests, failures, tokens and cost."""

        def answer(request):
            if request.json["model"].endswith("d"):
                return whole({"error": {"message": "no luck"}}, status=400)
            return whole({**completion("Hi"), "usage": PRICED})

        gateway(answer)
        chat_magic.chat_grid("Hi", models=["a/b", "c/d"], sweep={"seed": [1, 2]})
        usage = chat_magic.usage(by="model").set_index("model")
        assert usage["requests"].to_dict() == {"a/b": 2, "c/d": 2}
        assert usage["failed"].to_dict() == {"a/b": 0, "c/d": 2}
        assert usage.loc["a/b", ["prompt_tokens", "cost"]].to_dict() == {
            "prompt_tokens": 200, "cost": 0.5,
        }  # fmt: skip
        assert usage.loc["c/d", "prompt_tokens"] is pd.NA
        assert chat_magic.usage(by="day")["requests"].tolist() == [4]

    def test_the_groups_and_the_executions_can_be_chosen(self, gateway):
        """An empty history, and one in which nothing matches, have no rows but all columns."""
        gateway(lambda _request: whole({**completion("Hi"), "usage": PRICED}))
        columns = ["notebook", "thread", *chat_magic.usage().columns[2:]]
        assert chat_magic.usage(by=("notebook", "thread")).columns.tolist() == columns
        chat_magic.chat("Hi", model="a/b")
        assert len(chat_magic.usage(by="day")) == 1
        assert len(chat_magic.usage("model:x/*")) == 0

    def test_a_recorded_answer_does_not_make_an_unknown_cost_zero(self, gateway):
        """It is 0 where all answers are recorded, and NA where no cost of those sent is known."""
        gateway(echo)
        chat_magic.chat("Hi", cache=True)
        chat_magic.chat("Hi", cache=True)
        (row,) = chat_magic.usage().to_dict("records")
        assert (row["requests"], row["replayed"]) == (2, 1)
        assert pd.isna(row["cost"])
        (row,) = chat_magic.usage("is:replayed").to_dict("records")
        assert (row["requests"], row["replayed"], row["cost"]) == (1, 1, 0)

    def test_a_model_whose_runs_are_all_recorded_costs_nothing(self, gateway):
        """Also in a grid that asks another one."""
        gateway(echo)
        chat_magic.chat("Hi", model="a/b", cache=True)
        chat_magic.chat_grid("Hi", models=["a/b", "c/d"], cache=True)
        usage = chat_magic.usage("kind:grid", by="model").set_index("model")
        assert usage["replayed"].to_dict() == {"a/b": 1, "c/d": 0}
        assert usage.loc["a/b", ["prompt_tokens", "cost"]].tolist() == [0, 0]
        assert usage.loc["c/d", "cost"] is pd.NA

    @pytest.mark.parametrize(
        "by", ["week", (), ("model", "model"), ["model", "x"], None, 5, [["model"]]]
    )
    def test_a_group_that_does_not_exist_is_an_error(self, by):
        """It names those that do."""
        with pytest.raises(InvalidRequest, match="one or several of model, day, notebook, thread"):
            chat_magic.usage(by=by)
