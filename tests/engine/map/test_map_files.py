"""Maps whose results are parquet files."""

from __future__ import annotations

import threading

import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

from chat_magic import ApiError, InvalidRequest
from tests.completions import chunks_of, completion
from tests.engine.test_chat_map import ask, last_text, refusal, shout
from tests.gateway import Wait, events, streamed


def test_the_file_has_what_the_table_would_have(gateway, tmp_path):
    """Index, types and order; the path is returned, and nothing is left beside it."""
    gateway(shout)
    data = pd.DataFrame(
        {"text": [f"row {n}" for n in range(100)], "n": range(100)},
        index=pd.Index([f"i{n}" for n in range(100)], name="id"),
    )
    path = ask(data, to=tmp_path / "answers.parquet")
    assert path == tmp_path / "answers.parquet"
    read = pd.read_parquet(path)
    expected = ask(data)
    assert read.columns.tolist() == expected.columns.tolist()
    assert read.index.equals(expected.index)
    assert read["answer"].tolist() == expected["answer"].tolist()
    assert read["answer.prompt_tokens"].tolist() == [5] * 100
    assert [file.name for file in tmp_path.iterdir()] == ["answers.parquet"]


SOURCES = {
    "a generator": lambda _: ({"text": f"row {n}", "n": n} for n in range(70)),
    "a table": lambda _: pa.table({"text": [f"row {n}" for n in range(70)], "n": range(70)}),
    "a reader": lambda _: pa.table(
        {"text": [f"row {n}" for n in range(70)], "n": range(70)}
    ).to_reader(10),
    "a parquet file": lambda folder: write(folder / "data.parquet"),
    "a CSV file": lambda folder: write(folder / "data.csv"),
}


def write(path):
    """Write the data to a file."""
    frame = pd.DataFrame({"text": [f"row {n}" for n in range(70)], "n": range(70)})
    frame.to_csv(path, index=False) if path.suffix == ".csv" else frame.to_parquet(path)
    return path


@pytest.mark.parametrize("make", SOURCES.values(), ids=SOURCES)
@pytest.mark.parametrize("is_file", [True, False])
def test_rows_of_any_source_are_read_as_they_are_asked(gateway, tmp_path, make, is_file):
    """Into a file or a table."""
    gateway(shout)
    to = {"to": str(tmp_path / "answers.parquet")} if is_file else {}
    answers = ask(make(tmp_path), **to)
    frame = pd.read_parquet(answers) if is_file else answers
    assert frame["n"].tolist() == list(range(70))
    assert frame["answer"].tolist() == [f"ROW {n}" for n in range(70)]


def test_rows_that_finish_early_wait_for_their_turn(gateway, tmp_path):
    """All others are answered before the first row is."""
    first, server = threading.Event(), None

    def answer(request):
        if len(server.requests) == 600:
            first.set()
        text = last_text(request)
        if text == "row 0":
            return events(Wait(first), *chunks_of(completion("LAST")))
        return shout(request)

    server = gateway(answer)
    rows = ({"text": f"row {n}"} for n in range(600))
    path = ask(rows, to=tmp_path / "answers.parquet", concurrency=4)
    read = pd.read_parquet(path)
    assert read["answer"].tolist() == ["LAST", *(f"ROW {n}" for n in range(1, 600))]


def test_rows_that_fail_can_be_left_out_of_a_file(gateway, tmp_path):
    """As out of a table."""
    gateway(shout)
    path = ask(["one", "fail", "three"], to=tmp_path / "a.parquet", on_error="skip")
    assert pd.read_parquet(path)["answer"].tolist() == ["ONE", "THREE"]


def test_a_map_that_ends_early_leaves_the_rows_so_far(gateway, tmp_path):
    """In the file that is not yet renamed; the same call asks only the others."""
    is_closed = True

    def answer(request):
        text = last_text(request)
        return refusal(401, "no key") if is_closed and text == "row 50" else shout(request)

    server = gateway(answer)
    rows = [f"row {n}" for n in range(100)]
    to = tmp_path / "a.parquet"
    with pytest.raises(ApiError) as caught:
        ask(rows, to=to, concurrency=1, resume=None)
    assert caught.value.result == tmp_path / "a.parquet.part"
    assert pd.read_parquet(caught.value.result)["answer"].notna().sum() == 50
    is_closed = False
    assert ask(rows, to=to, concurrency=1, resume=None) == to
    assert len(server.requests) == 101  # the refused one was asked twice
    assert pd.read_parquet(to)["answer"].notna().all()
    assert [file.name for file in tmp_path.iterdir()] == ["a.parquet"]


