"""Which rows are leased to which worker."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_magic.engine.map.lease_book import LeaseBook


def book_of(*workers, concurrency=4, ahead=2, rows=0):
    """Return a book with these workers and rows."""
    book = LeaseBook(concurrency, ahead)
    for worker in workers:
        book.join(worker, 0.0)
    book.add(range(rows))
    return book


@pytest.mark.parametrize(
    ("concurrency", "n_workers", "shares"),
    [(4, 1, [4]), (4, 2, [2, 2]), (8, 3, [3, 3, 2]), (2, 3, [1, 1, 0])],
)
def test_the_shares_are_the_concurrency_together(concurrency, n_workers, shares):
    """Also where it cannot be divided."""
    workers = [f"w{n}" for n in range(n_workers)]
    book = book_of(*workers, concurrency=concurrency)
    assert [book.share(worker) for worker in workers] == shares


def test_a_worker_is_leased_twice_its_share():
    """So that it need not wait for further rows when it has answered some."""
    book = book_of("a", "b", rows=20)
    leased = book.lease()
    assert {name: len(rows) for name, rows in leased.items()} == {"a": 4, "b": 4}
    assert sorted(leased["a"] + leased["b"]) == list(range(8))
    assert book.lease() == {}
    assert book.give_back("a", leased["a"][0])
    assert book.lease() == {"a": [8]}


def test_without_workers_nothing_is_leased():
    """Rows wait for the first to join."""
    book = book_of(rows=3)
    assert book.lease() == {}
    book.join("late", 5.0)
    assert book.lease() == {"late": [0, 1, 2]}


def test_a_late_worker_gets_rows_as_others_return_theirs():
    """The requests that run together stay within the concurrency."""
    book = book_of("a", rows=20)
    (first,) = book.lease().values()
    assert len(first) == 8
    book.join("late", 1.0)
    assert book.lease() == {}
    book.give_back("a", first[0])
    assert book.lease() == {"late": [8]}


def test_rows_of_a_lost_worker_are_leased_again_first():
    """In their order; those that it had started may be asked twice."""
    book = book_of("a", "b", concurrency=2, rows=6)
    leased = book.lease()
    book.hear("a", leased["a"][:1], 1.0)
    book.lose("a")
    assert book.n_asked_twice == 1
    assert book.lease() == {"b": leased["a"]}


def test_a_returned_row_is_not_asked_twice():
    """Though its worker is lost later."""
    book = book_of("a", concurrency=1, rows=2)
    book.lease()
    book.hear("a", [0, 1], 1.0)
    assert book.give_back("a", 0)
    book.lose("a")
    assert book.n_asked_twice == 1
    assert not book.give_back("a", 1)


def test_an_answer_from_the_wrong_worker_is_not_expected():
    """A worker that was taken for lost may still report."""
    book = book_of("a", "b", concurrency=2, ahead=1, rows=2)
    leased = book.lease()
    assert not book.give_back("b", leased["a"][0])
    assert not book.give_back("gone", leased["a"][0])
    assert book.n_leased == 2


def test_a_worker_is_silent_after_fifteen_seconds():
    """Counted from its last report."""
    book = book_of("a", "b")
    book.hear("b", [], 3.0)
    assert book.silent(14.9) == []
    assert book.silent(15.0) == ["a"]
    assert book.silent(18.0) == ["a", "b"]


def test_a_row_that_waits_can_be_dropped():
    """One that is leased is returned still."""
    book = book_of("a", concurrency=1, ahead=1, rows=2)
    book.lease()
    assert [book.is_leased(row) for row in (0, 1)] == [True, False]
    assert not book.drop(0)
    assert book.drop(1)
    assert book.give_back("a", 0)
    assert book.lease() == {}


def test_a_worker_that_asked_nothing_leaves_nothing_to_ask_twice():
    """It refused to take part."""
    book = book_of("a", rows=1)
    book.lease()
    book.hear("a", [0], 1.0)
    book.lose("a", has_asked=False)
    assert book.n_asked_twice == 0


@given(
    st.integers(1, 6),
    st.lists(st.sampled_from(["join", "lose", "lease", "return"]), max_size=60),
    st.randoms(use_true_random=False),
)
def test_each_row_is_returned_once_whatever_happens(concurrency, events, random):
    """Workers come and go; no row is lost, none is leased to two workers at a time."""
    book, returned, n_joined = LeaseBook(concurrency, 2), [], 0
    book.add(range(12))
    leases = {}
    for event in [*events, "join", *["lease", "return"] * 40]:
        if event == "join":
            leases[f"w{n_joined}"] = []
            book.join(f"w{n_joined}", 0.0)
            n_joined += 1
        elif event == "lose" and leases:
            worker = random.choice(sorted(leases))
            del leases[worker]
            book.lose(worker)
        elif event == "lease":
            for worker, rows in book.lease().items():
                leases[worker] += rows
        elif event == "return":
            for worker, rows in leases.items():
                if rows:
                    row = rows.pop(random.randrange(len(rows)))
                    assert book.give_back(worker, row)
                    returned.append(row)
        held = [row for rows in leases.values() for row in rows]
        assert len(held) == len(set(held)) <= 2 * concurrency
    assert sorted(returned) == list(range(12))
