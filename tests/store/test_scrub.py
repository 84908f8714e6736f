"""What is forgotten is overwritten in short steps, by whoever has the file open next."""

from __future__ import annotations

import random
import time
from contextlib import closing
from shutil import copy

import pytest

from chat_magic.store.database import open_database, transaction
from chat_magic.store.history_rows import complete, insert, renew
from chat_magic.store.retention import forget
from chat_magic.store.scrub import ask_for_scrub, is_scrubbed, scrub
from tests.store.executions import ended, keep, open_store, started
from tests.waiting import wait_until

SECRETS = (b"secretprompt", b"secretanswer", b"secretword", b"secretnext")
SIZES = {"a few rows": 30, "rows for many steps": 600}
MANY = SIZES["rows for many steps"]


@pytest.fixture
def connection(tmp_path):
    """An open history in which a session is known."""
    with closing(open_database(tmp_path / "history.db")) as connection:
        renew(connection, "session", time.time())
        yield connection


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """The file of a history with many executions, made once; and the numbers of the secret ones."""
    path = tmp_path_factory.mktemp("filled") / "history.db"
    with closing(open_database(path)) as connection:
        renew(connection, "session", time.time())
        return path, fill(connection, MANY)


@pytest.fixture
def many(filled, tmp_path):
    """An open history with many executions, and the numbers of the secret ones."""
    path, secrets = filled
    copy(path, tmp_path / path.name)
    with closing(open_database(tmp_path / path.name)) as connection:
        yield connection, secrets


def add(connection, prompt, answer):
    """Insert an execution in a transaction of its own, as kernels do."""
    with transaction(connection):
        number = insert(connection, "session", started(prompt))
        complete(connection, number, ended(answer))
    return number


def fill(connection, count):
    """Insert executions, every third of which is secret; return the numbers of these."""
    chance = random.Random(count)
    secrets = []
    for number in range(count):
        noise = " ".join(f"w{chance.randrange(10**6)}" for _ in range(150))
        if number % 3:
            add(connection, f"keptprompt{number} {noise}", "keptanswer")
        else:
            prompt = f"secretprompt{number} secretword {noise}"
            secrets.append(add(connection, prompt, f"secretanswer{number}"))
    return secrets


def forget_now(connection, numbers):
    """Delete executions and ask for a scrub."""
    with transaction(connection):
        forget(connection, numbers)
        ask_for_scrub(connection)


def secrets_in(folder):
    """Return which secret words are in the files of a history."""
    content = b"".join(file.read_bytes() for file in folder.iterdir())
    assert b"keptprompt" in content
    return [word for word in SECRETS if word in content]


def found(connection, word):
    """Return how many executions the index finds."""
    query = "SELECT count(*) FROM search WHERE search MATCH ?"
    return connection.execute(query, (word,)).fetchone()[0]


@pytest.mark.parametrize("count", SIZES.values(), ids=SIZES)
def test_forgotten_words_are_in_no_file_after_the_last_step(connection, tmp_path, count):
    """Neither in rows and index, nor in the free pages and the log; the search is never wrong."""
    forget_now(connection, fill(connection, count))
    assert found(connection, "secretword") == 0
    assert secrets_in(tmp_path)
    n_steps = sum(1 for _ in scrub(connection))
    assert n_steps > (1 if count < 100 else 5)
    assert is_scrubbed(connection)
    assert secrets_in(tmp_path) == []
    assert found(connection, "keptanswer") == count - (count + 2) // 3


def test_what_is_written_and_forgotten_between_steps_is_not_lost_or_left(many, tmp_path):
    """Another scrub follows for what was forgotten meanwhile."""
    connection, secrets = many
    forget_now(connection, secrets)
    for step, _ in enumerate(scrub(connection)):
        add(connection, f"keptprompt step{step}", "keptlater")
        if step == 2:
            forget_now(connection, [add(connection, "secretprompt", "secretnext")])
    assert not is_scrubbed(connection)
    kept = found(connection, "keptlater")
    assert kept == step + 1
    for _ in scrub(connection):
        pass
    assert is_scrubbed(connection)
    assert secrets_in(tmp_path) == []
    assert found(connection, "keptlater") == kept


@pytest.mark.parametrize("n_taken", [1, 2, 4])
def test_a_scrub_that_was_broken_off_is_ended_by_the_next_opening(many, tmp_path, n_taken):
    """It goes on where it was, in another process as well."""
    connection, secrets = many
    forget_now(connection, secrets)
    steps = scrub(connection)
    for _ in range(n_taken):
        next(steps)
    with closing(open_database(tmp_path / "history.db")) as other:
        assert not is_scrubbed(other)
        for _ in scrub(other):
            pass
        assert is_scrubbed(other)
        assert found(other, "keptanswer") == 400
    assert secrets_in(tmp_path) == []


def test_two_processes_can_scrub_at_once(connection, tmp_path):
    """Each takes steps of the same merge, and the one that ends first leaves the other's note."""
    first, second = (fill(connection, 300) for _ in range(2))
    forget_now(connection, first)
    steps = scrub(connection)
    next(steps)
    with closing(open_database(tmp_path / "history.db")) as other:
        forget_now(other, second)
        others = scrub(other)
        while any(next(both, None) is not None for both in (steps, others)):
            pass
        assert is_scrubbed(other)
    assert secrets_in(tmp_path) == []


def test_the_log_is_emptied_once_nobody_reads_it(connection, tmp_path):
    """Until then a step says that the next should wait."""
    add(connection, "keptprompt", "keptanswer")
    number = add(connection, "secretprompt", "secretanswer")
    with closing(open_database(tmp_path / "history.db")) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM executions").fetchone()
        forget_now(connection, [number])
        steps = scrub(connection)
        assert next(can_go_on for can_go_on in steps if not can_go_on) is False
        assert not is_scrubbed(connection)
        reader.execute("ROLLBACK")
    assert list(steps) == []
    assert is_scrubbed(connection)
    assert secrets_in(tmp_path) == []


def test_without_a_request_there_is_nothing_to_do(connection):
    """Opening a history costs a look at an empty table."""
    assert list(scrub(connection)) == []


def test_a_store_overwrites_what_it_forgets(tmp_path):
    """By itself, on the thread that writes."""
    store = open_store(tmp_path / "history.db")
    for number in range(30):
        keep(store, f"secretprompt{number} secretword", f"secretanswer{number}")
    keep(store, "keptprompt", "keptanswer")
    assert store.forget(list(range(1, 31))) == 30
    assert store.matching("secretword") == []
    wait_until(lambda: store.is_scrubbed)
    store.close()
    assert secrets_in(tmp_path) == []


def test_a_store_ends_the_scrub_that_another_process_left(many, tmp_path):
    """When it first writes."""
    connection, secrets = many
    forget_now(connection, secrets)
    next(scrub(connection))
    store = open_store(tmp_path / "history.db")
    keep(store, "keptprompt", "keptanswer")
    wait_until(lambda: store.is_scrubbed)
    store.close()
    assert secrets_in(tmp_path) == []