def test_lists_and_fields_have_types_of_arrow(gateway, tmp_path):
    """Nested fields are JSON text."""
    gateway(lambda request: streamed(completion('{"name": "Ada", "tags": ["x"]}')))
    schema = {
        "type": "object",
        "properties": {
            "name": {"type": "string"},
            "tags": {"type": "array", "items": {"type": "string"}},
        },
    }
    path = ask(["one"], schema=schema, to=tmp_path / "a.parquet")
    table = parquet.read_table(path)
    assert table.schema.field("answer.name").type == pa.string()
    assert table["answer.tags"].to_pylist() == ['["x"]']


def test_several_choices_are_lists_in_a_file(gateway, tmp_path):
    """Of texts."""
    gateway(shout)
    path = ask(["one"], n=2, to=tmp_path / "a.parquet")
    assert parquet.read_table(path)["answer"].to_pylist() == [["ONE", "ONE"]]


def test_tokens_are_written_beside_the_answers(gateway, tmp_path):
    """`run` is the position of the row."""
    gateway(lambda request: streamed(completion(last_text(request), n_top=2)))
    rows = [f"row {n}" for n in range(70)]
    answers = ask(rows, tokens_to=tmp_path / "tokens.parquet", top_logprobs=2)
    tokens = pd.read_parquet(tmp_path / "tokens.parquet")
    assert tokens["run"].unique().tolist() == list(range(70))
    assert "".join(tokens[tokens["run"] == 5]["token"]) == "row 5"
    assert {"prob", "surprisal_bits", "position"} <= set(tokens)
    assert len(answers) == 70


def test_an_empty_table_is_an_empty_file(gateway, tmp_path):
    """With its columns."""
    path = ask(pd.DataFrame({"text": pd.Series([], dtype="str")}), to=tmp_path / "a.parquet")
    assert parquet.read_table(path).num_rows == 0
    assert "answer" in parquet.read_table(path).column_names


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"to": 7}, "to 7"),
        ({"to": "/nowhere/at/all/a.parquet"}, "no folder"),
        ({"tokens_to": "t.parquet"}, "tokens_to requires"),
    ],
)
def test_a_file_that_cannot_be_written_is_an_error_and_nothing_is_sent(
    gateway, tmp_path, monkeypatch, options, words
):
    """Before the first row."""
    monkeypatch.chdir(tmp_path)
    server = gateway(shout)
    with pytest.raises(InvalidRequest, match=words):
        ask(["one"], **options)
    assert not server.requests


@pytest.mark.parametrize("name", ["none.parquet", "none.csv", "broken.parquet"])
def test_data_that_cannot_be_read_are_named(tmp_path, name):
    """The path and the reason."""
    if name.startswith("broken"):
        (tmp_path / name).write_text("no parquet")
    with pytest.raises(InvalidRequest, match=name):
        ask(tmp_path / name)


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"to": "data.parquet"}, "to .*data.parquet: is the file of data"),
        ({"to": "sub/../data.parquet", "rows": "head:2"}, "to .*data.parquet: is the file of data"),
        ({"tokens_to": "data.parquet", "logprobs": True}, "tokens_to .*: is the file of data"),
        ({"to": "a.parquet", "tokens_to": "a.parquet"}, "tokens_to .*: is the file of to"),
        ({"to": "a.parquet", "resume": "a.parquet"}, "resume .*: is the file of to"),
    ],
)
def test_a_file_that_another_argument_names_is_refused(gateway, tmp_path, files, words):
    """The data, or one of the results, would be lost."""
    server = gateway(shout)
    (tmp_path / "sub").mkdir()
    data = write(tmp_path / "data.parquet")
    before = data.read_bytes()
    paths = ("to", "tokens_to", "resume")
    given = {
        name: str(tmp_path / value) if name in paths else value for name, value in files.items()
    }
    with pytest.raises(InvalidRequest, match=words):
        ask(str(data), **given)
    assert not server.requests
    assert data.read_bytes() == before
    assert sorted(file.name for file in tmp_path.iterdir()) == ["data.parquet", "sub"]
