"""The terms that views print have one meaning each, which Python and TypeScript share."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from chat_magic.analysis.column_docs import TABLES
from chat_magic.view.glossary import TERMS, meaning_of, split_terms

_SHARED = Path(__file__).parents[2] / "labextension" / "src" / "result" / "glossary.json"


@pytest.mark.parametrize("word", ["perplexity", "entropy", "unseen", "gap", "rank", "cut off"])
def test_a_printed_term_has_a_meaning(word: str) -> None:
    """The terms of the inspector and of comparisons are explained, in any case."""
    assert meaning_of(word)
    assert meaning_of(word.capitalize()) == meaning_of(word)


def test_what_is_no_term_has_no_meaning() -> None:
    """Such as a model's word that only contains one."""
    assert meaning_of("ranking") is None


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("perplexity 1.42", ["perplexity"]),
        ("gap 0.50 bits \u00b7 rank > 5", ["gap", "bits", "rank"]),
        ("ranking the gaps", []),
        ("unseen mass about 50%", ["unseen mass"]),
        ("6.1 bits/byte", ["bits/byte"]),
        ("", []),
    ],
)
def test_a_text_is_split_at_its_terms(text: str, terms: list[str]) -> None:
    """The longest term wins, whole words only; the pieces joined are the text."""
    pieces = split_terms(text)
    assert "".join(piece for piece, _ in pieces) == text
    assert [piece for piece, meaning in pieces if meaning] == terms


def test_each_spelling_belongs_to_one_term_and_each_meaning_is_a_sentence() -> None:
    """A tooltip is short, and no word has two meanings."""
    words = [word for term in TERMS for word in (term.name, *term.words)]
    assert len(words) == len(set(words))
    for term in TERMS:
        assert term.meaning.endswith("."), term.name
        assert len(term.meaning) < 260, term.name


def test_the_columns_that_terms_name_exist() -> None:
    """`.tokens.rank` is a column of the table `.tokens`."""
    columns = {table.name: {column.name for column in table.columns} for table in TABLES}
    for term in TERMS:
        if term.column:
            table, _, column = term.column.partition(",")[0].removeprefix(".").partition(".")
            assert not column or column in columns[f".{table}"], term.name


def test_the_labextension_has_the_same_terms() -> None:
    """`make generated` writes them."""
    shared = json.loads(_SHARED.read_text())
    assert [term["meaning"] for term in shared] == [term.meaning for term in TERMS]
