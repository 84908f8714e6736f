"""What the resume file knows of the rows that a provider was given."""

from __future__ import annotations

import pytest

from chat_magic.store.batch_parts import BatchParts, BatchRow, Part, has_batches
from chat_magic.store.rows import RowsFile


@pytest.fixture
def path(tmp_path):
    """The path of a resume file."""
    path = tmp_path / "map.db"
    RowsFile(path).close()
    return path


@pytest.fixture
def parts(path):
    """Its batches."""
    with BatchParts(path) as parts:
        yield parts


def row(number, **fields):
    """Return a row."""
    return BatchRow(custom_id=f"{number:032x}", key=f"{number:064x}", position=number, **fields)


def test_an_intent_is_kept_before_anything_is_uploaded(path, parts):
    """A part without a file is one whose upload is not known to have ended."""
    number = parts.begin("a/b", [row(1), row(2)], 7.0)
    with BatchParts(path) as others:
        (part,) = others.parts()
    assert part == Part(number=number, model="a/b", intended_s=7.0, n_rows=2, n_wanted=2)


def test_file_and_batch_are_noted(parts):
    """A batch that must be started again is taken back."""
    number = parts.begin("a/b", [row(1)], 7.0)
    parts.note_file(number, "file_1")
    parts.note_batch(number, "batch_1")
    assert [(part.file, part.batch) for part in parts.parts()] == [("file_1", "batch_1")]
    parts.note_batch(number, None)
    assert [(part.file, part.batch) for part in parts.parts()] == [("file_1", None)]


def test_the_mark_of_a_file_stays_the_same(path, parts):
    """Batches are found by it after a restart; another file has another."""
    with BatchParts(path) as others:
        assert others.run == parts.run
    RowsFile(path.with_name("other.db")).close()
    with BatchParts(path.with_name("other.db")) as others:
        assert others.run != parts.run


def test_a_number_is_never_used_again(parts):
    """The provider may still list the batch of a part that is finished."""
    first = parts.begin("a/b", [row(1)], 7.0)
    parts.remove(first)
    assert parts.begin("a/b", [row(2)], 8.0) == first + 1


def test_a_call_claims_the_rows_that_the_provider_has(parts):
    """They get the places of the present data; those of other data have none."""
    number = parts.begin("a/b", [row(1), row(2)], 7.0)
    parts.forget_positions()
    assert parts.parts()[0].n_wanted == 0
    moved = BatchRow(custom_id=row(2).custom_id, key=row(2).key, position=40)
    assert parts.claim([moved, row(3)]) == {row(2).custom_id}
    assert parts.parts()[0].n_wanted == 1
    assert parts.find(number, [row(2).custom_id])[row(2).custom_id].position == 40


def test_a_part_finds_its_own_rows_only(parts):
    """A file may name any custom id."""
    one = parts.begin("a/b", [row(1, n=3, prefill="Well")], 7.0)
    parts.begin("a/b", [row(2)], 7.0)
    ids = [row(1).custom_id, row(2).custom_id, "unknown"]
    assert parts.find(one, ids) == {row(1).custom_id: row(1, n=3, prefill="Well")}


def test_rows_are_left_until_they_are_removed(parts):
    """They come some at a time, and may be removed meanwhile."""
    rows = [row(n) for n in range(1201)]
    number = parts.begin("a/b", rows, 7.0)
    seen = 0
    for some in parts.rows(number):
        seen += len(some)
        parts.remove_rows([entry.custom_id for entry in some])
    assert seen == 1201
    assert [part.n_rows for part in parts.parts()] == [0]


def test_intents_are_forgotten_together(parts):
    """A part with a file stays."""
    lost = parts.begin("a/b", [row(1)], 7.0)
    kept = parts.begin("a/b", [row(2)], 7.0)
    parts.note_file(kept, "file_1")
    assert [part.number for part in parts.sent()] == [kept]
    assert [part.number for part in parts.remove_intents()] == [lost]
    assert [part.number for part in parts.parts()] == [kept]
    assert parts.claim([row(1), row(2)]) == {row(2).custom_id}


def test_other_files_have_no_batches(path, tmp_path):
    """Whether a file has any is asked without writing to it."""
    (tmp_path / "other").write_text("no database")
    assert not has_batches(tmp_path / "missing.db")
    assert not has_batches(tmp_path / "other")
    assert not has_batches(path)
    with BatchParts(path) as parts:
        assert not has_batches(path)
        parts.begin("a/b", [row(1)], 7.0)
        assert has_batches(path)
