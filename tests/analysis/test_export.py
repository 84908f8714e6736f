"""Tables for other tools."""

from __future__ import annotations

import csv
import io
import math

import pandas as pd
import pytest

from chat_magic.analysis.export import to_csv, wide_table
from chat_magic.analysis.reply_columns import read_replies
from chat_magic.analysis.reply_tables import alternatives_table, tokens_table

log = math.log


def tables(*replies):
    columns = read_replies(replies)
    return tokens_table(columns, attrs={"model": "a/b"}), alternatives_table(columns, attrs={})


def test_a_wide_row_holds_all_that_could_have_come(token, reply):
    """By falling probability; what came from outside is not among it."""
    answer = reply(
        [
            token("b", log(0.25), [("a", log(0.5)), ("b", log(0.25))]),
            token("z", log(0.1), [("c", log(0.75)), ("a", log(0.125))]),
            token("d", log(0.5)),
        ]
    )
    wide = wide_table(*tables(answer))
    assert list(wide) == [
        "run", "choice", "part", "position", "token", "prob", "token_1", "p_1", "token_2", "p_2",
    ]  # fmt: skip
    assert wide["token"].tolist() == ["b", "z", "d"]
    assert wide["token_1"].fillna("").tolist() == ["a", "c", ""]
    assert wide["p_1"].tolist() == pytest.approx([0.5, 0.75, math.nan], nan_ok=True)
    assert wide["p_2"].tolist() == pytest.approx([0.25, 0.125, math.nan], nan_ok=True)
    assert wide.attrs["chat_magic"]["model"] == "a/b"


def test_without_alternatives_a_wide_table_has_only_what_came(token, reply):
    """And without tokens only its columns."""
    assert list(wide_table(*tables(reply([token("a", log(0.5))]))))[-2:] == ["token", "prob"]
    assert len(wide_table(*tables())) == 0


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "'x", '=HYPERLINK("x")'])
def test_no_token_is_a_formula_in_a_spreadsheet(token, reply, text):
    """A quote before it keeps it text; the probabilities stay numbers."""
    others = [(text, log(0.5)), ("ok", -1.0)]
    tokens, alternatives = tables(reply([token(text, log(0.5), others)]))
    of_tokens, of_alternatives = ["token", "text", "bytes", "top1_token"], ["token", "bytes"]
    for table, names in [(tokens, of_tokens), (alternatives, of_alternatives)]:
        first = next(iter(csv.DictReader(io.StringIO(to_csv(table), newline=""))))
        assert [first[name] for name in names] == [f"'{text}"] * len(names)
        assert float(first["logprob"]) == pytest.approx(log(0.5))
    assert tokens["token"].tolist() == [text]


FRAMES = {
    "a column": pd.DataFrame({"=1+1": [1]}),
    "two columns of one name": pd.DataFrame([["x", "y"]], columns=["=1+1", "=1+1"]),
    "levels of columns": pd.DataFrame(
        [[1, 2]], columns=pd.MultiIndex.from_tuples([("=1+1", "@b"), ("=1+1", "c")])
    ),
    "the name of columns": pd.DataFrame({"a": [1]}).rename_axis(columns="=1+1").set_index("a"),
    "the index": pd.DataFrame({"a": [1]}, index=["=1+1"]),
    "the name of the index": pd.DataFrame({"a": [1]}).rename_axis("=1+1"),
    "levels of the index": pd.DataFrame({"=1+1": ["@b"], "-c": ["+d"], "e": 1}).set_index(
        ["=1+1", "-c"]
    ),
    "a category": pd.DataFrame({"a": pd.Categorical(["=1+1", None])}),
    "a category as the index": pd.DataFrame({"a": [1]}, index=pd.CategoricalIndex(["=1+1"])),
    "a flat index of tuples": pd.DataFrame(
        {"=1+1": [1]}, index=pd.Index([("a", "b")], tupleize_cols=False)
    ),
    "nothing but names": pd.DataFrame({"=1+1": []}),
}


@pytest.mark.parametrize("frame", FRAMES.values(), ids=FRAMES)
def test_no_name_or_category_is_a_formula_either(frame):
    """Of columns, of rows, and of all levels of both."""
    before = frame.copy()
    cells = [cell for row in csv.reader(io.StringIO(to_csv(frame), newline="")) for cell in row]
    assert "'=1+1" in cells or frame.columns.name == "=1+1"
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in cells)
    pd.testing.assert_frame_equal(frame, before)


def test_the_index_is_written_unless_it_only_numbers_the_rows():
    """Numbers and dates in it stay as pandas writes them."""
    frame = pd.DataFrame({"day": pd.to_datetime(["2026-01-02"]), "n": [-1], "x": [0.5]})
    assert to_csv(frame[["n", "x"]]) == '"n","x"\n-1,0.5\n'
    assert to_csv(frame.set_index("n")[["x"]]) == '"n","x"\n-1,0.5\n'
    assert to_csv(frame.set_index("day")[["x"]]) == '"day","x"\n"2026-01-02",0.5\n'


def test_csv_is_written_as_utf_8_to_a_path(token, reply, tmp_path):
    """What no encoding holds has been replaced before; bytes that are no text are escaped."""
    tokens, _ = tables(
        reply([token("é\ud83d", log(0.5)), token("\ufffd", -1.0, sent=[0xF0, 0x9F])])
    )
    path = tmp_path / "tokens.csv"
    assert to_csv(tokens, path) is None
    found = pd.read_csv(path)
    assert found["token"].tolist() == ["é\ufffd", "\ufffd"]
    assert found["bytes"].tolist()[1] == "\\xf0\\x9f"


def test_tables_survive_parquet(token, reply, tmp_path):
    """With their types, missing values and bytes."""
    answer = reply([token("é", log(0.5), [("é", log(0.5)), ("b", -9999.0)])])
    for number, table in enumerate(tables(answer)):
        path = tmp_path / f"{number}.parquet"
        table.to_parquet(path)
        pd.testing.assert_frame_equal(pd.read_parquet(path), table, check_dtype=False)
