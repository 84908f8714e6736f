"""The table of how answers differ from one of them."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_magic.analysis.changes import changes_table
from chat_magic.core.reply.reply import Choice, Message, Reply
from chat_magic.errors import InvalidRequest

STRING = "str" if int(pd.__version__.split(".")[0]) >= 3 else "string"
KEY = {
    "run": "int32",
    "choice": "int16",
    "base_run": "int32",
    "base_choice": "int16",
    "place": "int32",
    "kind": "category",
}


def changes(*replies, **options):
    return changes_table(replies, attrs={"model": "a/b"}, **options)


def rows(table, *names):
    return list(zip(*(table[name] for name in names), strict=True))


def said(*texts):
    return Reply(
        choices=tuple(Choice(index=n, message=Message(content=t)) for n, t in enumerate(texts))
    )


def test_each_change_is_a_row(tmp_path):
    """The base, the first of those that are the same, has none; they can be written as parquet."""
    table = changes(said("I like tea.", "I hate tea."), said("I like tea."))
    assert table.dtypes.astype(str).to_dict() == {**KEY, "text": STRING}
    assert table.attrs["chat_magic"]["model"] == "a/b"
    assert rows(table, "run", "choice", "base_run", "base_choice", "place", "kind", "text") == [
        (0, 1, 0, 0, 0, "same", "I"),
        (0, 1, 0, 0, 1, "delete", " like"),
        (0, 1, 0, 0, 2, "insert", " hate"),
        (0, 1, 0, 0, 3, "same", " tea."),
        (1, 0, 0, 0, 0, "same", "I like tea."),
    ]
    table.to_parquet(tmp_path / "changes.parquet")
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "changes.parquet"), table)


def test_any_answer_can_be_the_base():
    """By its place among all."""
    table = changes(said("a", "b"), said("c"), base=2)
    assert rows(table, "run", "choice", "base_run", "kind", "text") == [
        (0, 0, 1, "delete", "c"),
        (0, 0, 1, "insert", "a"),
        (0, 1, 1, "delete", "c"),
        (0, 1, 1, "insert", "b"),
    ]


def test_tokens_are_what_came(sampled):
    """An| na against An|ders; a text without tokens is cut into words."""
    table = changes(sampled("An|na", "An|ders"), by="token")
    assert rows(table, "kind", "text") == [
        ("same", "An"),
        ("delete", "na"),
        ("insert", "ders"),
    ]
    assert changes(said("a b", "a c"), by="token")["text"].tolist() == ["a", " b", " c"]


def test_sentences_are_compared_whole():
    """One becomes another."""
    table = changes(said("It rains. We go.", "It rains. We stay."), by="sentence")
    assert table["text"].tolist() == ["It rains.", " We go.", " We stay."]


def test_fields_of_json_have_a_pointer(tmp_path):
    """What the answers were to begin with is a part of the JSON."""
    table = changes(said('"a": 1}', '"b": 1}', "no"), by="json", prefills=["{"])
    text = dict.fromkeys(["pointer", "before", "after"], STRING)
    assert table.dtypes.astype(str).to_dict() == {**KEY, **text}
    found = table.astype(object).where(table.notna(), None)
    assert rows(found, "choice", "kind", "pointer", "before", "after") == [
        (1, "delete", "/a", "1", None),
        (1, "insert", "/b", None, "1"),
        (2, "change", "", '{"a": 1}', "{no"),
    ]
    table.to_parquet(tmp_path / "changes.parquet")


@pytest.mark.parametrize("replies", [(), (Reply(),), (said("a"),)])
@pytest.mark.parametrize("by", ["word", "json"])
def test_without_two_answers_there_is_no_change(replies, by):
    """The columns are there."""
    table = changes(*replies, by=by)
    assert len(table) == 0
    assert table[list(KEY)].dtypes.astype(str).to_dict() == KEY


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"base": 2}, "base 2: there are 2 answers, numbered from 0"),
        ({"base": -1}, "base -1: there are 2 answers, numbered from 0"),
        ({"by": "line"}, "by 'line': must be 'word', 'token', 'sentence' or 'json'"),
    ],
)
def test_a_wrong_option_is_named(options, message):
    """With what it may be."""
    with pytest.raises(InvalidRequest) as error:
        changes(said("a", "b"), **options)
    assert str(error.value) == message


texts = st.lists(
    st.lists(st.sampled_from(["a", " b", "\u00e9.", "\n", ""]), max_size=6), min_size=2
)


@given(texts, st.sampled_from(["word", "token", "sentence"]), st.data())
def test_changes_lead_from_the_base_to_each_answer(token, reply, texts, by, data):
    """What is not inserted is the base, what is not deleted the answer."""
    base = data.draw(st.integers(0, len(texts) - 1))
    answers = reply(*([token(part, -0.5) for part in text] for text in texts))
    table = changes(answers, base=base, by=by)
    for place, text in enumerate(texts):
        own = table[table["choice"] == place]
        if place != base:
            assert "".join(own.loc[own["kind"] != "insert", "text"]) == "".join(texts[base])
            assert "".join(own.loc[own["kind"] != "delete", "text"]) == "".join(text)
